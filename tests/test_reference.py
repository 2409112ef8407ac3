"""A reference is met by the run that it was made of, and every change of a verdict or an estimate is named."""

import copy

import pytest

from soapbubble.errors import SoapbubbleError
from soapbubble.report.reference import differences, elsewhere, read_report, to_csv

RULE = {"kind": "number", "ours": False, "rule": {"at_most": {}}, "direction": None, "controls": {}}
REPORT = {
    "software": {"numpy": "2.4.6"},
    "claims": [
        {
            "id": "a",
            **RULE,
            "verdict": "supported",
            "estimate": 1.0,
            "interval": [0.9, 1.1],
            "n": 20,
            "tier": "source",
        },
        {
            "id": "b",
            **RULE,
            "verdict": "supported",
            "estimate": 2.0,
            "interval": [2.0, 2.0],
            "n": 1,
            "tier": "exact",
        },
        {
            "id": "c",
            **RULE,
            "verdict": "not run",
            "estimate": None,
            "interval": None,
            "n": None,
            "tier": "built-in",
        },
    ],
}


@pytest.fixture
def reference(tmp_path):
    path = tmp_path / "builtin.csv"
    path.write_text(to_csv(REPORT))
    return path


def changed(place, **changes):
    report = copy.deepcopy(REPORT)
    report["claims"][place].update(changes)
    return report


def test_a_run_meets_its_own_reference(reference):
    assert differences(reference, REPORT) == []


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (changed(0, verdict="undecided"), "a: was 'supported', is 'undecided'"),
        (changed(0, estimate=1.2), "a: estimate was 1.0"),
        (changed(1, estimate=2.001), "b: estimate was 2.0"),
        (changed(1, estimate=None), "b: estimate was 2.0"),
        (changed(2, estimate=0.5), "c: estimate was"),
        (changed(0, id="d"), "a: is in the reference only"),
    ],
)
def test_each_change_is_named(reference, report, words):
    assert differences(reference, report)[0].startswith(words)


def test_an_estimate_inside_the_interval_is_the_same(reference):
    assert differences(reference, changed(0, estimate=1.05)) == []


def test_a_reference_or_run_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SoapbubbleError, match=r"nowhere\.csv"):
        differences(tmp_path / "nowhere.csv", REPORT)
    with pytest.raises(SoapbubbleError, match=r"report\.json"):
        read_report(tmp_path)


def test_another_runs_verdict_is_told_where_it_differs(reference):
    here = changed(0, verdict="refuted")["claims"]
    (told,) = elsewhere([reference], here)
    assert (told["claim"], told["run"], told["verdict"]) == ("a", "builtin", "supported")
    assert told["estimate"] == "1.0 [0.9, 1.1]"
    assert elsewhere([reference], REPORT["claims"]) == []
