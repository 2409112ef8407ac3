"""Numbers that tell groups apart: closed forms, and detectors on planted positives and negatives."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from soapbubble.stats.contrasts import auc, jackknife_values
from soapbubble.stats.frechet import frechet_distance
from soapbubble.stats.intervals import of_mean
from soapbubble.stats.labels import between_groups
from soapbubble.stats.mean_field import correlation_after

pytest_plugins = ["decoders_fixture"]


def test_auc_is_the_chance_that_a_positive_scores_higher():
    scores = np.array([0.1, 0.4, 0.4, 0.9])
    positive = np.array([False, True, False, True])
    pairs = [(s > t) + 0.5 * (s == t) for s in scores[positive] for t in scores[~positive]]
    assert auc(scores, positive) == pytest.approx(np.mean(pairs))


def test_auc_of_reversed_scores_is_the_complement(rng):
    scores, positive = rng.standard_normal(40), rng.random(40) < 0.4
    assert auc(-scores, positive) == pytest.approx(1 - auc(scores, positive))


def test_auc_is_half_for_scores_without_relation(rng):
    values = [auc(rng.standard_normal(30), rng.permutation(30) < 12) for _ in range(400)]
    assert np.mean(values) == pytest.approx(0.5, abs=0.02)


def test_auc_of_a_single_kind_decides_nothing():
    assert np.isnan(auc(np.arange(3.0), np.ones(3, dtype=bool)))


def test_jackknife_of_a_mean_gives_the_values_back(rng):
    sample = rng.standard_normal(9)
    assert jackknife_values(np.mean, sample) == pytest.approx(sample)


@pytest.mark.parametrize("relation", [0.0, 1.0])
def test_jackknife_interval_of_a_rank_correlation_covers_it(rng, relation):
    true = 6 / np.pi * np.arcsin(relation / np.hypot(relation, 1) / 2)
    covered = 0
    for _ in range(150):
        x = rng.standard_normal(24)
        y = relation * x + rng.standard_normal(24)
        interval = of_mean(jackknife_values(lambda a, b: spearmanr(a, b).statistic, x, y))
        covered += interval.low <= true <= interval.high
    # A jackknife of ranks is a little too narrow where the relation is strong.
    assert covered / 150 > 0.84


def test_frechet_distance_of_gaussians_in_closed_form(rng):
    a = rng.standard_normal((200_000, 2))
    b = rng.standard_normal((200_000, 2)) * [2, 0.5] + [1, 0]
    assert frechet_distance(a, b) == pytest.approx(1 + 1 + 0.25, rel=0.02)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_labels_decided_by_the_group_are_explained_by_it(rng):
    groups = np.repeat(rng.integers(5, size=(30, 1)), 6, axis=1)
    assert between_groups(groups) == pytest.approx(1)


def test_labels_that_ignore_the_group_are_not_explained_by_it(rng):
    shares = [between_groups(rng.integers(4, size=(20, 5))) for _ in range(300)]
    assert np.mean(shares) == pytest.approx(0, abs=0.01)


def test_half_of_the_labels_decided_by_the_group(rng):
    shares = []
    for _ in range(100):
        own = rng.integers(50, size=(40, 8))
        groups = np.repeat(rng.integers(50, size=(40, 1)), 8, axis=1)
        shares.append(between_groups(np.where(rng.random((40, 8)) < 0.5, own, groups)))
    # Two members agree through the group only if both follow it: a quarter of the pairs.
    assert np.mean(shares) == pytest.approx(0.25, abs=0.02)


def test_correlation_map_of_a_linear_network_keeps_the_correlation():
    assert correlation_after(lambda x: x, 1.3, 0.0, 7, 0.4) == pytest.approx(0.4)


def test_correlation_map_of_rectified_units_is_the_arc_cosine_kernel():
    c = 0.3
    expected = (np.sqrt(1 - c * c) + c * (np.pi - np.arccos(c))) / np.pi
    assert correlation_after(lambda x: np.maximum(x, 0), 2.0, 0.0, 2, c) == pytest.approx(expected, abs=0.01)


def test_order_pulls_inputs_together_and_chaos_drives_them_apart():
    assert correlation_after(np.tanh, 0.8, 0.05, 30, 0.6) > 0.99
    assert correlation_after(np.tanh, 4.0, 0.05, 30, 0.99) < 0.6
