"""The steps that the documentation shows do what it says: a part is added to a study outside the library."""

import json
import re

import pytest
from test_workflow import copied

STEP = re.compile(r"^```\w+\n(?:# |\{# )(examples/\S+?)( \(added\))?(?: #\})?\n(.*?)^```$", re.M | re.S)
RUN = ("snakemake", "--cores", "2", "--configfile", "examples/twelve/config.yaml")


@pytest.fixture(scope="module")
def steps(project):
    """The files of the documented example, as (path, whether text is added to it, text)."""
    found = [match.groups() for match in STEP.finditer((project / "docs" / "architecture.md").read_text())]
    return [(path, bool(added), text) for path, added, text in found]


def test_a_part_is_four_edits_and_runs_with_them(project, steps, tmp_path):
    place = copied(project, tmp_path)
    assert [path.rpartition("/")[2] for path, *_ in steps] == ["range.py", "figures.py", "claims.yaml", "chapter.md.j2"]
    for path, added, text in steps:
        with (place.folder / path).open("a" if added else "x") as file:
            file.write(text)
    done = place.call(*RUN)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    results = place.folder / "results" / "twelve"
    verdicts = {claim["id"]: claim["verdict"] for claim in json.loads((results / "claims.json").read_text())["claims"]}
    assert verdicts["twelve-uniforms-have-unit-variance"] == "supported"
    assert verdicts["twelve-uniforms-have-normal-kurtosis"] == "refuted"
    assert verdicts["twelve-uniforms-stay-within-six"] == "supported"
    assert (results / "figures" / "twelve-largest.svg").exists()
    assert "twelve-largest" in (results / "report.html").read_text()
    assert (results / "report.pdf").exists()


@pytest.mark.parametrize("missing", ["claims.yaml", "sources.yaml", "chapter.md.j2", "__init__.py"])
def test_a_study_that_lacks_a_file_is_refused_with_its_name(project, tmp_path, missing):
    place = copied(project, tmp_path)
    (place.folder / "examples/twelve" / missing).unlink()
    found = place.call(*RUN, "--dry-run")
    assert found.returncode != 0
    assert f"examples/twelve/{missing}: is missing" in found.stdout + found.stderr
    assert "Traceback" not in found.stdout + found.stderr


def test_a_study_s_declaration_that_needs_numpy_is_refused_with_its_line(project, tmp_path):
    place = copied(project, tmp_path)
    part = place.folder / "examples/twelve/sums.py"
    part.write_text(part.read_text().replace("setting(3.0, gt=0", "setting(float(np.float64(3)), gt=0"))
    found = place.call(*RUN, "--dry-run")
    assert re.search(
        r"examples/twelve/sums\.py, line \d+: this declaration cannot be read", found.stdout + found.stderr
    )
