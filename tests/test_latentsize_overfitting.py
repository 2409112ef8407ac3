"""Overfitting and hypotheses about bad samples: detectors fire where something is planted, and only there."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import Codes
from soapbubble.measuring.nulls import axis_shuffled
from soapbubble.stats.deviance import explained, nats
from soapbubble.stats.linear_probe import probe_accuracy
from soapbubble.stats.nearest import nearest_others
from soapbubble.stats.prediction import predicted_share, standard_coefficients
from soapbubble.studies.latentsize import hypotheses
from soapbubble.studies.latentsize.image_sets import ImageSet
from soapbubble.studies.latentsize.overfitting import identified

pytest_plugins = ["decoders_fixture"]

IMAGES = 240
PENALTIES = (0.001, 0.01, 0.1, 1.0, 10.0)


@pytest.fixture
def rng():
    return np.random.default_rng(21)


def test_the_mean_picture_explains_nothing_and_the_picture_itself_everything(rng):
    pictures = rng.random((30, 4, 4))
    mean = pictures.mean(axis=0)
    assert explained(nats(mean, pictures), mean, pictures) == pytest.approx(0, abs=1e-9)
    assert explained(nats(pictures, pictures), mean, pictures) == pytest.approx(1, abs=1e-9)
    assert explained(nats(1 - pictures, pictures), mean, pictures) < 0


def test_nats_are_those_of_a_coin():
    assert nats(np.full((1, 1), 0.25), np.ones((1, 1, 1)))[0] == pytest.approx(np.log(4))
    assert nats(np.full((1, 1), 0.25), np.zeros((1, 1, 1)))[0] == pytest.approx(-np.log(0.75))


def test_a_memorising_model_has_a_gap_and_an_honest_one_has_none(rng):
    pictures = rng.random((400, 6, 6))
    seen, unseen = pictures[:200], pictures[200:]
    mean = seen.mean(axis=0)
    memory = [
        explained(nats(shown, true), mean, true) for shown, true in ((seen, seen), (rng.permutation(seen), unseen))
    ]
    honest = [explained(nats(0.5 + 0.5 * (true - 0.5), true), mean, true) for true in (seen, unseen)]
    assert memory[0] - memory[1] > 0.5
    assert honest[0] - honest[1] == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize(("apart", "found"), [(100.0, 1.0), (0.0, 1 / 60)])
def test_draws_find_their_picture_only_if_codes_are_apart(rng, apart, found):
    means = np.float32(apart) * rng.standard_normal((60, 8), dtype=np.float32)
    deviations = np.ones((60, 8), dtype=np.float32)
    draws = means + rng.standard_normal(means.shape, dtype=np.float32)
    share, information = identified(draws, means, deviations)
    assert share == pytest.approx(found, abs=0.05)
    assert information == pytest.approx(np.log(60) if apart else 0, abs=1e-6)


def test_information_of_two_overlapping_codes_lies_between_none_and_all(rng):
    means = np.array([[-0.5], [0.5]], dtype=np.float32)
    shares = [
        identified(means + rng.standard_normal((2, 1), dtype=np.float32), means, np.ones((2, 1), dtype=np.float32))[1]
        for _ in range(2000)
    ]
    # Two normal distributions one deviation apart: E[log 2 - log(1 + exp(-u))] with u from N(1/2, 1).
    u = rng.normal(0.5, 1, 200_000)
    assert np.mean(shares) == pytest.approx(np.log(2) - np.log1p(np.exp(-u)).mean(), abs=0.02)


def test_unseen_points_of_the_same_law_are_as_near_as_training_points(rng):
    training, unseen = rng.standard_normal((2, 800, 6))
    medians = [np.median(nearest_others(points, training)) for points in (training, unseen)]
    assert medians[1] / medians[0] == pytest.approx(1, abs=0.05)


def test_unseen_points_between_islands_are_farther(rng):
    islands = 20 * rng.standard_normal((40, 6))
    training = np.repeat(islands, 10, axis=0) + 0.1 * rng.standard_normal((400, 6))
    between = 20 * rng.standard_normal((400, 6))
    medians = [np.median(nearest_others(points, training)) for points in (training, between)]
    assert medians[1] / medians[0] > 1.2


def test_codes_with_shuffled_axes_lie_between_codes_only_if_there_is_a_between(rng):
    filled = rng.standard_normal((2, 800, 6))
    islands = 20 * rng.standard_normal((10, 6))
    gaps = islands[rng.integers(10, size=(2, 800))] + rng.standard_normal((2, 800, 6))
    for (training, unseen), there in ((filled, False), (gaps, True)):
        near = [np.median(nearest_others(points, training)) for points in (training, axis_shuffled(unseen, rng))]
        assert (near[1] / near[0] > 1.2) == there


def test_no_picture_is_its_own_neighbour():
    points = np.array([[0.0], [1.0], [5.0]])
    assert np.allclose(nearest_others(points, points), [1, 1, 4])


@pytest.mark.parametrize("coordinates", [3, 500])
def test_the_probe_reads_classes_that_are_there_and_guesses_where_none_are(rng, coordinates):
    labels = np.arange(300) % 3
    truth = np.arange(150) % 3
    codes, unseen = (rng.standard_normal((n, coordinates)) for n in (300, 150))
    assert probe_accuracy(codes, labels, unseen, truth, PENALTIES) == pytest.approx(1 / 3, abs=0.12)
    for rows, of in ((codes, labels), (unseen, truth)):
        rows[np.arange(len(of)), of] += 10
    assert probe_accuracy(codes, labels, unseen, truth, PENALTIES) > 0.95


def test_one_copy_of_each_original_is_taken():
    pictures = torch.arange(12.0).reshape(12, 1, 1, 1).expand(12, 1, 28, 28)
    shown = ImageSet.of_originals(pictures, np.arange(12) // 4, np.arange(12) // 4, 10)
    assert shown.digits[:, 0, 0].tolist() == [0, 4, 8]
    assert shown.labels.tolist() == [0, 1, 2]


def test_only_pictures_that_were_drawn_count_as_training_pictures():
    pictures = torch.arange(12.0).reshape(12, 1, 1, 1).expand(12, 1, 28, 28)
    drawn = np.array([0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0], dtype=bool)
    shown = ImageSet.of_originals(pictures, np.arange(12) // 4, np.arange(12) // 4, 10, drawn)
    assert shown.digits[:, 0, 0].tolist() == [2, 9]
    assert shown.labels.tolist() == [0, 2]


def test_a_line_predicts_a_line_and_noise_predicts_nothing(rng):
    x = rng.standard_normal(40)
    assert predicted_share(x, 3 * x + 1) == pytest.approx(1)
    assert predicted_share(rng.standard_normal(40), x) < 0.2
    assert predicted_share(np.ones(40), x) == 0


def test_leaving_one_out_is_what_the_formula_says(rng):
    x, y = rng.standard_normal((2, 12))
    errors, alone = [], []
    for left in range(12):
        others = np.arange(12) != left
        slope, level = np.polyfit(x[others], y[others], 1)
        errors.append(y[left] - slope * x[left] - level)
        alone.append(y[left] - y[others].mean())
    assert predicted_share(x, y) == pytest.approx(1 - np.square(errors).sum() / np.square(alone).sum())


def test_coefficients_name_the_cause_among_correlated_measures(rng):
    cause = rng.standard_normal(500)
    measures = np.column_stack([cause + rng.standard_normal(500), cause, np.ones(500)])
    weights = standard_coefficients(measures, 2 * cause + 0.1 * rng.standard_normal(500))
    assert weights == pytest.approx([0, 1, 0], abs=0.05)


def test_codes_like_the_prior_have_no_excess_and_wide_ones_have(rng):
    means = 0.8 * rng.standard_normal((2, 3000, 4), dtype=np.float32)
    codes = [Codes(mean, np.full_like(mean, 0.6)) for mean in means]
    draws = means[1] + 0.6 * rng.standard_normal(means[1].shape, dtype=np.float32)
    assert hypotheses.excess_divergence(codes[0], draws, 4) == pytest.approx(0, abs=0.02)
    wide = np.float32([5, 1, 1, 1])
    excess = hypotheses.excess_divergence(Codes(means[0] * wide, codes[0].std), wide * draws, 4)
    assert excess == pytest.approx(0.5 * (25 - 1 - np.log(25)), rel=0.1)


def test_directions_that_are_wide_by_chance_have_no_excess(rng):
    few, unseen = rng.standard_normal((2, 30, 4000), dtype=np.float32)
    assert hypotheses.excess_divergence(Codes(few, np.ones_like(few)), few, 8) > 100
    assert hypotheses.excess_divergence(Codes(few, np.ones_like(few)), unseen, 8) < 5


def test_the_arc_keeps_the_variance_of_noise_and_the_line_does_not(rng):
    a, b = rng.standard_normal((2, 2000, 3), dtype=np.float32)
    assert hypotheses.between(a, b, 0.5, straight=False).var() == pytest.approx(1, abs=0.05)
    assert hypotheses.between(a, b, 0.5, straight=True).var() == pytest.approx(0.5, abs=0.05)
    assert np.allclose(hypotheses.between(a, b, 1.0, straight=False), b, atol=1e-6)


def planted(gap, kept, fitted, few, apart, middle):
    """The rows that a world would write in which these are the facts."""
    out = Outcome()
    out.add("hypothesis_measure", gap, {"model": "large", "of": "overfitting_gap"}, 0)
    out.add("decoded_label_accuracy", kept, {"model": "large", "latents": "unit noise"}, 0, n=IMAGES)
    out.add("frechet_of_samples", 10.0, {"model": "large", "latents": "prior"}, 0)
    out.add("frechet_of_samples", 10.0 * fitted, {"model": "large", "latents": "full Gaussian"}, 0)
    out.add("frechet_of_samples", 10.0 * few, {"model": "few", "latents": "prior"}, 0)
    out.add("bubbles_apart", apart, {"model": "small"}, 0)
    out.add("realistic", 0.8, {"model": "large", "latents": hypotheses.TEST}, 0, n=IMAGES)
    out.add("realistic_half_way", 0.8 * middle, {"model": "large"}, 0, n=IMAGES)
    return out


def scored(smoke, out):
    """The rows with what the hypotheses got right of what is planted."""
    models = {name: SimpleNamespace(replicates=range(1)) for name in ("large", "few", "small")}
    twins = SimpleNamespace(few="few", small="small")
    cfg = SimpleNamespace(subjects={"large": twins}, thresholds=smoke.latentsize.hypotheses.thresholds)
    hypotheses._score(cfg, out, models)
    return out.rows


@pytest.mark.parametrize(
    ("world", "facts"),
    [
        ("bubbles", (0.0, 1.0, 1.0, 2.0, 0.1, 0.1)),
        ("overfitting", (0.3, 0.1, 1.0, 2.0, 0.1, 0.1)),
        ("shape", (0.0, 1.0, 0.1, 1.0, 0.9, 0.9)),
    ],
)
def test_in_the_world_of_a_hypothesis_that_hypothesis_is_right(smoke, world, facts):
    rows = scored(smoke, planted(*facts))
    scores = {row.condition["hypothesis"]: row.value for row in rows if row.quantity == "hypothesis_score"}
    assert scores[world] == len(hypotheses.PREDICTIONS)
    assert sum(score == len(hypotheses.PREDICTIONS) for score in scores.values()) == 1


@pytest.mark.parametrize("middle", [0.49, 0.51])
def test_a_share_too_near_its_line_leaves_the_scores_undecided(smoke, middle):
    rows = scored(smoke, planted(0.0, 1.0, 0.1, 1.0, 0.9, middle))
    found = {(row.quantity, row.condition.get("hypothesis")): row.value for row in rows}
    assert found["predictions_undecided", None] == 1
    assert found["predictions_right", "shape"] == 5
    assert np.isnan(found["hypothesis_score", "shape"])
