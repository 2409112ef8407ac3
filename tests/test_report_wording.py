"""The cells of a claim say what was estimated, how surely, and by which rule."""

from __future__ import annotations

import pytest

from soapbubble.report import wording
from soapbubble.report.verdicts import MARKS, count, of_statement


def q(name: str) -> dict:
    return {"quantity": name}


def judged(rule: dict, verdict: str = "supported", parts: list | None = None, **more: object) -> dict:
    return {"rule": rule, "verdict": verdict, "estimate": 1.0, "parts": parts or [], **more}


AT_MOST = {"at_most": {"value": q("cell_share"), "bound": 1}}
RATIO = {"greater": {"a": q("length"), "b": q("length"), "ratio": True}}
PAIR = {"equivalent": {"a": q("mean"), "b": q("formula"), "margin": 1}}
STEPS = {"monotone": {"value": q("spread"), "along": "N", "direction": "decreasing"}}
ORDER = {"ordered": {"values": [q("first"), q("second")]}}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (AT_MOST, "cell share"),
        (RATIO, "ratio of length"),
        (PAIR, "difference of mean to formula"),
        (STEPS, "tightest step of spread"),
        (ORDER, "tightest step of first"),
    ],
)
def test_an_estimate_is_named_after_what_its_rule_reads(rule: dict, words: str) -> None:
    assert wording.measured(judged(rule)) == words


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (AT_MOST, "at most 1"),
        ({"within": {"value": q("a"), "target": 2, "rel": 0.005}}, "2 ± 0.5 %"),
        ({"within": {"value": q("a"), "target": 0, "abs": 0.1, "rel": None}}, "0 ± 0.1"),
        ({"between": {"value": q("a"), "low": -1, "high": 2}}, "−1 to 2"),
        (PAIR, "−1 to 1"),
        ({"equivalent": {"a": q("a"), "b": q("b"), "margin": 1.25, "ratio": True}}, "0.8 to 1.25"),
        (RATIO, "above 1"),
        ({"greater": {"a": q("a"), "b": q("b")}}, "above 0"),
        ({"greater": {"a": q("a"), "b": q("b"), "margin": 0.2}}, "above 0.2"),
        (STEPS, "above 0"),
    ],
)
def test_the_line_that_a_rule_draws_is_put_in_words(rule: dict, line: str) -> None:
    assert wording.asked(judged(rule)) == line


def test_of_several_rules_the_deciding_one_names_the_estimate() -> None:
    inner = judged({}, "refuted", [judged({}, "undecided"), judged({}, "refuted")], lead=1)
    parts = [judged({}), inner]
    claim = judged({"all_of": [AT_MOST, {"any_of": [RATIO, STEPS]}]}, "refuted", parts, lead=1)
    assert wording.measured(claim) == wording.other_measured(claim) == "tightest step of spread"


def test_a_number_beside_a_statement_has_a_name_only_if_it_is_not_of_the_first_rule() -> None:
    control = {"within": {"value": {**q("cell_share"), "where": {"kind": "dense"}}, "target": 0, "abs": 1}}
    parts = [judged({}), judged({})]
    of_statement, of_control = (judged({"all_of": [AT_MOST, control]}, parts=parts, lead=lead) for lead in (0, 1))
    assert wording.other_measured(of_control) == "cell share (kind = dense)"
    assert wording.other_measured(of_statement) == wording.other_measured(judged(AT_MOST)) == ""
    assert wording.other_measured(judged({"not_testable": {"reason": "r"}}, estimate=None)) == ""


def test_a_claim_that_holds_in_direction_only_is_named_after_its_full_rule() -> None:
    full = judged({}, "refuted", [judged({}, "supported"), judged({}, "refuted")], lead=1)
    claim = judged({"all_of": [AT_MOST, RATIO]}, "supported in direction only", [full, judged({})])
    assert wording.measured(claim) == "ratio of length"


def test_a_claim_without_an_estimate_has_nothing_to_name() -> None:
    claim = judged({"not_testable": {"reason": "r"}}, estimate=None)
    assert (wording.measured(claim), wording.asked(claim)) == ("", "")


@pytest.mark.parametrize(
    ("value", "interval", "unit", "text"),
    [
        (None, None, "1", "—"),
        (2.0, [2.0, 2.0], "1", "2"),
        (2.0, [1.0, 3.0], "pixel", "2 [1, 3] pixel"),
        (0.5, [0.4, 0.6], "proportion", "0.5 [0.4, 0.6]"),
        (2.0, [None, None], "1", "2 (no interval)"),
    ],
)
def test_an_estimate_shows_its_interval_and_unit(value, interval, unit: str, text: str) -> None:
    assert wording.estimate(value, interval, unit) == text


def test_sample_sizes_are_counted_and_exact_values_have_none() -> None:
    assert wording.sample_size({"estimate": 1.0, "interval": [1.0, 1.0], "n": 1}) == "exact"
    assert wording.sample_size({"estimate": 1.0, "interval": [0.0, 2.0], "n": 20_000}) == "n = 20,000"
    assert wording.sample_size({"estimate": 1.0, "interval": [None, None], "n": 1}) == "n = 1"
    assert wording.sample_size({"estimate": 3.0, "interval": [3.0, 3.0], "n": 20}) == "n = 20"
    assert wording.sample_size({"estimate": None, "interval": None, "n": None}) == ""


@pytest.mark.parametrize(
    ("tier", "exact", "words"),
    [
        ("exact", [True, True], "mathematics"),
        ("exact", [True, False], "simulation"),
        ("exact", [], "mathematics"),
        ("built-in", [True], "built-in data"),
        ("source-like", [False], "data like the source's"),
    ],
)
def test_simulation_is_told_from_mathematics_by_its_sampling_error(tier: str, exact: list, words: str) -> None:
    evidence = [{"samples": [{"exact": item}]} for item in exact]
    assert wording.ground({"tier": tier, "evidence": evidence}) == words
    assert wording.ground({"tier": "built-in", "evidence": evidence}, tier) == words


def test_conditions_and_citations_read_like_sentences() -> None:
    assert (
        wording.condition({"distribution": "uniform", "N": 3, "fair": True, "b": 5.0})
        == "N = 3, b = 5, distribution = uniform, fair = true"
    )
    assert wording.citation({"title": "T", "author": "A", "year": 2020}) == "A, “T”, 2020"
    assert wording.citation({"title": "T", "author": None}) == "“T”"


def test_every_verdict_has_a_shape_and_a_colour_of_its_own() -> None:
    assert len({mark.slug for mark in MARKS.values()}) == len({mark.shape for mark in MARKS.values()}) == len(MARKS)
    assert len({mark.ink for mark in MARKS.values()}) == len(MARKS)
    assert list(count([{"verdict": "not run"}]).values()) == [0, 0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("check", "statement"),
    [("supported", "refuted"), ("refuted", "undecided"), ("undecided", "undecided"), ("not run", "not run")],
)
def test_where_a_source_errs_its_statement_is_refuted_only_if_the_correction_is_supported(check, statement) -> None:
    assert of_statement({"kind": "erratum", "verdict": check}) == statement
    assert of_statement({"kind": "number", "verdict": check}) == check


@pytest.mark.parametrize("paper", ["#fbfaf5", "#f2efe5", "#ffffff"])
def test_verdicts_can_be_read_on_paper(paper: str) -> None:
    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for mark in MARKS.values():
        assert (luminance(paper) + 0.05) / (luminance(mark.ink) + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"within": {"value": q("a"), "target": 46.188, "rel": 0.001}}, "a is within 0.1 % of 46.188"),
        ({"between": {"value": q("a"), "low": 1, "high": 2, "each": "N"}}, "a lies between 1 and 2, for each N"),
        ({"greater": {"a": q("a"), "b": q("b"), "ratio": True}}, "the ratio of a to b is above 1"),
        (
            {"equivalent": {"a": q("a"), "b": q("b"), "margin": 0.1}},
            "the difference of a to b lies between −0.1 and 0.1",
        ),
        (
            {"any_of": [{"at_least": {"value": q("a"), "bound": 3}}, {"at_most": {"value": q("b"), "bound": 4}}]},
            "a is at least 3; or b is at most 4",
        ),
        ({"not_testable": {"reason": "no measure"}}, "nothing measurable decides it"),
    ],
)
def test_a_rule_is_put_in_words(rule: dict, words: str) -> None:
    assert wording.in_words(rule) == words
