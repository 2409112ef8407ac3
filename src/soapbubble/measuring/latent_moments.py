"""Moments of latents, gathered a block of rows at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

import numpy as np

from soapbubble.measuring.pca import SMALLEST


@dataclass(frozen=True)
class LatentMoments:
    """What one pass over `n` latents leaves behind, in double precision.

    `mean`, `skewness`, `excess_kurtosis`, `low` and `high` are (d,), `covariance` (d, d), its divisor n - 1.
    """

    n: int
    mean: np.ndarray
    covariance: np.ndarray
    skewness: np.ndarray
    excess_kurtosis: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def std(self) -> np.ndarray:
        """Standard deviation of each axis (d,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def rms_length(self) -> float:
        """Root mean square of the latents' lengths."""
        spread = np.trace(self.covariance) * (self.n - 1) / self.n
        return float(np.sqrt(self.mean @ self.mean + spread))

    @property
    def centre_share(self) -> float:
        """Distance of the mean from the origin in units of the root mean square length."""
        return float(np.linalg.norm(self.mean) / self.rms_length)

    def spectrum(self) -> np.ndarray:
        """Variances along the principal axes (d,), largest first, kept off zero."""
        values = np.linalg.eigvalsh(self.covariance)[::-1]
        return np.maximum(values, SMALLEST * values[0])


def latent_moments(blocks: Iterable[np.ndarray]) -> LatentMoments:
    """The moments of all rows of the blocks (m, d).

    Powers are summed about the mean of the first block, so that a centre far from the origin costs no digits.
    """
    blocks = iter(blocks)
    start = next(blocks, None)
    if start is None:
        raise ValueError("there are no latents")
    n, d = 0, start.shape[1]
    shift, sums, products = start.astype(np.float64).mean(axis=0), np.zeros((4, d)), np.zeros((d, d))
    low, high = np.full(d, np.inf), np.full(d, -np.inf)
    for block in chain([start], blocks):
        low, high = np.minimum(low, block.min(axis=0)), np.maximum(high, block.max(axis=0))
        rows = block - shift
        n += len(rows)
        sums[0] += rows.sum(axis=0)
        products += rows.T @ rows
        squares = rows * rows
        sums[2] += np.einsum("ij,ij->j", squares, rows)
        sums[3] += np.einsum("ij,ij->j", squares, squares)
    first = sums[0] / n
    second, third, fourth = np.diag(products) / n, sums[2] / n, sums[3] / n
    variance = second - first**2
    third_central = third - 3 * first * second + 2 * first**3
    fourth_central = fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4
    covariance = (products - n * np.outer(first, first)) / max(n - 1, 1)
    return LatentMoments(
        n,
        shift + first,
        covariance,
        third_central / variance**1.5,
        fourth_central / variance**2 - 3,
        low,
        high,
    )


def participation_ratio(variances: np.ndarray) -> float:
    """(Σλ)² / Σλ² of variances λ (d,): k for k directions of equal variance."""
    return float(variances.sum() ** 2 / np.square(variances).sum())
