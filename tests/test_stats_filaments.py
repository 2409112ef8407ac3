"""Statistics of lines, voids and dimensions find what was planted, and nothing in Gaussian clouds."""

import numpy as np
import pytest

from soapbubble.measuring import planted
from soapbubble.measuring.nulls import gaussian_copula, gaussian_matched
from soapbubble.measuring.tsne import tsne_map
from soapbubble.stats import evenness, map_gaps, neighbourhoods, point_pattern, roughness, surrogate_tests
from soapbubble.stats.intrinsic_dimension import levina_bickel, two_nn, two_nn_of
from soapbubble.stats.nearest import k_nearest

SPECTRUM = np.linspace(4, 0.2, 40) ** 2


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.mark.parametrize(("dimension", "tolerance"), [(1, 0.06), (2, 0.12), (5, 0.2)])
def test_both_estimates_tell_the_dimension_of_a_planted_manifold(dimension, tolerance, rng):
    points = planted.manifold(3000, dimension, 20, SPECTRUM, rng)
    distances = k_nearest(points, 6)[0]
    assert two_nn_of(distances) == pytest.approx(dimension, rel=tolerance)
    assert levina_bickel(distances) == pytest.approx(dimension, rel=tolerance)


def test_near_neighbours_on_a_wide_line_do_not_cancel(rng):
    line = (1e4 * rng.random(4000)[:, None] * np.ones(64) / 8 + 1e6).astype(np.float64)
    distances, rows = k_nearest(line, 3)
    assert two_nn(line) == pytest.approx(1, rel=0.06)
    assert (distances[:, 0] > 0).all()
    assert np.allclose(distances[:, 0], np.linalg.norm(line - line[rows[:, 0]], axis=1), rtol=1e-6)


def test_products_of_float32_rows_would_have_cancelled(rng):
    line = (rng.random(4000)[:, None] * np.ones(64) + 1).astype(np.float32)
    squares = np.einsum("ij,ij->i", line, line)
    gaps = squares[:, None] + squares - 2 * line @ line.T
    np.fill_diagonal(gaps, np.inf)
    assert (gaps.min(axis=1) <= 0).mean() > 0.5
    assert two_nn(line) == pytest.approx(1, rel=0.1)


def test_more_neighbours_than_points_are_refused(rng):
    with pytest.raises(ValueError, match="more than 5 points"):
        k_nearest(rng.random((5, 2)), 5)


def test_the_estimates_agree_with_scikit_dimension(rng):
    skdim = pytest.importorskip("skdim", reason="scikit-dimension, the oracle of this test, or its numba is missing")
    points = rng.standard_normal((800, 12))
    distances = k_nearest(points, 20)[0]
    oracle = skdim.id.TwoNN().fit_transform(points)  # a line through the distribution
    assert two_nn_of(distances) == pytest.approx(oracle, rel=0.08)
    oracle = skdim.id.MLE().fit_transform(points, n_neighbors=20, comb="mle")
    assert levina_bickel(distances) == pytest.approx(oracle, rel=0.03)


def test_a_gaussian_surrogate_has_exactly_the_mean_and_the_covariance(rng):
    points = rng.standard_exponential((300, 12)) @ rng.standard_normal((12, 12))
    drawn = gaussian_matched(points, rng)
    assert np.allclose(drawn.mean(axis=0), points.mean(axis=0))
    assert np.allclose(np.cov(drawn.T), np.cov(points.T))


def test_a_gaussian_surrogate_of_fewer_points_than_axes_lies_in_their_span(rng):
    points = rng.standard_normal((20, 50))
    assert np.allclose(np.cov(gaussian_matched(points, rng).T), np.cov(points.T))


def test_a_copula_surrogate_keeps_values_and_correlations(rng):
    mixed = rng.standard_normal((2000, 3)) @ np.array([[1, 0.8, 0], [0, 0.6, 0], [0, 0, 1]])
    points = np.exp(mixed)
    drawn = gaussian_copula(points, rng)
    assert np.array_equal(np.sort(drawn, axis=0), np.sort(points, axis=0))
    assert np.corrcoef(np.log(drawn).T)[0, 1] == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("dimension", [1, 2, 5, 20])
def test_planted_manifolds_have_the_spectrum_and_no_covariance(dimension, rng):
    points = planted.manifold(20000, dimension, 20, SPECTRUM, rng)
    covariance = np.cov(points.T) / np.sqrt(np.outer(SPECTRUM, SPECTRUM))
    assert np.abs(covariance - np.eye(len(SPECTRUM))).max() < 0.06


def test_slow_waves_are_different_and_never_each_others_opposite():
    waves = {tuple(wave) for wave in planted.slow_waves(3, 60)}
    assert len(waves) == 60
    assert not any(tuple(-np.array(wave)) in waves for wave in waves)


def test_a_line_has_one_local_axis_and_a_cloud_has_many(rng):
    for points, low, high in (
        (planted.manifold(2000, 1, 10, SPECTRUM, rng), 0.9, 1),
        (rng.standard_normal((2000, 40)), 0, 0.3),
    ):
        shares = neighbourhoods.local_spectra(points, k_nearest(points, 15)[1][:200])
        assert low < shares[:, 0].mean() <= high
    assert np.allclose(neighbourhoods.participation(np.full((3, 5), 0.2)), 5)


def test_clusters_do_not_hang_together(rng):
    cluster = planted.clusters(1000, 10, 0.05, SPECTRUM, rng)
    cloud = rng.standard_normal((1000, 3))
    assert neighbourhoods.largest_component(k_nearest(cluster, 10)[1]) < 0.3
    assert neighbourhoods.largest_component(k_nearest(cloud, 10)[1]) > 0.9


@pytest.mark.parametrize(
    "statistic",
    [
        point_pattern.local_anisotropy,
        point_pattern.tree_edge_spread,
        point_pattern.ridge_strength,
        point_pattern.void_share,
        lambda points: evenness.dispersion(evenness.cell_counts(points, 10)),
    ],
)
def test_every_statistic_of_a_plane_finds_a_curve_among_even_points(statistic, rng):
    even = np.array([statistic(rng.random((400, 2))) for _ in range(20)])
    phase = rng.uniform(0, 2 * np.pi, 400)
    curve = 0.5 + 0.45 * np.stack([np.cos(2 * phase), np.sin(3 * phase)], axis=1)
    assert surrogate_tests.excess(statistic(curve), even) > 5
    assert surrogate_tests.p_value(statistic(curve), even) < 1e-3


def test_a_square_holds_the_points_asked_for(rng):
    points = rng.standard_normal((1000, 2))
    inside = point_pattern.in_square(points, np.zeros(2), 100)
    assert inside.shape == (100, 2)
    assert 0 <= inside.min() < 0.02
    assert 0.98 < inside.max() < 1


def test_even_points_fill_the_cells_of_a_map(rng):
    counts = map_gaps.cells_inside(rng.random((4000, 2)), 2)
    assert counts.mean() == pytest.approx(2, rel=0.05)
    assert map_gaps.empty_share(counts) == pytest.approx(np.exp(-2), abs=0.03)
    assert evenness.dispersion(counts) == pytest.approx(1, abs=0.1)


def test_holm_corrects_stepwise():
    assert np.allclose(surrogate_tests.holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])


def test_p_values_are_even_where_nothing_differs(rng):
    draws = rng.standard_normal((2000, 11))
    p = np.array([surrogate_tests.p_value(row[0], row[1:]) for row in draws])
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.015)


def test_a_map_with_a_hole_has_more_empty_area_and_a_dense_spot_without_gaps_has_few_empty_cells(rng):
    even = rng.random((3000, 2))
    ring = even[np.linalg.norm(even - 0.5, axis=1) > 0.3]
    assert map_gaps.empty_area(even) < 0.1
    assert map_gaps.empty_area(ring) == pytest.approx(np.pi * 0.09 + map_gaps.empty_area(even), abs=0.06)
    assert map_gaps.zoomed_empty_share(even, 4, 2) == pytest.approx(np.exp(-2), abs=0.06)


def test_counts_of_a_smooth_density_are_as_rough_as_counting_and_no_rougher(rng):
    counts = np.histogram(rng.standard_normal(50_000), np.linspace(-4, 4, 161))[0]
    assert roughness.reduced_chi_square(counts) == pytest.approx(1, abs=0.35)
    assert roughness.reduced_chi_square(counts * (1 + 0.2 * (np.arange(160) % 2))) > 3
    assert np.isnan(roughness.reduced_chi_square(np.array([1, 20, 1])))
    assert roughness.peaks(np.array([0, 2, 1, 3, 3, 0])) == 1


def test_points_on_a_cosmic_web_come_in_near_pairs(rng):
    web, even = planted.zeldovich(1500, 2, rng), rng.random((1500, 2))
    near = [np.median(k_nearest(points, 1)[0]) for points in (web, even)]
    assert near[0] < 0.85 * near[1]
    assert web.min() >= 0
    assert web.max() < 1


def test_a_map_keeps_clusters_apart_and_is_the_same_each_time(rng):
    points = planted.clusters(120, 3, 0.02, SPECTRUM, rng)
    first, second = (tsne_map(points, 10, 12, 60, 60, seed=1) for _ in range(2))
    assert np.array_equal(first, second)
    true, kept = (k_nearest(cloud, 5)[1] for cloud in (points, first))
    assert np.mean([len(set(a) & set(b)) / 5 for a, b in zip(true, kept, strict=True)]) > 0.3
