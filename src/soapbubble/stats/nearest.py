"""Nearest neighbours: of points among themselves, and of unseen points among known ones."""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import NearestNeighbors

from soapbubble.stats.sample_quality import distances


def nearest_others(queries: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Distance (n,) from each of `queries` (n, d) to the nearest of `points` (n, d) but the one of the same row.

    Of points asked about themselves this leaves each one out; of others it leaves as many to choose from.
    """
    between = distances(queries, points)
    np.fill_diagonal(between, np.inf)
    return between.min(axis=1)


def k_nearest(points: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances (n, k) of each of `points` (n, d) to its k nearest others, rising, and their rows (n, k).

    The neighbours are found from products of centred rows; the distances are then taken from the differences
    themselves, because |x|² + |y|² - 2xy loses all its digits where neighbours are near and the cloud is wide, as on a
    densely sampled line.

    Raises:
        ValueError: there are no k other points.
    """
    if k >= len(points):
        raise ValueError(f"{k} neighbours of each point need more than {len(points)} points")
    centred = np.asarray(points, dtype=np.float64)
    centred = centred - centred.mean(axis=0)
    rows = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(centred).kneighbors(return_distance=False)
    exact = np.stack([np.linalg.norm(centred[rows[:, place]] - centred, axis=1) for place in range(k)], axis=1)
    order = np.argsort(exact, axis=1, kind="stable")
    return np.take_along_axis(exact, order, axis=1), np.take_along_axis(rows, order, axis=1)
