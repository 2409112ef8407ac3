"""Every rule gives each verdict where it should, at the boundary too, and never on numbers that are none."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soapbubble.claims.decision import Verdict
from soapbubble.claims.evidence import Table
from soapbubble.claims.rules import RULES, as_written, parse_rule
from soapbubble.claims.selection import Selection
from soapbubble.errors import SoapbubbleError
from soapbubble.measurements import Measurement

HOLDS, FAILS, OPEN = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.UNDECIDED
NARROW = (-0.1, 0.0, 0.1)  # offsets of three replicates: the 95 % interval is the mean +- 0.248
WIDE = (-10.0, 0.0, 10.0)


def rows(quantity, centre, offsets=NARROW, condition=None):
    return [Measurement(quantity, condition or {}, k, centre + item) for k, item in enumerate(offsets)]


def exactly(quantity, value, condition=None):
    return [Measurement(quantity, condition or {}, "exact", value)]


def shares(quantity, successes, trials, condition=None):
    return [Measurement(quantity, condition or {}, 0, successes / trials, "proportion", trials)]


def verdict(rule, *groups):
    return parse_rule(rule).decide(Table(row for group in groups for row in group)).verdict


Q = {"quantity": "q"}
A, B, C = ({"quantity": name} for name in "abc")


@pytest.mark.parametrize(
    ("rule", "centre", "offsets", "expected"),
    [
        ({"within": {"value": Q, "target": 5.0, "abs": 0.5}}, 5.1, NARROW, HOLDS),
        ({"within": {"value": Q, "target": 5.0, "abs": 0.5}}, 6.0, NARROW, FAILS),
        ({"within": {"value": Q, "target": 5.0, "abs": 0.5}}, 5.4, NARROW, OPEN),
        ({"within": {"value": Q, "target": 5.0, "rel": 0.1}}, 5.1, NARROW, HOLDS),
        ({"within": {"value": Q, "target": -5.0, "rel": 0.1}}, -5.1, NARROW, HOLDS),
        ({"within": {"value": Q, "target": 5.0, "abs": 0.5}}, 5.0, WIDE, OPEN),
        ({"at_least": {"value": Q, "bound": 1.0}}, 2.0, NARROW, HOLDS),
        ({"at_least": {"value": Q, "bound": 1.0}}, 0.0, NARROW, FAILS),
        ({"at_least": {"value": Q, "bound": 1.0}}, 1.1, NARROW, OPEN),
        ({"at_most": {"value": Q, "bound": 1.0}}, 0.0, NARROW, HOLDS),
        ({"at_most": {"value": Q, "bound": 1.0}}, 2.0, NARROW, FAILS),
        ({"at_most": {"value": Q, "bound": 1.0}}, 0.9, NARROW, OPEN),
        ({"between": {"value": Q, "low": 0.0, "high": 2.0}}, 1.0, NARROW, HOLDS),
        ({"between": {"value": Q, "low": 0.0, "high": 2.0}}, 3.0, NARROW, FAILS),
        ({"between": {"value": Q, "low": 0.0, "high": 2.0}}, 2.0, NARROW, OPEN),
        ({"between": {"value": Q, "low": 0.0, "high": 2.0}}, 1.0, (math.nan, 0.0, 0.1), OPEN),
        ({"at_least": {"value": Q, "bound": 1.0}}, 2.0, (math.inf, 0.0, 0.1), OPEN),
        ({"at_least": {"value": Q, "bound": 1.0}}, 2.0, (0.0,), OPEN),
    ],
)
def test_a_band_is_judged_by_the_whole_interval(rule, centre, offsets, expected):
    assert verdict(rule, rows("q", centre, offsets)) is expected


@pytest.mark.parametrize(("value", "expected"), [(1.0, HOLDS), (math.nextafter(1.0, 0), FAILS), (math.nan, OPEN)])
def test_an_exact_value_on_the_bound_is_on_the_claimed_side(value, expected):
    assert verdict({"at_least": {"value": Q, "bound": 1.0}}, exactly("q", value)) is expected
    mirrored = {"at_most": {"value": Q, "bound": -1.0}}
    assert verdict(mirrored, exactly("q", -value)) is expected


@pytest.mark.parametrize("value", [math.inf, -math.inf])
@pytest.mark.parametrize("rule", [{"at_least": {"value": Q, "bound": 1.0}}, {"at_most": {"value": Q, "bound": 1.0}}])
def test_an_exact_value_that_is_not_finite_decides_nothing(rule, value):
    assert verdict(rule, exactly("q", value)) is OPEN


@pytest.mark.parametrize(
    ("a", "b", "expected"), [(2.0, 1.0, HOLDS), (1.0, 2.0, FAILS), (1.0, 1.0, FAILS), (1.0, math.nan, OPEN)]
)
def test_greater_is_strict_between_exact_values(a, b, expected):
    assert verdict({"greater": {"a": A, "b": B}}, exactly("a", a), exactly("b", b)) is expected


def test_pairing_by_replicate_removes_what_replicates_share():
    shared = (-50.0, 0.0, 50.0)
    a = [Measurement("a", {}, k, 1.0 + item + 0.01 * k) for k, item in enumerate(shared)]
    b = rows("b", 0.0, shared)
    assert verdict({"greater": {"a": A, "b": B}}, a, b) is HOLDS
    unpaired = [Measurement("b", {}, 10 + k, item) for k, item in enumerate(shared)]
    assert verdict({"greater": {"a": A, "b": B}}, a, unpaired) is OPEN


def test_a_ratio_ignores_the_scale_and_refuses_signs():
    rule = {"greater": {"a": A, "b": B, "ratio": True, "margin": 1.5}}
    for scale in (1e-9, 1.0, 1e9):
        a = [Measurement("a", {}, k, scale * (2 + 0.01 * k)) for k in range(3)]
        b = [Measurement("b", {}, k, scale * (1 + 0.01 * k)) for k in range(3)]
        assert verdict(rule, a, b) is HOLDS
    decision = parse_rule(rule).decide(Table([*rows("a", -2.0), *rows("b", -1.0)]))
    assert decision.verdict is OPEN
    assert "could not be computed: not all values lie above 0; threshold above 1.5: undecided" in decision.sentence


def test_proportions_are_compared_by_their_trials():
    rule = {"greater": {"a": A, "b": B}}
    assert verdict(rule, shares("a", 90, 100), shares("b", 50, 100)) is HOLDS
    assert verdict(rule, shares("a", 50, 100), shares("b", 90, 100)) is FAILS
    assert verdict(rule, shares("a", 3, 5), shares("b", 2, 5)) is OPEN


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (exactly("a", 2.0), exactly("b", 1.0), "is 1 exactly"),
        (rows("a", 2.0, (0.0, 0.0)), rows("b", 1.0, (0.0, 0.0)), "is 1 (no interval) over 2 replicates"),
        (rows("a", 2.0, (0.0, 0.0)), exactly("b", 1.0), "is 1 (no interval) over 2 replicates"),
        (shares("a", 90, 100), shares("b", 50, 100), "over 100 trials"),
        (shares("a", 90, 100), exactly("b", 0.5), "over 100 trials"),
    ],
)
def test_a_comparison_says_on_what_it_rests(a, b, words):
    assert words in parse_rule({"greater": {"a": A, "b": B}}).decide(Table([*a, *b])).sentence


@pytest.mark.parametrize(("difference", "expected"), [(0.0, HOLDS), (3.0, FAILS), (-3.0, FAILS), (1.0, OPEN)])
def test_equivalence_needs_the_interval_inside_the_margin(difference, expected):
    a = [Measurement("a", {}, k, difference + item) for k, item in enumerate(NARROW)]
    b = [Measurement("b", {}, k, 0.0) for k in range(3)]
    assert verdict({"equivalent": {"a": A, "b": B, "margin": 1.0}}, a, b) is expected


@pytest.mark.parametrize(
    ("centres", "expected"), [((3.0, 2.0, 1.0), HOLDS), ((3.0, 1.0, 2.0), FAILS), ((3.0, 2.0, 2.0), FAILS)]
)
def test_ordered_asks_every_step_to_fall(centres, expected):
    groups = [exactly(name, centre) for name, centre in zip("abc", centres, strict=True)]
    assert verdict({"ordered": {"values": [A, B, C]}}, *groups) is expected


@pytest.mark.parametrize(
    ("direction", "values", "expected"),
    [
        ("increasing", (1.0, 2.0, 3.0), HOLDS),
        ("decreasing", (1.0, 2.0, 3.0), FAILS),
        ("decreasing", (3.0, 2.0, 1.0), HOLDS),
        ("increasing", (1.0, 3.0, 2.0), FAILS),
    ],
)
def test_monotone_follows_the_number_and_not_its_spelling(direction, values, expected):
    groups = [exactly("q", value, {"N": N}) for N, value in zip((3, 20, 100), values, strict=True)]
    assert verdict({"monotone": {"value": Q, "along": "N", "direction": direction}}, *groups) is expected


def test_every_condition_must_meet_the_rule_and_what_fails_must_fail_with_the_correction_for_their_number():
    rule = {"at_least": {"value": Q, "bound": 1.0, "each": "N"}}
    assert verdict(rule, *(rows("q", 1.3, NARROW, {"N": N}) for N in range(40))) is HOLDS
    assert verdict(rule, rows("q", 0.7, NARROW, {"N": 1})) is FAILS
    others = [rows("q", 9.0, NARROW, {"N": N}) for N in range(39)]
    assert verdict(rule, *others, rows("q", 0.7, NARROW, {"N": 39})) is OPEN
    assert (
        verdict(rule, *(rows("q", 9.0, NARROW, {"N": N}) for N in range(39)), rows("q", -9.0, NARROW, {"N": 39}))
        is FAILS
    )


@pytest.mark.parametrize(
    ("parts", "all_of", "any_of"),
    [
        ((1, 1), HOLDS, HOLDS),
        ((1, -1), FAILS, HOLDS),
        ((-1, -1), FAILS, FAILS),
        ((1, 0), OPEN, HOLDS),
        ((0, -1), FAILS, OPEN),
    ],
)
def test_combinations_of_rules(parts, all_of, any_of):
    groups = [exactly(name, math.nan if item == 0 else item) for name, item in zip("ab", parts, strict=True)]
    rules = [{"at_least": {"value": item, "bound": 0.5}} for item in (A, B)]
    assert verdict({"all_of": rules}, *groups) is all_of
    assert verdict({"any_of": rules}, *groups) is any_of


def test_of_rules_of_which_one_must_hold_what_holds_is_corrected_for_their_number_and_what_fails_is_not():
    rule = {"any_of": [{"at_least": {"value": {**Q, "where": {"N": N}}, "bound": 1.0}} for N in range(40)]}
    failing = [rows("q", 0.7, NARROW, {"N": N}) for N in range(40)]
    assert verdict(rule, *failing) is FAILS
    assert verdict(rule, *failing[1:], rows("q", 1.3, NARROW, {"N": 0})) is OPEN
    assert verdict(rule, *failing[1:], rows("q", 9.0, NARROW, {"N": 0})) is HOLDS


@pytest.mark.parametrize(
    ("rule", "groups", "words"),
    [
        # sqrt(n) / t(n - 1) has to grow from that of three replicates by 0.248 / 0.1, and by 0.248 / 0.2
        ({"at_least": {"value": A, "bound": 1.0}}, rows("a", 1.1), "(about 7 replicates would decide"),
        ({"between": {"value": A, "low": 0.0, "high": 1.0}}, rows("a", 0.8), "(about 4 replicates would decide"),
        ({"greater": {"a": A, "b": B}}, [*rows("a", 1e-4), *exactly("b", 0.0)], "(more than 300 replicates would"),
        ({"at_least": {"value": A, "bound": 0.5}}, shares("a", 26, 50), "trials would decide"),
        ({"ordered": {"values": [A, B]}}, [*rows("a", 1.1), *exactly("b", 1.0)], "(about 7 replicates would decide"),
    ],
)
def test_what_is_undecided_says_how_many_replicates_would_decide(rule, groups, words):
    decision = parse_rule(rule).decide(Table(groups))
    assert decision.verdict is OPEN
    assert words in decision.sentence


def test_what_is_decided_or_has_no_interval_names_no_number_of_replicates():
    rule = {"at_least": {"value": A, "bound": 1.0}}
    for group in (rows("a", 2.0), rows("a", 0.0), rows("a", 2.0, (0.0,)), rows("a", 2.0, (0.0, 0.0)), rows("a", 1.0)):
        assert "would decide" not in parse_rule(rule).decide(Table(group)).sentence


def test_one_failing_rule_of_several_must_fail_with_the_correction_for_their_number():
    one = {"at_least": {"value": A, "bound": 0.28}}
    assert verdict(one, rows("a", 0.0)) is FAILS
    several = {"all_of": [one, *[{"at_least": {"value": B, "bound": 0.0}}] * 9]}
    decision = parse_rule(several).decide(Table([*rows("a", 0.0), *exactly("b", 1.0)]))
    assert decision.verdict is decision.parts[0].verdict is OPEN
    assert decision.interval.low < 0.28 < decision.interval.high
    assert decision.sentence.startswith(decision.parts[0].sentence)
    assert decision.parts[0].sentence.endswith("if the estimate stayed). (Widened for 10 conditions.)")
    assert verdict(several, rows("a", -9.0), exactly("b", 1.0)) is FAILS


def test_several_rules_publish_the_one_nearest_to_its_line():
    rules = {"all_of": [{"at_least": {"value": A, "bound": 0.0}}, {"at_least": {"value": B, "bound": 0.0}}]}
    decision = parse_rule(rules).decide(Table([*rows("a", 900.0), *rows("b", 1.0)]))
    assert (decision.verdict, decision.lead) == (HOLDS, 1)
    assert decision.interval.estimate == pytest.approx(1.0)


@pytest.mark.parametrize(("bound", "expected"), [(2.0, HOLDS), (8.0, FAILS), (4.0, OPEN)])
def test_skewed_values_are_judged_on_the_logarithmic_scale(bound, expected):
    values = [2.5, 3.0, 4.0, 5.5, 6.0]
    table = [Measurement("q", {}, k, value) for k, value in enumerate(values)]
    decision = parse_rule({"at_least": {"value": Q, "bound": bound, "scale": "log"}}).decide(Table(table))
    assert decision.verdict is expected
    assert decision.interval.estimate == pytest.approx(np.exp(np.log(values).mean()))
    assert "Geometric mean of q" in decision.sentence


def test_a_share_of_trials_takes_no_scale():
    share = [Measurement("q", {}, k, 0.5, "proportion", 10) for k in range(3)]
    with pytest.raises(SoapbubbleError, match="leave out `scale`"):
        verdict({"at_least": {"value": Q, "bound": 0.5, "scale": "logit"}}, share)


def test_what_cannot_be_tested_says_why():
    decision = parse_rule({"not_testable": {"reason": "No number is given."}}).decide(Table([]))
    assert decision.verdict is Verdict.NOT_TESTABLE
    assert decision.sentence == "No number is given."


@pytest.mark.parametrize(
    "bad",
    [
        "within",
        {},
        {"nearly": {}},
        {"within": {"value": Q, "target": 1.0}},
        {"within": {"value": Q, "target": 1.0, "rel": 0.1, "abs": 0.1}},
        {"within": {"value": Q, "target": 0.0, "rel": 0.1}},
        {"between": {"value": Q, "low": 2.0, "high": 1.0}},
        {"at_least": {"value": Q, "bound": 1.0, "each": "N", "colour": 1}},
        {"equivalent": {"a": A, "b": B, "margin": 0.5, "ratio": True}},
        {"greater": {"a": A, "b": B, "margin": -1.0, "ratio": True}},
        {"ordered": {"values": [A]}},
        {"all_of": []},
        {"not_testable": {"reason": ""}},
        {"at_least": {"value": Q, "bound": math.nan}},
        {"within": {"value": Q, "target": 1.0, "abs": math.inf}},
        {"greater": {"a": A, "b": B, "margin": -math.inf}},
        {"all_of": [{"not_testable": {"reason": "No number."}}, {"at_least": {"value": Q, "bound": 1.0}}]},
        {"any_of": [{"all_of": [{"not_testable": {"reason": "No number."}}]}]},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(bad):
    with pytest.raises(ValueError):  # noqa: PT011  (the sentence is checked with the claims files)
        parse_rule(bad)


def test_a_measurement_that_nobody_wrote_is_an_error():
    with pytest.raises(SoapbubbleError, match="nothing measured it"):
        verdict(
            {"at_least": {"value": {"quantity": "q", "where": {"N": 4}}, "bound": 0.0}}, exactly("q", 1.0, {"N": 3})
        )


@pytest.mark.parametrize(("written", "asked"), [(True, 1), (1, True), (False, 0.0)])
def test_a_truth_value_is_not_a_number(written, asked):
    rule = {"at_least": {"value": {"quantity": "q", "where": {"bias": asked}}, "bound": 0.0}}
    with pytest.raises(SoapbubbleError, match="nothing measured it"):
        verdict(rule, exactly("q", 1.0, {"bias": written}))


def test_whole_numbers_match_however_they_are_written():
    rule = {"at_least": {"value": {"quantity": "q", "where": {"N": 3.0}}, "bound": 0.0}}
    assert verdict(rule, exactly("q", 1.0, {"N": 3})) is HOLDS


@pytest.mark.parametrize("share", [-0.1, 1.2])
def test_a_share_outside_of_0_and_1_is_an_error(share):
    with pytest.raises(SoapbubbleError, match="not a share"):
        verdict({"at_least": {"value": Q, "bound": 0.5}}, [Measurement("q", {}, 0, share, "proportion", 10)])


def interval(rule, *groups):
    found = parse_rule(rule).decide(Table(row for group in groups for row in group)).interval
    return round(found.low, 3), round(found.high, 3)


AUC, SPREAD = {"quantity": "auc"}, (-0.1, 0.0, 0.05)


@pytest.mark.parametrize(
    ("value", "groups", "expected"),
    [
        (AUC, [rows("auc", 0.95, SPREAD)], (0.744, 1.0)),
        ({"quantity": "q"}, [rows("q", 0.95, SPREAD)], (0.744, 1.123)),
        (
            AUC | {"minus": {"quantity": "prior_auc"}},
            [rows("auc", 0.95, SPREAD), exactly("prior_auc", 0.0)],
            (0.744, 1.0),
        ),
        (
            AUC | {"over": {"quantity": "prior_auc"}},
            [rows("auc", 0.15, SPREAD), exactly("prior_auc", 0.5)],
            (0.0, 0.646),
        ),
        (AUC | {"over": {"quantity": "q"}}, [rows("auc", 0.15, SPREAD), exactly("q", 0.5)], (-0.113, 0.646)),
        (AUC | {"aggregate": {"max": "N"}}, [rows("auc", 0.95, SPREAD, {"N": 1})], (0.744, 1.0)),
        (
            {"quantity": "q", "aggregate": {"share": "N", "at_least": 1.0}},
            [rows("q", 1.0, NARROW, {"N": 1})],
            (0.0, 1.0),
        ),
    ],
)
def test_an_interval_stays_within_what_a_quantity_can_be(value, groups, expected):
    assert interval({"between": {"value": value, "low": 0.4, "high": 0.5}}, *groups) == expected


def test_a_difference_stays_within_what_it_can_be():
    groups = rows("auc", 0.95, (-0.4, 0.0, 0.05)), rows("prior_auc", 0.05, (0.0, 0.05, -0.05))
    assert interval({"greater": {"a": AUC, "b": {"quantity": "prior_auc"}}}, *groups)[1] == 1.0


COUNT = {"quantity": "symptom_score"}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"at_most": {"value": COUNT, "bound": 3.7}}, OPEN),
        ({"at_most": {"value": COUNT, "bound": 3.8}}, HOLDS),
        ({"greater": {"a": COUNT, "b": B, "margin": 1.2}}, HOLDS),
        ({"greater": {"a": COUNT, "b": B, "margin": 1.3}}, OPEN),
        ({"greater": {"a": COUNT, "b": B, "ratio": True, "margin": 2.6}}, HOLDS),
        ({"at_most": {"value": COUNT | {"aggregate": {"max": "N"}}, "bound": 3.7}}, OPEN),
        ({"at_most": {"value": COUNT | {"over": B}, "bound": 3.4}}, HOLDS),
    ],
)
def test_equal_counts_decide_by_their_mean(rule, expected):
    assert verdict(rule, rows("symptom_score", 3.0, [0.0] * 5, {"N": 1}), rows("b", 1.0, [0.0] * 5)) is expected
    assert verdict({"at_most": {"value": Q, "bound": 3.0}}, rows("q", 3.0, [0.0] * 5)) is HOLDS  # by the median
    counted = [Measurement("q", {}, k, 3.0, "count") for k in range(5)]
    assert verdict({"at_most": {"value": Q, "bound": 3.0}}, counted) is OPEN


def test_one_replicate_decides_nothing_however_narrow_the_range_of_its_quantity():
    assert verdict({"at_least": {"value": AUC, "bound": 0.1}}, rows("auc", 0.9, [0.0])) is OPEN


def test_a_cut_does_not_say_that_fewer_replicates_would_decide():
    rule = {"at_least": {"value": {"quantity": "q"}, "bound": 0.99}}
    named = {"at_least": {"value": AUC, "bound": 0.99}}
    said = [
        parse_rule(one).decide(Table(rows(name, 0.95, SPREAD))).sentence for one, name in ((rule, "q"), (named, "auc"))
    ]
    assert said[0].partition("undecided")[2] == said[1].partition("undecided")[2] != ""


@pytest.mark.parametrize(
    ("rule", "cannot"),
    [
        ({"at_least": {"value": AUC, "bound": 0.0}}, "fail"),
        ({"at_most": {"value": AUC, "bound": 1.0}}, "fail"),
        ({"at_least": {"value": AUC, "bound": 1.1}}, "meet"),
        ({"within": {"value": AUC, "target": 0.5, "abs": 0.5}}, "fail"),
        ({"at_most": {"value": {"quantity": "boundary_r2"}, "bound": 1.0}}, "fail"),
        ({"greater": {"a": AUC, "b": {"quantity": "prior_auc"}, "margin": 1.0}}, "meet"),
        ({"equivalent": {"a": AUC, "b": {"quantity": "prior_auc"}, "margin": 1.0}}, "fail"),
    ],
)
def test_a_line_that_no_outcome_can_cross_is_refused(rule, cannot):
    groups = [rows(name, 0.5) for name in ("auc", "prior_auc", "boundary_r2")]
    with pytest.raises(SoapbubbleError, match=f"no outcome can {cannot}"):
        verdict(rule, *groups)


def test_a_value_that_the_quantity_cannot_have_is_an_error():
    with pytest.raises(SoapbubbleError, match=r"1\.1, but auc goes from 0 to 1"):
        verdict({"at_least": {"value": AUC, "bound": 0.5}}, rows("auc", 1.1, [0.0, -0.2, -0.3]))
    assert verdict({"at_least": {"value": AUC, "bound": 0.5}}, rows("auc", 1.0, [1e-9, -0.001, -0.002])) is HOLDS


def test_an_ambiguous_selection_is_an_error():
    two = [*exactly("q", 1.0, {"N": 3}), *exactly("q", 2.0, {"N": 4})]
    with pytest.raises(SoapbubbleError, match="ambiguous"):
        verdict({"at_least": {"value": Q, "bound": 0.0}}, two)


def test_the_same_replicate_twice_is_an_error():
    with pytest.raises(SoapbubbleError, match="twice"):
        verdict({"at_least": {"value": Q, "bound": 0.0}}, rows("q", 1.0), rows("q", 1.0))


samples = st.lists(st.floats(-100, 100), min_size=2, max_size=6)


@given(samples, samples)
def test_swapping_the_sides_of_greater_never_leaves_both_holding(a, b):
    groups = rows("a", 0.0, a), rows("b", 0.0, b)
    forth = verdict({"greater": {"a": A, "b": B}}, *groups)
    back = verdict({"greater": {"a": B, "b": A}}, *groups)
    flipped = {HOLDS: {FAILS}, FAILS: {HOLDS, FAILS, OPEN}, OPEN: {OPEN, FAILS}}
    assert back in flipped[forth]


@given(samples, st.integers(0, 2**31), st.sampled_from(sorted(set(RULES) - {"not_testable", "ordered", "monotone"})))
def test_the_order_of_the_rows_changes_nothing(values, seed, name):
    body = {
        "within": {"value": A, "target": 1.0, "abs": 5.0},
        "at_least": {"value": A, "bound": 1.0},
        "at_most": {"value": A, "bound": 1.0},
        "between": {"value": A, "low": -1.0, "high": 1.0},
        "greater": {"a": A, "b": B},
        "equivalent": {"a": A, "b": B, "margin": 3.0},
        "all_of": [{"at_least": {"value": A, "bound": 1.0}}],
        "any_of": [{"at_least": {"value": A, "bound": 1.0}}],
    }[name]
    ordered = [*rows("a", 0.0, values), *rows("b", 1.0, values[::-1])]
    shuffled = random.Random(seed).sample(ordered, len(ordered))
    assert parse_rule({name: body}).decide(Table(ordered)) == parse_rule({name: body}).decide(Table(shuffled))


def test_a_rule_is_written_back_as_it_was_read():
    written = {
        "all_of": [{"within": {"value": Q, "target": 1.0, "rel": 0.1, "each": ["N"]}}, {"greater": {"a": A, "b": B}}]
    }
    assert as_written(parse_rule(written)) == written


def grid(quantity, values, key="N", **condition):
    """Rows of `quantity`: `values` maps the condition `key` to one value for each replicate."""
    return [
        Measurement(quantity, {key: at, **condition}, k, value)
        for at, found in values.items()
        for k, value in enumerate(found)
    ]


def sample(selection, *groups):
    return Table(row for group in groups for row in group).sample(Selection.model_validate(selection))


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"from": 32}, [32, 64.5, 1024]),
        ({"to": 32}, [2, 32]),
        ({"from": 32, "to": 64.5}, [32, 64.5]),
        ({"in": [1024, 2.0]}, [2, 1024]),
        (32.0, [32]),
    ],
)
def test_a_selection_takes_ranges_and_lists(where, expected):
    rows = [Measurement("q", {"N": N}, "exact", 1.0) for N in (1024, 2, 64.5, 32)]
    rows += [Measurement("q", {"N": N}, "exact", 1.0) for N in ("40", True)]
    found = Table(rows).samples(Selection.model_validate({"quantity": "q", "where": {"N": where}}), ["N"])
    assert [item.condition["N"] for item in found] == expected


def test_a_listed_value_that_nobody_measured_is_an_error():
    selection = {
        "quantity": "q",
        "where": {"distribution": {"in": ["normal", "cauchy"]}},
        "aggregate": {"mean": "distribution"},
    }
    with pytest.raises(SoapbubbleError, match="at distribution = cauchy: nothing measured it"):
        sample(selection, exactly("q", 1.0, {"distribution": "normal"}))


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        ({"mean": "N"}, [2.0, 5.0]),
        ({"median": "N"}, [1.0, 4.0]),
        ({"min": "N"}, [1.0, 3.0]),
        ({"max": "N"}, [4.0, 8.0]),
        ({"count": "N", "at_least": 4.0}, [1.0, 2.0]),
        ({"count": "N", "at_least": 3.0, "at_most": 4.0}, [1.0, 2.0]),
        ({"share": "N", "at_most": 3.9}, [2 / 3, 1 / 3]),
        ({"slope": "N"}, [1.5, 2.5]),
    ],
)
def test_an_aggregate_is_made_in_each_replicate(aggregate, expected):
    rows = grid("q", {1: (1.0, 3.0), 2: (1.0, 4.0), 3: (4.0, 8.0)})
    found = sample({"quantity": "q", "aggregate": aggregate}, rows)
    assert found.values == pytest.approx(expected)
    assert found.replicates == [0, 1]
    assert found.condition == {}


def test_the_exponent_of_a_power_law_is_found():
    rows = grid("q", {N: (3 * N**-0.5, 7 * N**-0.25) for N in (2, 16, 100)})
    assert sample({"quantity": "q", "aggregate": {"exponent": "N"}}, rows).values == pytest.approx([-0.5, -0.25])
    rows = grid("q", {N: (-1.0, float(N)) for N in (2, 16)})
    assert sample({"quantity": "q", "aggregate": {"exponent": "N"}}, rows).values == pytest.approx(
        [math.nan, 1.0], nan_ok=True
    )


def test_an_aggregate_goes_over_the_keys_it_names_and_no_others():
    rows = [
        *grid("q", {1: (1.0, 3.0), 2: (2.0, 4.0)}, distribution="a"),
        *grid("q", {1: (5.0, 7.0), 2: (6.0, 8.0)}, distribution="b"),
    ]
    with pytest.raises(SoapbubbleError, match="ambiguous"):
        sample({"quantity": "q", "aggregate": {"max": "N"}}, rows)
    assert sample({"quantity": "q", "aggregate": {"max": ["N", "distribution"]}}, rows).values == [6.0, 8.0]
    rule = {"at_least": {"value": {"quantity": "q", "aggregate": {"min": "N"}}, "bound": 4.0, "each": "distribution"}}
    assert "distribution = a" in parse_rule(rule).decide(Table(rows)).sentence
    assert verdict(rule, [*grid("q", {1: (5.0, 5.1), 2: (6.0, 8.0)}, distribution="b")]) is HOLDS


def test_a_value_that_is_no_number_makes_the_aggregate_none():
    rows = grid("q", {1: (1.0, math.nan), 2: (2.0, 4.0)})
    for aggregate in ({"max": "N"}, {"count": "N", "at_least": 0.0}, {"slope": "N"}):
        first, second = sample({"quantity": "q", "aggregate": aggregate}, rows).values
        assert math.isfinite(first)
        assert math.isnan(second)


def test_a_replicate_that_lacks_a_condition_is_an_error():
    rows = grid("q", {1: (1.0, 3.0), 2: (2.0,)})
    with pytest.raises(SoapbubbleError, match="different replicates"):
        sample({"quantity": "q", "aggregate": {"mean": "N"}}, rows)


def test_differences_and_quotients_are_formed_in_each_replicate():
    a, b = rows("a", 10.0, (0.0, 2.0)), rows("b", 4.0, (0.0, 1.0))
    assert sample({"quantity": "a", "minus": {"quantity": "b"}}, a, b).values == [6.0, 7.0]
    assert sample({"quantity": "a", "over": {"quantity": "b"}}, a, b).values == [2.5, 2.4]
    recovered = {"quantity": "a", "minus": B, "over": {"quantity": "c", "minus": B}}
    assert sample(recovered, a, b, exactly("c", 16.0)).values == [0.5, pytest.approx(7 / 11)]
    assert math.isnan(sample({"quantity": "a", "over": B}, a, exactly("b", 0.0)).values[0])
    with pytest.raises(SoapbubbleError, match="different replicates"):
        sample({"quantity": "a", "over": B}, a, rows("b", 1.0))


def test_what_is_divided_by_follows_the_conditions_it_has():
    a = [*grid("a", {1: (2.0, 4.0), 2: (6.0, 9.0)}), *grid("a", {3: (9.0, 9.0)})]
    b = grid("b", {1: (1.0, 2.0), 2: (2.0, 3.0), 3: (1.0, 1.0)})
    worst = {"quantity": "a", "where": {"N": {"to": 2}}, "over": B, "aggregate": {"max": "N"}}
    assert sample(worst, a, b).values == [3.0, 3.0]
    first = {"quantity": "a", "over": {"quantity": "a", "where": {"N": 1}}, "aggregate": {"max": "N"}}
    assert sample(first, a).values == [4.5, 2.25]
    mean = {"quantity": "a", "over": {"quantity": "b", "aggregate": {"max": "N"}}, "aggregate": {"min": "N"}}
    assert sample(mean, a, b).values == [1.0, pytest.approx(4 / 3)]
    assert sample({**worst, "over": {"quantity": "c"}}, a, exactly("c", 2.0)).values == [3.0, 4.5]
    with pytest.raises(SoapbubbleError, match=r'no measurement of b at {"N": 3}'):
        sample({**worst, "where": {}}, a, grid("b", {1: (1.0, 2.0), 2: (2.0, 3.0)}))


def test_a_share_loses_its_trials_when_it_is_computed_with():
    one, two = shares("a", 90, 100, {"N": 1}), shares("a", 50, 100, {"N": 2})
    found = sample({"quantity": "a", "aggregate": {"mean": "N"}}, one, two)
    assert found.values == [pytest.approx(0.7)]
    assert not found.is_proportion
    assert found.interval(0.95).low == -math.inf


def test_the_sentence_says_what_was_made_of_the_measurements():
    rule = {
        "at_most": {
            "value": {
                "quantity": "q",
                "where": {"N": {"from": 2}},
                "over": {"quantity": "q", "where": {"N": 1}},
                "aggregate": {"max": "N"},
            },
            "bound": 5.0,
        }
    }
    sentence = parse_rule(rule).decide(Table(grid("q", {1: (1.0, 2.0), 2: (2.0, 4.0), 3: (3.0, 6.1)}))).sentence
    assert sentence.startswith("Largest q (N from 2) relative to that (N = 1) over N is 3.0")


@pytest.mark.parametrize(
    "selection",
    [
        {"where": {"N": {}}},
        {"where": {"N": {"from": 3, "to": 2}}},
        {"where": {"N": {"from": 3, "in": [3]}}},
        {"where": {"N": {"in": []}}},
        {"where": {"N": {"form": 3}}},
        {"aggregate": {}},
        {"aggregate": {"max": []}},
        {"aggregate": {"max": "N", "min": "N"}},
        {"aggregate": {"max": "N", "at_least": 1.0}},
        {"aggregate": {"count": "N"}},
        {"aggregate": {"biggest": "N"}},
    ],
)
def test_a_selection_that_makes_no_sense_is_refused(selection):
    with pytest.raises(ValueError):  # noqa: PT011  (the sentence is checked with the claims files)
        Selection.model_validate({"quantity": "q", **selection})


def test_a_selection_is_written_back_as_it_was_read():
    value = {
        "quantity": "q",
        "where": {"N": {"from": 32.0}, "distribution": {"in": ["a", "b"]}, "b": 5},
        "minus": B,
        "over": {"quantity": "c", "where": {"N": {"from": 2.0, "to": 3.0}}},
        "aggregate": {"count": ["N", "distribution"], "at_least": 0.5},
    }
    written = {"at_least": {"value": value, "bound": 1.0}}
    assert as_written(parse_rule(written)) == written
