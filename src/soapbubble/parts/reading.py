"""Read a module's declarations without running the rest of it: the workflow is planned without torch.

Of a module's statements only these are run: imports of what declarations may use, constants made from such names, and
classes that derive from a block of settings. A function's body, and what it imports, is never touched.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from pydantic import BaseModel

from soapbubble.errors import SoapbubbleError
from soapbubble.parts.declaration import Part, Study
from soapbubble.provenance.code import syntax_tree

# Found by its looks: parsing the files of all figures would lengthen every plan.
MARKED = re.compile(r"""^@figure\(["'](\w+)["']\)\n(?:@[^\n]*\n)*def (\w+)""", re.MULTILINE)
# Most of a module are functions, and to parse them takes longer than all else; one under a decorator is left.
FUNCTION = re.compile(r"(?<=\n\n)(?:async )?def .*\n(?:[ \t)\]}#].*\n|\n)*")
LIGHT = ("soapbubble.config", "soapbubble.parts", "pydantic", "annotated_types")


@cache
def declarations(file: Path, module: str) -> ModuleType:
    """The module `module` in `file` with its declarations only.

    Raises:
        SoapbubbleError: a declaration uses what the workflow does not load.
    """
    found = ModuleType(f"declared:{module}")
    found.__file__ = str(file)
    sys.modules[found.__name__] = found  # where pydantic looks up the names in annotations
    try:
        tree = without_functions(file)
    except (OSError, UnicodeDecodeError, SyntaxError, ValueError) as error:
        raise SoapbubbleError(f"{file}: cannot be read as Python ({error}); correct it.") from error
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and _is_sibling(statement, module):
            sibling = file.with_name(f"{(statement.module or '').rpartition('.')[2]}.py")
            declared = vars(declarations(sibling, str(statement.module))) if sibling.is_file() else {}
            found.__dict__.update({item.name: declared[item.name] for item in statement.names if item.name in declared})
        elif _is_light(statement) or _is_constant(statement, found) or _is_block(statement, found):
            try:
                exec(compile(ast.Module([statement], []), str(file), "exec"), found.__dict__)
            except Exception as error:
                raise SoapbubbleError(
                    f"{file}, line {statement.lineno}: this declaration cannot be read before anything is measured "
                    f"({error}); it may use the standard library, pydantic, soapbubble.config and soapbubble.parts."
                ) from error
    return found


def without_functions(file: Path) -> ast.Module:
    """The syntax tree of a file without its functions, or with them if a string may hold what looks like one."""
    text = file.read_text(encoding="utf-8")
    pieces = FUNCTION.split(text) + FUNCTION.findall(text)
    if any(piece.count(quotes) % 2 for piece in pieces for quotes in ('"""', "'''")):
        return syntax_tree(file)
    try:
        return ast.parse(FUNCTION.sub(lambda found: "\n" * found[0].count("\n"), text))
    except SyntaxError:
        return syntax_tree(file)


def part_of(file: Path, module: str) -> type[Part] | None:
    """The part that a module declares, if it declares one."""
    own = f"declared:{module}"
    kinds = [
        item
        for item in vars(declarations(file, module)).values()
        if isinstance(item, type) and issubclass(item, Part) and item.__module__ == own
    ]
    if len(kinds) > 1:
        raise SoapbubbleError(f"{file}: declares {len(kinds)} parts; give each a module of its own.")
    return kinds[0] if kinds else None


def study_of(file: Path, module: str) -> Study:
    """The study that a package declares as STUDY."""
    declared = vars(declarations(file, module)).get("STUDY")
    if not isinstance(declared, Study):
        raise SoapbubbleError(f"{file}: declares no study; write STUDY = Study(title=...).")
    return declared


@cache
def figures_of(file: Path) -> tuple[tuple[str, str], ...]:
    """The figures that a module draws, as (part, function), from their marks `@figure("part")`."""
    return tuple(MARKED.findall(file.read_text(encoding="utf-8")))


def _is_sibling(statement: ast.ImportFrom, module: str) -> bool:
    return str(statement.module).rpartition(".")[0] == module.rpartition(".")[0]


def _is_light(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Import):
        names = [item.name for item in statement.names]
    elif isinstance(statement, ast.ImportFrom) and statement.module:
        names = [statement.module]
    else:
        return False
    return all(name.partition(".")[0] in sys.stdlib_module_names or name.startswith(LIGHT) for name in names)


def _is_constant(statement: ast.stmt, found: ModuleType) -> bool:
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
        return False
    known = {*vars(found), *vars(builtins)}
    bound = {
        name.id
        for part in ast.walk(statement.value)
        if isinstance(part, ast.comprehension)
        for name in ast.walk(part.target)
        if isinstance(name, ast.Name)
    }
    names = {node.id for node in ast.walk(statement.value) if isinstance(node, ast.Name)}
    return names <= known | bound


def _is_block(statement: ast.stmt, found: ModuleType) -> bool:
    if not isinstance(statement, ast.ClassDef):
        return False
    bases = [getattr(found, base.id, None) for base in statement.bases if isinstance(base, ast.Name)]
    return any(isinstance(base, type) and issubclass(base, BaseModel) for base in bases)
