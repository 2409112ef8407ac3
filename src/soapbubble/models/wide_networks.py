r"""What a convolutional decoder prints when its layers are infinitely wide: a Gaussian field of known covariance.

With independent weights of mean zero the pre-activations of a wide layer are a Gaussian process over positions
(Neal 1996; for convolutions Novak et al. 2019, Garriga-Alonso et al. 2019). Its covariance follows layer by layer from

.. math:: K'(p, q) = \sigma_b^2 + \frac{\sigma_w^2}{k^2} \sum_\delta E[\phi(u_{p+\delta}) \phi(u_{q+\delta})],

with u of covariance K. Covariances are arrays K[y, x, y', x'] of one square image, float32.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from soapbubble.errors import SoapbubbleError
from soapbubble.models.decoders import DecoderSpec
from soapbubble.models.layers import LEAKY_SLOPE, Activation, activation, is_interpolated

HERMITE_TERMS = 40
QUADRATURE_POINTS = 120


def image_covariance(spec: DecoderSpec, weight_variance: float = 2.0, bias_variance: float = 0.0) -> np.ndarray:
    """Covariance K[y, x, y', x'] of an image of the infinitely wide decoder `spec`, over weights and latents.

    Latents are standard normal with many channels; weights have variance `weight_variance` over the fan-in as
    PyTorch counts it (2 is He's initialiser), biases `bias_variance`; there is no output squashing.

    Raises:
        SoapbubbleError: the decoder has a part that this theory does not cover.
    """
    if spec.norm != "none" or spec.residual or spec.attention or spec.padding != "zeros" or spec.latent_size == 1:
        raise SoapbubbleError(
            "wide-network theory: only plain convolutional decoders with zero padding on a latent grid are covered; "
            "leave out normalisation, shortcuts and attention."
        )
    side = spec.latent_size
    covariance = np.eye(side * side, dtype=np.float32).reshape(side, side, side, side)
    for number in range(spec.blocks):
        if number:
            covariance = activated(covariance, spec.activation)
        channels = spec.width if number else spec.latent_channels
        covariance = _block(covariance, spec, channels, weight_variance) + np.float32(bias_variance)
    covariance = activated(covariance, spec.activation)
    return convolved(covariance, spec.kernel, weight_variance) + np.float32(bias_variance)


def _block(covariance: np.ndarray, spec: DecoderSpec, channels: int, variance: float) -> np.ndarray:
    # PyTorch's fan-in of a transposed convolution counts the output channels and all taps, of which a quarter meet.
    met = variance * channels / (4 * spec.width)
    if is_interpolated(spec.upsampling):
        return convolved(resampled(covariance, interpolation(spec.upsampling, len(covariance))), spec.kernel, variance)
    if spec.upsampling == "transposed":
        return transposed(covariance, 4, met)
    if spec.upsampling == "transposed3":
        return transposed(covariance, 3, met)
    if spec.upsampling == "pixelshuffle":
        return shuffled(convolved(covariance, spec.kernel, variance))
    return convolved(covariance, spec.kernel, variance)


def convolved(covariance: np.ndarray, kernel: int, variance: float) -> np.ndarray:
    """Covariance after a convolution with zero padding: the mean over the places that the kernel's taps see.

    Both positions move together, because one tap has one weight wherever it is applied.
    """
    for axis in (0, 1):
        covariance = _sum_shifted(covariance, axis, kernel)
    return covariance * np.float32(variance / kernel**2)


def _sum_shifted(covariance: np.ndarray, axis: int, kernel: int) -> np.ndarray:
    """Sum over shifts of this axis of both positions, zeros outside."""
    side = covariance.shape[axis]
    total = covariance.copy()
    for shift in range(1, kernel // 2 + 1):
        low, high = slice(0, side - shift), slice(shift, side)
        for target, source in ((low, high), (high, low)):
            total[_both(axis, target)] += covariance[_both(axis, source)]
    return total


def _both(axis: int, part: slice) -> tuple[slice, ...]:
    """The same `part` of an axis of the first position and of the second."""
    return tuple(part if number in (axis, axis + 2) else slice(None) for number in range(4))


def interpolation(mode: str, side: int) -> np.ndarray:
    """Matrix (2 side, side) of one axis of a doubling by interpolation, as the network does it."""
    corners = {} if mode == "nearest" else {"align_corners": False}
    columns = torch.eye(side).reshape(side, 1, side, 1).expand(side, 1, side, side)
    doubled = functional.interpolate(columns, scale_factor=2, mode=mode, **corners)
    return doubled[:, 0, :, side].T.contiguous().numpy()


def resampled(covariance: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Covariance after `matrix` was applied along rows and columns."""
    for axis in range(4):
        covariance = np.moveaxis(np.tensordot(matrix, covariance, axes=(1, axis)), 0, axis)
    return np.ascontiguousarray(covariance)


def transposed(covariance: np.ndarray, kernel: int, variance: float) -> np.ndarray:
    """Covariance after a transposed convolution with stride 2 and padding 1 (kernel 4, or 3 with output padding 1).

    Two pixels share a weight only where the same tap reaches both: an even number of pixels apart along each
    axis. `variance` is over the kernel^2 / 4 inputs that meet in a pixel on average.
    """
    side = len(covariance)
    for axis in (0, 1):
        grown = np.zeros(
            [2 * n if number in (axis, axis + 2) else n for number, n in enumerate(covariance.shape)], np.float32
        )
        for tap in range(kernel):
            inside = [i for i in range(side) if 0 <= 2 * i + tap - 1 < 2 * side]
            source = slice(inside[0], inside[-1] + 1)
            target = slice(2 * inside[0] + tap - 1, 2 * inside[-1] + tap, 2)
            grown[_both(axis, target)] += covariance[_both(axis, source)]
        covariance = grown
    return covariance * np.float32(variance * 4 / kernel**2)


def shuffled(covariance: np.ndarray) -> np.ndarray:
    """Covariance after channels were dealt out over 2x2 cells: different places in a cell share nothing."""
    side = len(covariance)
    grown = np.zeros((2 * side,) * 4, np.float32)
    for row in (0, 1):
        for column in (0, 1):
            grown[row::2, column::2, row::2, column::2] = covariance
    return grown


def activated(covariance: np.ndarray, name: Activation) -> np.ndarray:
    """Second moments E[phi(u) phi(v)] for Gaussian u, v of this covariance.

    Exact for the identity and for (leaky) ReLU (Cho and Saul 2009); a Hermite series for other activations.
    """
    if name == "identity":
        return covariance
    places = covariance.shape[0] * covariance.shape[1]
    flat = covariance.reshape(places, places)
    scale = np.sqrt(np.diagonal(flat))
    product = np.outer(scale, scale)
    cosine = np.clip(flat / np.maximum(product, np.finfo(np.float32).tiny), -1, 1)
    if name == "relu":
        moments = product * _arc_cosine(cosine)
    elif name == "leaky":
        slope = LEAKY_SLOPE
        moments = product * ((1 + slope**2) * _arc_cosine(cosine) - 2 * slope * _arc_cosine(-cosine))
    else:
        moments = hermite_moments(activation(name), scale, cosine)
    return moments.astype(np.float32).reshape(covariance.shape)


def _arc_cosine(cosine: np.ndarray) -> np.ndarray:
    """E[relu(u) relu(v)] for unit variances."""
    return (np.sqrt(1 - cosine**2) + cosine * (np.pi - np.arccos(cosine))) / np.float32(2 * np.pi)


def hermite_moments(function: nn.Module, scale: np.ndarray, cosine: np.ndarray) -> np.ndarray:
    """E[f(s u) f(t v)] for unit Gaussians u, v of correlation `cosine` (n, n), s and t from `scale` (n,).

    By Mehler's formula it is sum_k a_k(s) a_k(t) cosine^k, with a_k(s) the coefficients of f(s u) in normalised
    Hermite polynomials. What the cut series lacks of the variance is put on the diagonal where cosine is 1.
    """
    unique, place = np.unique(np.round(scale.astype(np.float64), 7), return_inverse=True)
    nodes, weights = np.polynomial.hermite_e.hermegauss(QUADRATURE_POINTS)
    weights = weights / math.sqrt(2 * math.pi)
    values = function(torch.from_numpy(np.outer(unique, nodes))).numpy()
    polynomials = _normalised_hermite(nodes)
    coefficients = ((values * weights) @ polynomials.T).astype(np.float32)[place]
    total = np.zeros_like(cosine)
    for column in coefficients.T[::-1]:
        total = total * cosine + np.outer(column, column)
    rest = ((values**2) @ weights).astype(np.float32)[place] - (coefficients**2).sum(axis=1)
    total[np.diag_indices_from(total)] += rest
    return total


def _normalised_hermite(nodes: np.ndarray) -> np.ndarray:
    """Probabilists' Hermite polynomials of unit norm under the normal distribution, (terms, nodes)."""
    rows = [np.ones_like(nodes), nodes]
    for k in range(1, HERMITE_TERMS - 1):
        rows.append((nodes * rows[k] - math.sqrt(k) * rows[k - 1]) / math.sqrt(k + 1))
    return np.array(rows)


def predicted_autocorrelation(covariance: np.ndarray, lags: int, border: int) -> np.ndarray:
    """Autocorrelation along rows and columns, (lags + 1,), of images without their border and their own mean.

    The ratio of the expected mean products, comparable to the ratio of mean products over many images.
    """
    side = len(covariance)
    inner = covariance[border : side - border, border : side - border, border : side - border, border : side - border]
    n = len(inner)
    matrix = inner.reshape(n * n, n * n).astype(np.float64)
    means = matrix.mean(axis=0)
    matrix = matrix - means[:, None] - means[None, :] + means.mean()
    places = np.arange(n * n).reshape(n, n)
    products = []
    for lag in range(lags + 1):
        rows = matrix[places[:, : n - lag], places[:, lag:]].mean()
        columns = matrix[places[: n - lag], places[lag:]].mean()
        products.append((rows + columns) / 2)
    return np.array(products) / products[0]
