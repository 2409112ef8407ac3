"""Is the output of a random network beyond prediction? Wide-network theory against networks of finite width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import torch
from torch import nn

from soapbubble.config.ingredients import Upsampling
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.decoders import DecoderSpec, build_decoder, draw_latents
from soapbubble.models.finite_networks import excess_kurtosis, pixel_variances
from soapbubble.models.layers import DOUBLING, Activation
from soapbubble.models.wide_networks import image_covariance, predicted_autocorrelation
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.autocorrelation import centred, crop_border, lag_products
from soapbubble.stats.contrasts import jackknife_values
from soapbubble.studies.decoders.standard import KINDS, pictures_of


class Theory(Part):
    """The Gaussian-process theory of wide networks against networks of finite width."""

    seed: int = setting(4000, ge=0, doc="seed of the random numbers")
    widths: list[int] = setting([4, 16, 64, 256], smoke=[4, 64], min_length=1, doc="channels of a block")
    # each width and kind
    networks: int = setting(40, smoke=3, ge=2, doc="networks of each width and kind")
    # a wide network's output channels are nearly independent; more of them add nothing
    fields: int = setting(32, smoke=8, ge=1, doc="output channels of a network, each a nearly independent field")
    small_networks: int = setting(20, smoke=2, ge=2, doc="networks of each kind for predicted against measured")
    marginal_widths: list[int] = setting(
        [4, 8, 16, 32, 64, 128, 256], smoke=[4, 8], min_length=2, doc="channels for the distribution of one pixel"
    )
    marginal_batches: int = setting(20, smoke=3, ge=2, doc="batches of networks, each with its own latent")
    marginal_networks: int = setting(600, smoke=50, ge=50, doc="networks in each batch")

    def reads(self) -> Reads:
        return Reads(memory_mb=1500)


LAGS = (1, 2, 4, 8, 16)
LATENT_CHANNELS = 256
"""so many that the latent's own covariance is close to the identity that the theory starts from"""

PLAIN = DecoderSpec(blocks=3, latent_size=8, latent_channels=LATENT_CHANNELS, init="he", bias="zero")
CASES = {
    "nearest, ReLU": PLAIN,
    "bilinear, ReLU": replace(PLAIN, upsampling="bilinear"),
    "transposed, ReLU": replace(PLAIN, upsampling="transposed"),
    "nearest, tanh": replace(PLAIN, activation="tanh"),
    "nearest, ReLU, bias": replace(PLAIN, bias="normal"),
}
SMALL_OPERATORS: tuple[Upsampling, ...] = (*DOUBLING, "none")
SMALL_ACTIVATIONS: tuple[Activation, ...] = ("identity", "relu", "leaky", "tanh", "silu")
SMALL_WIDTH = 64


def measure(cfg: Theory, lab: Lab) -> Outcome:
    """Autocorrelation and the distribution of a pixel, predicted and measured."""
    out = Outcome()
    _curves(out, cfg)
    _architectures(out, cfg)
    _marginals(out, cfg)
    return out


def _predicted(spec: DecoderSpec, lags: int) -> np.ndarray:
    bias_variance = 1.0 if spec.bias == "normal" else 0.0
    covariance = image_covariance(spec, bias_variance=bias_variance)
    return predicted_autocorrelation(covariance, lags, border=min(8, spec.image_side // 8))


def _measured(
    spec: DecoderSpec, seed: int, lags: int, change: Callable[[nn.Module], nn.Module] = lambda network: network
) -> np.ndarray:
    """Autocorrelation of one network's fields (ratio of mean products), from lag 0 to `lags`."""
    fields = crop_border(pictures_of(change(build_decoder(spec, seed)), draw_latents(spec, 1, seed)))
    products = lag_products(centred(fields), lags).mean(axis=(0, 1))
    return products / products[0]


def _curves(out: Outcome, cfg: Theory) -> None:
    lags = max(LAGS)
    predicted = np.array([_predicted(spec, lags) for spec in progress(CASES.values(), "wide-network predictions")])
    curves = np.empty((len(CASES), len(cfg.widths), cfg.networks, lags + 1))
    cells = list(product(enumerate(CASES.items()), enumerate(cfg.widths), range(cfg.networks)))
    for (c, (case, plain)), (w, width), number in progress(cells, "networks against the theory"):
        spec = replace(plain, width=width, out_channels=cfg.fields)
        curves[c, w, number] = _measured(spec, cfg.seed + number, lags)
        for lag in LAGS:
            here = {"case": case, "width": width, "lag": lag}
            out.add("autocorrelation", curves[c, w, number, lag], here, number, n=cfg.fields)
    for (c, case), lag in product(enumerate(CASES), range(1, lags + 1)):
        out.add("autocorrelation_predicted", predicted[c, lag], {"case": case, "lag": lag})
    for (c, case), lag in product(enumerate(CASES), LAGS):
        for number in range(cfg.networks):
            error = curves[c, -1, number, lag] - predicted[c, lag]
            out.add("widest_prediction_error", error, {"case": case, "lag": lag}, number, n=cfg.fields)
    at = list(LAGS)
    for w, width in enumerate(cfg.widths):
        for number in range(cfg.networks):
            explained = _r_squared(curves[:, w, number][:, at], predicted[:, at])
            out.add("curves_explained", explained, {"width": width}, number, n=len(CASES) * len(LAGS))
            if width == min(cfg.widths):
                out.add("narrowest_curves_explained", explained, {}, number, n=len(CASES) * len(LAGS))
            if width == max(cfg.widths):
                out.add("widest_curves_explained", explained, {}, number, n=len(CASES) * len(LAGS))
    for number in progress(range(cfg.networks), "networks beyond the theory"):
        specs = [replace(plain, width=SMALL_WIDTH, out_channels=cfg.fields) for plain in CASES.values()]
        beyond = np.array([_measured(spec, cfg.seed + number, lags, alternating) for spec in specs])
        explained = _r_squared(beyond[:, at], predicted[:, at])
        out.add("alternating_curves_explained", explained, {}, number, n=len(CASES) * len(LAGS))


@torch.no_grad()
def alternating(network: nn.Module) -> nn.Module:
    """The network with kernels to which the theory does not apply: nine weights of one size with alternating signs.

    The size is that of the first weight, so that kernels are as random as before, but their weights no longer
    independent.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            rows, columns = (torch.arange(side) for side in layer.weight.shape[-2:])
            signs = 1.0 - 2.0 * ((rows[:, None] + columns) % 2)
            layer.weight.copy_(layer.weight[..., :1, :1] * signs)
    return network


def _r_squared(measured: np.ndarray, predicted: np.ndarray, groups: np.ndarray | None = None) -> float:
    """Share of the variance of the measured values that the prediction, not fitted to them, accounts for.

    With `groups` (n,), of the variance that is left within these.
    """
    means = measured.mean() if groups is None else _group_means(measured, groups)
    return 1 - ((measured - predicted) ** 2).sum() / ((measured - means) ** 2).sum()


def _group_means(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """For each of the values (n,) the mean of its group."""
    members = np.unique(groups, return_inverse=True)[1]
    return (np.bincount(members, values) / np.bincount(members))[members]


def _architectures(out: Outcome, cfg: Theory) -> None:
    """Correlation of neighbouring pixels, predicted and measured, for each operator and activation at 32 px."""
    cells = list(product(SMALL_OPERATORS, SMALL_ACTIVATIONS))
    predicted = np.empty(len(cells))
    measured = np.empty((len(cells), cfg.small_networks))
    for number, (operator, name) in enumerate(progress(cells, "architectures against the theory")):
        spec = replace(
            PLAIN,
            upsampling=operator,
            activation=name,
            latent_size=32 if operator == "none" else 4,
            width=SMALL_WIDTH,
            out_channels=cfg.fields,
        )
        here = {"operator": operator, "activation": name}
        predicted[number] = _predicted(spec, 1)[1]
        out.add("small_predicted", predicted[number], here)
        for network in range(cfg.small_networks):
            measured[number, network] = _measured(spec, cfg.seed + network, 1)[1]
            out.add("small_measured", measured[number, network], here, network, n=cfg.fields)
    for network in range(cfg.small_networks):
        out.add("architectures_explained", _r_squared(measured[:, network], predicted), {}, network, n=len(cells))
    operators = np.array([operator for operator, _ in cells])
    within = jackknife_values(lambda some: _r_squared(some.mean(axis=0), predicted, operators), measured.T)
    for network, value in enumerate(within):
        out.add("architectures_explained_within", value, {}, network, n=len(cells))
    mean = measured.mean(axis=1)
    interpolated = np.array([KINDS[operator] == "interpolated" for operator in operators])
    out.add("architectures_explained_by_two_means", _r_squared(mean, _group_means(mean, interpolated)), n=len(cells))
    error = np.abs(mean - predicted)
    out.add("architectures_largest_error", error.max(), {}, n=len(cells))


def _marginals(out: Outcome, cfg: Theory) -> None:
    """Excess kurtosis of one pixel over networks, by width; a batch of networks shares a latent."""
    values = np.empty((cfg.marginal_batches, len(cfg.marginal_widths)))
    for batch in progress(range(cfg.marginal_batches), "the distribution of one pixel"):
        for w, width in enumerate(cfg.marginal_widths):
            rng = np.random.default_rng((cfg.seed, batch, width))
            latent = rng.standard_normal((LATENT_CHANNELS, 3, 3))
            variances = pixel_variances(latent, width, cfg.marginal_networks, rng)
            values[batch, w] = excess_kurtosis(variances)
            out.add("kurtosis_over_networks", values[batch, w], {"width": width}, batch, n=cfg.marginal_networks)
        out.add("widest_pixel_kurtosis", values[batch, -1], {}, batch, n=cfg.marginal_networks)
        slope = np.polyfit(np.log(cfg.marginal_widths), np.log(values[batch]), 1)[0]
        out.add("kurtosis_slope", slope, {}, batch)
