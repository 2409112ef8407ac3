"""The whole workflow at smoke size: everything is made once, judged, reported, and re-run exactly when it has to be."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from soapbubble.parts.loading import load
from soapbubble.plan import Plan
from soapbubble.provenance.files import digest
from soapbubble.provenance.lock import hold

COPIED = (
    "Snakefile",
    "environment.yml",
    "config.yaml",
    "config",
    "rules",
    "claims",
    "src",
    "report_templates",
    "examples",
    "profiles",
    "results/reference",
)
PROJECT = Path(__file__).resolve().parents[1]
DRAWING = "src/soapbubble/studies/shells/figures/lengths.py"
OVERLAY = ("--configfile", "config/smoke.yaml")
STUDIES = yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8"))["studies"]
OWN_STUDY = f"studies: [{', '.join(STUDIES)}, ./examples/twelve]\n"


class Workplace:
    """A copy of the project in which a test may edit, run and break things."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = folder / "results" / "smoke"
        self.made: dict[str, str] = {}

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which commands run."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return {**os.environ, "PATH": path, "PYTHONPATH": str(self.folder / "src")}

    def call(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )

    def results(self) -> dict[str, Path]:
        """Every result under its final name: not the manifests, logs and checkpoints."""
        return {
            str(path.relative_to(self.run)): path
            for path in self.run.rglob("*")
            if path.is_file()
            and not {"manifests", "logs", "checkpoints"} & set(path.parts)
            and ".part-" not in str(path)
        }

    def digests(self) -> dict[str, str]:
        """The digest of every result but the crate, which holds the times of the run."""
        return {name: digest(path) for name, path in self.results().items() if name != "ro-crate-metadata.json"}

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


def copied(project: Path, folder: Path) -> Workplace:
    for name in COPIED:
        copy = shutil.copytree if (project / name).is_dir() else shutil.copy2
        copy(project / name, folder / name)
    with (folder / "config" / "smoke.yaml").open("a") as overlay:
        overlay.write(OWN_STUDY)
    return Workplace(folder)


@pytest.fixture(scope="module", autouse=True)
def run_on_one_core(request, project, tmp_path_factory):
    """A second run, on one core and without any network: begun before all else, for it takes as long as all else."""
    if not any("one_core" in item.name for item in request.session.items):
        yield None
        return
    other = copied(project, tmp_path_factory.mktemp("alone"))
    cut_off = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*cut_off, "true"], capture_output=True, check=False).returncode != 0:
        cut_off = []
    command = [*cut_off, "snakemake", "--cores", "1", *OVERLAY]
    said = other.folder / "said"
    with said.open("w") as log:
        process = subprocess.Popen(command, cwd=other.folder, env=other.environment, stdout=log, stderr=log)
    yield other, process, said
    process.terminate()
    process.wait()


@pytest.fixture(scope="module")
def place(tmp_path_factory, project):
    workplace = copied(project, tmp_path_factory.mktemp("project"))
    done = workplace.snakemake()
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    workplace.made = workplace.digests()
    return workplace


def test_every_claim_gets_a_verdict_and_a_place_in_the_report(place):
    written = {
        entry["id"]
        for path in [*(place.folder / "claims").glob("*.yaml"), place.folder / "examples/twelve/claims.yaml"]
        if path.stem != "sources"
        for entry in yaml.safe_load(path.read_text())
    }
    judged = {claim["id"]: claim for claim in json.loads((place.run / "claims.json").read_text())["claims"]}
    assert set(judged) == written
    assert all(claim["verdict"] and claim["sentence"] for claim in judged.values())
    html = (place.run / "report.html").read_text()
    assert all(f'id="{name}"' in html for name in written)
    for name in ("report.pdf", "supplement.pdf"):
        assert (place.run / name).read_bytes().startswith(b"%PDF")


def test_the_report_is_one_file_of_less_than_5_mb(place):
    assert (place.run / "report.html").stat().st_size < 5_000_000


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
    assert {f"results/smoke/{name}" for name in place.results()} == promised


def test_the_plan_knows_every_job_and_what_each_waits_for(place, monkeypatch):
    monkeypatch.chdir(place.folder)
    run = Plan(load([place.folder / "config.yaml", place.folder / OVERLAY[1]]))
    found = {
        item["job"]: item for item in map(json.loads, map(Path.read_text, (place.run / "manifests").rglob("*.json")))
    }
    assert run.needs.keys() == found.keys()
    makers = {output: job for job, item in found.items() for output in (*item["outputs"], str(run.manifest(job)))}
    for job, item in found.items():
        read = {makers[name] for name in item["inputs"] if name in makers}
        assert set(run.needs[job]) <= read | set(run.needs["report"])
        assert (
            read <= {*run.needs[job], *run.needs["report"]}
            if job.startswith(("report-", "supplement-"))
            else read <= set(run.needs[job])
        )


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
        blocks = [key for key in manifest["config"] if not key.startswith("thresholds.")]
        assert manifest["job"] == "report" or len(blocks) <= 3


PLAN = Plan(load([PROJECT / "config.yaml", PROJECT / "config" / "smoke.yaml"]))


def measured(reads):
    """All jobs that follow when the parts of which `reads` is true are measured again."""
    parts = [part for part in PLAN.parts if reads(PLAN.reads(part))]
    jobs = {f"{job}{part.study}_{part.name}": 1 for part in parts for job in ("", "draw_") if not job or part.figures}
    return {**jobs, **{f"judge_{part.study}": 1 for part in parts}, **JUDGED}


def one_part(study, part):
    """All jobs that follow when one part is measured again."""
    drawn = {f"draw_{study}_{part}": 1} if study == "twelve" or PLAN.study(study).part(part).figures else {}
    return {f"{study}_{part}": 1, **drawn, f"judge_{study}": 1, **JUDGED}


def drawn(file):
    """The jobs that draw with a module."""
    return {
        f"draw_{part.study}_{part.name}": 1
        for part in PLAN.parts
        if any(path.match(file) for path in part.drawing_files)
    }


RENDER = {"render": 4, "crate": 1, "all": 1}
REPORT = {"gather": 1, **RENDER}
JUDGED = {"claims": 1, **REPORT}
DIGIT_FAMILIES = [name for name, models in PLAN.config.autoencoders.families.items() if name != "photographs"]
TRAINED = {f"train_{family.replace('-', '_')}": 1 for family in DIGIT_FAMILIES}
SMOKE, SIZE = "config/smoke.yaml", "size: smoke"
SHELLS_CLAIMS = "claims/shells.yaml"


def on_digits(reads):
    return bool(reads.models) and "digits" in reads.data


# What is edited, from what, to what, and exactly the jobs that then have to run.
EDITS = {
    "a number of one part": (SMOKE, SIZE, f"{SIZE}\nshells: {{cube: {{repeats: 210}}}}", one_part("shells", "cube")),
    "a seed": ("config.yaml", "plot:\n", "shells:\n  balls:\n    seed: 99\nplot:\n", one_part("shells", "balls")),
    "a swap of two values": (
        SMOKE,
        SIZE,
        f"{SIZE}\nshells: {{coverage: {{dimensions: [2, 1, 3, 8, 16]}}}}",
        one_part("shells", "coverage"),
    ),
    "a list that grows": (
        SMOKE,
        SIZE,
        f"{SIZE}\nshells: {{formulas: {{dimensions: [1, 2, 3, 16, 32, 256, 2048]}}}}",
        one_part("shells", "formulas"),
    ),
    "a list that shrinks": (
        SMOKE,
        SIZE,
        f"{SIZE}\nshells: {{formulas: {{dimensions: [1, 2, 3, 16, 256]}}}}",
        one_part("shells", "formulas"),
    ),
    "a declared value": (
        "src/soapbubble/studies/shells/balls.py",
        "class Balls(Part):",
        "class  Balls(Part):",
        one_part("shells", "balls"),
    ),
    "a plot style": (
        "config.yaml",
        "font_points: 8.0",
        "font_points: 8.5",
        {**drawn("*.py"), "draw_twelve_sums": 1, **REPORT},
    ),
    "a claim's rule": (SHELLS_CLAIMS, "bound: 0.25", "bound: 0.26", {"judge_shells": 1, **JUDGED}),
    "a claim's wording": (
        SHELLS_CLAIMS,
        "statement: >-",
        "statement: >-\n    Reworded.",
        {"judge_shells": 1, **JUDGED},
    ),
    "a claim's threshold": (
        "examples/twelve/claims.yaml",
        "{kurtosis: -0.05}",
        "{kurtosis: -0.06}",
        {"judge_twelve": 1, "draw_twelve_sums": 1, **JUDGED},
    ),
    "a source": (
        "claims/sources.yaml",
        "year: 2023",
        "year: 2024",
        {**{f"judge_{study.name}": 1 for study in PLAN.studies}, **JUDGED},
    ),
    "a chapter's prose": (
        "report_templates/chapters/shells.md.j2",
        "## What we did",
        "## What we did\n\nMore.",
        REPORT,
    ),
    "a template of one format": ("report_templates/html/style.css", "{", "{ ", {"render": 2, "crate": 1, "all": 1}),
    "the code of one format": (
        "src/soapbubble/report/html.py",
        "import base64",
        "import base64 ",
        {"render": 2, "crate": 1, "all": 1},
    ),
    "a function of one library file": (
        "src/soapbubble/stats/edge_stripes.py",
        "def ",
        "def  ",
        one_part("shells", "cube"),
    ),
    "a function of a study of one's own": ("examples/twelve/sums.py", "def ", "def  ", one_part("twelve", "sums")),
    "a study's drawing code": (
        DRAWING,
        "import ",
        "import  ",
        {**drawn(DRAWING), **REPORT},
    ),
    "a dataset's code": (
        "src/soapbubble/data/digits.py",
        "import ",
        "import  ",
        {"fetch_digits": 1, **TRAINED, "train_classifier": 1, **measured(lambda reads: "digits" in reads.data)},
    ),
    "a model": (
        "config.yaml",
        "dense-49: {side: 28, bottleneck: dense, grid: 1, channels: 49}",
        "dense-49: {side: 28, bottleneck: dense, grid: 1, channels: 50}",
        {
            "train_dense_bottlenecks": 1,
            **measured(lambda reads: {*reads.models} & {*PLAN.config.autoencoders.families["dense-bottlenecks"]}),
        },
    ),
    "the training of all models": (
        "config.yaml",
        "decay: 0.4",
        "decay: 0.5",
        {
            **TRAINED,
            "train_photographs": 1,
            **measured(lambda reads: {*reads.models} & {*PLAN.config.autoencoders.models}),
        },
    ),
    "the training of autoencoders of faces": (
        "config.yaml",
        "lr: 0.001\n",
        "lr: 0.002\n",
        {
            **{f"train_{family.replace('-', '_')}": 1 for family in PLAN.config.face_autoencoders.families},
            **measured(lambda reads: {*reads.models} & {*PLAN.config.face_autoencoders.models}),
        },
    ),
    "the strictness": ("config.yaml", "strict: false", "strict: true", REPORT),
    "a comment in the Snakefile": ("Snakefile", "rule all:", "# A comment.\nrule all:", {"crate": 1, "all": 1}),
    "a comment in the configuration": ("config.yaml", "strict: false", "strict: false  # a comment", {}),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_re_runs_exactly_what_depends_on_it(place, name):
    file, before, after, expected = EDITS[name]
    with place.edit(file, before, after):
        due = place.due()
    assert due == expected


@pytest.mark.parametrize(
    ("victim", "expected"),
    [
        ("figures/shells-coverage.svg", {"draw_shells_coverage": 1, **REPORT}),
        ("measurements/shells/balls.csv", one_part("shells", "balls")),
        ("report.pdf", {"render": 1, "crate": 1, "all": 1}),
    ],
)
def test_a_deleted_result_is_made_again_with_what_follows(place, victim, expected):
    path = place.run / victim
    kept = path.rename(path.with_name(f"{path.name}.kept"))
    due = place.due()
    kept.rename(path)
    assert due == expected


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


def test_a_file_that_no_manifest_speaks_of_is_found_by_check(place):
    stray = place.run / "figures" / "shells-handmade.svg"
    stray.write_text("<svg/>")
    found = place.check()
    stray.unlink()
    assert found.returncode == 1
    assert re.search(r"unknown\s+results/smoke/figures/shells-handmade\.svg", found.stdout)


def test_an_altered_result_is_stamped_on_the_report_and_refused_by_strict_mode(place, tmp_path):
    drawing = place.run / "figures" / "shells-coverage.png"
    before = drawing.read_bytes()
    drawing.write_bytes(before + b"x")
    command = json.loads((place.run / "manifests" / "report.json").read_text())["command"]
    at = command.index("--output")
    command[at + 1 : at + 3] = [str(tmp_path / "report.json")]
    found = place.call(sys.executable, *command[1:])
    strict = place.call(sys.executable, *(part.replace('"strict": false', '"strict": true') for part in command[1:]))
    drawing.write_bytes(before)
    assert found.returncode == 0
    stamps = json.loads((tmp_path / "report.json").read_text())["stale"]
    assert ("results/smoke/figures/shells-coverage.png", "altered") in {
        (mark["path"], mark["state"]) for mark in stamps
    }
    assert strict.returncode == 1
    assert "strict: false" in strict.stderr
    assert "Traceback" not in strict.stderr


def test_a_stale_result_is_named_with_its_reason(place):
    with place.edit("config/smoke.yaml", "dots_per_inch: 50", "dots_per_inch: 60"):
        found = place.check()
    assert found.returncode == 1
    assert "plot.dots_per_inch was 50, is 60" in found.stdout


def test_a_wrong_configuration_stops_before_any_job(place):
    with place.edit("config.yaml", "strict: false", "strict: false\nstrickt: true"):
        found = place.snakemake()
    assert found.returncode != 0
    assert "'strickt' is unknown" in found.stdout + found.stderr
    assert "Traceback" not in found.stdout + found.stderr


def test_a_key_that_is_written_twice_stops_before_any_job(project, tmp_path):
    other = copied(project, tmp_path)
    with other.edit("config.yaml", "strict: false", "strict: false\nstrict: true"):
        found = other.snakemake("--dry-run")
    assert found.returncode != 0
    assert "key 'strict' is written twice" in found.stdout + found.stderr


@pytest.fixture
def small_disk(project, tmp_path):
    """A workplace whose results lie on a disk of 700 kB; `grow` makes it larger."""
    other = copied(project, tmp_path)
    results = tmp_path / "results"
    results.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", results], check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    yield other, lambda: subprocess.run(["mount", "-o", "remount,size=4m", results], check=True)
    subprocess.run(["umount", results], check=True)


def test_a_full_disk_is_named_and_what_was_done_is_kept(place, small_disk):
    other, grow = small_disk
    datasets = [f"results/smoke/data/{name}.npy" for name in ("digits", "faces")]
    assert other.snakemake(datasets[0]).returncode == 0
    found = other.snakemake(*datasets)
    assert found.returncode != 0
    assert re.search(r"soapbubble: results/smoke/data.*No space left on device.*free", found.stdout + found.stderr)
    assert set(other.digests()) == {"data/digits.npy", "data/digits.json", "data/digits-labels.npy"}
    grow()
    assert other.due(*datasets) == {"fetch_faces": 1}
    assert other.snakemake(*datasets).returncode == 0
    made = other.digests()
    assert made == {name: place.made[name] for name in made}


def test_braces_in_a_setting_are_only_text(project, tmp_path):
    other = copied(project, tmp_path)
    with other.edit("config.yaml", "available: []", 'available: ["{celeba}"]'):
        assert other.due()["judge_shells"] == 1


def test_commands_are_shown_where_they_are_asked_for(project, tmp_path):
    other = copied(project, tmp_path)
    dry_run = ("snakemake", "--dry-run", "--configfile", "examples/twelve/config.yaml")
    for options, shown in (((), False), (("-p",), True)):
        found = other.call(*dry_run, *options)
        assert found.returncode == 0, found.stderr
        assert ("python -m soapbubble measure twelve.sums" in found.stdout + found.stderr) is shown


@pytest.mark.parametrize(("target", "rendered"), [("report", 4), ("report.html", 1), ("report.pdf", 1)])
def test_the_report_is_made_by_its_name(project, tmp_path, target, rendered):
    other = copied(project, tmp_path)
    due = other.due(target)
    assert due["render"] == rendered
    assert due[target] == 1
    assert "crate" not in due


def test_a_measurement_that_nobody_wrote_fails_naming_claim_and_measurement(place):
    with place.edit("claims/shells.yaml", "quantity: radius_mean", "quantity: radius_meen"):
        found = place.snakemake("results/smoke/verdicts/shells.json")
    assert place.snakemake("results/smoke/verdicts/shells.json").returncode == 0
    assert found.returncode != 0
    said = found.stdout + found.stderr
    assert "no measurement of radius_meen" in said
    assert re.search(r"claim [a-z0-9-]+:", said)


def test_another_run_on_one_core_without_any_network_gives_the_same_bytes(place, run_on_one_core):
    other, process, said = run_on_one_core
    assert process.wait() == 0, said.read_text()[-3000:]
    assert other.digests() == place.made
    assert " -> " not in other.call("soapbubble", "compare", str(place.run), str(other.run)).stdout


def test_a_second_run_in_the_same_folder_is_refused_in_one_sentence(place):
    with hold(place.folder / "results" / ".lock"):
        found = place.snakemake("--forcerun", "claims")
    assert found.returncode != 0
    assert found.stderr.count("another run is at work in this folder") == 1


@pytest.mark.slow
def test_a_run_killed_twenty_times_goes_on_by_itself_to_the_same_bytes(place, project, tmp_path):
    other = copied(project, tmp_path)
    expected, moments = place.made, random.Random(0)
    kills = 0
    while kills < 20:
        command = ["snakemake", "--cores", "2", *OVERLAY]
        run = subprocess.Popen(
            command, cwd=other.folder, env=other.environment, start_new_session=True, stderr=subprocess.DEVNULL
        )
        try:
            run.wait(timeout=moments.uniform(1.5, 7.0))
            shutil.rmtree(other.run)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            kills += 1
        found = other.digests()
        assert {name: expected[name] for name in found} == found
    done = other.snakemake()
    assert done.returncode == 0, done.stderr[-3000:]
    assert other.digests() == expected
    assert other.check().returncode == 0
    assert list(other.run.rglob(".part-*")) == []
