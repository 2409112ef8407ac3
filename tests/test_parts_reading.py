"""Declarations are read without the functions around them, and whatever those hold."""

import ast
from pathlib import Path

import pytest

from soapbubble.parts.reading import without_functions

TRICKY = '''
@given(
    1
)
def first():
    """Text.

def not_code():
"""


def second(
    a,
) -> str:
# a remark
    return """
ONE = 1

def text():
"""


class Kept:
    pass


TWO = 2
'''


def declared(tree):
    kept = [statement for statement in tree.body if not isinstance(statement, ast.FunctionDef)]
    return [ast.dump(statement, include_attributes=True) for statement in kept]


@pytest.mark.parametrize("name", ["tricky.py", *map(str, sorted(Path("src/soapbubble/studies").glob("*/*.py")))])
def test_what_is_no_function_is_read_as_python_reads_it(tmp_path, name):
    file = tmp_path / name if name == "tricky.py" else Path(name)
    if name == "tricky.py":
        file.write_text(TRICKY, encoding="utf-8")
    assert declared(without_functions(file)) == declared(ast.parse(file.read_text(encoding="utf-8")))
