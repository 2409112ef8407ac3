"""The symptoms of a huge latent space: found where they are planted, and only there."""

import numpy as np
import pytest
import torch

from soapbubble.config.autoencoders import Autoencoder
from soapbubble.measuring.autoencoder import Codes
from soapbubble.stats.diagonal_gaussian import noise_share
from soapbubble.studies.latentsize import symptoms as part
from soapbubble.studies.latentsize.conventions import gradient_mismatch

pytest_plugins = ["decoders_fixture"]

KINDS = ("posterior mean", "posterior", "unit noise", "prior")


@pytest.fixture
def thresholds(smoke):
    return smoke.latentsize.symptoms.thresholds


def observed(known=(0.95, 0.95, 0.95, 0.1), distance=(10, 10, 10, 100), **facts):
    healthy = {"ink_unexplained": 0.01, "mean_size": 0.01, "std_size": 1.0, "std_in_band_share": 1.0}
    decoded = {
        kind: {"label_accuracy": share, "frechet_to_training": far}
        for kind, share, far in zip(KINDS, known, distance, strict=True)
    }
    return part.Observed(healthy | facts, decoded)


def test_a_network_with_all_observations_has_all_five_symptoms(thresholds):
    assert sum(part.symptoms(thresholds, observed(), control=0.97, real=0.97).values()) == len(part.SYMPTOMS)


@pytest.mark.parametrize(
    ("planted", "symptom"),
    [
        ({"ink_unexplained": 0.4}, "reconstructs very well"),
        ({"known": (0.7, 0.95, 0.95, 0.1)}, "reconstructs very well"),
        ({"mean_size": 0.8}, "means close to 0"),
        ({"std_size": 0.3}, "std close to 1"),
        ({"std_in_band_share": 0.5}, "std close to 1"),
        ({"distance": (10, 10, 10, 12)}, "prior samples are bad"),
        ({"distance": (10, 10, 40, 400)}, "unit-noise samples are good"),
        ({"known": (0.95, 0.95, 0.5, 0.1)}, "unit-noise samples are good"),
        ({"known": (0.95, 0.1, 0.1, 0.1)}, "unit-noise samples are good"),
    ],
)
def test_each_symptom_goes_when_its_own_observation_is_taken_away(thresholds, planted, symptom):
    seen = part.symptoms(thresholds, observed(**planted), control=0.97, real=0.97)
    assert [name for name, there in seen.items() if not there] == [symptom]


def test_means_of_both_losses_are_sums_with_the_weight_pixels_over_latents():
    averaged = Autoencoder(side=32, bottleneck="grid", grid=8, channels=4, loss="mean")
    pictures = torch.rand((3, 1, 32, 32), generator=torch.Generator().manual_seed(1))
    assert averaged.effective_beta == 1024 / 256
    assert gradient_mismatch(averaged, averaged.effective_beta, pictures, seed=2) < 1e-12
    assert gradient_mismatch(averaged, 1.0, pictures, seed=2) > 0.01


def test_unit_noise_cost_and_mean_length_add_up_to_the_kl():
    rng = np.random.default_rng(3)
    codes = Codes(rng.standard_normal((5, 40)), rng.uniform(0.2, 1.5, (5, 40)))
    cost = part.code_facts(codes, band=0.05)["unit_noise_cost"]
    assert cost == pytest.approx(1 - 0.5 * np.square(codes.mean).sum(axis=1).mean() / codes.kl.mean())


def test_noise_share_is_one_for_a_silent_latent_and_none_for_an_exact_one():
    mean = np.stack([np.zeros(1000), np.random.default_rng(4).standard_normal(1000)], axis=1)
    share = noise_share(mean, np.array([[1.0, 1e-6]]).repeat(1000, axis=0))
    assert share == pytest.approx([1, 0], abs=1e-5)


def test_silent_codes_have_small_means_and_std_of_one_and_telling_codes_do_not():
    rng = np.random.default_rng(5)
    silent = part.code_facts(Codes(rng.normal(0, 0.02, (50, 400)), np.full((50, 400), 0.99)), band=0.05)
    telling = part.code_facts(Codes(rng.normal(0, 1, (50, 400)), np.full((50, 400), 0.2)), band=0.05)
    assert silent["mean_size"] < 0.1 < telling["mean_size"]
    assert silent["std_in_band_share"] == 1
    assert telling["std_in_band_share"] == 0
    assert silent["noise_fraction"] > 0.9 > 0.3 > telling["noise_fraction"]
    assert telling["kl_per_image"] == pytest.approx(400 * telling["kl_per_latent"])
