"""Whether a cloud of codes is standard normal: axis by axis, and along the axes in which it is widest.

Codes are (n, d) with independent rows.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr
from scipy.stats import kstwo


def rejected_axes(codes: np.ndarray, tests: int, level: float = 0.05) -> float:
    """Share of the axes of `codes` on which a Kolmogorov-Smirnov test rejects N(0, 1), corrected for `tests` axes."""
    n = len(codes)
    line = kstwo.isf(level / tests, n)
    ranks = np.arange(1, n + 1) / n
    heights = ndtr(np.sort(codes, axis=0))
    gaps = np.maximum((ranks[:, None] - heights).max(axis=0), (heights - ranks[:, None] + 1 / n).max(axis=0))
    return float(np.mean(gaps > line))


def largest_variances(codes: np.ndarray, count: int) -> np.ndarray:
    """The `count` largest eigenvalues of the covariance of `codes`, falling; works for any d."""
    centred = codes - codes.mean(axis=0)
    n, d = centred.shape
    gram = centred @ centred.T if n < d else centred.T @ centred
    return np.linalg.eigvalsh(gram.astype(np.float64))[::-1][:count] / (n - 1)


def noise_edge(n: int, d: int) -> float:
    """The largest eigenvalue of the covariance of n vectors of d independent unit-variance numbers, for large n and d.

    Marchenko and Pastur (1967).
    """
    return (1 + np.sqrt(d / n)) ** 2


def wide_axes(codes: np.ndarray, count: int) -> np.ndarray:
    """The `count` unit vectors, as columns (d, count), along which `codes` vary most."""
    centred = codes - codes.mean(axis=0)
    n, d = centred.shape
    if n >= d:
        return np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :count]
    values, weights = np.linalg.eigh(centred @ centred.T)
    # Centring leaves at most n - 1 directions.
    kept = slice(None, -min(count, n - 1) - 1, -1)
    return centred.T @ (weights[:, kept] / np.sqrt(values[kept]))


def rotated_gain(axes: np.ndarray, fitted: np.ndarray, scored: np.ndarray) -> float:
    """Nats by which variances along `axes` (d, k) describe codes better than independent coordinates do.

    Both distributions are Gaussian with the coordinates' variances scaled to 1. The variances along the axes come from
    `fitted` and are scored on other codes, so nothing is gained on average where the coordinates are independent,
    and what is gained is a lower bound of the total correlation of a Gaussian with the same covariance.
    """
    wide = np.maximum((fitted @ axes).var(axis=0), np.finfo(float).tiny)
    squares = (scored @ axes - (fitted @ axes).mean(axis=0)) ** 2
    return float((squares * (1 - 1 / wide) - np.log(wide)).sum(axis=1).mean() / 2)
