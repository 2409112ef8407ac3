"""The one line of a run on a terminal: it takes the messages about jobs and lets all others pass."""

import logging
import re

import pytest

from soapbubble.run_line import RunLine


def record(message, **facts):
    return logging.makeLogRecord({"msg": message, **facts})


@pytest.fixture
def shown(capsys):
    """What the line on the terminal is now."""
    return lambda: capsys.readouterr().err.rpartition("\r")[2].replace("\x1b[A", "").strip()


def test_the_line_says_what_runs_and_how_much_of_the_work_is_done(shown):
    line = RunLine(lambda: {1: 30.0, 2: 10.0})
    assert not line.filter(record("Job stats: ...", event="run_info"))
    for job, rule in ((1, "shells_radii"), (2, "shells_cube")):
        assert not line.filter(record("", event="job_info", jobid=job, rule_name=rule))
    assert "0 of 2 jobs done; running: shells_cube, shells_radii" in shown()
    assert not line.filter(record("Finished", event="job_finished", job_id=1))
    assert re.match(r"75% \|.*left, 1 of 2 jobs done; running: shells_cube", shown())
    assert not line.filter(record("Finished", event="job_finished", job_id=2))
    assert shown() == ""


@pytest.mark.parametrize("message", ["Select jobs to execute...", "Execute 2 jobs..."])
def test_snakemake_s_talk_about_jobs_is_not_printed(message):
    event = {"event": "job_started"} if message.startswith("Execute") else {}
    assert not RunLine(dict).filter(record(message, **event))


def test_an_error_is_printed_where_the_line_was(shown):
    line = RunLine(lambda: {1: 1.0})
    line.filter(record("Job stats: ...", event="run_info"))
    line.filter(record("", event="job_info", jobid=1, rule_name="shells_radii"))
    assert line.filter(record("Error in rule shells_radii", event="job_error"))
    assert shown() == ""
