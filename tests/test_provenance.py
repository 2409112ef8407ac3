"""Results are whole or absent, and manifests alone tell current from stale from altered."""

import errno
import json
import shutil
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound

from soapbubble import __version__
from soapbubble.commands.job import Job
from soapbubble.errors import SoapbubbleError
from soapbubble.provenance import code
from soapbubble.provenance.code import ROOT, code_files
from soapbubble.provenance.files import digest, staged
from soapbubble.provenance.manifest import check


def test_a_failing_job_leaves_nothing_behind(tmp_path):
    finals = [tmp_path / "new" / name for name in ("a.csv", "b.csv")]
    with pytest.raises(ZeroDivisionError), staged(finals) as parts:
        parts[finals[0]].write_text(f"half {1 / 0}")
    assert list((tmp_path / "new").iterdir()) == []


def test_a_failing_job_keeps_the_earlier_result(tmp_path):
    final = tmp_path / "a.csv"
    final.write_text("before")
    with pytest.raises(ZeroDivisionError), staged([final]) as parts:
        parts[final].write_text(f"half {1 / 0}")
    assert final.read_text() == "before"


def test_an_output_that_was_not_written_is_an_error(tmp_path):
    finals = [tmp_path / "a.csv", tmp_path / "b.csv"]
    with pytest.raises(RuntimeError, match=r"b\.csv was promised"), staged(finals) as parts:
        parts[finals[0]].write_text("whole")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SoapbubbleError, match=str(blocked)), staged([blocked / "a.csv"]):
        pass


def test_jobs_of_the_same_name_do_not_share_a_temporary_place(tmp_path):
    jobs = [[tmp_path / study / "images.csv", tmp_path / "figures" / f"{study}.npz"] for study in ("shells", "faces")]
    with staged(jobs[0]) as first:
        first[jobs[0][1]].write_text("first")
        with staged(jobs[1]) as second:
            for part in second.values():
                part.write_text("second")
        first[jobs[0][0]].write_text("first")
    assert [path.read_text() for path in jobs[0]] == ["first", "first"]


def test_an_error_that_is_not_about_writing_keeps_its_name(tmp_path):
    with pytest.raises(TemplateNotFound), staged([tmp_path / "a.html"]):
        raise TemplateNotFound("page.html.j2")
    with pytest.raises(SoapbubbleError, match="cannot be written"), staged([tmp_path / "a.html"]):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SoapbubbleError, match="loop: cannot be read"):
        digest(tmp_path / "loop")


def test_code_files_hold_the_packages_that_an_entry_lies_in(tmp_path, monkeypatch):
    monkeypatch.setattr(code, "ROOT", tmp_path)
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "part.py").write_text("")
    package = tmp_path / "room" / "__init__.py"
    package.write_text("def helper(): ...")
    assert package in code.code_files("room.part")


def test_what_only_a_type_checker_imports_is_no_code_of_a_job():
    files = {str(path.relative_to(ROOT)) for path in code_files("studies.shells.balls")}
    assert "lab.py" in files
    assert not any(name.startswith(("autoencoders", "models", "measuring")) for name in files)


def test_code_files_of_a_study_elsewhere_are_its_own_and_the_library_s(project):
    files = code_files(project / "examples" / "twelve" / "sums.py")
    assert {path.name for path in files} >= {"sums.py", "measurements.py", "declaration.py"}


def test_code_files_follow_imports_and_stop_at_the_library():
    files = {str(path.relative_to(ROOT)) for path in code_files("claims.judge")}
    assert {"claims/judge.py", "claims/rules.py", "stats/intervals.py", "measurements.py", "errors.py"} <= files
    assert not any(name.startswith(("figures/", "report/", "studies/")) for name in files)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run of two jobs: `first` makes a.csv of an input file, `second` makes b.csv of a.csv."""
    monkeypatch.chdir(tmp_path)
    results = Path("results/tiny")
    source = Path("source.txt")
    source.write_text("data")

    def job(name, inputs, output):
        outputs = [results / output, results / "manifests" / f"{name}.json"]
        cfg = json.dumps({"shells.radii": {"points": 10}})
        Job(outputs, results / "logs" / f"{name}.log", cfg=cfg, input=inputs).run(
            name, lambda parts: [part.write_text(name) for part in parts.values()], ["errors"]
        )

    job("first", [source], "a.csv")
    job("second", [results / "a.csv"], "b.csv")
    return results


CONFIG = {"shells": {"radii": {"points": 10}}}


def findings(run, config=CONFIG):
    return check(sorted((run / "manifests").glob("*.json")), config)


def states(run, config=CONFIG):
    return {Path(item.path).name: item.state for item in findings(run, config)}


def test_fresh_results_are_current_without_snakemake_s_own_records(run):
    shutil.rmtree(".snakemake", ignore_errors=True)
    assert states(run) == {"a.csv": "current", "b.csv": "current"}


def test_a_flipped_byte_is_altered(run):
    (run / "b.csv").write_text("sEcond")
    assert states(run) == {"a.csv": "current", "b.csv": "altered"}


def test_a_deleted_result_is_missing(run):
    (run / "b.csv").unlink()
    assert states(run)["b.csv"] == "missing"


def test_a_changed_input_makes_everything_after_it_stale(run):
    Path("source.txt").write_text("other data")
    assert states(run) == {"a.csv": "stale", "b.csv": "stale"}


def test_a_touched_input_changes_nothing(run):
    Path("source.txt").touch()
    assert set(states(run).values()) == {"current"}


def test_a_changed_number_is_named(run):
    found = findings(run, {"shells": {"radii": {"points": 11}}})
    assert {item.state for item in found} == {"stale"}
    assert "shells.radii.points was 10, is 11" in found[0].why


@pytest.mark.parametrize(("kind", "name"), [("code", "errors.py"), ("versions", "numpy")])
def test_changed_code_and_versions_make_a_result_stale(run, kind, name):
    path = run / "manifests" / "first.json"
    content = json.loads(path.read_text())
    content[kind][name] = "another"
    path.write_text(json.dumps(content))
    found = {Path(item.path).name: item for item in findings(run)}
    assert found["a.csv"].state == "stale"
    assert name in found["a.csv"].why
    assert "first" in found["b.csv"].why


def test_a_stale_result_of_another_version_is_named_as_such_and_a_current_one_stays_current(run):
    for name, version in (("first", "0.0.9"), ("second", None)):
        path = run / "manifests" / f"{name}.json"
        content = json.loads(path.read_text())
        assert content.pop("soapbubble") == __version__
        path.write_text(json.dumps(content | ({"soapbubble": version} if version else {})))
    assert set(states(run).values()) == {"current"}
    Path("source.txt").write_text("other data")
    found = {Path(item.path).name: item.why for item in findings(run)}
    assert found["a.csv"].startswith(f"made by soapbubble 0.0.9, this is {__version__}; source.txt has changed")
    assert found["b.csv"].startswith(
        f"made by soapbubble 0.1.0 or older, this is {__version__}; made from results of first"
    )


def test_a_name_that_no_file_can_have_is_gone(run):
    manifest = run / "manifests" / "first.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"inputs": {"9" * 400: "", "\0": ""}}))
    assert "is gone" in next(item.why for item in findings(run) if item.path.endswith("a.csv"))


@pytest.mark.parametrize("text", ["{}", "[" * 10**5, None])
def test_a_damaged_manifest_is_named(run, text):
    manifest = run / "manifests" / "first.json"
    manifest.write_text(text or json.dumps(json.loads(manifest.read_text()) | {"config": 3}))
    with pytest.raises(SoapbubbleError, match=r"first\.json.*not a readable manifest"):
        findings(run)


def test_the_log_of_a_failing_job_ends_with_the_error(tmp_path, capsys):
    def fail(parts):
        raise ValueError("the planted fault")

    log = tmp_path / "job.log"
    with pytest.raises(ValueError, match="planted"):
        Job([tmp_path / "out.csv"], log).run("planted", fail, ["errors"])
    assert "the planted fault" in log.read_text().splitlines()[-1]
    assert "the planted fault" in capsys.readouterr().err


def test_a_file_that_changes_while_a_job_reads_it_voids_the_result(tmp_path):
    source = tmp_path / "source.txt"
    source.write_text("before")

    def make(parts):
        for part in parts.values():
            part.write_text(source.read_text())
        source.write_text("after")

    outputs = [tmp_path / "out.csv", tmp_path / "manifests" / "job.json"]
    with pytest.raises(SoapbubbleError, match=r"source\.txt: was changed while"):
        Job(outputs, tmp_path / "job.log", input=[source]).run("job", make, ["errors"])
    assert not any(path.exists() for path in outputs)


def test_a_digest_of_a_folder_depends_on_names_and_contents(tmp_path):
    (tmp_path / "a").write_text("1")
    before = digest(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert digest(tmp_path) != before
