"""The cloud of all codes taken together, against the prior N(0, I)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

TINY = 1e-6  # of the largest eigenvalue: what a covariance of float32 codes knows of the smallest


def spectrum(points: np.ndarray) -> np.ndarray:
    """Eigenvalues of the covariance of `points` (n, d), largest first, kept off zero."""
    values = np.linalg.eigvalsh(np.cov(points, rowvar=False, dtype=np.float64))[::-1]
    return np.maximum(values, TINY * values[0])


def whitener(points: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The affine map that gives the mean 0 and the covariance I to `points` (n, d)."""
    centre = points.mean(axis=0)
    values, axes = np.linalg.eigh(np.cov(points, rowvar=False, dtype=np.float64))
    scaled = (axes / np.sqrt(np.maximum(values, TINY * values[-1]))).astype(points.dtype)
    return lambda others: (others - centre) @ scaled


def gaussian_auc(fitted: np.ndarray, codes: np.ndarray, prior: np.ndarray) -> float:
    """How well `codes` (m, d) are told from draws of the `prior` (k, d): area under the curve; 0.5 is guessing.

    The score is the likelihood ratio of N(0, I) and a Gaussian with the moments of `fitted` (n, d), other codes.
    """
    values = spectrum(fitted)
    whitened = whitener(fitted)
    scores = [
        np.square(points, dtype=np.float64).sum(axis=1) - np.square(whitened(points), dtype=np.float64).sum(axis=1)
        for points in (codes, prior)
    ]
    ranks = rankdata(np.concatenate(scores) - np.log(values).sum())
    wins = ranks[: len(codes)].sum() - len(codes) * (len(codes) + 1) / 2
    return float(wins / (len(codes) * len(prior)))
