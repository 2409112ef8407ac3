"""Mixtures and the prior: divergence, total variation and own share at their known limits."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import Codes
from soapbubble.stats.mixture_overlap import mixture_ratio
from soapbubble.studies.bottleneck import logn

pytest_plugins = ["decoders_fixture"]


def unrelated(count, dimension, rng):
    directions = rng.standard_normal((count, dimension)).astype(np.float32)
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)


def test_the_mixture_of_one_picture_is_its_rate_away():
    rng = np.random.default_rng(0)
    (found,) = logn.departures(unrelated(1, 8, rng), np.array([3.0]), 4000, rng)
    assert found.kl == pytest.approx(3.0, abs=1e-3)
    assert found.own == pytest.approx(1)
    assert found.total_variation == pytest.approx(0.7793, abs=0.02)  # 1 - 2 Phi(-sqrt(6) / 2)


def test_a_mixture_leaves_the_prior_where_the_rate_passes_log_n():
    rng = np.random.default_rng(1)
    log_n = np.log(500)
    below, above = logn.departures(unrelated(500, 256, rng), np.array([0.2, 3.0]) * log_n, 1000, rng)
    assert below.kl == pytest.approx(0, abs=0.1)
    assert below.own < 0.1
    assert above.kl == pytest.approx(2 * log_n, abs=0.1)
    assert above.own > 0.98


def test_pictures_with_one_code_are_one_component():
    rng = np.random.default_rng(2)
    same = np.repeat(unrelated(1, 8, rng), 50, axis=0)
    (found,) = logn.departures(same, np.array([3.0]), 2000, rng)
    assert found.own == pytest.approx(1 / 50)
    assert found.kl == pytest.approx(3.0, abs=1e-3)


def test_a_control_takes_noise_off_and_keeps_the_mean():
    rng = np.random.default_rng(3)
    control = rng.standard_normal(2000) + 5
    values = 2 * control + 0.1 * rng.standard_normal(2000)
    found = logn.controlled(values, control, 5.0)
    assert found.mean() == pytest.approx(10, abs=0.01)
    assert found.std() < 0.11


def test_a_control_that_never_varies_changes_nothing():
    values = np.array([1.0, 2.0, 3.0])
    assert logn.controlled(values, np.ones(3), 1.0) is values


def test_crossing_interpolates_and_says_when_there_is_none():
    shares = np.array([0.5, 1.0, 1.5])
    assert logn.crossing(shares, np.array([0.2, 0.4, 0.8]), 0.5) == pytest.approx(1.125)
    assert np.isnan(logn.crossing(shares, np.array([0.1, 0.2, 0.3]), 0.5))


def test_mirrored_draws_cancel_around_the_mean():
    rng = np.random.default_rng(4)
    mean = np.tile(rng.standard_normal((3, 5)), (2, 1)).astype(np.float32)
    codes = Codes(mean, np.full_like(mean, 0.5))
    draws = logn._mirrored_draws(codes, rng)
    assert np.allclose((draws[:3] + draws[3:]) / 2, mean[:3], atol=1e-6)
    assert not np.allclose(draws, mean)


class Encoder:
    """A network whose codes lie `distance` apart along axes of their own, with unit noise."""

    def __init__(self, distance):
        self.distance = distance

    def encode(self, pictures):
        mean = self.distance * pictures.flatten(1)[:, :, None, None]
        return mean, torch.zeros_like(mean)


class Model:
    """Stands for a trained model of as many pictures as pixels, each picture lit in a pixel of its own."""

    replicates = range(2)

    def __init__(self, distance, count):
        self.spec = SimpleNamespace(data="digits")
        self.images, self.distance = torch.eye(count).reshape(count, 1, 1, count), distance

    def pictures(self, dataset, replicate):
        return SimpleNamespace(train=self.images)

    def network(self, replicate):
        return Encoder(self.distance)


@pytest.mark.parametrize("distance", [1.0, 6.0])
def test_trained_codes_are_as_far_from_the_prior_as_planted_ones(smoke, distance):
    cfg = smoke.bottleneck.logn.model_copy(update={"trained_replicates": 4, "trained_draws": 200})
    out, count = Outcome(), 64
    logn._trained(out, cfg, {"digits": None}, {"model": Model(distance, count)}, "model")
    found = {row.quantity: row.value for row in out.rows}
    rate = distance**2 / 2
    rng = np.random.default_rng(0)
    (planted,) = logn.departures(np.eye(count, dtype=np.float32), np.array([rate]), 4000, rng)
    assert found["kl_over_log_n"] * found["log_n"] == pytest.approx(rate)
    assert found["log_n"] == pytest.approx(np.log(count))
    assert found["mixture_kl"] == pytest.approx(planted.kl, abs=0.1)
    assert rate - found["mixture_kl"] <= np.log(count) + 0.1
    assert found["mixture_total_variation"] == pytest.approx(planted.total_variation, abs=0.05)


def test_batches_make_the_same_mixture(monkeypatch):
    rng = np.random.default_rng(5)
    codes = Codes(rng.standard_normal((20, 4)).astype(np.float32), np.full((20, 4), 0.7, dtype=np.float32))
    points = rng.standard_normal((6, 4))
    whole = mixture_ratio(points, logn._component_batches(codes))
    monkeypatch.setattr(logn, "BATCH_SIZE", 7)
    assert np.allclose(mixture_ratio(points, logn._component_batches(codes)), whole)
