"""Exact values of the length: closed forms, independent quadrature, expansions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soapbubble.stats import gaussian_length, uniform_length
from soapbubble.studies.shells.balls import box
from soapbubble.studies.shells.formulas import _log10

dimensions = st.integers(1, 5000)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_integral_equals_the_closed_form(n):
    assert uniform_length.mean_length(n) == pytest.approx(uniform_length.mean_length_closed(n), abs=1e-14)


@pytest.mark.parametrize(("n", "known"), [(1, 0.5), (2, 0.765196), (3, 0.960592)])
def test_integral_equals_known_values(n, known):
    assert uniform_length.mean_length(n) == pytest.approx(known, abs=1e-6)


def test_integral_equals_a_quadrature_over_the_whole_cube():
    nodes, weights = np.polynomial.legendre.leggauss(24)
    u = (1 + nodes) / 2  # |x| is uniform on [0, 1]
    square = sum(np.meshgrid(*[u**2] * 4, indexing="ij"))
    share = np.einsum("i,j,k,l->ijkl", *[weights / 2] * 4)
    assert uniform_length.mean_length(4) == pytest.approx(float((share * np.sqrt(square)).sum()), rel=1e-6)


@given(dimensions)
def test_mean_lies_between_half_and_all_of_the_root_mean_square(n):
    assert 0.8 < uniform_length.mean_length(n) / uniform_length.rms_length(n) < 1


@given(dimensions)
def test_mean_grows_with_the_dimension_and_relative_spread_falls(n):
    assert uniform_length.mean_length(n + 1) > uniform_length.mean_length(n)
    assert uniform_length.length_cv(n + 1) < uniform_length.length_cv(n)


@given(st.integers(8, 5000))
def test_series_errs_in_third_order_only(n):
    error = uniform_length.mean_length_series(n) / uniform_length.mean_length(n) - 1
    assert abs(error) * n**3 < 0.1


@pytest.mark.parametrize("n", [3, 4, 16, 256, 2048])
def test_corrected_spread_beats_the_plain_one_and_the_refined_one_is_worse(n):
    exact = uniform_length.length_cv(n)
    errors = [
        abs(formula(n) / exact - 1)
        for formula in (uniform_length.corrected_cv, uniform_length.plain_cv, uniform_length.refined_cv)
    ]
    assert errors == sorted(errors)


def test_coefficient_of_the_mean_tends_to_a_fifth():
    coefficients = [n * uniform_length.length_cv(n) ** 2 for n in (3, 16, 256, 4096)]
    assert coefficients == sorted(coefficients, reverse=True)
    assert coefficients[-1] == pytest.approx(0.2, abs=1e-4)


@pytest.mark.parametrize(("n", "share"), [(1, 1.0), (2, math.pi / 4), (3, math.pi / 6)])
def test_share_of_the_touching_ball_is_its_volume_over_that_of_the_cube(n, share):
    assert uniform_length.ball_share(n) == pytest.approx(share)
    assert uniform_length.ball_share(n, 0.5) == pytest.approx(share / 2**n)


def test_a_ball_wider_than_the_cube_has_no_such_share():
    with pytest.raises(ValueError, match="faces"):
        uniform_length.ball_share(3, 1.2)


def test_moments_of_the_square_agree_with_each_other():
    for n in (1, 3, 256):
        variance = uniform_length.fourth_moment(n) - uniform_length.mean_square(n) ** 2
        assert variance == pytest.approx(uniform_length.square_variance(n), rel=1e-9)


@pytest.mark.parametrize(("n", "mean"), [(1, math.sqrt(2 / math.pi)), (2, math.sqrt(math.pi / 2))])
def test_gaussian_mean_equals_the_closed_form(n, mean):
    assert gaussian_length.mean_length(n) == pytest.approx(mean)


def test_gaussian_shell_is_relatively_wider_than_the_uniform_one():
    for n in (3, 64, 2048):
        gaussian = gaussian_length.length_sd(n) / gaussian_length.mean_length(n)
        assert gaussian / uniform_length.length_cv(n) == pytest.approx(math.sqrt(2.5), rel=0.1)


def test_box_of_balls_has_the_mean_squares_of_discrete_uniform_laws():
    numbers = box(100, 5.0)
    assert np.mean(numbers["end points"] ** 2) == pytest.approx(25 / 3 * 101 / 99)
    assert np.mean(numbers["centres"] ** 2) == pytest.approx(25 / 3 * (1 - 1e-4))


@given(st.integers(2, 20), st.integers(1, 400))
def test_logarithm_of_a_whole_number_of_any_size(base, power):
    assert _log10(base**power) == pytest.approx(power * math.log10(base), rel=1e-12)


def test_logarithm_of_a_power_of_ten_is_exact():
    assert _log10(10**256) == 256
