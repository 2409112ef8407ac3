"""Edges of pictures, and how well the edges of one set of pictures agree with those of another."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import correlate1d

# Rec. 601 luma, the weights of red, green and blue in what an eye sees as brightness.
LUMA = np.array([0.299, 0.587, 0.114])


def luminance(pictures: np.ndarray) -> np.ndarray:
    """Brightness (n, h, w) of pictures (n, 3, h, w), or of grey ones (n, 1, h, w)."""
    weights = LUMA if pictures.shape[1] == 3 else np.ones(1)
    return np.tensordot(pictures, weights, axes=(1, 0))


def edge_maps(brightness: np.ndarray, pool: int = 1) -> np.ndarray:
    """Magnitude of the Sobel gradient of pictures (n, h, w), averaged over squares of `pool` pixels.

    Returns:
        (n, h // pool, w // pool); rows and columns that fill no whole square are left out.
    """
    strength = np.hypot(_sobel(brightness, -1, -2), _sobel(brightness, -2, -1))
    n, high, wide = strength.shape[0], strength.shape[1] // pool, strength.shape[2] // pool
    squares = strength[:, : high * pool, : wide * pool].reshape(n, high, pool, wide, pool)
    return squares.mean(axis=(2, 4))


def correlations(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson correlation of every map of `a` (n, ...) with every map of `b` (m, ...), as (n, m); 0 for a flat map."""
    return _standardised(a) @ _standardised(b).T


def matched_excess(agreement: np.ndarray) -> float:
    """Mean agreement of matched pairs (the diagonal) minus that of mismatched ones; 0 if outputs ignore their input."""
    n = len(agreement)
    matched = np.trace(agreement) / n
    return float(matched - (agreement.sum() - n * matched) / (n * (n - 1)))


def identified(agreement: np.ndarray) -> np.ndarray:
    """For each column (an output), whether its own row (its input) agrees best; by chance in 1 of n."""
    return agreement.argmax(axis=0) == np.arange(agreement.shape[1])


def _standardised(maps: np.ndarray) -> np.ndarray:
    flat = maps.reshape(len(maps), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.divide(flat, length, out=np.zeros_like(flat), where=length > 1e-12)


def _sobel(pictures: np.ndarray, across: int, along: int) -> np.ndarray:
    """Sobel's derivative across one axis, smoothed along the other; scipy's own would smooth over pictures as well."""
    return correlate1d(correlate1d(pictures, [-1, 0, 1], axis=across), [1, 2, 1], axis=along)
