"""Spatial structure of small maps: are neighbouring sites alike within a map, and over many maps?

Maps are arrays (n, height, width). Moran's I asks whether neighbours are alike within one map. Correlations between
sites ask whether sites depend on each other over the maps, which need not show in any one of them.
"""

from __future__ import annotations

import numpy as np


def morans_i(maps: np.ndarray) -> np.ndarray:
    """Moran's I of each map (n, height, width) with rook neighbours of equal weight: (n,) (Moran 1950).

    Near 1 where neighbours are equal, 0 (exactly -1 / (sites - 1) on average) where values are put anywhere at
    random, -1 on a chessboard. A map without variation gives NaN. Take the mean of each site over the maps away
    first, or what all maps share counts as likeness.
    """
    maps = np.asarray(maps, dtype=np.float64)
    centred = maps - maps.mean(axis=(1, 2), keepdims=True)
    products = (centred[:, 1:] * centred[:, :-1]).sum(axis=(1, 2))
    products += (centred[:, :, 1:] * centred[:, :, :-1]).sum(axis=(1, 2))
    height, width = maps.shape[1:]
    pairs = (height - 1) * width + height * (width - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return products / pairs / centred.var(axis=(1, 2))


def site_correlations(values: np.ndarray) -> np.ndarray:
    """Correlation of each two columns of `values` (n, sites) over the rows: (sites, sites).

    A column without variation is correlated with nothing: 0, and 1 with itself.
    """
    centred = values - values.mean(axis=0)
    length = np.linalg.norm(centred, axis=0)
    unit = np.divide(centred, length, out=np.zeros_like(centred, dtype=np.float64), where=length > 0)
    correlations = unit.T @ unit
    np.fill_diagonal(correlations, 1)
    return correlations


def site_distances(side: int) -> np.ndarray:
    """Euclidean distance, in sites, between each two sites of a square map in row-major order: (side², side²)."""
    rows, columns = np.divmod(np.arange(side * side), side)
    return np.hypot(rows[:, None] - rows, columns[:, None] - columns)


def mean_by_distance(values: np.ndarray, distances: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Mean of the off-diagonal `values` (sites, sites) in each bin [edge, next edge) of distance; NaN if empty."""
    apart = distances > 0
    bins = np.digitize(distances[apart], edges) - 1
    inside = (bins >= 0) & (bins < len(edges) - 1)
    counts = np.bincount(bins[inside], minlength=len(edges) - 1)
    sums = np.bincount(bins[inside], values[apart][inside], minlength=len(edges) - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums / counts
