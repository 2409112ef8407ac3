"""The closing questions in miniature: detectors fire where something is planted, and only there."""

import numpy as np
import pytest
import torch

from soapbubble.errors import SoapbubbleError
from soapbubble.lab import Lab
from soapbubble.models.decoders import DecoderSpec, build_decoder
from soapbubble.models.initialise import parameter_count
from soapbubble.models.vae import build_vae
from soapbubble.stats.autocorrelation import neighbour_correlation
from soapbubble.studies.decoders import initialisation, observer, priorart, quality, semantics, small_vae

pytest_plugins = ["decoders_fixture"]


def accuracy(cfg, real, fake):
    score = observer._trained_observer(cfg, observer._seen(real[40:], cfg.crop), observer._seen(fake[40:], cfg.crop))
    with torch.inference_mode():
        lead = score(observer._seen(real[:40], cfg.crop)) - score(observer._seen(fake[:40], cfg.crop))
    return float((lead > 0).float().mean())


@pytest.fixture
def watching(smoke):
    return smoke.decoders.observer.model_copy(update={"crop": 24, "steps": 60})


def test_the_observer_learns_to_see_stripes(watching, rng):
    noise = rng.standard_normal((80, 1, 32, 32))
    assert accuracy(watching, noise + 2 * np.sin(np.arange(32)), noise) > 0.9


def test_the_observer_guesses_where_there_is_nothing_to_see(watching, rng):
    shares = [
        accuracy(watching, rng.standard_normal((80, 1, 32, 32)), rng.standard_normal((80, 1, 32, 32))) for _ in range(4)
    ]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.13)


def test_the_observers_networks_print_without_a_seam(smoke):
    cfg = smoke.decoders.observer.model_copy(update={"train": 20, "test": 20})
    for source in cfg.upsampling:
        pictures = observer._outputs(cfg, source, np.random.default_rng(0))[:, 0]
        cell = pictures.shape[-1] // cfg.latent_size
        inside = np.square(np.diff(pictures, axis=2)[:, :, cell - 1 :: cell]).mean()
        across = np.square(pictures[:, :, 0] - pictures[:, :, -1]).mean()
        assert across / inside == pytest.approx(1, abs=0.35)


def test_the_control_of_white_noise_has_no_neighbours_alike_and_the_gaussian_field_has(smoke, rng):
    cfg = smoke.decoders.observer
    rho = [neighbour_correlation(observer._outputs(cfg, source, rng)).mean() for source in observer.CONTROLS]
    assert rho[0] > 0.5
    assert rho[1] == pytest.approx(0, abs=0.02)


def test_no_digit_is_held_out_from_two_classifiers(smoke, digits, monkeypatch):
    sizes = []

    def untaught(cfg, images, labels, seed):
        sizes.append((seed, len(images)))
        return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.LazyLinear(8), torch.nn.Linear(8, 10)).eval()

    monkeypatch.setattr(semantics, "_trained_classifier", untaught)
    out = semantics.measure(smoke.decoders.semantics, Lab({"digits": digits}))
    held_out = [row.n for row in out.rows if row.quantity == "classifier_accuracy"]
    judged = {(row.replicate, row.n) for row in out.rows if row.quantity == "frechet_to_digits"}
    assert len(judged) == len(held_out)  # as many pictures of each kind
    assert len({seed for seed, _ in sizes}) == len(sizes)
    assert sum(held_out) == len(digits.images)
    assert all(n + learned == len(digits.images) for n, (_, learned) in zip(held_out, sizes, strict=True))


def test_semantics_needs_labels(smoke, faces):
    with pytest.raises(SoapbubbleError, match="labels"):
        semantics.measure(smoke.decoders.semantics, Lab({"digits": faces}))


def test_untrained_outputs_are_farther_from_digits_than_digits(smoke, digits):
    cfg = smoke.decoders.semantics.model_copy(update={"steps": 120})
    out = semantics.measure(cfg, Lab({"digits": digits}))
    distance = {}
    for row in out.rows:
        if row.quantity == "frechet_to_digits":
            distance.setdefault(row.condition["images"], []).append(row.value)
    assert np.mean(distance["held-out digits"]) < 0.5 * np.mean(distance["untrained, transposed"])


def test_decoders_of_many_kinds_have_one_size(smoke):
    cfg = smoke.decoders.quality.model_copy(update={"parameters": 6000})
    for spec in quality.variants(cfg):
        assert spec.image_side == cfg.side
        assert parameter_count(build_decoder(spec, 0)) == pytest.approx(6000, rel=0.15)


def test_the_mean_picture_is_what_a_model_without_latents_reaches():
    train = torch.tensor([[[[0.0, 1.0]]], [[[1.0, 1.0]]]])
    expected = np.log(2) - np.log(0.999)
    assert small_vae.mean_picture_loss(train, train) == pytest.approx(expected, abs=1e-4)


def test_training_lowers_the_loss(digits):
    images = torch.from_numpy(digits.images[:64]).permute(0, 3, 1, 2).float()[:, :, 6:22, 6:22] / 255
    spec = DecoderSpec(blocks=2, width=6, latent_channels=4, latent_size=1, out_channels=1)
    before, after = (
        small_vae.train_and_test(build_vae(spec, 0), images, images, steps, 16, 0.01, 0) for steps in (1, 60)
    )
    assert after < 0.9 * before


def test_structure_without_biases_does_not_notice_the_gain(smoke, digits):
    cfg = smoke.decoders.initialisation.model_copy(update={"steps": 1, "biases": ("zero",)})
    out = initialisation.measure(cfg, Lab({"digits": digits}))
    (change,) = (row for row in out.rows if row.quantity == "structure_change_by_gain")
    contrast = [row.value for row in out.rows if row.quantity == "untrained_contrast"]
    assert change.replicate == "exact"
    assert change.value < 1e-4
    assert max(contrast) > 1000 * min(contrast)


def test_gradient_ratio_follows_the_scale_of_the_layers():
    images = torch.rand((4, 1, 16, 16), generator=torch.Generator().manual_seed(0))
    spec = DecoderSpec(blocks=2, width=6, latent_channels=4, latent_size=1, out_channels=1, bias="zero")
    vae = build_vae(spec, 0)
    before = initialisation.gradient_ratio(vae, images, 0)
    with torch.no_grad():
        vae.decoder[-2].weight.mul_(0.1)
    assert initialisation.gradient_ratio(vae, images, 0) < 0.3 * before


def test_the_favourite_of_a_convolution_is_a_wave_and_of_unshared_filters_is_not(rng):
    shared = [priorart.wave_share(priorart.favourite_input(16, 5, True, rng)) for _ in range(5)]
    unshared = [priorart.wave_share(priorart.favourite_input(16, 5, False, rng)) for _ in range(5)]
    assert min(shared) > 0.5 > 0.2 > max(unshared)


def test_wave_share_of_a_wave_and_of_noise(rng):
    wave = np.sin(2 * np.pi * (4 * np.arange(32)[:, None] + 6 * np.arange(32)) / 32)
    assert priorart.wave_share(wave) > 0.7
    assert priorart.wave_share(rng.standard_normal((32, 32))) < 0.05


def test_position_dependence_sees_fields_that_differ_from_place_to_place(rng):
    even = rng.standard_normal((4000, 8, 1)) * np.ones(8)
    uneven = even * np.linspace(0.5, 2, 8)
    assert priorart.position_dependence(even) < 0.1
    assert priorart.position_dependence(uneven) > 0.3


def test_checkerboard_contrast_is_the_planted_one(rng):
    outputs = rng.standard_normal((200, 16, 16))
    assert priorart.checkerboard_contrast(outputs) == pytest.approx(1, abs=0.1)
    outputs[:, ::2, ::2] *= 2
    assert priorart.checkerboard_contrast(outputs) == pytest.approx(4, rel=0.1)


def test_every_paper_has_its_effect_and_its_control(smoke, photos):
    out = priorart.measure(smoke.decoders.priorart, Lab({"photos": photos}))
    quantities = {row.quantity for row in out.rows}
    assert {"wave_share", "fit_steps", "fit_unexplained", "pixel_kurtosis", "position_dependence"} <= quantities
    assert {"correlation_map_error", "checkerboard_contrast", "replications"} <= quantities
    assert all(0 <= row.value <= len(priorart.PAPERS) for row in out.rows if row.quantity == "replications")
