"""Confidence intervals against published values and by their coverage."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, ttest_1samp, ttest_ind
from statsmodels.stats.proportion import confint_proportions_2indep

from soapbubble.stats import intervals

values = st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=30)


def test_mean_interval_matches_the_textbook_t_value():
    # Five values 1..5: mean 3, s = sqrt(2.5), t(4; 0.975) = 2.776445.
    found = intervals.of_mean([1, 2, 3, 4, 5])
    assert found.estimate == pytest.approx(3)
    assert found.high - found.estimate == pytest.approx(2.7764451 * math.sqrt(2.5 / 5))
    assert found.n == 5


def test_one_replicate_bounds_nothing():
    found = intervals.of_mean([7.0])
    assert (found.low, found.high) == (-math.inf, math.inf)


@pytest.mark.parametrize("scale", [None, "log", "logit"])
def test_what_has_no_bounds_has_none_on_any_scale(scale):
    for values in ([0.7], [0.7, 0.7]):
        found = intervals.of_mean_on_scale(values, scale) if scale else intervals.of_mean(values)
        assert found.estimate == pytest.approx(0.7)
        assert (found.low, found.high) == (-math.inf, math.inf)


def test_a_cut_interval_keeps_its_estimate_and_what_it_was():
    found = intervals.of_mean([0.9, 1.0, 1.0])
    cut = found.cut(0.0, 1.0)
    assert (cut.estimate, cut.low, cut.high, cut.uncut) == (found.estimate, found.low, 1.0, found)
    assert found.cut(0.0, 2.0) == found
    assert found.cut(-1.0, 0.9).high == found.estimate  # which rounding may put outside
    for without in (intervals.of_mean([0.5]), intervals.of_mean([math.nan, 1.0])):
        assert without.cut(0.0, 1.0) is without


@pytest.mark.parametrize("n", [2, 3, 5, 20])
@pytest.mark.parametrize("reach", [0.05, 0.4, 0.9])
def test_so_many_replicates_are_needed_and_no_fewer(n, reach):
    def half(values):
        found = intervals.of_mean(values)
        return found.high - found.estimate

    def alike(count):  # as many values with a standard deviation of 1
        values = np.random.default_rng(count).normal(size=count)
        return (values - values.mean()) / values.std(ddof=1)

    needed = intervals.replicates_needed(n, reach)
    if needed is None:
        assert half(alike(100 * n)) > reach * half(alike(n))
    else:
        assert half(alike(needed)) <= reach * half(alike(n)) * (1 + 1e-9)
        assert needed > n
        assert half(alike(needed - 1)) > reach * half(alike(n))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_value_that_is_no_number_decides_nothing(bad):
    assert math.isnan(intervals.of_mean([1.0, bad]).estimate)
    assert math.isnan(intervals.of_difference([1.0, 2.0], [bad, 1.0]).estimate)


@pytest.mark.parametrize(("n", "decided"), [(2, False), (3, False), (4, False), (5, True), (20, True)])
def test_equal_replicates_decide_something_from_five_on(n, decided):
    found = intervals.of_mean([3.0] * n)
    assert found == intervals.Interval(3.0, *((3.0, 3.0) if decided else (-math.inf, math.inf)), n)
    assert intervals.of_difference([3.0] * n, [1.0] * n).low == (2.0 if decided else -math.inf)
    assert math.isinf(intervals.of_mean([3.0] * n, 1 - 0.05 / 2**n).low)  # corrected for many comparisons


@pytest.mark.parametrize("n", [2, 3, 5, 6, 7, 10, 20])
@pytest.mark.parametrize(
    ("draw", "mean"),
    [
        (lambda rng, size: rng.poisson(0.1, size), 0.1),
        (lambda rng, size: rng.poisson(0.5, size), 0.5),
        (lambda rng, size: rng.poisson(3.0, size), 3.0),
        (lambda rng, size: rng.binomial(5, 0.9, size), 4.5),
    ],
    ids=["Poisson 0.1", "Poisson 0.5", "Poisson 3", "binomial"],
)
def test_the_mean_of_counts_is_missed_as_rarely_as_that_of_other_values(draw, mean, n):
    drawn = draw(np.random.default_rng(n), (2000, n))
    found = [intervals.of_mean(row, step=1.0) for row in drawn]
    for wrong in ([item.low > mean for item in found], [item.high < mean for item in found]):
        assert np.mean(wrong) < 0.035  # 0.025 and three standard errors


def test_equal_counts_bound_their_mean_as_the_rule_of_three_does():
    # Five Poisson counts are all zero with a probability of 2.5 % where their mean is log(40) / 5 = 0.73778.
    found = intervals.of_mean([3.0] * 5, step=1.0)
    assert (found.low, found.high) == pytest.approx((3 - 0.73778, 3 + 0.73778), abs=1e-5)
    assert math.isinf(intervals.of_mean([3.0] * 4, step=1.0).high)
    assert intervals.of_difference([3.0] * 5, [1.0] * 5, step=1.0).high == pytest.approx(2.73778, abs=1e-5)


@pytest.mark.parametrize("n", [2, 3, 5, 10, 20])
def test_zeros_and_ones_err_as_rarely_as_other_values(n):
    drawn = np.random.default_rng(n).integers(0, 2, (4000, n))
    found = [intervals.of_mean(row) for row in drawn]
    for wrong in ([item.low > 0.5 for item in found], [item.high < 0.5 for item in found]):
        assert np.mean(wrong) < 0.05


def test_mean_interval_covers_the_truth_as_often_as_it_says():
    draws = np.random.default_rng(0).normal(size=(2000, 6))
    covered = [item.low <= 0 <= item.high for item in map(intervals.of_mean, draws)]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)


def test_wilson_interval_matches_a_published_example():
    # Newcombe (1998), table I, 81 of 263: 0.2553 to 0.3662.
    found = intervals.of_proportion(81, 263)
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_wilson_interval_of_all_successes_is_not_a_point():
    found = intervals.of_proportion(20, 20)
    assert found.high == 1.0
    assert 0.8 < found.low < 0.9


@given(st.data(), st.integers(1, 10**7))
def test_wilson_interval_holds_its_share_inside_zero_and_one(data, n):
    found = intervals.of_proportion(data.draw(st.sampled_from([0, n]) | st.integers(0, n)), n)
    assert 0 <= found.low <= found.estimate <= found.high <= 1


@pytest.mark.parametrize("correlation", [0.0, 0.02, 0.05])
@pytest.mark.parametrize("clusters", [3, 5])
def test_the_interval_of_a_share_covers_the_truth_when_trials_of_a_network_are_alike(clusters, correlation):
    rng, share, trials = np.random.default_rng(1), 0.8, 200
    own = np.full((1000, clusters), share)
    if correlation:
        strength = (1 - correlation) / correlation
        own = rng.beta(share * strength, (1 - share) * strength, own.shape)
    drawn = rng.binomial(trials, own) / trials
    found = [intervals.of_shares(row, [trials] * clusters) for row in drawn]
    missed_above = np.mean([item.low > share for item in found])
    missed_below = np.mean([item.high < share for item in found])
    assert max(missed_above, missed_below) < 0.05


def test_the_trials_of_one_network_count_as_independent():
    assert intervals.of_shares([0.25], [80]) == intervals.of_proportion(20, 80)


def test_networks_that_differ_widen_the_interval_of_their_common_share():
    alike, apart = (intervals.of_shares(shares, [200, 200, 200]) for shares in ([0.8, 0.8, 0.8], [0.6, 0.8, 1.0]))
    assert alike.estimate == pytest.approx(apart.estimate)
    assert apart.high - apart.low > 2 * (alike.high - alike.low)


@pytest.mark.parametrize(("scale", "draw"), [("log", "lognormal"), ("logit", "logit-normal")])
def test_skewed_values_are_covered_on_the_scale_on_which_they_are_symmetric(scale, draw):
    rng = np.random.default_rng(2)
    normal = rng.normal(size=(2000, 5))
    values, truth = (np.exp(normal), 1.0) if draw == "lognormal" else (1 / (1 + np.exp(-normal)), 0.5)
    found = [intervals.of_mean_on_scale(row, scale) for row in values]
    assert np.mean([item.low > truth for item in found]) == pytest.approx(0.025, abs=0.012)
    assert np.mean([item.high < truth for item in found]) == pytest.approx(0.025, abs=0.012)


@pytest.mark.parametrize(("scale", "values"), [("log", [1.0, 0.0]), ("logit", [0.5, 1.0]), ("logit", [0.5, -0.1])])
def test_a_value_that_the_scale_does_not_have_decides_nothing(scale, values):
    assert math.isnan(intervals.of_mean_on_scale(values, scale).low)


def test_two_replicates_are_too_few_for_welch_s_interval():
    found = intervals.of_difference([1.0, 1.1], [5.0, 5.1, 5.2, 5.0])
    assert (found.low, found.high) == (-math.inf, math.inf)


def test_newcombe_difference_matches_the_published_example():
    # Newcombe (1998), example (a), 56/70 against 48/80: 0.0524 to 0.3339.
    found = intervals.of_proportion_difference(intervals.of_proportion(56, 70), intervals.of_proportion(48, 80))
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize("scale", [1e-90, 1.0, 1e90])
def test_welch_s_interval_agrees_with_scipy_at_any_scale(scale):
    a, b = np.array([27.5, 21.0, 19.0, 23.6, 17.0, 17.9]), np.array([27.1, 22.0, 20.8])
    found = intervals.of_difference(scale * a, scale * b)
    expected = ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    assert (found.low / scale, found.high / scale) == pytest.approx((expected.low, expected.high))


@given(values, values)
def test_swapping_the_sides_negates_the_difference(a, b):
    forth, back = intervals.of_difference(a, b), intervals.of_difference(b, a).negated()
    assert forth.estimate == pytest.approx(back.estimate)
    assert (forth.low, forth.high) == pytest.approx((back.low, back.high))


@given(values)
def test_a_higher_level_gives_a_wider_interval(sample):
    narrow, wide = intervals.of_mean(sample, 0.9), intervals.of_mean(sample, 0.99)
    assert wide.low <= narrow.low <= narrow.high <= wide.high


@given(values.filter(lambda found: np.ptp(found) > 1e-3), st.sampled_from([0.9, 0.95, 0.999]))
def test_student_s_interval_agrees_with_scipy(sample, level):
    found, expected = intervals.of_mean(sample, level), ttest_1samp(sample, 0).confidence_interval(level)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-6, abs=1e-6)


@given(st.data(), st.integers(1, 10_000), st.sampled_from([0.9, 0.95, 0.999]))
def test_wilson_s_interval_agrees_with_scipy(data, n, level):
    k = data.draw(st.integers(0, n))
    found, expected = intervals.of_proportion(k, n, level), binomtest(k, n).proportion_ci(level, method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


@given(st.data(), st.integers(1, 1000), st.integers(1, 1000))
def test_newcombe_s_interval_agrees_with_statsmodels(data, n, m):
    k, j = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    found = intervals.of_proportion_difference(intervals.of_proportion(k, n), intervals.of_proportion(j, m))
    expected = confint_proportions_2indep(k, n, j, m, method="newcomb", compare="diff")
    assert (found.low, found.high) == pytest.approx(expected)
