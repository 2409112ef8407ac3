"""Where vectors point: towards the axes, towards the diagonals, towards given targets."""

from __future__ import annotations

import numpy as np


def axis_cosines(vectors: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Cosine of the angle between each vector (n, N) and the nearest of the 2N half-axes."""
    return np.maximum(vectors.max(axis=1), -vectors.min(axis=1)) / lengths


def diagonal_cosines(vectors: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Cosine of the angle between each vector (n, N) and the nearest of the 2^N diagonals (±1, ..., ±1)."""
    return np.abs(vectors).sum(axis=1) / (np.sqrt(vectors.shape[1]) * lengths)


def peakedness(vectors: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """N Σx⁴ / (Σx²)² of each vector (n, N): 1 on a diagonal, N on an axis, 3N/(N+2) on average if isotropic."""
    squares = vectors * vectors
    return vectors.shape[1] * np.einsum("ij,ij->i", squares, squares) / lengths**4


def sparse_targets(dimension: int, axes: list[int]) -> np.ndarray:
    """Unit vectors shared equally by the first 1, 2, 4, ... axes, as columns (dimension, len(axes)), float32."""
    targets = np.zeros((dimension, len(axes)), np.float32)
    for column, count in enumerate(axes):
        targets[:count, column] = count**-0.5
    return targets


def reaching_cosine(ratio: float) -> float:
    """Cosine from which on a ray meets a ball whose radius is `ratio` times the distance of its centre."""
    return float(np.sqrt(1 - ratio**2))


def sparse_limit(dimension: int, axes: np.ndarray) -> np.ndarray:
    """Cosine to a target on some axes of a vector with these at b and the others as uniform ones typically are."""
    return np.sqrt(3 * axes / (dimension + 2 * axes))
