"""Which files of this library a module uses, found from its import statements."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from soapbubble.errors import SoapbubbleError

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT.name


def code_files(entry: str | Path) -> list[Path]:
    """The files of `entry` (a library module such as "claims.judge", or a file) and of all that it imports, sorted.

    What counts are modules of this library and those that a file outside of it imports from its own folder. Imports
    inside functions count as well. Packages on the way (`__init__.py`) are included when they hold imports
    or definitions, because Python runs them too.
    """
    seen: set[Path] = set()
    waiting = [entry] if isinstance(entry, Path) else [*_files_on_the_way(entry), _file(entry)]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting.extend(_imports(path))
    return sorted(seen)


@cache
def syntax_tree(path: Path) -> ast.Module:
    """The syntax tree of a file, parsed once."""
    return ast.parse(path.read_text(encoding="utf-8"))


# Statements are found by their looks: to parse all files of the library takes as long as the rest of a plan. A line of
# prose that looks like an import can only add a file.
IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(\S+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)|import[ \t]+([^\n]*))", re.MULTILINE
)
FOR_TYPE_CHECKERS = re.compile(r"^if TYPE_CHECKING:\n(?:[ \t]+[^\n]*\n|\n)+", re.MULTILINE)
COMMENT = re.compile(r"#[^\n]*")


@cache
def _imports(path: Path) -> frozenset[Path]:
    found: set[Path] = set()
    for module, names, whole in IMPORT.findall(FOR_TYPE_CHECKERS.sub("", path.read_text(encoding="utf-8"))):
        items = [
            item.split()[0] for item in COMMENT.sub("", whole or names).strip("() \n\t").split(",") if item.split()
        ]
        if module.startswith("."):
            beside = [module[1:]] if module != "." else items
            found.update(file for name in beside if (file := path.with_name(f"{name}.py")).is_file())
            continue
        for name in [module, *(f"{module}.{item}" for item in items)] if module else items:
            if name == PACKAGE or name.startswith(f"{PACKAGE}."):
                found.update(_files_on_the_way(name.removeprefix(PACKAGE).lstrip(".")))
    return frozenset(found)


@cache
def _files_on_the_way(name: str) -> tuple[Path, ...]:
    parts = name.split(".") if name else []
    files = [ROOT.joinpath(*parts[:depth], "__init__.py") for depth in range(len(parts) + 1)]
    if parts:
        files.append(ROOT.joinpath(*parts).with_suffix(".py"))
    return tuple(file for file in files if file.is_file() and _does_something(file))


@cache
def _does_something(path: Path) -> bool:
    """Whether a file holds more than a docstring and constants that cannot change a result."""
    if path.name != "__init__.py":
        return True
    return any(not isinstance(node, ast.Expr | ast.Assign) for node in syntax_tree(path).body)


def _file(entry: str) -> Path:
    stem = ROOT.joinpath(*entry.split("."))
    module = stem.with_suffix(".py")
    return module if module.is_file() else stem / "__init__.py"


def refuse_another_checkout(folder: Path) -> None:
    """Refuse to speak of a checkout in the words of another one's library.

    Raises:
        SoapbubbleError: `folder` holds a library of its own, and another one was imported.
    """
    own = (folder / "src" / PACKAGE).resolve()
    if (own / "__init__.py").is_file() and own != ROOT:
        raise SoapbubbleError(
            f"{own}: is this folder's library, but that of {ROOT} is installed here and was imported; "
            "run `make report` once to give this folder an environment of its own, or set PYTHONPATH=src."
        )


def name_of(path: Path) -> str:
    """How a manifest names a file of code: relative to this library, or as it was found outside of it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def file_of(name: str) -> Path:
    """The file that `name_of` named."""
    inside = ROOT / name
    return inside if inside.is_file() else Path(name)
