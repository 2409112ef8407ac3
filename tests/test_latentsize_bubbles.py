"""Soap bubbles: the simulation knows a thin shell from a thick one, and overlap follows its closed form."""

import math

import numpy as np
import pytest

from soapbubble.figures.found import found
from soapbubble.lab import Lab
from soapbubble.studies.latentsize import bubbles

pytest_plugins = ["decoders_fixture"]


@pytest.fixture(scope="module")
def cfg(smoke):
    return smoke.latentsize.bubbles


def total_variation_on_a_grid(distance: float) -> float:
    x = np.linspace(-12, 12 + distance, 200_001)
    p, q = (np.exp(-((x - centre) ** 2) / 2) / math.sqrt(2 * math.pi) for centre in (0, distance))
    return np.abs(p - q).sum() * (x[1] - x[0]) / 2


@pytest.mark.parametrize("kl", [0.5, 2.0, 8.0])
def test_overlap_is_one_minus_total_variation(kl):
    assert bubbles.overlap(kl) == pytest.approx(1 - total_variation_on_a_grid(math.sqrt(2 * kl)), abs=1e-6)


def test_simulated_overlap_does_not_depend_on_the_dimension(cfg):
    cfg = cfg.model_copy(update={"numbers": 2_000_000, "max_vectors": 20_000})
    for d in (2, 300):
        _, shifts = bubbles._draw(cfg, d, 0, bubbles._directions(d, 2, 1))
        assert bubbles.simulated_overlap(shifts, 3.0) == pytest.approx(bubbles.overlap(3.0), rel=0.05)


def test_a_code_at_the_origin_is_inside_the_shell_and_one_far_away_is_not():
    assert bubbles.inside_prior_shell(1e-9, 100) == pytest.approx(bubbles.SHELL, abs=1e-6)
    assert bubbles.inside_prior_shell(1000.0, 100) < 1e-6


def test_directions_are_orthonormal():
    directions = bubbles._directions(50, 8, 3)
    assert np.allclose(directions.T @ directions, np.eye(8), atol=1e-5)


def test_radius_and_thickness_follow_the_closed_form(cfg):
    table = found(bubbles.measure(cfg, Lab()).rows)
    for quantity, tolerance in (("radius", 0.03), ("thickness", 0.2)):
        exact, simulated = (table.intervals(quantity, "d", by=by) for by in ("closed form", "simulation"))
        assert simulated["d"].tolist() == list(cfg.dimensions)
        assert simulated["estimate"].to_numpy() == pytest.approx(exact["estimate"].to_numpy(), rel=tolerance)
