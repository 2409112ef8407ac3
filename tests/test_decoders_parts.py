"""The parts on untrained decoders at a tiny size: what they find in planted cases, and that they repeat."""

import numpy as np
import pytest
import torch

from soapbubble.data.dataset import Dataset
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome, to_csv
from soapbubble.models.decoders import draw_latents
from soapbubble.models.generators import GENERATORS, MORE_GENERATORS
from soapbubble.models.initialise import parameter_count
from soapbubble.stats.autocorrelation import crop_border, neighbour_correlation
from soapbubble.stats.variance import crossed_shares
from soapbubble.studies.decoders import cascade, factors, generators, inputs, standard, structure, theory
from soapbubble.studies.decoders.standard import KINDS, as_tones, build, neighbour_and_length, pictures_of
from soapbubble.studies.decoders.structure import Structure

pytest_plugins = ["decoders_fixture"]

TINY = Structure(seed=0, seeds=2, latents=2, width=8, permutations=4, large_seeds=2, large_latents=1)


@pytest.fixture(scope="module")
def tiny():
    return structure.measure(TINY, Lab())


def values(outcome, quantity, **where):
    return [r.value for r in outcome.rows if r.quantity == quantity and where.items() <= r.condition.items()]


def test_interpolating_decoders_are_found_structured_and_the_dense_control_is_not(tiny):
    for operator, kind in KINDS.items():
        rho = np.mean(values(tiny, "neighbour_correlation", operator=operator, variant="plain"))
        if kind == "interpolated":
            assert rho > 0.5
        elif operator == "dense":
            assert abs(rho) < 0.05


def test_white_noise_is_its_own_measure_of_randomness(tiny):
    assert values(tiny, "flatness_relative", operator="white noise") == [1.0, 1.0]
    assert values(tiny, "entropy_lost", operator="white noise") == [0.0, 0.0]


def test_a_part_repeats_to_the_last_digit(tiny):
    assert to_csv(structure.measure(TINY, Lab()).rows) == to_csv(tiny.rows)


@pytest.mark.parametrize("operator", list(KINDS))
def test_every_standard_decoder_prints_the_standard_side(operator):
    spec = standard.standard(operator, width=8)
    pictures = pictures_of(build(operator, spec, 0), draw_latents(spec, 2, 0))
    assert pictures.shape == (2, 3, standard.SIDE, standard.SIDE)


def test_shown_tones_ignore_brightness_and_contrast_of_each_picture():
    pictures = np.random.default_rng(0).standard_normal((2, 3, 32, 32))
    shown = as_tones(5 + 0.1 * pictures)
    assert np.array_equal(shown, as_tones(pictures))
    assert shown.mean() == pytest.approx(127.5, abs=2)


def test_the_length_of_a_planted_blur_is_found_and_bounded_by_the_longest_lag():
    smooth = np.cumsum(np.cumsum(np.random.default_rng(1).standard_normal((2, 3, 64, 64)), axis=2), axis=3)
    assert neighbour_and_length(smooth, max_lag=3)[1] == 3


def test_a_latent_is_recovered_from_a_linear_picture_and_not_from_noise():
    rng = np.random.default_rng(2)
    latents = rng.standard_normal((120, 10))
    linear = latents @ rng.standard_normal((10, 200))
    assert inputs._held_out(linear, latents, 90) > 0.99
    assert inputs._held_out(rng.standard_normal((120, 200)), latents, 90) < 0.1


@pytest.mark.parametrize("arm", ["convolutional decoder", "interpolation only", "1x1 convolutions only"])
def test_a_shuffled_code_has_the_values_of_the_mean_in_other_places(arm):
    codes, _ = inputs._arm(arm, _Small(), 0)
    mean, shuffled = codes["encoder's mean"].flatten(2), codes["mean, shuffled"].flatten(2)
    assert torch.allclose(mean.sort(dim=2).values, shuffled.sort(dim=2).values)
    assert not torch.equal(mean, shuffled)


def test_a_length_factor_is_the_same_for_halving_and_doubling_and_one_for_no_change():
    assert inputs._factor(3.0, 6.0) == inputs._factor(6.0, 3.0) == pytest.approx(2)
    assert inputs._factor(3.0, 3.0) == 1


def test_rebuilt_pictures_are_structured_behind_doubling_by_neighbours_and_not_once_shuffled():
    portraits = np.random.default_rng(5).integers(0, 256, (2, standard.SIDE, standard.SIDE, 3), dtype=np.uint8)
    faces = Dataset("faces", portraits, card=None, extras={})
    panels = inputs._panels(standard.standard("nearest", width=8, norm="batch"), _Small(), faces, seed=0)
    rho = {panel: neighbour_correlation(crop_border(images)).mean() for panel, images in panels.items()}
    for structured in ("through the VAE", "latent decoded", "face through the VAE"):
        assert rho[structured] > 0.5
    for shapeless in ("noise image", "face", "pixels shuffled"):
        assert abs(rho[shapeless]) < 0.1


class _Small:
    images = 2
    seeds = 1


def test_places_agree_for_equal_pictures_only():
    rng = np.random.default_rng(3)
    of_weights = np.broadcast_to(rng.standard_normal((3, 1, 3, 16, 16)), (3, 4, 3, 16, 16))
    found = cascade._same_places(of_weights)
    assert found["weights"] == pytest.approx(1)
    assert abs(found["latent"]) < 0.2


def test_a_planted_lucky_pair_shows_as_pairing():
    table = np.full((8, 8), 0.9)
    table[3, 5] = 0.1
    assert crossed_shares(table)[2] > 0.9


def test_a_picture_of_noise_or_of_one_tone_fails_and_a_smooth_one_does_not():
    noise = np.random.default_rng(4).standard_normal((1, 3, 64, 64))
    assert cascade._fails(noise)
    assert cascade._fails(np.ones_like(noise))
    assert not cascade._fails(np.cumsum(np.cumsum(noise, axis=2), axis=3))


def test_pairs_that_show_structure_by_chance_scatter_and_fail_and_others_do_not(rng):
    pictures = np.cumsum(np.cumsum(rng.standard_normal((40, 3, 32, 32)), axis=2), axis=3)
    found = [neighbour_correlation(crop_border(some)) for some in (pictures, cascade._by_chance(pictures, rng))]
    scatter = [rho.std(ddof=1) / rho.mean() for rho in found]
    failing = [np.mean(rho < cascade.STRUCTURED) for rho in found]
    assert scatter[0] < 0.1 < scatter[1]
    assert failing[0] == 0
    assert failing[1] == pytest.approx(0.5, abs=0.25)


def test_the_dense_rung_has_as_many_parameters_as_the_plain_one():
    rungs = cascade._rungs(0)
    assert parameter_count(rungs["dense"]) == pytest.approx(parameter_count(rungs["plain"]), rel=0.1)


def test_shuffling_the_pixels_of_a_decoder_keeps_their_values():
    rungs = cascade._rungs(0)
    latents = draw_latents(standard.standard("nearest"), 1, 0)
    plain, shuffled = pictures_of(rungs["plain"], latents), pictures_of(rungs["plain, pixels shuffled"], latents)
    assert np.array_equal(np.sort(plain.ravel()), np.sort(shuffled.ravel()))


@pytest.mark.parametrize("distribution", ["normal", "uniform", "sign"])
def test_all_distributions_of_the_latent_have_mean_zero_and_variance_one(distribution):
    drawn = factors._with_distribution(torch.randn(100_000, generator=torch.Generator().manual_seed(0)), distribution)
    assert drawn.mean().item() == pytest.approx(0, abs=0.02)
    assert drawn.var().item() == pytest.approx(1, abs=0.02)


def test_the_share_of_ingredients_is_that_of_the_decoders_own_differences(smoke, monkeypatch):
    def planted(changes, seed, side=64):
        noise = np.random.default_rng(seed).standard_normal()
        interpolates = KINDS[changes["upsampling"]] == "interpolated"
        return float(changes["residual"]), 2.0 ** (changes["blocks"] * interpolates + noise)

    monkeypatch.setattr(factors, "_structure", planted)
    out = Outcome()
    factors._ingredients(out, smoke.decoders.factors.model_copy(update={"designs": 3, "cells": 2000}))
    share = {
        (response, ingredient): np.mean(
            values(out, "ingredient_omega_squared", response=response, ingredient=ingredient)
        )
        for response in factors.RESPONSES
        for ingredient in ("upsampling and blocks", "upsampling, blocks and residual", "residual", "width")
    }
    levels = np.array(
        [
            blocks * (KINDS[way] == "interpolated")
            for way in factors.INGREDIENTS["upsampling"]
            for blocks in (1, 2, 3, 4)
        ]
    )
    expected = levels.var() / (levels.var() + 1)
    assert share["length", "upsampling and blocks"] == pytest.approx(expected, abs=0.03)
    assert share["length", "width"] == pytest.approx(0, abs=0.01)
    assert share["correlation", "residual"] == pytest.approx(1)
    assert share["correlation", "upsampling and blocks"] == pytest.approx(0, abs=0.02)
    assert share["correlation", "upsampling, blocks and residual"] == pytest.approx(1)


def test_a_rule_of_thumb_explains_nothing_within_operators():
    operators = np.repeat(["nearest", "none"], 5)
    measured = np.where(operators == "nearest", 0.9, 0.0) + np.tile(np.linspace(-0.02, 0.02, 5), 2)
    thumb = theory._group_means(measured, operators)
    assert theory._r_squared(measured, thumb) > 0.99
    assert theory._r_squared(measured, thumb, operators) == pytest.approx(0)
    assert theory._r_squared(measured, measured, operators) == pytest.approx(1)


def test_published_networks_have_distinct_names_and_known_operators():
    names = [*GENERATORS, *MORE_GENERATORS, *generators.PUBLISHED]
    assert len(names) == len(set(names)) == 19
    assert {g.operator for g in (GENERATORS | MORE_GENERATORS).values()} <= set(KINDS)
