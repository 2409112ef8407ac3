"""How alike the pixels of an image are at a distance.

Images are arrays (n, channels, height, width). Every channel is compared with itself, after its mean over the
image was removed; the removal biases long distances downwards where the image holds few independent patches.
"""

from __future__ import annotations

import math

import numpy as np


def crop_border(images: np.ndarray, pixels: int = 8) -> np.ndarray:
    """Cut the border away, where padding shows: `pixels` on each side, and an eighth of the side at most."""
    cut = min(pixels, min(images.shape[-2:]) // 8)
    return images[..., cut : images.shape[-2] - cut, cut : images.shape[-1] - cut]


def centred(images: np.ndarray) -> np.ndarray:
    """The images as float64 with the spatial mean of each channel removed."""
    images = np.asarray(images, dtype=np.float64)
    return images - images.mean(axis=(-2, -1), keepdims=True)


def lag_products(fields: np.ndarray, lags: int) -> np.ndarray:
    """Mean product of two pixels of a row or of a column that lie 0, 1, ... `lags` apart: (..., lags + 1)."""
    rows, columns = (_mean_products(fields, axis, lags) for axis in (-1, -2))
    return (rows + columns) / 2


def _mean_products(fields: np.ndarray, axis: int, lags: int) -> np.ndarray:
    """By the Fourier transform with zeros behind the field, so that its ends do not meet."""
    length = fields.shape[axis]
    power = np.abs(np.fft.rfft(fields, n=2 * length, axis=axis)) ** 2
    other = -2 if axis == -1 else -1
    sums = np.fft.irfft(power.mean(axis=other), n=2 * length, axis=-1)[..., : lags + 1]
    return sums / (length - np.arange(lags + 1))


def autocorrelation(images: np.ndarray, lags: int) -> np.ndarray:
    """Autocorrelation along rows and columns at 0, 1, ... `lags` pixels, averaged over channels: (n, lags + 1).

    A channel without any variation has no autocorrelation; it is left out, and an image of such channels is NaN.
    """
    products = lag_products(centred(images), lags)
    variance = products[..., :1]
    with np.errstate(invalid="ignore", divide="ignore"):
        normalised = np.where(variance > 0, products / variance, np.nan)
    present = np.isfinite(normalised)
    count = present.sum(axis=1)
    total = np.where(present, normalised, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def neighbour_correlation(images: np.ndarray) -> np.ndarray:
    """Autocorrelation at a distance of one pixel, one value an image: 0 for white noise, near 1 for smooth."""
    return autocorrelation(images, 1)[:, 1]


def correlation_length(rho: np.ndarray) -> np.ndarray:
    """Distance in pixels at which each autocorrelation (n, lags + 1) first falls below 1/e, interpolated.

    White noise gives 1 - 1/e = 0.63. An autocorrelation that stays above gives its last lag, a lower bound.
    """
    threshold = math.exp(-1)
    lengths = np.full(len(rho), float(rho.shape[1] - 1))
    for number, curve in enumerate(rho):
        below = np.flatnonzero(curve < threshold)
        if np.isnan(curve).any():
            lengths[number] = np.nan
        elif below.size:
            after = below[0]
            drop = curve[after - 1] - curve[after]
            lengths[number] = after - 1 + (curve[after - 1] - threshold) / drop
    return lengths
