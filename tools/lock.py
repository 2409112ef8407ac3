"""Write requirements.lock anew, with what pip would install today. `make lock` asks pip and calls this.

    python tools/lock.py REPORT

REPORT is what `pip install --dry-run --upgrade --report REPORT '.[test]'` wrote. What it does not name keeps the
version installed here; of a version's build, as `+cpu`, nothing is written, so that every build of PyTorch will do. A
package that only some versions of Python need is marked so; one that only one platform needs, as CUDA, is left to pip.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = (
    {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix", "platform_machine": "arm64"},
    {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64"},
)
HEAD = (
    "# Exact versions of everything the workflow, its report and its tests use "
    f"(Python {PYTHONS[0]} to {PYTHONS[-1]}). Made with: make lock.\n"
)


@dataclass(frozen=True)
class Release:
    """One version of a package: how it spells its name, what it requires, and on which versions of Python it runs."""

    name: str
    version: str
    requires: Sequence[str] = ()
    python: str = ""


def installed() -> dict[str, Release]:
    """The packages of this environment."""
    found = []
    for item in distributions():
        (python,) = item.metadata.get_all("Requires-Python", [""])
        found.append(Release(item.metadata["Name"], item.version, item.requires or (), python))
    return {canonicalize_name(item.name): item for item in found}


def reported(report: Mapping[str, Any]) -> dict[str, Release]:
    """The packages that pip's report says it would install."""
    found = [item["metadata"] for item in report["install"]]
    return {
        canonicalize_name(item["name"]): Release(
            item["name"], item["version"], item.get("requires_dist", ()), item.get("requires_python", "")
        )
        for item in found
    }


def roots(pyproject: Mapping[str, Any]) -> list[str]:
    """What the project itself requires, to run, to be tested and to be installed."""
    project = pyproject["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["test"], *pyproject["build-system"]["requires"]]


def needed(wanted: Iterable[str], releases: Mapping[str, Release], place: Mapping[str, str]) -> set[str]:
    """The packages that these requirements come to where markers have the values of `place`."""
    seen: set[tuple[str, str]] = set()
    left = [(text, "") for text in wanted]
    while left:
        text, asked_by = left.pop()
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({**place, "extra": asked_by}):
            continue
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras} - {extra for known, extra in seen if known == name}:
            seen.add((name, extra))
            left += [(inner, extra) for inner in releases[name].requires] if name in releases else []
    return {name for name, _ in seen}


def lock(wanted: Sequence[str], releases: Mapping[str, Release]) -> str:
    """The text of the lock file.

    Raises:
        ValueError: a version does not run on all versions of Python that need it.
    """
    pythons: dict[str, list[str]] = {}
    for python in PYTHONS:
        version = {"python_version": python, "python_full_version": f"{python}.0", "implementation_name": "cpython"}
        found = [needed(wanted, releases, {**version, **platform}) for platform in PLATFORMS]
        for name in releases:
            if sum(name in names for names in found) > 1:
                pythons.setdefault(name, []).append(python)
    lines = []
    for name, versions in pythons.items():
        release = releases[name]
        for python in versions:
            if not SpecifierSet(release.python).contains(f"{python}.99"):
                raise ValueError(
                    f"{release.name} {release.version}: does not run on Python {python} (it needs {release.python}); "
                    "make the lock in an environment of the oldest Python, or pin an older version in pyproject.toml."
                )
        marker = "" if len(versions) == len(PYTHONS) else f"; {_marker(versions)}"
        lines.append(f"{release.name}=={Version(release.version).public}{marker}\n")
    return HEAD + "".join(sorted(lines, key=str.lower))


def _marker(versions: Sequence[str]) -> str:
    return " or ".join(f'python_version == "{version}"' for version in versions)


def main(arguments: Sequence[str]) -> int:
    """Write requirements.lock in the working folder, if it changes; say which lines are new."""
    report = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    pyproject = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    try:
        text = lock(roots(pyproject), installed() | reported(report))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    path = Path("requirements.lock")
    before = path.read_text(encoding="utf-8")
    new = sorted(set(text.splitlines()) - set(before.splitlines()))
    print("\n".join([*new, f"{path}: {len(new)} new lines."]))
    if text != before:
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
