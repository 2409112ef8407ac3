"""How many latents are worth having: each measure finds what is planted, and nothing where there is nothing."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from soapbubble.autoencoders.classifier import save_classifiers
from soapbubble.autoencoders.pictures import digits_only, pictures
from soapbubble.autoencoders.store import Models, card_path, save_model
from soapbubble.figures.found import found
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.digit_classifier import DigitClassifier
from soapbubble.measuring.training import Curve
from soapbubble.models.autoencoder import build
from soapbubble.models.digit_classifier import build_classifier
from soapbubble.stats import binary_png
from soapbubble.stats.digit_attributes import NAMES, attributes
from soapbubble.stats.jacobian_rank import condition, rank
from soapbubble.stats.latent_use import ACTIVE, active, effective_rank, principal_directions, spectrum
from soapbubble.stats.rank_correlation import largest_by_chance, spearman
from soapbubble.studies.latentsize import features, manifold, sliders
from soapbubble.studies.latentsize.figures import features as figures
from soapbubble.studies.latentsize.figures import sliders as slider_figures

pytest_plugins = ["decoders_fixture"]

# Manifolds.


@pytest.fixture
def fitting(smoke):
    return smoke.latentsize.manifold.model_copy(update={"steps": 400, "width": 16})


def test_the_hausdorff_distance_is_that_of_the_worst_point_of_either_set():
    circle = manifold.circle(manifold.normal_grid((2001,)))
    assert manifold.hausdorff(circle, circle) == 0
    assert manifold.hausdorff(1.3 * circle, circle) == pytest.approx(0.3, abs=0.01)
    half = circle[circle[:, 0] > 0]
    assert manifold.hausdorff(half, circle) == pytest.approx(np.sqrt(2), abs=0.02)
    assert manifold.hausdorff(circle, 5 * circle + 100) == pytest.approx(manifold.hausdorff(circle / 5 - 20, circle))


def test_the_best_affine_image_of_a_plane_is_the_plane_and_of_a_circle_a_line(rng):
    plane = rng.standard_normal((300, 2)) @ rng.standard_normal((2, 3)) + 4
    assert manifold.hausdorff(manifold.affine_decode(plane, 2), plane) < 1e-12
    circle = manifold.circle(manifold.normal_grid((1001,)))
    assert manifold.hausdorff(manifold.affine_decode(circle, 1), circle) == pytest.approx(1, abs=0.01)


def test_a_nonlinear_decoder_learns_a_curve_that_no_line_comes_near(fitting, rng):
    def parabola(latents):
        return np.column_stack([latents, latents**2 / 3])

    decoder = manifold.fitted(fitting, parabola, 1, 0, rng)
    latents = manifold.normal_grid((400,))
    with torch.inference_mode():
        printed = decoder(torch.from_numpy(latents)).numpy()
    line = manifold.hausdorff(manifold.affine_decode(parabola(latents), 1), parabola(latents))
    assert manifold.hausdorff(printed, parabola(latents)) < 0.3 * line
    assert np.all(rank(manifold._jacobians(decoder, latents)) == 1)


def test_a_map_that_ignores_a_direction_loses_rank(rng):
    whole = rng.standard_normal((5, 4, 3))
    flat = whole.copy()
    flat[:, :, 2] = flat[:, :, 0] - 2 * flat[:, :, 1]
    assert rank(whole).tolist() == [3] * 5
    assert rank(flat).tolist() == [2] * 5
    assert condition(np.diag([4.0, 2.0, 1.0])[None]) == pytest.approx(4)


# Attributes of digits.


def bar(width=4, shear=0.0, top=4, bottom=24):
    """An upright bar whose ink moves to the right by `shear` columns a row upwards."""
    rows, columns = np.mgrid[:28, :28]
    middle = 14 + shear * (14 - rows)
    return ((np.abs(columns - middle + 0.5) < width / 2) & (rows >= top) & (rows < bottom)).astype(float)


def measured(*made):
    return [dict(zip(NAMES, row, strict=True)) for row in attributes(np.stack(made))]


def test_attributes_of_bars_are_those_they_were_drawn_with():
    thin, thick, slanted, short = measured(bar(2), bar(8), bar(4, shear=0.3), bar(4, top=9, bottom=19))
    assert thick["thickness"] > 3 * thin["thickness"]
    assert slanted["slant"] == pytest.approx(0.3, abs=0.03)
    assert thick["slant"] == pytest.approx(0, abs=1e-9)
    assert thick["width"] == pytest.approx(8 / np.sqrt(12), rel=0.05)
    assert slanted["width"] == pytest.approx(measured(bar(4))[0]["width"], rel=0.15)
    assert short["height"] == pytest.approx(10 / np.sqrt(12), rel=0.02)
    assert thin["loops"] == 0


def test_only_what_ink_encloses_is_a_loop():
    ring = np.zeros((28, 28))
    ring[8:18, 8:18] = 1
    ring[10:16, 10:16] = 0
    open_ring = ring.copy()
    open_ring[10:16, 16:18] = 0
    closed, opened = measured(ring, open_ring)
    assert closed["loops"] == 36
    assert opened["loops"] == 0


def test_an_empty_picture_has_attributes_of_zero():
    assert np.all(attributes(np.zeros((2, 28, 28))) == 0)


# Latents in use.


def test_latents_are_in_use_if_their_means_vary(rng):
    means = rng.standard_normal((4000, 3)) * [1, 0.2, 0.01] + [0, 0, 5]
    assert active(means).tolist() == [True, True, False]


@pytest.mark.parametrize("shape", [(5000, 12), (40, 3000)])
def test_the_effective_rank_counts_directions_of_equal_variance(rng, shape):
    spread = np.zeros(shape[1])
    spread[:4] = 1
    assert effective_rank(spectrum(rng.standard_normal(shape) * spread)) == pytest.approx(4, abs=0.2)
    assert effective_rank(spectrum(np.ones(shape))) == 0


def test_a_rotation_puts_all_latents_to_use_and_no_further_principal_axis(rng):
    means = rng.standard_normal((300, 64)) * np.sqrt([2.0] * 4 + [0.002] * 60)
    turned = means @ np.linalg.qr(rng.standard_normal((64, 64)))[0]
    assert active(means).sum() == 4
    assert active(turned).sum() > 55
    assert (spectrum(means) > ACTIVE).sum() == (spectrum(turned) > ACTIVE).sum() == 4


class Toy(torch.nn.Module):
    """A decoder of three latents with fixed weights (3, pixels)."""

    latent_shape = (3,)

    def __init__(self, weights):
        super().__init__()
        self.register_buffer("weights", torch.from_numpy(weights))

    def decode(self, latents):
        return torch.tanh(latents @ self.weights)


def test_a_decoder_that_ignores_a_latent_has_no_full_rank(rng):
    weights, latents = rng.standard_normal((3, 20)), rng.standard_normal((5, 3)).astype(np.float32)
    assert features._full_rank_share(Toy(weights), latents) == 1
    weights[1] = 0
    assert features._full_rank_share(Toy(weights), latents) == 0


def test_principal_directions_are_as_many_as_the_variance_needs(rng):
    rows = rng.standard_normal((20_000, 5)) * np.sqrt([60, 30, 8, 1, 1])
    assert principal_directions(rows, 0.5) == 1
    assert principal_directions(rows, 0.85) == 2
    assert principal_directions(rows, 0.95) == 3


# Sliders.


def test_rank_correlations_are_scipys_ties_included(rng):
    a, b = rng.integers(0, 5, (50, 3)).astype(float), rng.standard_normal((50, 2))
    expected = [[spearmanr(x, y).statistic for y in b.T] for x in a.T]
    assert spearman(a, b) == pytest.approx(np.array(expected))
    assert spearman(np.ones((50, 1)), b).tolist() == [[0, 0]]


def test_the_largest_correlation_by_chance_is_exceeded_by_chance_and_by_what_is_planted(rng):
    exceeded = 0
    for _ in range(40):
        a, b = rng.standard_normal((60, 30)), rng.standard_normal((60, 4))
        exceeded += np.abs(spearman(a, b)).max() > largest_by_chance(a, b, 39, rng)
    assert exceeded <= 8  # five in a hundred are expected
    b[:, 2] = a[:, 7] + 0.2 * rng.standard_normal(60)
    assert np.abs(spearman(a, b)).max() > 1.5 * largest_by_chance(a, b, 39, rng)
    assert largest_by_chance(a[:, :0], b, 19, rng) == 0


@pytest.fixture
def scale(smoke):
    return smoke.latentsize.sliders.model_copy(update={"rotations": 10})


def rotated(cfg, means, seen, rng):
    out = Outcome()
    sliders._rotated(out, cfg, means, seen, rng, {}, 0)
    return {row.quantity: row.value for row in out.rows}


def test_sliders_are_found_where_each_latent_is_one_and_rotation_takes_them_away(scale, rng):
    seen = rng.standard_normal((400, 6))
    means = seen + 0.1 * rng.standard_normal((400, 6))
    own = np.abs(spearman(means, seen))
    turned = rotated(scale, means, seen, rng)
    assert sliders._is_slider(scale, own).all()
    assert sliders._gap(own) > 0.8
    assert turned["slider_share"] < 0.8
    assert turned["attribute_gap"] < 0.5 * sliders._gap(own)


def test_a_latent_of_two_attributes_or_of_none_is_no_slider(scale, rng):
    seen = rng.standard_normal((400, 3))
    means = np.column_stack([seen[:, 0] + seen[:, 1], rng.standard_normal(400), -np.exp(seen[:, 2])])
    assert sliders._is_slider(scale, np.abs(spearman(means, seen))).tolist() == [False, False, True]


def test_axes_that_mean_nothing_are_as_good_as_rotated_ones(scale, rng):
    seen = rng.standard_normal((400, 3))
    basis = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    means = np.column_stack([seen, rng.standard_normal((400, 5))]) @ basis
    gap = sliders._gap(np.abs(spearman(means, seen)))
    assert gap == pytest.approx(rotated(scale, means, seen, rng)["attribute_gap"], abs=0.25)


def test_planted_sliders_are_sliders_where_attributes_are_independent_and_not_where_they_go_together(scale, rng):
    seen = rng.standard_normal((400, 6))
    found = [np.abs(spearman(sliders.planted_sliders(of, 16, rng), of)) for of in (seen, seen + 2 * seen[:, :1])]
    shares = [sliders._is_slider(scale, correlations).mean() for correlations in found]
    assert shares[0] == 1
    assert shares[1] < 0.8


# Code lengths.


def test_one_file_of_repeated_pictures_is_shorter_and_noise_cannot_be_compressed(rng):
    one = rng.random((1, 28, 28)) > 0.5
    noise = rng.random((200, 28, 28)) > 0.5
    assert binary_png.bits_together(np.repeat(one, 50, axis=0)) < 0.1 * binary_png.bits_each(one)
    assert binary_png.bits_together(noise) > 784
    assert binary_png.bits_each(noise) > binary_png.bits_together(noise)


# The parts, with networks that have learnt nothing.


@pytest.fixture(scope="module")
def untrained(smoke, digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    settings = smoke.autoencoders
    names = [*features.DENSE, "grid-8x8x1"]
    for name in names:
        spec = settings.models[name]
        seeds = (1,) if name == "grid-8x8x1" else (1, 2)  # a model may have fewer networks than others
        trained = [(seed, build(spec, seed), Curve(), torch.ones(1, dtype=torch.bool)) for seed in seeds]
        path = folder / f"{name}.safetensors"
        save_model(name, spec, settings.pictures, trained, path, card_path(path))
    made = pictures(digits, 28, settings.pictures)
    chosen = settings.classifier
    networks = [build_classifier(28, chosen.width, chosen.features, 10, seed).eval() for seed in (1, 2)]
    shown = digits_only(made.test), made.test_labels
    classifiers = [DigitClassifier(network).tested_on(*shown) for network in networks]
    save_classifiers(classifiers, chosen, folder / "classifier.safetensors", folder / "classifier.json")
    return Models([folder / f"{name}.safetensors" for name in (*names, "classifier")])


def values(out, quantity, **where):
    return [row.value for row in out.rows if row.quantity == quantity and where.items() <= dict(row.condition).items()]


def test_networks_that_have_learnt_nothing_bring_no_gain(smoke, digits, untrained, monkeypatch):
    monkeypatch.setattr(features, "GRIDS", ("grid-8x8x1",))
    monkeypatch.setattr(features, "MEAN", ())
    out = features.measure(smoke.latentsize.features, Lab({"digits": digits}, untrained))
    assert values(out, "latents_per_pixel", model="dense-1024") == [1.0]
    assert values(out, "png_bits", png="one file")[0] < min(values(out, "description_bits"))
    for model, networks in (("dense-16", 2), ("grid-8x8x1", 1)):
        assert len(values(out, "png_over_description", model=model)) == networks
    assert max(values(out, "label_accuracy")) < 0.5
    assert max(values(out, "test_elbo")) < -100
    gains = np.array(values(out, "elbo_gain_per_latent"))
    assert np.abs(gains).max() < 30
    lines = {"about-a-hundred-meaningful-differences": {"directions": 100}}
    for draw in (figures.elbo_by_size, figures.description_length):
        assert all(axes.has_data() for axes in draw(found(out.rows, thresholds=lines), smoke.plot).axes)


def test_networks_that_have_learnt_nothing_have_no_sliders(smoke, digits, untrained, monkeypatch):
    monkeypatch.setattr(sliders, "MODELS", ("dense-16", "dense-64"))
    out = sliders.measure(smoke.latentsize.sliders, Lab({"digits": digits}, untrained))
    for model in sliders.MODELS:
        assert max(values(out, "slider_share", model=model, axes="own", among="all")) < 0.5
    strips = out.pictures["traversals"]
    assert strips.dtype == np.uint8
    assert strips.shape == (10, smoke.latentsize.sliders.steps, 28, 28)
    assert slider_figures.traversals(found(out.rows, out.pictures), smoke.plot).axes


def test_every_held_out_original_is_seen_once(smoke, digits):
    made = pictures(digits, 32, smoke.autoencoders.pictures)
    test, labels = features.test_images(made, 1000, np.random.default_rng(1))
    originals = digits.card.splits["test"]
    assert len(test) == len(labels) == originals
    assert len(features.test_images(made, 7, np.random.default_rng(1))[0]) == 7
