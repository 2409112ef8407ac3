"""What the documentation tells people to type works: cheap commands are run, dear ones planned, others named here."""

import re
import shlex
import sys

import pytest
from test_workflow import copied

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)

# Run as they stand, where nothing was made yet: the exit status, and words of what is printed.
RUN = {
    "soapbubble verify builtin": (0, "0 disagreements"),
    "soapbubble settings shells.radii": (0, "points: "),
    "soapbubble plan": (0, "with --cores"),
    "soapbubble check": (1, "run snakemake"),
    "soapbubble summary": (1, "run snakemake"),
    "soapbubble compare results/builtin results/other --html difference.html": (1, "holds no finished run"),
    "snakemake -n": (0, "This was a dry-run"),
    "snakemake --list-rules": (0, "shells_radii"),
}
# Too dear to run: only planned, with --dry-run.
PLANNED = (
    "make report",
    "make test",
    "make lint",
    "make lock",
    "snakemake --cores all",
    "snakemake --cores all shells",
    "snakemake --cores all results/builtin/figures/shells-radius-by-dimension.svg",
    "snakemake --cores all --configfile config/smoke.yaml",
    "snakemake --cores all shells --configfile config/smoke.yaml",
    "snakemake --cores all --configfile examples/twelve/config.yaml",
)
# Not even planned, and why.
NOT_RUN = {
    "uv venv --seed .venv && uv pip install --torch-backend auto -r requirements.lock && "
    "uv pip install --no-deps -e . && touch .venv/ready": "installs",
    ". .venv/bin/activate": "the tests run in that environment",
    "soapbubble stability": "runs everything again",
    "pip install -e '.[slurm]'": "installs",
    "pip install -e '.[benchmarks]'": "installs",
    "nano profiles/slurm/config.yaml": "waits for a person",
    "snakemake --workflow-profile profiles/slurm": "needs Slurm; test_cluster.py has a stand-in",
    "snakemake --cores all --configfile my.yaml": "needs images of one's own; test_own_images.py has some",
    "snakemake --cores all faces_own draw_faces_own filaments_own draw_filaments_own --configfile my.yaml": (
        "needs latents of one's own; test_own_latents.py has some"
    ),
    "snakemake --cores all faces filaments depth --configfile my.yaml": "needs weights of one's own",
    "pytest -n 0 tests/test_rules.py": "a test",
    "mypy": "test_types.py runs it",
    "pre-commit install": "changes the clone's hooks",
}


@pytest.fixture(scope="module")
def documented(project):
    """Every line of the documentation's shell blocks, without its comment."""
    texts = [
        path.read_text() for path in (project / "README.md", project / "CONTRIBUTING.md", *project.glob("docs/*.md"))
    ]
    lines = [line for text in texts for block in BLOCK.findall(text) for line in block.splitlines()]
    return {command for line in lines if (command := re.sub(r"(^|\s+)#.*", "", line).strip())}


@pytest.fixture(scope="module")
def place(project, tmp_path_factory):
    return copied(project, tmp_path_factory.mktemp("project"))


def test_every_documented_command_is_run_planned_or_named_as_not_run(documented):
    known = [*RUN, *PLANNED, *NOT_RUN]
    assert len(set(known)) == len(known)
    assert documented - set(known) == set(), "put these into a list of this test"
    assert set(known) - documented == set(), "nothing documents these any more"


@pytest.mark.parametrize("command", RUN)
def test_a_cheap_command_does_what_is_said(place, command):
    status, words = RUN[command]
    program, *arguments = shlex.split(command)
    found = place.call(*([sys.executable, "-m", program] if program == "soapbubble" else [program]), *arguments)
    assert found.returncode == status, found.stdout + found.stderr
    assert words in found.stdout + found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("command", PLANNED)
def test_a_dear_command_can_be_planned(project, place, command):
    program, *arguments = shlex.split(command)
    where = ["-C", str(project)] if program == "make" else []
    found = place.call(program, *where, *arguments, "--dry-run")
    assert found.returncode == 0, found.stdout + found.stderr
