"""The symptoms of a huge latent space: found where they are planted, and only there."""

import numpy as np
import pytest
import torch

from soapbubble.autoencoders.codes import Codes
from soapbubble.config.autoencoders import Autoencoder
from soapbubble.stats.diagonal_gaussian import divergence_from_unit_noise, noise_share
from soapbubble.studies.latentsize import symptoms as part
from soapbubble.studies.latentsize.conventions import gradient_mismatch

pytest_plugins = ["decoders_fixture"]

KINDS = ("reconstruction", "posterior", "unit noise", "prior")


@pytest.fixture
def lines(smoke):
    return smoke.latentsize.symptoms.lines


def look(known=(0.95, 0.95, 0.95, 0.1), distance=(10, 10, 10, 100), **facts):
    healthy = {"ink_unexplained": 0.01, "mean_size": 0.01, "deviation_size": 1.0, "deviation_share_in_band": 1.0}
    decoded = {
        kind: {"seen_as_its_digit": share, "frechet_to_training": far}
        for kind, share, far in zip(KINDS, known, distance, strict=True)
    }
    return part.Look(healthy | facts, decoded)


def test_a_network_with_all_observations_has_all_five_symptoms(lines):
    assert sum(part.symptoms(lines, look(), control=0.97, real=0.97).values()) == len(part.SYMPTOMS)


@pytest.mark.parametrize(
    ("planted", "symptom"),
    [
        ({"ink_unexplained": 0.4}, "reconstructs very well"),
        ({"known": (0.7, 0.95, 0.95, 0.1)}, "reconstructs very well"),
        ({"mean_size": 0.8}, "means close to 0"),
        ({"deviation_size": 0.3}, "deviations close to 1"),
        ({"deviation_share_in_band": 0.5}, "deviations close to 1"),
        ({"distance": (10, 10, 10, 12)}, "prior draws are bad"),
        ({"distance": (10, 10, 40, 400)}, "unit-noise draws are good"),
        ({"known": (0.95, 0.95, 0.5, 0.1)}, "unit-noise draws are good"),
        ({"known": (0.95, 0.1, 0.1, 0.1)}, "unit-noise draws are good"),
    ],
)
def test_each_symptom_goes_when_its_own_observation_is_taken_away(lines, planted, symptom):
    seen = part.symptoms(lines, look(**planted), control=0.97, real=0.97)
    assert [name for name, there in seen.items() if not there] == [symptom]


def test_means_of_both_losses_are_sums_with_the_weight_pixels_over_latents():
    averaged = Autoencoder(side=32, bottleneck="grid", grid=8, channels=4, loss="mean")
    pictures = torch.rand((3, 1, 32, 32), generator=torch.Generator().manual_seed(1))
    assert averaged.effective_beta == 1024 / 256
    assert gradient_mismatch(averaged, averaged.effective_beta, pictures, seed=2) < 1e-12
    assert gradient_mismatch(averaged, 1.0, pictures, seed=2) > 0.01


def test_exchanging_the_deviation_for_one_costs_what_the_closed_form_says():
    assert divergence_from_unit_noise(np.ones((2, 7))) == pytest.approx(0)
    assert divergence_from_unit_noise(np.full((1, 10), 0.5)) == pytest.approx(5 * (0.25 - 1 + np.log(4)))


def test_unit_noise_cost_and_mean_length_add_up_to_the_rate():
    rng = np.random.default_rng(3)
    codes = Codes(rng.standard_normal((5, 40)), rng.uniform(0.2, 1.5, (5, 40)))
    parts = 0.5 * np.square(codes.mean).sum(axis=1) + divergence_from_unit_noise(codes.deviation)
    assert codes.rates == pytest.approx(parts)


def test_noise_share_is_one_for_a_silent_latent_and_none_for_an_exact_one():
    mean = np.stack([np.zeros(1000), np.random.default_rng(4).standard_normal(1000)], axis=1)
    share = noise_share(mean, np.array([[1.0, 1e-6]]).repeat(1000, axis=0))
    assert share == pytest.approx([1, 0], abs=1e-5)


def test_silent_codes_have_small_means_and_deviations_of_one_and_telling_codes_do_not():
    rng = np.random.default_rng(5)
    silent = part._code_facts(Codes(rng.normal(0, 0.02, (50, 400)), np.full((50, 400), 0.99)), band=0.05)
    telling = part._code_facts(Codes(rng.normal(0, 1, (50, 400)), np.full((50, 400), 0.2)), band=0.05)
    assert silent["mean_size"] < 0.1 < telling["mean_size"]
    assert silent["deviation_share_in_band"] == 1
    assert telling["deviation_share_in_band"] == 0
    assert silent["noise_share_of_a_latent"] > 0.9 > 0.3 > telling["noise_share_of_a_latent"]
    assert telling["latent_loss"] == pytest.approx(400 * telling["latent_loss_per_latent"])
