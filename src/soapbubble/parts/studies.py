"""The studies of a run and their parts: where each lies, and what it declares."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from soapbubble.errors import SoapbubbleError
from soapbubble.parts.declaration import Part
from soapbubble.parts.reading import figures_of, part_of, study_of

ELSEWHERE = "soapbubble_studies"  # the package of studies that are not the library's
BUILT_IN = Path(__file__).resolve().parents[1] / "studies"


@dataclass(frozen=True)
class PartPlace:
    """A part: its study, its name, and what it declares."""

    study: str
    name: str
    module: str
    kind: type[Part]
    drawn: tuple[tuple[Path, tuple[str, ...]], ...]

    file: Path
    folder: Path

    @property
    def label(self) -> str:
        """The part as the configuration and the command line name it."""
        return f"{self.study}.{self.name}"

    @property
    def place(self) -> str:
        """Where its results lie, and the name of the job that makes them."""
        return f"{self.study}/{self.name}"

    @property
    def is_elsewhere(self) -> bool:
        """Whether its study is not one of the library's."""
        return self.module.startswith(f"{ELSEWHERE}.")

    @property
    def figures(self) -> list[str]:
        """The names of its figures."""
        return [f"{self.study}-{function.replace('_', '-')}" for _, functions in self.drawn for function in functions]

    @property
    def drawing_files(self) -> list[Path]:
        """The files that draw its figures."""
        return [path for path, _ in self.drawn]

    def load(self) -> ModuleType:
        """Its module, with all that it measures with."""
        return _loaded(self.module, self.folder)

    def drawings(self) -> list[tuple[ModuleType, Sequence[str]]]:
        """The modules that draw its figures, each with the names of the functions."""
        return [(_loaded(_module(self, path), self.folder), functions) for path, functions in self.drawn]


@dataclass(frozen=True)
class StudyPlace:
    """A study: its folder, its question, its claims, its chapter, its section of the paper and its parts.

    Without a section of its own for the paper, the chapter stands there, too.
    """

    name: str
    folder: Path
    package: str
    title: str
    claims: Path
    sources: Path
    chapter: Path
    section: Path
    parts: tuple[PartPlace, ...]

    def part(self, name: str) -> PartPlace:
        """The part of that name."""
        found = [part for part in self.parts if part.name == name]
        if not found:
            raise SoapbubbleError(f"{self.folder}: has no part '{name}'; its parts: {', '.join(self.part_names)}.")
        return found[0]

    @property
    def part_names(self) -> list[str]:
        """The names of its parts, in order."""
        return [part.name for part in self.parts]

    @property
    def figures(self) -> list[str]:
        """The names of its figures, part by part."""
        return [figure for part in self.parts for figure in part.figures]


def built_in() -> list[str]:
    """The names of the studies that come with the library."""
    return sorted(path.parent.name for path in BUILT_IN.glob("*/__init__.py"))


def name_of(entry: str) -> str:
    """The name of a study that the configuration names by itself or, if it lies elsewhere, by its folder."""
    return Path(entry).name


@cache
def study(entry: str) -> StudyPlace:
    """The study that `studies:` in the configuration names: one of the library's, or a folder with a slash in its name.

    Raises:
        SoapbubbleError: there is no such study, or something that it must have is missing; the sentence names it.
    """
    name = name_of(entry)
    if "/" in entry:
        folder, package = Path(entry), f"{ELSEWHERE}.{name}"
        claims, sources, chapter = folder / "claims.yaml", folder / "sources.yaml", folder / "chapter.md.j2"
        section = folder / "section.md.j2"
        for path in (folder / "__init__.py", claims, sources, chapter):
            if not path.is_file():
                raise SoapbubbleError(
                    f"{path}: is missing, and the study '{entry}' needs it; see docs/architecture.md."
                )
        if not name.isidentifier() or name in built_in():
            raise SoapbubbleError(f"{entry}: a study's folder needs a name of its own, of letters, digits and '_'.")
    else:
        folder, package = BUILT_IN / name, f"soapbubble.studies.{name}"
        claims, sources = Path("claims") / f"{name}.yaml", Path("claims/sources.yaml")
        chapter, section = (Path("report_templates") / kind / f"{name}.md.j2" for kind in ("chapters", "paper"))
        if name not in built_in():
            raise SoapbubbleError(
                f"Configuration key 'studies' cannot have '{entry}': the studies are {', '.join(built_in())}; "
                "a study of your own is named by its folder, with a slash, such as ./tides."
            )
    about = study_of(folder / "__init__.py", package)
    return StudyPlace(
        name,
        folder,
        package,
        about.title,
        claims,
        sources,
        chapter,
        section if section.is_file() else chapter,
        _parts(name, folder, package),
    )


def studies(entries: Sequence[str]) -> list[StudyPlace]:
    """The studies that the configuration names, in its order."""
    return [study(entry) for entry in entries]


def _parts(study: str, folder: Path, package: str) -> tuple[PartPlace, ...]:
    files = sorted(path for path in folder.glob("*.py") if not path.name.startswith("_"))
    drawings = [*folder.glob("figures.py"), *sorted((folder / "figures").glob("*.py"))]
    drawn: dict[str, dict[Path, list[str]]] = {}
    for path in drawings:
        for part, function in figures_of(path):
            drawn.setdefault(part, {}).setdefault(path, []).append(function)
    found = []
    for path in files:
        module = f"{package}.{path.stem}"
        kind = None if path in drawings else part_of(path, module)
        if kind is not None:
            own = tuple((file, tuple(functions)) for file, functions in drawn.get(path.stem, {}).items())
            found.append(PartPlace(study, path.stem, module, kind, own, path, folder))
    lost = drawn.keys() - {part.name for part in found}
    if lost:
        raise SoapbubbleError(f"{folder}: a figure is marked for the part '{min(lost)}', which does not exist.")
    return tuple(found)


def _module(part: PartPlace, file: Path) -> str:
    package = part.module.rpartition(".")[0]
    return ".".join([package, *file.relative_to(part.folder).with_suffix("").parts])


def _loaded(module: str, folder: Path) -> ModuleType:
    """Import a study's module; the package of a study that lies elsewhere is made known first."""
    package = ".".join(module.split(".")[:2])
    if module.startswith(f"{ELSEWHERE}.") and package not in sys.modules:
        sys.modules.setdefault(ELSEWHERE, ModuleType(ELSEWHERE)).__path__ = []
        spec = importlib.util.spec_from_file_location(
            package, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        if spec is None or spec.loader is None:
            raise SoapbubbleError(f"{folder}: cannot be imported as a study; is its __init__.py readable?")
        sys.modules[package] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[package])
    return import_module(module)
