"""What detects unevenness, clusters, depletion, coverage and directions: planted cases found, empty ones left alone."""

import numpy as np
import pytest

from soapbubble.stats import directions, edge_stripes, evenness, ripley
from soapbubble.stats.coverage import (
    distinct_orthants,
    expected_occupied,
    log10_share,
    nearest_distances,
    orthant_codes,
)
from soapbubble.stats.intrinsic_dimension import two_nn
from soapbubble.studies.shells.directions import GROWTH, _hits


@pytest.fixture
def random():
    return np.random.default_rng(20230411)


def dispersions(random, shape, per_axis, change=lambda points: points, repeats=60):
    return np.array(
        [evenness.dispersion(evenness.cell_counts(change(random.random(shape)), per_axis)) for _ in range(repeats)]
    )


@pytest.mark.parametrize(("n", "per_axis"), [(2, 10), (3, 5), (5, 3)])
def test_even_density_has_dispersion_one_and_even_p_values(random, n, per_axis):
    found = dispersions(random, (20 * per_axis**n, n), per_axis)
    assert found.mean() == pytest.approx(1, abs=4 * found.std(ddof=1) / np.sqrt(len(found)))
    rejected = [
        evenness.p_value(evenness.cell_counts(random.random((20 * per_axis**n, n)), per_axis)) < 0.1 for _ in range(200)
    ]
    assert 0.03 < np.mean(rejected) < 0.18


@pytest.mark.parametrize(("n", "per_axis"), [(2, 10), (8, 3)])
def test_gaussian_density_in_the_cube_is_found_uneven(random, n, per_axis):
    found = dispersions(random, (20 * per_axis**n, n), per_axis, evenness.gaussian_in_cube, repeats=3)
    assert found.min() > 2


def test_density_uneven_by_ten_per_cent_adds_its_variance_times_the_mean_count(random):
    def lopsided(points):  # density 0.9 in the lower half of the first axis, 1.1 in the upper one
        points[:, 0] = np.where(points[:, 0] < 0.45, points[:, 0] / 0.9, 0.5 + (points[:, 0] - 0.45) / 1.1)
        return points

    found = dispersions(random, (2000, 2), 10, lopsided, repeats=200)
    assert found.mean() == pytest.approx(1 + 0.01 * 20, abs=0.05)


def test_two_cells_an_axis_do_not_see_a_density_that_falls_off_to_all_sides(random):
    found = dispersions(random, (20 * 2**7, 7), 2, evenness.gaussian_in_cube)
    assert found.mean() == pytest.approx(1, abs=0.1)


def test_cell_numbers_reach_every_cell_once():
    grid = np.stack(np.meshgrid(*[(np.arange(3) + 0.5) / 3] * 4), axis=-1).reshape(-1, 4)
    assert sorted(evenness.cell_numbers(grid, 3)) == list(range(81))


@pytest.fixture(scope="module")
def nulls():
    random = np.random.default_rng(7)
    return np.array([ripley.departure(random.random((200, 2))) for _ in range(199)])


def test_complete_spatial_randomness_passes_ripleys_test(random, nulls):
    passed = [ripley.p_value(ripley.departure(random.random((200, 2))), nulls) > 0.05 for _ in range(100)]
    assert np.mean(passed) > 0.85


def test_ripleys_departure_counts_every_pair_of_the_torus(random):
    points = random.random((60, 2))
    gaps = np.abs(points[:, None] - points)
    distances = np.linalg.norm(np.minimum(gaps, 1 - gaps), axis=-1)[np.triu_indices(60, 1)]
    share = (distances[:, None] <= ripley.RADII).mean(axis=0)
    assert ripley.departure(points) == pytest.approx(np.abs(np.sqrt(share / np.pi) - ripley.RADII).max(), rel=1e-12)


def test_clusters_and_grids_fail_ripleys_test(random, nulls):
    clustered = (random.random((40, 1, 2)) + 0.02 * random.standard_normal((40, 5, 2))).reshape(-1, 2) % 1
    grid = np.stack(np.meshgrid(*[np.arange(14) / 14] * 2), axis=-1).reshape(-1, 2)
    for pattern in (clustered, grid):
        assert ripley.p_value(ripley.departure(pattern), nulls) < 0.05


def stripe_ratios(cubes, width=0.1):
    counts = edge_stripes.in_stripes(np.concatenate(cubes), width).sum(axis=1)
    return counts / (sum(map(len, cubes)) * width**2)


def test_stripes_of_uniform_cubes_are_not_depleted(random):
    ratios = stripe_ratios([random.random((400, 3)) for _ in range(500)])
    assert ratios == pytest.approx(np.ones(12), abs=4.5 / np.sqrt(2000))


def test_planted_depletion_of_the_stripes_is_found(random):
    cubes = [edge_stripes.thin(random.random((400, 3)), 0.1, 0.5, random) for _ in range(500)]
    assert stripe_ratios(cubes).max() < 0.7


def test_volume_of_all_stripes_together(random):
    inside = edge_stripes.in_stripes(random.random((200_000, 3)), 0.1).any(axis=0)
    assert inside.mean() == pytest.approx(edge_stripes.union_volume(0.1), abs=0.003)


def test_thinning_leaves_points_outside_the_stripes_alone(random):
    points = random.random((1000, 3))
    inside = edge_stripes.in_stripes(points, 0.2).any(axis=0)
    assert np.array_equal(edge_stripes.thin(points, 0.2, 0.0, random), points[~inside])


def test_expected_share_of_cells_reached_is_that_of_simulation(random):
    cells = evenness.cell_numbers(random.random((20_000, 4)), 11)
    assert len(np.unique(cells)) / 11**4 == pytest.approx(expected_occupied(20_000, 4 * np.log2(11)), abs=0.01)


def test_share_of_orthants_in_a_cube_of_256_dimensions():
    assert log10_share(200_000, 256) == pytest.approx(np.log10(200_000) - 77.0637, abs=1e-4)


@pytest.mark.parametrize("dimension", [3, 8, 12, 64, 70, 256])
def test_distinct_orthants_are_distinct_sign_patterns(random, dimension):
    signs = random.choice([-1.0, 1.0], size=(6, dimension))
    signs[3:] = signs[:3]
    codes = orthant_codes(signs)
    assert distinct_orthants(codes, dimension) == len(np.unique(signs, axis=0))


def test_orthants_in_the_first_components_only(random):
    signs = random.choice([-1.0, 1.0], size=(500, 40))
    for first in (1, 5, 8, 13):
        assert distinct_orthants(orthant_codes(signs), first) == len(np.unique(signs[:, :first], axis=0))


def test_nearest_distances_do_not_depend_on_the_blocks(random):
    queries, points = random.random((5, 7)), random.random((300, 7))
    brute = np.linalg.norm(queries[:, None] - points, axis=2).min(axis=1)
    assert nearest_distances(queries, [points]) == pytest.approx(brute)
    assert nearest_distances(queries, np.array_split(points, 11)) == pytest.approx(brute)


def test_cosines_to_axes_and_diagonals_of_known_vectors():
    vectors = np.array([[0.0, 0.0, -3.0], [1.0, -1.0, 1.0]])
    lengths = np.linalg.norm(vectors, axis=1)
    assert directions.axis_cosines(vectors, lengths) == pytest.approx([1, 3**-0.5])
    assert directions.diagonal_cosines(vectors, lengths) == pytest.approx([3**-0.5, 1])
    assert directions.peakedness(vectors, lengths) == pytest.approx([3, 1])


def test_isotropic_vectors_have_the_peakedness_of_the_sphere(random):
    vectors = random.standard_normal((100_000, 10))
    lengths = np.linalg.norm(vectors, axis=1)
    assert directions.peakedness(vectors, lengths).mean() == pytest.approx(3 * 10 / 12, rel=0.01)


def test_sparse_targets_are_unit_vectors_on_their_axes():
    targets = directions.sparse_targets(8, [1, 4, 8])
    assert np.linalg.norm(targets, axis=0) == pytest.approx(np.ones(3))
    assert (targets > 0).sum(axis=0).tolist() == [1, 4, 8]


def test_hits_of_a_target_ball_are_those_of_direct_distances(random):
    ratio, target = 0.9, np.array([1.0, 0, 0])
    vectors = random.uniform(-1, 1, (400, 3))
    lengths = np.linalg.norm(vectors, axis=1)
    limits = np.array([directions.reaching_cosine(ratio)])
    scale = 8.0  # brings the passage through the ball into the range of sizes that is looked at
    hits = _hits((vectors @ target / lengths)[:, None], scale * lengths, limits)[0, 0]
    direct = [(np.linalg.norm(b * scale * vectors - target, axis=1) <= ratio).sum() for b in GROWTH]
    assert hits.tolist() == direct


def test_a_ray_reaches_a_ball_exactly_from_the_limiting_cosine_on():
    ratio = 0.6
    for cosine, reached in ((0.79, False), (0.81, True)):
        ray = np.linspace(0, 2, 20_001)[:, None] * [cosine, np.sqrt(1 - cosine**2)]
        assert (np.linalg.norm(ray - [1, 0], axis=1).min() < ratio) is np.bool_(reached)
        assert (cosine >= directions.reaching_cosine(ratio)) == reached


@pytest.mark.parametrize("dimension", [2, 5])
def test_intrinsic_dimension_of_a_subspace_is_found(random, dimension):
    rows = random.random((1500, dimension)) @ random.standard_normal((dimension, 40))
    assert two_nn(rows) == pytest.approx(dimension, rel=0.15)


def test_intrinsic_dimension_of_noise_is_larger_than_that_of_a_subspace(random):
    assert two_nn(random.random((500, 40))) > 12


def test_duplicates_do_not_disturb_the_intrinsic_dimension(random):
    rows = random.random((800, 2)) @ random.standard_normal((2, 20))
    assert two_nn(np.concatenate([rows, rows[:5]])) == pytest.approx(two_nn(rows), rel=0.05)
