"""Edges and linear filters: outlines that are there are found, and those that are not are not."""

import numpy as np
import pytest
from scipy.ndimage import convolve

from soapbubble.stats.edges import correlations, edge_maps, identified, luminance, matched_excess
from soapbubble.stats.linear_filter import CrossValidatedFilter

pytest_plugins = ["decoders_fixture"]


@pytest.fixture
def scenes(rng):
    """Twelve pictures, each with a bright rectangle at a place of its own."""
    pictures = np.zeros((12, 32, 32))
    for picture in pictures:
        top, left = rng.integers(2, 18, size=2)
        picture[top : top + 9, left : left + 11] = 1
    return pictures + 0.02 * rng.standard_normal(pictures.shape)


def test_edges_lie_at_a_step_and_nowhere_else():
    step = np.zeros((1, 8, 8))
    step[:, :, 4:] = 1
    edges = edge_maps(step)[0]
    assert (edges[:, 3:5] == 4).all()
    assert (edges[:, [0, 1, 2, 5, 6, 7]] == 0).all()


def test_edges_of_a_picture_do_not_depend_on_the_other_pictures(scenes):
    assert edge_maps(scenes)[3] == pytest.approx(edge_maps(scenes[3:4])[0])


def test_pooling_averages_squares():
    maps = edge_maps(np.random.default_rng(0).random((2, 8, 12)), 1)
    pooled = edge_maps(np.random.default_rng(0).random((2, 8, 12)), 4)
    assert pooled.shape == (2, 2, 3)
    assert pooled[1, 1, 2] == pytest.approx(maps[1, 4:8, 8:12].mean())


def test_luminance_of_grey_is_itself():
    grey = np.random.default_rng(0).random((2, 1, 4, 4))
    assert luminance(grey) == pytest.approx(grey[:, 0])
    assert luminance(np.repeat(grey, 3, axis=1)) == pytest.approx(grey[:, 0])


def test_correlations_are_those_of_pearson(rng):
    a, b = rng.random((3, 4, 4)), rng.random((2, 4, 4))
    expected = [[np.corrcoef(x.ravel(), y.ravel())[0, 1] for y in b] for x in a]
    assert correlations(a, b) == pytest.approx(np.array(expected))


def test_a_flat_map_correlates_with_nothing():
    assert correlations(np.ones((1, 3, 3)), np.arange(9.0).reshape(1, 3, 3)) == 0


def test_outputs_that_are_the_inverted_input_show_all_outlines(scenes):
    agreement = correlations(edge_maps(scenes, 4), edge_maps(-3 * scenes, 4))
    assert matched_excess(agreement) > 0.5
    assert identified(agreement).all()


def test_outputs_that_ignore_their_input_show_none(scenes, rng):
    excess, share = [], []
    for _ in range(60):
        agreement = correlations(edge_maps(scenes, 4), edge_maps(rng.standard_normal(scenes.shape), 4))
        excess.append(matched_excess(agreement))
        share.append(identified(agreement).mean())
    assert np.mean(excess) == pytest.approx(0, abs=0.015)
    assert np.mean(share) == pytest.approx(1 / 12, abs=0.03)


def test_a_linear_filter_is_found(scenes, rng):
    kernel = rng.standard_normal((3, 3))
    filtered = np.stack([convolve(scene, kernel, mode="constant") for scene in scenes])
    assert CrossValidatedFilter(scenes, 3).explained(5 + filtered) == pytest.approx(1)


def test_noise_on_a_filtered_picture_lowers_its_share(scenes, rng):
    inner = scenes[:, 1:-1, 1:-1]
    noisy = scenes + rng.normal(0, np.sqrt(3 * inner.var()), scenes.shape)
    assert CrossValidatedFilter(scenes, 3).explained(noisy) == pytest.approx(0.25, abs=0.02)


def test_a_filter_explains_nothing_of_unrelated_pictures(scenes, rng):
    shares = [CrossValidatedFilter(scenes, 5).explained(rng.standard_normal(scenes.shape)) for _ in range(20)]
    assert max(shares) < 0.005
