"""The vocabulary of measuring: each word means what its name says, on closed forms and planted cases."""

import numpy as np
import pytest
import torch
from torch import nn

from soapbubble.errors import SoapbubbleError
from soapbubble.measuring.autoencoder import Codes, centre_crop, decode, decode_digits, encode
from soapbubble.measuring.batches import batched
from soapbubble.measuring.digit_classifier import DigitClassifier, train_digit_classifier
from soapbubble.measuring.distributions import DISTRIBUTIONS, Settings, log_density_ratio_to_prior, sample
from soapbubble.measuring.evaluator import SampleEvaluator
from soapbubble.measuring.kl import kl_to_prior, kl_to_prior_torch
from soapbubble.measuring.nulls import channel_shuffled, gaussian_fields, phase_randomised, pixel_permuted
from soapbubble.measuring.pca import Whitener, covariance_spectrum, principal_components
from soapbubble.measuring.probes import logistic_probe, ridge_probe_accuracy
from soapbubble.measuring.splits import (
    evenly_spread,
    few_of_each,
    first_of_each,
    hold_out_originals,
    random_originals,
    spread_originals,
)


@pytest.fixture
def rng():
    return np.random.default_rng(20)


ORIGIN = np.array([3, 3, 1, 2, 1, 2, 3, 0, 0, 1])


def test_the_first_copy_of_each_original_is_taken_also_among_some_rows():
    assert first_of_each(ORIGIN).tolist() == [7, 2, 3, 0]
    assert first_of_each(ORIGIN, ORIGIN != 0).tolist() == [2, 3, 0]
    assert first_of_each(ORIGIN, np.arange(10) > 3).tolist() == [7, 4, 5, 6]
    assert spread_originals(ORIGIN, 2).tolist() == [7, 0]


def test_random_originals_are_all_different_and_any_copy_may_be_taken(rng):
    drawn = [random_originals(ORIGIN, 3, rng) for _ in range(200)]
    assert all(len(set(ORIGIN[rows])) == 3 for rows in drawn)
    assert set(np.concatenate(drawn)) == set(range(10))


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_no_original_is_trained_on_and_held_out(rng, share):
    train, held_out = hold_out_originals(ORIGIN, share, rng)
    assert sorted([*train, *held_out]) == list(range(10))
    assert not set(ORIGIN[train]) & set(ORIGIN[held_out])
    assert len(set(ORIGIN[held_out])) == {0.0: 1, 0.25: 1, 0.5: 2, 1.0: 3}[share]


def test_evenly_spread_rows_reach_from_the_first_to_the_last():
    assert evenly_spread(9, 3).tolist() == [0, 4, 8]
    assert evenly_spread(4, 9).tolist() == [0, 1, 2, 3]


def test_few_of_each_label(rng):
    labels = np.array([0] * 10 + [1] * 2)
    assert sorted(labels[few_of_each(labels, 3, rng)]) == [0, 0, 0, 1, 1]


def test_batches_do_not_change_the_result():
    rows = torch.arange(10.0)[:, None]
    assert torch.equal(batched(lambda batch: 2 * batch, rows, 3), 2 * rows)


@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (2.0, 0.1), (-1.0, 3.0), (0.0, 1.0001)])
def test_kl_is_that_of_torch_distributions(mean, std):
    both = [
        torch.distributions.Normal(*(torch.tensor(x, dtype=torch.float64) for x in p)) for p in ((mean, std), (0, 1))
    ]
    expected = float(torch.distributions.kl_divergence(*both))
    assert kl_to_prior(np.array([mean]), np.array([std])) == pytest.approx(expected, rel=1e-7, abs=1e-15)
    log_variance = 2 * torch.log(torch.tensor(std, dtype=torch.float64))
    for expm1 in (True, False):
        found = kl_to_prior_torch(torch.tensor(mean, dtype=torch.float64), log_variance, expm1)
        assert float(found) == pytest.approx(expected, rel=1e-7, abs=1e-15)


class Halves(nn.Module):
    """An autoencoder of 4 x 4 pictures whose latents are their left and right halves' means, with std 2."""

    latent_shape = (2, 1, 1)

    def encode(self, images):
        means = images.reshape(-1, 4, 2, 2).mean(dim=(1, 3))[..., None, None]
        return means, torch.full_like(means, 2 * float(np.log(2)))

    def expected_images(self, latents):
        return latents[:, :, 0, 0].repeat_interleave(2, dim=1)[:, None, None].expand(-1, 1, 4, 4)


def test_codes_are_those_of_the_model_and_latents_come_back_as_images():
    images = torch.zeros(5, 1, 4, 4)
    images[..., 2:] = torch.arange(5.0)[:, None, None, None]
    codes = encode(Halves(), images, batch_size=2)
    assert codes.mean.tolist() == [[0, i] for i in range(5)]
    assert codes.std == pytest.approx(np.full((5, 2), 2))
    assert codes.kl == pytest.approx([kl_to_prior(np.array([0, i]), np.array([2, 2])).sum() for i in range(5)])
    assert codes[1:3].mean.tolist() == [[0, 1], [0, 2]]
    assert not codes.as_points().std.any()
    shown = decode(Halves(), codes.mean, batch_size=2)
    assert np.array_equal(shown, images.numpy())
    assert np.array_equal(decode(Halves(), codes.mean, crop=2), shown[..., 1:3, 1:3])


def test_digits_are_cut_out_of_their_frame():
    class Framed(Halves):
        def expected_images(self, latents):
            return nn.functional.pad(torch.ones(len(latents), 1, 28, 28), (2, 2, 2, 2))

    assert np.array_equal(decode_digits(Framed(), np.zeros((3, 2))), np.ones((3, 28, 28)))
    assert centre_crop(torch.arange(5)[None].expand(5, 5), 3)[0].tolist() == [1, 2, 3]


@pytest.fixture
def codes(rng):
    """Codes in two clusters along correlated axes, more axes than the rank that is used."""
    cluster = rng.integers(0, 2, 4000) * 6.0 - 3
    mean = np.stack([cluster, cluster, 1 + np.zeros(4000), np.zeros(4000)], axis=1) + rng.normal(0, 0.3, (4000, 4))
    return Codes(mean.astype(np.float32), np.full((4000, 4), 0.4, np.float32))


SETTINGS = Settings(rank=2, components=2, shape=(1, 2, 2), steps=800)
COARSE = ("prior", "shifted prior", "unit noise", "uniform cube", "isotropic Gaussian", "ellipsoid")
FITTED = [name for name in DISTRIBUTIONS if name not in COARSE]


@pytest.mark.parametrize("name", FITTED)
def test_every_fitted_distribution_has_the_mean_and_variance_of_the_aggregate_posterior(codes, rng, name):
    drawn = sample(name, codes, 4000, rng, SETTINGS)
    assert drawn.dtype == np.float32
    assert drawn.mean(axis=0) == pytest.approx(codes.mean.mean(axis=0), abs=0.5 if name == "second-stage VAE" else 0.25)
    expected = np.sqrt(codes.mean.var(axis=0) + 0.16)
    assert drawn.std(axis=0) == pytest.approx(expected, rel=0.1)


def test_the_prior_and_its_relatives_have_their_own_moments(codes, rng):
    for name, mean, std in (
        ("prior", np.zeros(4), np.full(4, 2)),
        ("shifted prior", codes.mean.mean(axis=0), np.ones(4)),
        ("unit noise", codes.mean.mean(axis=0), np.sqrt(codes.mean.var(axis=0) + 4)),
    ):
        drawn = sample(name, codes, 4000, rng, Settings(scale=2.0))
        assert drawn.mean(axis=0) == pytest.approx(mean, abs=0.25)
        assert drawn.std(axis=0) == pytest.approx(std, rel=0.1)


def test_the_cube_and_the_isotropic_gaussian_have_the_length_of_the_codes_and_no_direction(codes, rng):
    length = np.square(codes.mean).sum(axis=1).mean() + np.square(codes.std).sum(axis=1).mean()
    for name, scale in (("uniform cube", 1.0), ("uniform cube", 3.0), ("isotropic Gaussian", 1.0)):
        drawn = sample(name, codes, 4000, rng, Settings(scale=scale))
        assert np.square(drawn).sum(axis=1).mean() == pytest.approx(scale**2 * length, rel=0.05)
        assert drawn.mean(axis=0) == pytest.approx(np.zeros(4), abs=0.25 * scale)
        assert np.abs(np.corrcoef(drawn, rowvar=False) - np.eye(4)).max() < 0.1
    cube = sample("uniform cube", codes, 4000, rng)
    assert np.abs(cube).max() == pytest.approx(np.sqrt(3 * length / 4), rel=0.01)


def test_the_ellipsoid_holds_the_share_of_the_codes_that_it_was_told(codes, rng):
    whiten = Whitener.fit(codes.mean)
    drawn, own = (np.linalg.norm(whiten(x), axis=1) for x in (sample("ellipsoid", codes, 4000, rng), codes.mean))
    assert (own > drawn.max()).mean() == pytest.approx(0.05, abs=0.01)
    # Uniform in four dimensions: the fourth power of the radius is uniform.
    assert (drawn / drawn.max() < 0.5).mean() == pytest.approx(1 / 16, abs=0.02)


@pytest.mark.parametrize("name", FITTED)
def test_distributions_keep_the_dependence_and_the_clusters_that_their_names_say(codes, rng, name):
    drawn = sample(name, codes, 4000, rng, SETTINGS)
    correlated = abs(np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1]) > 0.8
    independent = ("diagonal Gaussian", "within-cell Gaussian", "axes shuffled", "cells shuffled")
    assert correlated == (name not in independent)
    between = (np.abs(drawn[:, 0]) < 1).mean() < 0.1
    assert between == ("Gaussian" not in name)


def test_a_full_gaussian_of_more_axes_than_images_keeps_the_covariance(rng):
    few = Codes(rng.standard_normal((20, 60)).astype(np.float32), np.full((20, 60), 0.1, dtype=np.float32))
    centred = few.mean - few.mean.mean(axis=0)
    expected = centred.T @ centred / 20 + 0.01 * np.eye(60)
    assert np.cov(sample("full Gaussian", few, 20_000, rng).T) == pytest.approx(expected, abs=0.1)


def test_a_low_rank_gaussian_keeps_variances_and_the_first_component(codes, rng):
    drawn = sample("low-rank Gaussian", codes, 8000, rng, Settings(rank=1))
    expected = np.cov(codes.mean.T) + 0.16 * np.eye(4)
    assert np.diag(np.cov(drawn.T)) == pytest.approx(np.diag(expected), rel=0.05)
    assert np.cov(drawn.T)[0, 1] == pytest.approx(expected[0, 1], rel=0.1)


def test_a_within_cell_gaussian_has_covariances_within_cells_only(rng):
    tied = (rng.standard_normal((4000, 1)) + 0.5 * rng.standard_normal((4000, 8))).astype(np.float32)
    settings = Settings(shape=(2, 2, 2))
    drawn = sample("within-cell Gaussian", Codes(tied, np.full_like(tied, 0.1)), 8000, rng, settings)
    found = np.corrcoef(drawn.T).reshape(2, 4, 2, 4)
    cells = np.arange(4)
    assert found[0, cells, 1, cells].mean() == pytest.approx(0.8, abs=0.04)
    assert found.transpose(0, 2, 1, 3)[:, :, ~np.eye(4, dtype=bool)].mean() == pytest.approx(0, abs=0.02)


def test_a_distribution_is_fitted_to_the_first_codes_only(codes, rng):
    early = Codes(np.concatenate([codes.mean[:500], codes.mean[500:] + 100]), codes.std)
    drawn = sample("full Gaussian", early, 200, rng, Settings(fitted=500))
    assert np.abs(drawn).max() < 50


def test_unknown_names_and_too_few_codes_are_refused_with_a_sentence(codes, rng):
    with pytest.raises(SoapbubbleError, match=r"^normal: no latent distribution .*aggregate posterior\.$"):
        sample("normal", codes, 2, rng)
    with pytest.raises(SoapbubbleError, match=r"^4001 draws from the codes of 4000 images"):
        sample("aggregate posterior", codes, 4001, rng)


def test_the_log_density_ratio_is_that_of_scipy(rng):
    from scipy.stats import multivariate_normal

    fitted, points = rng.normal(0.3, 1.4, (5000, 3)), rng.standard_normal((20, 3))
    expected = multivariate_normal(fitted.mean(axis=0), np.cov(fitted.T)).logpdf(points)
    expected -= multivariate_normal(np.zeros(3)).logpdf(points)
    assert log_density_ratio_to_prior(points, fitted) == pytest.approx(expected)


@pytest.mark.parametrize("shape", [(300, 6), (12, 40)])
def test_principal_components_are_those_of_scikit_learn(rng, shape):
    from sklearn.decomposition import PCA

    rows = rng.standard_normal(shape) * np.geomspace(5, 0.5, shape[1]) + 3
    found, expected = principal_components(rows, 4), PCA(4, svd_solver="full").fit(rows)
    assert np.abs(found.axes @ expected.components_.T) == pytest.approx(np.eye(4), abs=1e-9)
    assert found.points(found.scores(rows)) == pytest.approx(expected.inverse_transform(expected.transform(rows)))


def test_principal_components_are_no_more_than_the_rows_have(rng):
    assert principal_components(rng.standard_normal((5, 30)), 10).axes.shape == (4, 30)
    assert principal_components(rng.standard_normal((50, 3)), 10).axes.shape == (3, 3)


def test_whitened_points_have_the_covariance_i_and_the_spectrum_is_that_of_the_covariance(rng):
    points = rng.standard_normal((500, 3)) @ rng.standard_normal((3, 3)) + 4
    assert np.cov(Whitener.fit(points)(points).T) == pytest.approx(np.eye(3), abs=1e-9)
    assert covariance_spectrum(points).prod() == pytest.approx(np.linalg.det(np.cov(points.T)))


def test_nulls_keep_what_they_say_and_lose_the_rest(rng):
    images = np.cumsum(rng.standard_normal((6, 3, 16, 16)), axis=-1)
    permuted = pixel_permuted(images, rng)
    assert np.sort(permuted[:, 0], axis=None) == pytest.approx(np.sort(images[:, 0], axis=None))
    spectrum = np.abs(np.fft.fft2(images))
    assert np.abs(np.fft.fft2(phase_randomised(images, rng))) == pytest.approx(spectrum)
    fields = gaussian_fields(np.repeat(images[:1], 4000, axis=0), rng)
    power = (np.abs(np.fft.fft2(fields)) ** 2).mean(axis=0)
    varying = np.ones((16, 16), dtype=bool)
    varying[0, 0] = False
    assert power[:, varying] == pytest.approx(spectrum[0][:, varying] ** 2, rel=0.15)


def test_shuffled_channels_come_as_whole_maps_from_other_rows(rng):
    latents = np.arange(40.0).reshape(5, 8)
    mixed = channel_shuffled(latents, (2, 2, 2), rng).reshape(5, 2, 4)
    assert all((np.diff(mixed, axis=2) == 1).ravel())
    assert np.sort(mixed, axis=None) == pytest.approx(np.arange(40))


@pytest.mark.parametrize("dimension", [10, 900])
def test_probes_read_what_is_there_and_guess_where_nothing_is(rng, dimension):
    labels, truth = rng.integers(0, 5, 300), rng.integers(0, 5, 300)
    centres = 3 * rng.standard_normal((5, dimension)) / np.sqrt(dimension) * 3
    train, test = (centres[item] + rng.standard_normal((300, dimension)) for item in (labels, truth))
    assert ridge_probe_accuracy(train, labels, test, truth, (0.01, 1, 100)) > 0.9
    assert (logistic_probe(train, labels, test, 0.01) == truth).mean() > 0.9
    noise = rng.standard_normal((2, 300, dimension))
    assert ridge_probe_accuracy(noise[0], labels, noise[1], truth, (0.01, 1, 100)) < 0.35


def pixels(images):
    return images.reshape(len(images), -1)


def test_an_evaluator_tells_real_images_from_shifted_and_from_copied_ones(rng):
    real, same = rng.standard_normal((2, 400, 2, 2))
    evaluator = SampleEvaluator.on(pixels, real)
    # The total variance of the four pixels, 4, is the unit: a shift by 3 in each is 36 / 4, the average image is at 1.
    assert evaluator.frechet(same + 3) == pytest.approx(9 + evaluator.frechet(same), abs=0.75)
    assert evaluator.frechet(same) < 0.05
    assert evaluator.frechet(np.broadcast_to(real.mean(axis=0), real.shape)) == pytest.approx(1)
    good, far, copied = (
        evaluator.precision_recall(images) for images in (same, same + 30, np.repeat(real[:1], 400, 0))
    )
    assert min(good.values()) > 0.8
    assert far == {"precision": 0, "recall": 0, "density": 0, "coverage": 0}
    assert copied["precision"] == 1
    assert copied["coverage"] < 0.1
    rows, apart = evaluator.nearest(real[[7, 3]])
    assert rows.tolist() == [7, 3]
    assert apart == pytest.approx([0, 0], abs=1e-6)


def test_frechet_distances_do_not_depend_on_the_scale_of_the_features(rng):
    real, same = rng.standard_normal((2, 400, 2, 2))
    small, large = (SampleEvaluator.on(lambda images, c=scale: c * pixels(images), real) for scale in (1, 7))
    assert large.frechet(same + 1) == pytest.approx(small.frechet(same + 1))
    assert large.matched(100).frechet(same) == pytest.approx(small.matched(100).frechet(same))
    # Other images as the reference leave the unit as it is.
    assert small.against(pixels(2 * real)).frechet(2 * real + 1) == pytest.approx(4 / small.unit)


def test_evaluators_of_part_of_the_real_images(rng):
    real = rng.standard_normal((50, 2, 2))
    drawn = SampleEvaluator.on_random(pixels, real, 20, rng)
    assert len(drawn) == 20
    assert {tuple(row) for row in drawn.reference} < {tuple(row) for row in pixels(real)}
    assert np.array_equal(SampleEvaluator.on(pixels, real).matched(2).reference, pixels(real)[[0, 49]])


def test_a_digit_classifier_learns_bars_and_says_how_sure_it_is():
    labels = np.arange(200) % 10
    images = torch.zeros(200, 1, 12, 12)
    images[np.arange(200), 0, :, labels] = 1
    classifier = train_digit_classifier(images, labels, width=4, features=16, steps=150, batch_size=32, lr=0.01, seed=1)
    shown = images[:20, 0].numpy()
    tested = classifier.tested_on(shown, labels[:20])
    assert (tested.accuracy, tested.tested) == (1.0, 20)
    assert classifier.predict(shown).tolist() == labels[:20].tolist()
    assert classifier.label_accuracy(shown, np.zeros(20)) == 0.1
    assert classifier.features(shown).shape == (20, 16)
    assert (classifier.confidence(shown) == classifier.probabilities(shown).max(axis=1)).all()
    assert classifier.confidence(shown).min() > 0.5


def test_digits_without_labels_are_refused():
    with pytest.raises(SoapbubbleError, match="needs labels"):
        train_digit_classifier(
            torch.zeros(2, 1, 8, 8), np.array([0, -1]), width=1, features=2, steps=1, batch_size=1, lr=0.1, seed=0
        )
    assert np.isnan(DigitClassifier(nn.Sequential()).accuracy)
