"""The whole workflow at smoke size: everything is made once, judged, reported, and re-run exactly when it has to be."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

COPIED = (
    "Snakefile",
    "environment.yml",
    "config.yaml",
    "config",
    "rules",
    "claims",
    "src",
    "report_templates",
    "profiles",
)
OVERLAY = ("--configfile", "config/smoke.yaml")


class Workplace:
    """A copy of the project in which a test may edit, run and break things."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = folder / "results" / "smoke"

    def call(self, *command: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(self.folder / "src")}
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.call("snakemake", "--cores", "2", *arguments, *OVERLAY)

    def due(self, *arguments: str) -> dict[str, int]:
        """How many jobs of each rule a dry run would run."""
        found = self.snakemake("--dry-run", *arguments)
        assert found.returncode == 0, found.stdout + found.stderr
        table = re.search(r"^job +count\n-+ +-+\n(.*?)^total", found.stdout + found.stderr, re.M | re.S)
        return {name: int(count) for name, count in map(str.split, table[1].splitlines())} if table else {}

    def check(self) -> subprocess.CompletedProcess[str]:
        return self.call(sys.executable, "-m", "soapbubble", "check", *OVERLAY)

    def edit(self, name: str, before: str, after: str) -> "Edit":
        return Edit(self.folder / name, before, after)


class Edit:
    """A change of one file for the length of a `with` block."""

    def __init__(self, path: Path, before: str, after: str) -> None:
        self.path, self.before, self.after = path, before, after

    def __enter__(self) -> None:
        self.text = self.path.read_text(encoding="utf-8")
        assert self.before in self.text, f"{self.path} does not hold {self.before!r}"
        self.path.write_text(self.text.replace(self.before, self.after, 1), encoding="utf-8")

    def __exit__(self, *_: object) -> None:
        self.path.write_text(self.text, encoding="utf-8")


@pytest.fixture(scope="module")
def place(tmp_path_factory, project):
    folder = tmp_path_factory.mktemp("project")
    for name in COPIED:
        copy = shutil.copytree if (project / name).is_dir() else shutil.copy2
        copy(project / name, folder / name)
    workplace = Workplace(folder)
    done = workplace.snakemake()
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return workplace


def test_every_claim_gets_a_verdict_and_a_place_in_the_report(place):
    written = {
        entry["id"]
        for path in (place.folder / "claims").glob("*.yaml")
        if path.stem != "sources"
        for entry in yaml.safe_load(path.read_text())
    }
    judged = {claim["id"]: claim for claim in json.loads((place.run / "claims.json").read_text())["claims"]}
    assert set(judged) == written
    assert all(claim["verdict"] and claim["sentence"] for claim in judged.values())
    html = (place.run / "report.html").read_text()
    assert all(f'id="{name}"' in html for name in written)
    assert (place.run / "report.pdf").read_bytes().startswith(b"%PDF")


def test_the_report_is_one_file_of_at_most_6_mb(place):
    assert (place.run / "report.html").stat().st_size <= 6_000_000


def test_no_job_leaves_hidden_folders(place):
    assert list(place.run.rglob(".part-*")) == []


def test_every_result_has_a_manifest_and_is_current_without_snakemake_s_records(place):
    shutil.move(place.folder / ".snakemake", place.folder / "aside")
    found = place.check()
    shutil.move(place.folder / "aside", place.folder / ".snakemake")
    assert found.returncode == 0, found.stdout
    promised = {
        name for path in (place.run / "manifests").rglob("*.json") for name in json.loads(path.read_text())["outputs"]
    }
    made = {
        str(path.relative_to(place.folder))
        for path in place.run.rglob("*")
        if path.is_file() and not {"manifests", "logs"} & set(path.parts)
    }
    assert made == promised


def test_a_second_run_has_nothing_to_do(place):
    assert place.due() == {}


def test_touching_every_file_re_runs_nothing(place):
    for name in COPIED:
        for path in [place.folder / name, *(place.folder / name).rglob("*")]:
            path.touch()
    assert place.due() == {}


def test_no_measurement_job_sees_the_whole_configuration(place):
    for path in (place.run / "manifests").rglob("*.json"):
        manifest = json.loads(path.read_text())
        assert manifest["job"] == "report" or len(manifest["config"]) <= 2


REPORT = {"report": 1, "render": 2, "all": 1}
JUDGED = {"judge": 1, "claims": 1, **REPORT}


def test_a_claim_s_wording_re_runs_judging_and_the_report_only(place):
    with place.edit("claims/shells.yaml", "statement: >-", "statement: >-\n    Reworded."):
        assert place.due() == JUDGED


def test_a_chapter_s_prose_re_runs_the_report_only(place):
    with place.edit("report_templates/chapters/shells.md.j2", "## The question", "## The question\n\nReworded."):
        assert place.due() == REPORT


def test_a_plot_style_re_runs_the_figures_and_the_report(place):
    with place.edit("config.yaml", "font_points: 8.0", "font_points: 8.5"):
        due = place.due()
    assert due.pop("draw") == len(list((place.run / "figures").glob("*.svg")))
    assert due == REPORT


def test_a_number_of_one_part_re_runs_that_part_and_what_follows(place):
    seed = yaml.safe_load((place.folder / "config.yaml").read_text())["shells"]["cube"]["seed"]
    with place.edit("config.yaml", f"seed: {seed}", f"seed: {seed + 1000}"):
        due = place.due()
    drawn = due.pop("draw")
    assert 1 <= drawn < len(list((place.run / "figures").glob("shells-*.svg")))
    assert due == {"shells_cube": 1, "collect": 1, **JUDGED}


def test_a_flipped_byte_is_found_by_check_though_snakemake_cannot_see_it(place):
    table = place.run / "measurements" / "shells.csv"
    before = table.read_bytes()
    stamp = table.stat()
    table.write_bytes(before.replace(b"exact", b"exacT", 1))
    os.utime(table, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    found = place.check()
    table.write_bytes(before)
    os.utime(table, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert found.returncode == 1
    assert re.search(r"altered\s+results/smoke/measurements/shells\.csv", found.stdout)


def test_a_stale_result_is_named_with_its_reason(place):
    with place.edit("config/smoke.yaml", "run: smoke", "run: smoke\nplot: {font_points: 9.0}"):
        found = place.check()
    assert found.returncode == 1
    assert "plot.font_points was 8.0, is 9.0" in found.stdout


def test_a_wrong_configuration_stops_before_any_job(place):
    with place.edit("config.yaml", "strict: false", "strict: false\nstrickt: true"):
        found = place.snakemake()
    assert found.returncode != 0
    assert "'strickt' is unknown" in found.stdout + found.stderr
    assert "Traceback" not in found.stdout + found.stderr


def test_a_measurement_that_nobody_wrote_fails_naming_claim_and_measurement(place):
    with place.edit("claims/shells.yaml", "quantity: radius_mean", "quantity: radius_meen"):
        found = place.snakemake("results/smoke/verdicts/shells.json")
    assert found.returncode != 0
    said = found.stdout + found.stderr
    assert "no measurement of radius_meen" in said
    assert re.search(r"claim [a-z0-9-]+:", said)
