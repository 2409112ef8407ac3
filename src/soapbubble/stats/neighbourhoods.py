"""The shape of a cloud around its points, and whether it hangs together."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components


def local_spectra(points: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Shares (m, r) of the variance of each neighbourhood on its own principal axes, falling.

    `neighbours` (m, k) are rows of `points` (n, d); r is the smaller of k - 1 and d. A line has the first share 1.
    """
    rank = min(neighbours.shape[1] - 1, points.shape[1])
    shares = np.empty((len(neighbours), rank))
    for place, rows in enumerate(neighbours):
        cloud = points[rows] - points[rows].mean(axis=0)
        squares = np.linalg.svd(cloud, compute_uv=False)[:rank] ** 2
        shares[place] = squares / squares.sum()
    return shares


def participation(shares: np.ndarray) -> np.ndarray:
    """Participation number of shares (..., r) that add up to 1: k for k equal ones."""
    return 1 / np.square(shares).sum(axis=-1)


def largest_component(neighbours: np.ndarray) -> float:
    """Share of the points in the largest component of the graph that joins points which are neighbours of each other.

    `neighbours` (n, k) are the rows of each point's nearest others.
    """
    n, k = neighbours.shape
    ones = np.ones(n * k, dtype=np.int8)
    near = csr_array((ones, (np.repeat(np.arange(n), k), neighbours.ravel())), shape=(n, n))
    labels = connected_components(near.multiply(near.T), directed=False)[1]
    return float(np.bincount(labels).max() / n)
