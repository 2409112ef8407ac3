"""Frechet distance between two clouds of points, each taken for a Gaussian (Dowson and Landau 1982)."""

from __future__ import annotations

import numpy as np


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Squared distance of the Gaussians with the means and covariances of `a` (n, d) and `b` (m, d).

    Estimated covariances make it positive also for two samples of one distribution, so compare only samples of
    equal size.
    """
    shift = a.mean(axis=0) - b.mean(axis=0)
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = _root(cov_a)
    cross = np.linalg.eigvalsh(root @ cov_b @ root)
    overlap = np.sqrt(np.clip(cross, 0, None)).sum()
    return float(shift @ shift + np.trace(cov_a) + np.trace(cov_b) - 2 * overlap)


def total_variance(points: np.ndarray) -> float:
    """Sum of the variances of the coordinates of `points` (n, d): the trace of their covariance."""
    return float(points.var(axis=0, ddof=1).sum())


def _root(covariance: np.ndarray) -> np.ndarray:
    """Symmetric square root of a covariance matrix."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
