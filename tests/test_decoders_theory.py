"""The theory of wide networks against closed forms and against drawn networks."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import nn

from soapbubble.errors import SoapbubbleError
from soapbubble.models.decoders import DecoderSpec, build_decoder, draw_latents
from soapbubble.models.finite_networks import excess_kurtosis, pixel_variances
from soapbubble.models.wide_networks import (
    activated,
    hermite_moments,
    image_covariance,
    interpolation,
    predicted_autocorrelation,
)
from soapbubble.stats.autocorrelation import centred, crop_border, lag_products
from soapbubble.studies.decoders import theory

SPEC = DecoderSpec(blocks=2, width=64, latent_channels=128, latent_size=4, init="he", bias="zero", out_channels=48)


class Erf(nn.Module):
    def forward(self, x):
        return torch.erf(x)


def covariance_of(matrix):
    return np.array(matrix, dtype=np.float32).reshape(1, 2, 1, 2)


def test_hermite_series_gives_the_closed_form_of_the_error_function():
    scale = np.array([0.3, 1.0, 2.0], np.float32)
    cosine = np.array([[1, 0.5, -0.2], [0.5, 1, 0.9], [-0.2, 0.9, 1]], np.float32)
    covariance = np.outer(scale, scale) * cosine
    norm = np.sqrt(1 + 2 * scale**2)
    expected = 2 / np.pi * np.arcsin(2 * covariance / np.outer(norm, norm))
    assert hermite_moments(Erf(), scale, cosine) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("name", ["relu", "leaky", "tanh", "silu", "identity"])
@pytest.mark.parametrize("rho", [-0.6, 0.0, 0.8])
def test_moments_agree_with_numerical_integration(name, rho):
    functions = {
        "relu": lambda x: np.maximum(x, 0),
        "leaky": lambda x: np.where(x > 0, x, 0.2 * x),
        "tanh": np.tanh,
        "silu": lambda x: x / (1 + np.exp(-x)),
        "identity": lambda x: x,
    }
    f, s, t = functions[name], 1.3, 0.7
    matrix = [[s * s, rho * s * t], [rho * s * t, t * t]]
    joint = stats.multivariate_normal([0, 0], matrix)
    grid = np.linspace(-9, 9, 601)
    u, v = np.meshgrid(grid * s, grid * t, indexing="ij")
    density = joint.pdf(np.stack([u, v], axis=-1))
    expected = integrate.simpson(integrate.simpson(f(u) * f(v) * density, grid * t), grid * s)
    assert activated(covariance_of(matrix), name)[0, 0, 0, 1] == pytest.approx(expected, abs=3e-3)


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_interpolation_weights_sum_to_one(mode):
    assert interpolation(mode, 8).sum(axis=1) == pytest.approx(np.ones(16), abs=1e-6)


def test_nearest_doubling_of_a_linear_decoder_without_mixing_gives_blocks():
    spec = replace(SPEC, activation="identity", kernel=1, blocks=1)
    covariance = image_covariance(spec, weight_variance=1.0)
    blocks = np.arange(8) // 2
    same = (blocks[:, None] == blocks[None, :]).astype(float)
    assert covariance == pytest.approx(np.einsum("ac,bd->abcd", same, same))


def test_transposed_convolutions_without_activation_leave_neighbours_uncorrelated():
    covariance = image_covariance(replace(SPEC, upsampling="transposed", activation="identity"))
    assert np.abs(covariance[5, 5, 5, 6]) < 1e-6
    assert covariance[5, 5, 5, 5] > 0.1


@pytest.mark.parametrize("operator", ["nearest", "bilinear", "bicubic", "transposed", "transposed3", "pixelshuffle"])
@pytest.mark.parametrize("name", ["relu", "tanh"])
def test_the_theory_predicts_wide_networks_of_every_operator(operator, name):
    spec = replace(SPEC, upsampling=operator, activation=name)
    products = 0
    with torch.inference_mode():
        for seed in range(30):
            images = build_decoder(spec, seed)(draw_latents(spec, 1, seed)).double().contiguous().numpy()
            products = products + lag_products(centred(crop_border(images)), 3).mean(axis=(0, 1))
    predicted = predicted_autocorrelation(image_covariance(spec), 3, border=2)
    assert products / products[0] == pytest.approx(predicted, abs=0.05)


def test_decoders_whose_kernels_alternate_are_beyond_the_theory_and_others_are_not():
    lags = max(theory.LAGS)
    specs = [replace(plain, width=64, out_channels=16) for plain in theory.CASES.values()]
    predicted, own, beyond = (
        np.array([found(spec) for spec in specs])[:, list(theory.LAGS)]
        for found in (
            lambda spec: theory._predicted(spec, lags),
            lambda spec: theory._measured(spec, 1, lags),
            lambda spec: theory._measured(spec, 1, lags, theory.alternating),
        )
    )
    assert theory._r_squared(own, predicted) > 0.9 > theory._r_squared(beyond, predicted)


def test_the_theory_refuses_what_it_does_not_cover():
    with pytest.raises(SoapbubbleError, match="normalisation"):
        image_covariance(replace(SPEC, norm="batch"))


def test_finite_networks_without_weights_have_the_variance_of_drawn_networks():
    spec = DecoderSpec(blocks=2, width=16, latent_channels=5, init="he", bias="zero", out_channels=1)
    latents = draw_latents(spec, 1, 0)
    with torch.inference_mode():
        hidden = [build_decoder(spec, seed)[:2](latents)[0, :, 7:10, 7:10] for seed in range(1000)]
    drawn = np.array([2 / (16 * 9) * layer.square().sum().item() for layer in hidden])
    # The pixel (8, 8) of 16x16 sees rows and columns 7 to 9 of the last hidden layer and 1 to 3 of the latent.
    patch = latents[0, :, 1:4, 1:4].double().numpy()
    variances = pixel_variances(patch, 16, 5_000, np.random.default_rng(0))
    assert variances.mean() == pytest.approx(drawn.mean(), rel=0.15)
    assert excess_kurtosis(variances) == pytest.approx(excess_kurtosis(drawn), rel=0.25)


def test_kurtosis_falls_with_width_and_vanishes_for_a_fixed_variance():
    latent = np.random.default_rng(1).standard_normal((64, 3, 3))
    narrow, wide = (excess_kurtosis(pixel_variances(latent, w, 3000, np.random.default_rng(2))) for w in (4, 64))
    assert 0 < wide < narrow / 8
    assert excess_kurtosis(np.full(10, 2.0)) == 0
