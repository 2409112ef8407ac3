"""What latent maps show: detectors fire on planted places, copies and dependence, and only there."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from soapbubble.config.autoencoders import Autoencoder
from soapbubble.measuring.nulls import cell_shuffled
from soapbubble.models.autoencoder import build
from soapbubble.stats.conditional_regression import conditional_r2
from soapbubble.stats.matching import correlations, nearest_labels, retrieval
from soapbubble.studies.bottleneck import places, reading, sites


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.fixture
def pictures(rng):
    """Smooth blobs in the middle of a black canvas, so that a small move loses nothing."""
    blobs = torch.from_numpy(rng.random((12, 1, 4, 4)).astype(np.float32))
    return functional.pad(functional.interpolate(blobs, size=12, mode="nearest"), (8, 8, 8, 8))


class Averaging:
    """An encoder whose code is the picture's ink in each 4 x 4 patch; `order` deals the patches out anew."""

    def __init__(self, order=None):
        self.order = torch.arange(49) if order is None else order

    def encode(self, images):
        cells = functional.avg_pool2d(images, 4).flatten(2)[:, :, self.order]
        return cells.unflatten(2, (7, 7)), torch.zeros(len(images), 1, 7, 7)


class Mixing:
    """An encoder each of whose 49 latents is a random sum of all pixels."""

    def __init__(self):
        self.weights = torch.randn(784, 49, generator=torch.Generator().manual_seed(3))

    def encode(self, images):
        means = images.flatten(1) @ self.weights
        return means[:, :, None, None], torch.zeros_like(means)[:, :, None, None]


OWN = torch.arange(49)


def test_a_code_of_patches_sees_moves_and_answers_in_its_place(pictures):
    gradient = places.gradient_map(Averaging(), pictures, 7, (3, 3))
    assert (gradient > 0).sum() == 16
    assert places.shift_correlation(Averaging(), pictures, 7, 1, OWN) == pytest.approx(1, abs=1e-6)
    assert places.near_fraction(places.occlusion_response(Averaging(), pictures, 7)) == pytest.approx(1)


def test_a_code_of_patches_in_a_random_order_does_not_move_with_the_picture_until_it_is_put_right(pictures):
    order = torch.randperm(49, generator=torch.Generator().manual_seed(1))
    assert abs(places.shift_correlation(Averaging(order), pictures, 7, 1, OWN)) < 0.3
    assert places.shift_correlation(Averaging(order), pictures, 7, 1, order.argsort()) == pytest.approx(1, abs=1e-6)
    response = places.occlusion_response(Averaging(order), pictures, 7)
    assert places.near_fraction(response) < 0.45
    assert places.near_fraction(response[:, order.argsort().numpy()]) == pytest.approx(1)


def test_a_code_that_mixes_all_pixels_has_no_places(pictures):
    assert (places.gradient_map(Mixing(), pictures, 7, (3, 3)) > 0).all()
    assert abs(places.shift_correlation(Mixing(), pictures, 7, 1, OWN)) < 0.3
    assert places.near_fraction(places.occlusion_response(Mixing(), pictures, 7)) < 0.3


def test_the_window_of_a_cell_is_the_one_that_arithmetic_gives():
    spec = Autoencoder(side=28, bottleneck="grid", grid=7, channels=4)
    noise = torch.rand((20, 1, 28, 28), generator=torch.Generator().manual_seed(0))
    gradient = places.gradient_map(build(spec, 0), noise, 7, (3, 3))
    rows, columns = np.nonzero(gradient)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (10, 10)


def test_moved_pictures_move_down_and_right(pictures):
    moved = places.shifted(pictures, 2, -3)
    assert torch.equal(moved[..., 2:, :25], pictures[..., :26, 3:])
    assert moved[..., :2, :].sum() == moved[..., 25:].sum() == 0


def test_retrieval_of_own_pictures_and_of_strangers(rng):
    pictures = rng.random((60, 7, 7))
    assert retrieval(correlations(5 - 2 * pictures, -pictures), 10).mean() == pytest.approx(1)
    chances = [retrieval(correlations(rng.random((60, 7, 7)), pictures), 10).mean() for _ in range(40)]
    assert np.mean(chances) == pytest.approx(0.1, abs=0.02)


def test_retrieval_counts_every_draw_of_candidates():
    scores = np.array([[3.0, 1, 2, 0], [0, 0, 0, 0], [9, 0, 5, 1], [1, 1, 1, 0]])
    # The first beats all; the third loses to one of three others, who is among two candidates once in three.
    assert retrieval(scores, 2) == pytest.approx([1, 0.5, 2 / 3, 0])


def test_the_lead_of_the_own_picture_is_over_the_best_of_the_others():
    assert reading.margin_of_own(np.array([[3.0, 1, 2], [0, 0, 5], [1, 1, 9]])) == pytest.approx([1, -5, 8])


def test_constant_maps_match_nothing(rng):
    assert not correlations(np.ones((2, 3, 3)), rng.random((4, 3, 3))).any()


def test_a_negative_of_the_edges_is_read_by_one_who_only_knows_pictures(rng):
    labels = np.repeat(np.arange(5), 12)
    pictures = np.repeat(rng.random((5, 8, 8)), 12, axis=0) + 0.05 * rng.standard_normal((60, 8, 8))
    drawn = reading.edges(pictures)
    view = reading.View("edges", -1, False)
    read = reading.zero_shot_predict(view, 3 - 2 * drawn[1::2], drawn[::2], labels[::2])
    assert (read == labels[1::2]).all()
    guessed = reading.zero_shot_predict(view, rng.random((30, 8, 8)), drawn[::2], labels[::2])
    assert (guessed == labels[1::2]).mean() < 0.6


def test_downsampling_keeps_the_mean(rng):
    pictures = rng.random((3, 28, 28))
    small = reading.downsampled(pictures, 7)
    assert small.shape == (3, 7, 7)
    assert small.mean(axis=(1, 2)) == pytest.approx(pictures.mean(axis=(1, 2)))
    assert small[0, 0, 1] == pytest.approx(pictures[0, :4, 4:8].mean())


def test_a_copy_is_told_from_a_code(rng):
    ink, new = rng.random((200, 9)), rng.random((100, 9))
    shared = rng.standard_normal(9)
    assert reading.r2_on_image(3 * ink + shared, ink, 3 * new + shared, new) == pytest.approx(1)
    signs = np.sign(shared)
    assert reading.r2_on_image(signs * ink, ink, signs * new, new) < 0.5


def test_shuffled_latents_with_signs_are_put_back_in_their_places(rng):
    ink, new = rng.random((300, 16)), rng.random((50, 16))
    dealt, signs = rng.permutation(16), rng.choice([-1, 1], 16)
    order, found = reading.placed_by_intensity((signs * ink)[:, dealt], ink)
    assert found * (signs * new)[:, dealt][:, order] == pytest.approx(new)


def test_the_rest_foretells_a_site_that_depends_on_it_without_correlation(rng):
    hidden = rng.standard_normal((900, 1, 1))
    samples = np.concatenate([hidden, hidden**2, rng.standard_normal((900, 2, 1))], axis=1)
    chosen = np.array([1])
    assert conditional_r2(samples[:600], samples[600:], chosen, "gaussian") > 0.7
    assert conditional_r2(samples[:600], samples[600:], chosen, "linear") < 0.1
    mixed = cell_shuffled(samples[:, :, 0], (1, 2, 2), rng)[:, :, None]
    assert conditional_r2(mixed[:600], mixed[600:], chosen, "gaussian") < 0.05


def test_normal_scores_are_normal_whatever_the_law(rng):
    samples = np.exp(rng.standard_normal((2000, 2, 2)))
    scores = sites.normal_scores(samples, samples)
    assert scores.mean() == pytest.approx(0, abs=1e-6)
    assert scores.std() == pytest.approx(1, abs=0.01)
    assert np.array_equal(scores[:, 0, 0].argsort(), samples[:, 0, 0].argsort())
    assert np.isfinite(sites.normal_scores(samples * 100, samples)).all()


def test_latents_are_put_in_order_of_sites():
    latents = np.arange(8)[None]
    assert sites.by_site(latents, (2, 2, 2)).tolist() == [[[0, 4], [1, 5], [2, 6], [3, 7]]]


def test_labels_of_the_nearest_pictures(rng):
    pictures = rng.random((6, 5, 5))
    assert nearest_labels(1 + 3 * pictures, pictures, np.arange(6)).tolist() == list(range(6))
