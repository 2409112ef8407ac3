"""Bugs in a VAE are found where they are injected, and dense layers cure those that need more than one cell."""

import numpy as np
import pytest
import torch

from soapbubble.config.autoencoders import Autoencoder
from soapbubble.measuring.distributions import prior
from soapbubble.models.autoencoder import build, objective
from soapbubble.studies.bottleneck.checks import check
from soapbubble.studies.bottleneck.generators import WRONG, normality

GRID = {"side": 28, "bottleneck": "grid", "grid": 7, "channels": 2, "width": 4}
DENSE = {"side": 28, "bottleneck": "dense", "grid": 1, "channels": 6, "width": 4}


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def pictures():
    return torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(2))


def network(kind, **planted):
    """An untrained network whose latents are neither standard nor all alike."""
    made = build(Autoencoder(**kind, **planted), seed=3)
    with torch.no_grad():
        for head, shift in ((made.mean, 0.7), (made.log_variance, -1.5)):
            getattr(head, "linear", head).bias.add_(shift)
    return made


def drawn(made, pictures):
    with torch.inference_mode():
        return made.draw(*made.encode(pictures), torch.Generator().manual_seed(4))


def found(made, pictures):
    return check(made, pictures, 300, torch.Generator().manual_seed(4))


@pytest.mark.parametrize("kind", [GRID, DENSE])
def test_clean_code_passes_all_checks(kind, pictures):
    checked = found(network(kind), pictures)
    assert checked.noise_mean == pytest.approx(0, abs=0.03)
    assert checked.noise_std == pytest.approx(1, abs=0.02)
    assert checked.monte_carlo_kl == pytest.approx(checked.kl, rel=0.02)


@pytest.mark.parametrize("noise", ["variance", "none"])
def test_checks_find_noise_of_the_wrong_scale(noise, pictures):
    assert abs(found(network(GRID, noise=noise), pictures).noise_std - 1) > 0.3


def test_a_wrong_divergence_is_found_by_its_definition(pictures, monkeypatch):
    monkeypatch.setattr("soapbubble.studies.bottleneck.checks.rate", lambda mean, log_variance: mean.flatten(1).sum(1))
    checked = found(network(GRID), pictures)
    assert checked.monte_carlo_kl != pytest.approx(checked.kl, rel=0.1)


def test_one_noise_for_all_cells_is_a_mistake_in_a_grid_and_none_in_a_vector(pictures):
    assert torch.equal(drawn(network(DENSE), pictures), drawn(network(DENSE, noise="shared"), pictures))
    assert not torch.equal(drawn(network(GRID), pictures), drawn(network(GRID, noise="shared"), pictures))


def test_a_divergence_averaged_over_cells_is_a_mistake_in_a_grid_and_none_in_a_vector():
    lost, divergence = torch.ones(4), torch.ones(4)
    for kind, same in ((DENSE, True), (GRID, False)):
        clean, faulty = (objective(network(kind, kl_reduction=how), lost, divergence) for how in ("sum", "site-mean"))
        assert torch.equal(clean, faulty) == same


def rejections(draw, rng):
    return (np.array([normality(draw(50, 64, rng)) for _ in range(40)]) < 0.05).mean(axis=0)


def test_tests_of_normality_pass_the_prior(rng):
    assert rejections(prior, rng).max() < 0.2


@pytest.mark.parametrize("name", WRONG)
def test_tests_of_normality_reject_every_wrong_generator(name, rng):
    assert rejections(WRONG[name], rng).max() > 0.9


def test_dependent_normal_numbers_are_found_by_their_lengths(rng):
    def twins(count, d, rng):
        half = rng.standard_normal((count, d // 4))
        return np.tile(half, 4)

    assert rejections(twins, rng)[1] > 0.3
