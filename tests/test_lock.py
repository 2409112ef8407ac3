"""The lock file is what `make lock` makes, all that is needed, and can be installed on each version of Python."""

import json
import subprocess
import sys
import tomllib
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name


def tool(path):
    spec = spec_from_file_location(path.stem, path)
    module = sys.modules[path.stem] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


lock = tool(Path(__file__).parents[1] / "tools" / "lock.py")
Release = lock.Release

PROJECT = {
    "build-system": {"requires": ["setuptools>=77"]},
    "project": {"dependencies": ["torch==2.13.0"], "optional-dependencies": {"test": ["Runner[fast]"], "slurm": ["s"]}},
}
RELEASES = {
    "torch": Release(
        "torch", "2.13.0+cpu", ["nvidia-x; sys_platform == 'linux'", "Typing_Old; python_version < '3.13'"]
    ),
    "nvidia-x": Release("nvidia-x", "1"),
    "typing-old": Release("Typing_Old", "4"),
    "runner": Release("Runner", "2", ["speed; extra == 'fast'", "docs; extra == 'docs'", "torch"]),
    "speed": Release("speed", "3", ["runner"]),
    "setuptools": Release("setuptools", "81"),
    "unasked": Release("unasked", "1"),
}


def test_the_lock_file_is_what_the_tool_writes_for_its_versions(project):
    text = (project / "requirements.lock").read_text()
    pinned = [Requirement(line) for line in text.splitlines() if not line.startswith("#")]
    versions = {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in pinned}
    here = {name: replace(found, version=versions.get(name, "0")) for name, found in lock.installed().items()}
    if missing := sorted(versions.keys() - here.keys()):
        pytest.skip(f"needs the environment that make sets up; here is no {missing[0]}")
    assert lock.lock(lock.roots(tomllib.loads((project / "pyproject.toml").read_text())), here) == text


def test_a_lock_holds_extras_and_markers_but_no_builds_and_nothing_of_one_platform():
    assert lock.lock(lock.roots(PROJECT), RELEASES).splitlines()[1:] == [
        "Runner==2",
        "setuptools==81",
        "speed==3",
        "torch==2.13.0",
        'Typing_Old==4; python_version == "3.11" or python_version == "3.12"',
    ]


def test_a_version_that_lacks_a_python_is_refused_unless_that_python_needs_none():
    late = {**RELEASES, "speed": Release("speed", "3.1", (), ">=3.12")}
    with pytest.raises(ValueError, match=r"speed 3\.1: does not run on Python 3\.11 \(it needs >=3\.12\)"):
        lock.lock(lock.roots(PROJECT), late)
    early = {**RELEASES, "typing-old": Release("Typing_Old", "4", (), "<3.13")}
    assert lock.lock(lock.roots(PROJECT), early) == lock.lock(lock.roots(PROJECT), RELEASES)


def test_what_pip_would_install_replaces_what_is_installed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lock, "installed", lambda: {"setuptools": Release("setuptools", "81"), "a": Release("a", "1")})
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\n[project]\ndependencies = ["a"]\n'
        "[project.optional-dependencies]\ntest = []\n"
    )
    (tmp_path / "requirements.lock").write_text(f"{lock.HEAD}a==1\nsetuptools==81\n")
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"install": [{"metadata": {"name": "A", "version": "2", "requires_dist": ["b"]}}]}))
    assert lock.main([str(report)]) == 0
    assert (tmp_path / "requirements.lock").read_text() == f"{lock.HEAD}A==2\nsetuptools==81\n"
    assert capsys.readouterr().out.endswith("A==2\nrequirements.lock: 1 new lines.\n")


@pytest.fixture(scope="module")
def pins(project):
    """The installed package of each pin, for its metadata."""
    lines = (project / "requirements.lock").read_text().splitlines()
    wanted = [Requirement(line) for line in lines if not line.startswith("#")]
    try:
        found = {pin: distribution(pin.name) for pin in wanted}
    except PackageNotFoundError as error:
        pytest.skip(f"needs the environment that make sets up; here is no {error.name}")
    if other := [str(pin) for pin, here in found.items() if not pin.specifier.contains(here.version)]:
        pytest.skip(f"needs the environment that make sets up; another version is installed than {other[0]}")
    return found


def needing(pin):
    """The versions of Python on which a pin holds."""
    return [python for python in lock.PYTHONS if not pin.marker or pin.marker.evaluate({"python_version": python})]


def is_pure(package):
    """Whether a package was installed from a wheel for any platform, or from sources that made one."""
    return "Root-Is-Purelib: true" in package.read_text("WHEEL")


def test_every_pin_says_that_it_runs_on_every_python(pins):
    refused = [
        f"{pin} on {python}"
        for pin, package in pins.items()
        for python in needing(pin)
        if not SpecifierSet(package.metadata["Requires-Python"] or "").contains(f"{python}.99")
    ]
    assert refused == []


def versions_with_wheels(name, python):
    """What pip's own index lists of a package with wheels for this platform and a version of Python."""
    options = ("--only-binary", ":all:", "--python-version", python, "--disable-pip-version-check")
    command = (sys.executable, "-m", "pip", "index", "versions", *options, name)
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_every_compiled_pin_has_a_wheel_for_every_python(pins):
    if versions_with_wheels("numpy", lock.PYTHONS[0]).returncode != 0:
        pytest.skip("the package index cannot be reached, or knows no numpy")
    lacking = []
    for pin in (pin for pin, package in pins.items() if not is_pure(package)):
        for python in needing(pin):
            listed = versions_with_wheels(pin.name, python).stdout
            lines = [line.partition(":")[2] for line in listed.splitlines() if line.startswith("Available versions:")]
            versions = [version.strip() for line in lines for version in line.split(",")]
            if not any(pin.specifier.contains(version, prereleases=True) for version in versions):
                lacking.append(f"{pin} on {python}")
    assert lacking == []
