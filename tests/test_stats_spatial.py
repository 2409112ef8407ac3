"""Structure within maps and dependence over maps are different things, and each detector sees its own."""

import numpy as np
import pytest

from soapbubble.errors import SoapbubbleError
from soapbubble.stats.spatial import mean_by_distance, morans_i, site_correlations, site_distances
from soapbubble.stats.total_correlation import gaussian_total_correlation, held_out_total_correlation


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def equally_correlated(rng, n, sites, rho):
    """Standard normals (n, sites, 1), any two with correlation rho, so the total correlation is known."""
    return (rho**0.5 * rng.standard_normal((n, 1)) + (1 - rho) ** 0.5 * rng.standard_normal((n, sites)))[..., None]


def known_nats(sites, rho):
    return -0.5 * ((sites - 1) * np.log(1 - rho) + np.log(1 + (sites - 1) * rho))


def test_morans_i_of_a_chessboard_of_halves_and_of_a_constant():
    rows, columns = np.indices((8, 8))
    maps = np.stack([(-1.0) ** (rows + columns), np.where(columns < 4, 1.0, -1.0), np.ones((8, 8))])
    board, halves, constant = morans_i(maps)
    assert board == pytest.approx(-1)
    assert halves == pytest.approx((112 - 2 * 8) / 112)
    assert np.isnan(constant)


def test_morans_i_of_values_put_anywhere_has_the_known_mean(rng):
    assert morans_i(rng.standard_normal((20_000, 5, 5))).mean() == pytest.approx(-1 / 24, abs=0.004)


def test_morans_i_does_not_see_dependence_hidden_by_a_fixed_permutation(rng):
    smooth = np.cumsum(np.cumsum(rng.standard_normal((500, 8, 8)), axis=1), axis=2)
    hidden = smooth.reshape(500, 64)[:, rng.permutation(64)].reshape(500, 8, 8)
    assert morans_i(smooth).mean() > 0.6
    assert abs(morans_i(hidden - hidden.mean(axis=0)).mean()) < 0.2
    assert gaussian_total_correlation(hidden.reshape(500, 64, 1)) == pytest.approx(
        gaussian_total_correlation(smooth.reshape(500, 64, 1))
    )


def test_correlations_by_distance_are_the_planted_ones(rng):
    distances = site_distances(6)
    root = np.linalg.cholesky(0.6**distances + 1e-9 * np.eye(36))
    measured = site_correlations(rng.standard_normal((20_000, 36)) @ root.T)
    by_distance = mean_by_distance(measured, distances, np.array([0.5, 1.2, 1.6, 2.2]))
    assert by_distance[:2] == pytest.approx(0.6 ** np.array([1, 2**0.5]), abs=0.02)
    assert np.isnan(mean_by_distance(measured, distances, np.array([50.0, 60.0]))).all()


def test_a_site_that_never_varies_is_correlated_with_nothing(rng):
    values = np.column_stack([np.ones(50), rng.standard_normal(50)])
    assert np.array_equal(site_correlations(values)[0], [1, 0])


def test_total_correlation_of_gaussians_is_the_closed_form(rng):
    for sites, rho in ((5, 0.3), (20, 0.5)):
        values = [gaussian_total_correlation(equally_correlated(rng, 40, sites, rho)) for _ in range(400)]
        assert np.mean(values) == pytest.approx(known_nats(sites, rho), abs=0.12)


def test_total_correlation_of_independent_sites_has_mean_zero_even_with_few_samples(rng):
    values = [gaussian_total_correlation(rng.standard_normal((40, 15, 2))) for _ in range(300)]
    assert abs(np.mean(values)) < 4 * np.std(values) / 300**0.5


def test_dependence_between_the_channels_of_a_site_does_not_count(rng):
    samples = np.repeat(rng.standard_normal((400, 6, 1)), 2, axis=2) + 0.1 * rng.standard_normal((400, 6, 2))
    assert abs(gaussian_total_correlation(samples)) < 0.3
    assert -0.3 < held_out_total_correlation(samples[:200], samples[200:]) < 0.1
    assert gaussian_total_correlation(samples.reshape(400, 12, 1)) > 5


def test_too_few_samples_are_refused(rng):
    with pytest.raises(SoapbubbleError, match="more than 21 samples"):
        gaussian_total_correlation(rng.standard_normal((20, 20, 1)))


def test_held_out_total_correlation_is_cautious(rng):
    known = known_nats(30, 0.5)
    few = held_out_total_correlation(equally_correlated(rng, 25, 30, 0.5), equally_correlated(rng, 2000, 30, 0.5))
    many = held_out_total_correlation(equally_correlated(rng, 4000, 30, 0.5), equally_correlated(rng, 2000, 30, 0.5))
    none = held_out_total_correlation(rng.standard_normal((60, 30, 1)), rng.standard_normal((2000, 30, 1)))
    assert 0.3 * known < few < known
    assert many == pytest.approx(known, abs=0.5)
    assert -2 < none < 0.2
