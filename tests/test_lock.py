"""The lock file is what `make lock` makes: all that is needed on each version of Python, and no build of one device."""

import json
import sys
import tomllib
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from packaging.requirements import Requirement
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
