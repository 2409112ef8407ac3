"""How long a run takes: the longest way through its jobs, its time on a number of cores, and what `plan` says."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soapbubble.commands.inspect import plan
from soapbubble.errors import SoapbubbleError
from soapbubble.numbers import span
from soapbubble.parts.loading import load
from soapbubble.plan import Plan
from soapbubble.provenance.durations import completed, durations_csv, measured_seconds, read_durations
from soapbubble.schedule import longest_way, remaining, run_time

NEEDS = {"data": [], "model": ["data"], "quick": [], "slow": ["model"], "judge": ["slow", "quick"]}
SECONDS = {"data": 1.0, "model": 10.0, "quick": 8.0, "slow": 4.0, "judge": 1.0}


def test_the_longest_way_leads_through_the_slowest_jobs():
    assert longest_way(SECONDS, NEEDS) == ["data", "model", "slow", "judge"]
    assert remaining(SECONDS, NEEDS) == {"data": 16.0, "model": 15.0, "quick": 9.0, "slow": 5.0, "judge": 1.0}


def test_one_core_does_one_job_after_the_other_and_two_reach_the_longest_way():
    assert [run_time(SECONDS, NEEDS, cores) for cores in (1, 2, 64)] == [24.0, 16.0, 16.0]


@given(st.lists(st.tuples(st.floats(0, 100), st.sets(st.integers(0, 19))), min_size=1, max_size=20), st.integers(1, 8))
def test_no_run_is_shorter_than_its_longest_way_or_its_share_of_the_work_nor_longer_than_both(jobs, cores):
    needs = {str(place): [str(before) for before in found if before < place] for place, (_, found) in enumerate(jobs)}
    seconds = {str(place): length for place, (length, _) in enumerate(jobs)}
    way, share = sum(seconds[job] for job in longest_way(seconds, needs)), sum(seconds.values()) / cores
    assert max(way, share) - 1e-6 <= run_time(seconds, needs, cores) <= way + share + 1e-6  # Graham's bound


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "0 s"), (59.6, "1 min 0 s"), (3599.7, "1 h 0 min")])
def test_a_time_is_rounded_before_its_units_are_chosen(seconds, text):
    assert span(seconds) == text


def test_durations_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "durations.csv"
    path.write_text(durations_csv(SECONDS))
    assert read_durations(path) == SECONDS
    path.write_text("job,seconds\ndata,long\n")
    with pytest.raises(SoapbubbleError, match=r"durations\.csv: is not a table"):
        read_durations(path)


def test_the_published_run_has_the_durations_of_most_jobs(project, monkeypatch):
    monkeypatch.chdir(project)
    run = Plan(load([project / "config.yaml"]))
    assert len(run.published_seconds.keys() & run.needs.keys()) > 0.9 * len(run.needs)


def test_a_job_of_which_nothing_is_known_is_taken_for_one_like_most():
    assert completed({"a": 1.0, "b": 3.0, "c": 100.0}, ["a", "d"]) == {"a": 1.0, "d": 3.0}


@pytest.fixture
def place(project, tmp_path, monkeypatch):
    """An empty folder for results, beside the project's other files."""
    for name in ("config.yaml", "config", "claims", "report_templates"):
        (tmp_path / name).symlink_to(project / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def manifest(job, seconds):
    return json.dumps(
        {
            **{"job": job, "config": {}, "inputs": {}, "code": {}, "outputs": {}, "versions": {}},
            "cpu_seconds": seconds,
        }
    )


def test_plan_counts_what_was_measured_and_what_is_left(place, capsys):
    config = load([place / "config.yaml"], ["studies=[shells]"])
    with pytest.raises(SoapbubbleError, match="nobody knows yet"):
        plan(config, "2")
    run = Plan(config)
    for job in run.needs:
        if job != "shells/verdicts":
            run.manifest(job).parent.mkdir(parents=True, exist_ok=True)
            run.manifest(job).write_text(manifest(job, 100.0 if job == "shells/radii" else 2.0))
    assert measured_seconds([run.manifest("shells/radii")]) == {"shells/radii": 100.0}
    assert plan(config, "2") == 0
    said = capsys.readouterr().out
    assert "with 1 that never ran taken for one like most" in said
    assert "shells/radii (1 min 40 s), then shells/verdicts (2 s)" in said
    assert "The 1 without a current result: 2 s with --cores 2." in said


@pytest.mark.parametrize("cores", ["0", "-1", "many"])
def test_a_number_of_cores_that_is_none_is_named(place, cores):
    with pytest.raises(SoapbubbleError, match=f"--cores {cores}: is no number of cores"):
        plan(load([place / "config.yaml"], ["studies=[shells]"]), cores)
