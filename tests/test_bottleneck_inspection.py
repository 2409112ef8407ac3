"""Planted latent maps: both distributions are what they are said to be, and both detectors tell them apart."""

import numpy as np
import pytest

from soapbubble.stats.spatial import morans_i
from soapbubble.studies.bottleneck import inspection
from soapbubble.studies.bottleneck.planted import PLANTED

pytest_plugins = ["decoders_fixture"]


@pytest.fixture(scope="module")
def cfg(smoke):
    return smoke.bottleneck.inspection


def planted(cfg, name, count=4000):
    rng = np.random.default_rng(4)
    made = PLANTED[name](cfg, rng)
    return made, *made.draw(count, rng)


@pytest.mark.parametrize("name", PLANTED)
def test_sites_have_about_unit_mean_square_and_the_factors_can_be_told(cfg, name):
    made, maps, factors = planted(cfg, name)
    flat = maps.reshape(len(maps), -1)
    assert np.square(flat).mean() == pytest.approx(1, abs=0.02)
    told = (flat - made.pattern) @ made.mixing.T / made.stds[0]
    assert np.allclose(told, factors)


def test_smooth_maps_have_independent_sites(cfg):
    _, maps, _ = planted(cfg, "smooth, independent")
    flat = maps.reshape(len(maps), -1)
    assert np.abs(np.corrcoef(flat, rowvar=False) - np.eye(flat.shape[1])).max() < 0.1
    assert morans_i(maps).mean() > 0.3
    assert inspection.total_correlation(flat) < 0.3


def test_white_maps_have_dependent_sites(cfg):
    _, maps, _ = planted(cfg, "white, dependent")
    assert abs(morans_i(maps).mean()) < 0.2
    assert inspection.total_correlation(maps.reshape(len(maps), -1)) > 30


def test_single_maps_are_flagged_only_where_neighbours_are_alike():
    rng = np.random.default_rng(5)
    rows = np.arange(7.0)
    assert inspection.flagged(np.broadcast_to(rows[:, None] + rows, (20, 7, 7)), 99, rng) == 1
    assert inspection.flagged(rng.standard_normal((200, 7, 7)), 99, rng) == pytest.approx(0.05, abs=0.05)


def test_strokes_lie_where_the_factors_say():
    pictures = inspection.render(np.array([[-3, -3, 0, 0], [3, 3, 0, 0]]), 16)
    assert pictures[0, :8, :8].sum() > 0.9 * pictures[0].sum()
    assert pictures[1, 8:, 8:].sum() > 0.9 * pictures[1].sum()
    long = inspection.render(np.array([[0, 0, -3, 0], [0, 0, 3, 0]]), 16).sum(axis=(1, 2))
    assert long[1] > 1.5 * long[0]


def test_a_decoder_minds_independent_sites_only_where_they_depended(cfg):
    cfg = cfg.model_copy(update={"maps": 1000, "steps": 250, "width": 64, "lr": 0.005})
    ratios = {}
    for name, plant in PLANTED.items():
        rng = np.random.default_rng(6)
        distances, _ = inspection.decoded(cfg, plant(cfg, rng), rng, seed=0)
        ratios[name] = distances["independent"] / distances["joint"]
    assert ratios["smooth, independent"] < 1.5
    assert ratios["white, dependent"] > 3
