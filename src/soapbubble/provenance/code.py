"""Which files of this library a module uses, found from its import statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

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


@cache
def _imports(path: Path) -> frozenset[Path]:
    found: set[Path] = set()
    for node in _statements(syntax_tree(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 1:
            beside = [node.module] if node.module else [alias.name for alias in node.names]
            found.update(file for name in beside if (file := path.with_name(f"{name}.py")).is_file())
            continue
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            if name == PACKAGE or name.startswith(f"{PACKAGE}."):
                found.update(_files_on_the_way(name.removeprefix(PACKAGE).lstrip(".")))
    return frozenset(found)


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements below a node, however deep, that can run: not those for type checkers, nor expressions."""
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, field, ()):
            if isinstance(child, ast.stmt):
                yield child
            yield from _statements(child)


def _files_on_the_way(name: str) -> list[Path]:
    parts = name.split(".") if name else []
    files = [ROOT.joinpath(*parts[:depth], "__init__.py") for depth in range(len(parts) + 1)]
    if parts:
        files.append(ROOT.joinpath(*parts).with_suffix(".py"))
    return [file for file in files if file.is_file() and _does_something(file)]


@cache
def _does_something(path: Path) -> bool:
    """Whether a file holds more than a docstring and constants that cannot change a result."""
    body = syntax_tree(path).body
    return path.name != "__init__.py" or any(not isinstance(node, ast.Expr | ast.Assign) for node in body)


def _file(entry: str) -> Path:
    stem = ROOT.joinpath(*entry.split("."))
    module = stem.with_suffix(".py")
    return module if module.is_file() else stem / "__init__.py"


def name_of(path: Path) -> str:
    """How a manifest names a file of code: relative to this library, or as it was found outside of it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def file_of(name: str) -> Path:
    """The file that `name_of` named."""
    inside = ROOT / name
    return inside if inside.is_file() else Path(name)
