"""The house keeps its shape: floors import downwards only, and versions agree wherever they are named."""

import ast
import csv
import re
import tomllib

import yaml

from soapbubble.claims.schema import read_claims, read_sources
from soapbubble.measurements import read_csv
from soapbubble.provenance.code import ROOT
from soapbubble.report.verdicts import told

# From the top down; a module may import from its own floor only inside its own package.
FLOORS = (
    ("__main__",),
    ("cli", "workflow"),
    ("commands",),
    ("report",),
    ("plan",),
    ("studies",),
    ("figures",),
    ("claims",),
    ("lab",),
    ("autoencoders", "networks"),
    ("measuring",),
    ("data", "measurements"),
    ("stats", "models"),
    ("parts",),
    ("provenance", "config", "progress", "numbers", "json_file", "schedule", "run_line", "slurm"),
    ("folders",),
    ("errors", "__init__"),
)
FLOOR = {room: height for height, rooms in enumerate(reversed(FLOORS)) for room in rooms}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports relative to itself, which this test does not follow"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name.split(".")[1:] for name in names if name.startswith("soapbubble."))


def room_of(parts):
    return parts[0] if parts and parts[0] in FLOOR else "__init__"


def test_every_module_imports_downwards_only():
    wrong = []
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        for target in imports(path):
            here, there = room_of(parts), room_of(target)
            if here == there == "studies" and parts[1] != target[1]:
                wrong.append(f"{path.name} imports another study: {'.'.join(target)}")
            elif here != there and FLOOR[there] >= FLOOR[here]:
                wrong.append(f"{'/'.join(parts)} imports {'.'.join(target)}")
    assert wrong == []


def test_only_one_module_imports_torchvision():
    users = [path for path in ROOT.rglob("*.py") if re.search(r"^\s*(import|from) torchvision", path.read_text(), re.M)]
    assert len(users) <= 1


def pins(lines):
    return {name.lower(): version for name, version in (line.split("==") for line in lines if "==" in line)}


def test_every_place_names_the_same_versions(project):
    lock = pins((project / "requirements.lock").read_text().split())
    metadata = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    named = pins([*metadata["dependencies"], *metadata["optional-dependencies"]["test"]])
    assert named
    assert {name: lock.get(name) for name in named} == named
    conda = yaml.safe_load((project / "environment.yml").read_text())["dependencies"]
    assert f"python{metadata['requires-python']}" in conda
    assert pins(conda[-1]["pip"]) == named


def test_the_readme_states_the_verdicts_of_the_reference_and_how_many_change(project):
    with open(project / "results" / "reference" / "builtin.csv", newline="") as file:
        verdicts = {row["id"]: row["verdict"] for row in csv.DictReader(file)}
    sources = read_sources(project / "claims/sources.yaml")
    files = [path for path in (project / "claims").glob("*.yaml") if path.stem != "sources"]
    claims = [claim for path in files for claim in read_claims(path, sources) if claim.id in verdicts]
    published = [{"kind": claim.kind, "ours": claim.ours, "verdict": verdicts[claim.id]} for claim in claims]
    readme = (project / "README.md").read_text()
    assert f"\n{told(published)}" in readme
    found = {
        row.quantity: f"{row.value:g}"
        for row in read_csv(project / "results/reference/builtin/stability.csv")
        if row.quantity.startswith("verdicts")
    }
    compared, changed, reversed_ = (found[f"verdicts_{name}"] for name in ("compared", "changed", "reversed"))
    words = f"{changed} of {compared}, {'none' if reversed_ == '0' else reversed_} reversed"
    assert re.findall(r"which verdicts change\? \((.*)\)", readme) == [words]
