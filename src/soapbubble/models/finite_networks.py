"""The distribution of one output pixel of a random decoder of finite width, without drawing a single weight.

With independent normal weights the pre-activations of a layer are, given the layer before, independent Gaussian
vectors over positions, one a channel, with a covariance that the layer before determines. Drawing these vectors
instead of weights gives the same distribution, and for any width at the cost of a 9 x 9 covariance.
"""

from __future__ import annotations

import numpy as np

PATCH = 3
WEIGHT_VARIANCE = 2.0


def pixel_variances(
    latent: np.ndarray, width: int, networks: int, rng: np.random.Generator, blocks: int = 2
) -> np.ndarray:
    """Variance of an inner output pixel given all layers below the last, for `networks` networks: (networks,).

    The decoder has `blocks` of [nearest doubling, convolution 3x3, ReLU] and a last convolution 3x3, He's normal
    weights and no bias; `latent` is the 3x3 patch (channels, 3, 3) that the pixel sees. The pixel itself is normal
    with that variance, so its excess kurtosis over networks is 3 (E[v^2] / E[v]^2 - 1).
    """
    layer = np.broadcast_to(latent, (networks, *latent.shape))
    for _ in range(blocks):
        layer = np.maximum(_hidden(layer, width, rng), 0)
    return WEIGHT_VARIANCE / (layer.shape[1] * PATCH**2) * (layer**2).sum(axis=(1, 2, 3))


def _hidden(layer: np.ndarray, width: int, rng: np.random.Generator) -> np.ndarray:
    """Pre-activations (networks, width, 3, 3) of a block above a 3x3 patch (networks, channels, 3, 3)."""
    doubled = layer.repeat(2, axis=2).repeat(2, axis=3)
    # A 3x3 patch around an even place of the next layer sees these 5x5 places, and none of the border.
    seen = np.lib.stride_tricks.sliding_window_view(doubled[:, :, :5, :5], (PATCH, PATCH), axis=(2, 3))
    inputs = np.moveaxis(seen, (2, 3), (-2, -1)).reshape(len(layer), -1, PATCH**2)
    covariance = WEIGHT_VARIANCE / inputs.shape[1] * np.einsum("nip,niq->npq", inputs, inputs, optimize=True)
    trace = np.trace(covariance, axis1=1, axis2=2)[:, None, None] / PATCH**2
    root = np.linalg.cholesky(covariance + 1e-9 * trace * np.eye(PATCH**2))
    drawn = rng.standard_normal((len(layer), width, PATCH**2)) @ root.swapaxes(1, 2)
    return drawn.reshape(len(layer), width, PATCH, PATCH)


def excess_kurtosis(variances: np.ndarray) -> float:
    """Excess kurtosis of a normal variable whose variance is drawn from `variances`."""
    return 3 * ((variances**2).mean() / variances.mean() ** 2 - 1)
