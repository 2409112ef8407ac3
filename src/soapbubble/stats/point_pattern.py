"""Lines and voids among points in a plane; `evenness` counts cells and `ripley` pairs.

Points are (n, 2). None of the statistics changes with the unit of length.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay, cKDTree

from soapbubble.stats.evenness import cell_counts


def in_square(points: np.ndarray, centre: np.ndarray, count: int) -> np.ndarray:
    """The `count` points that are nearest to `centre` (2,) in the larger coordinate, as points of [0, 1)².

    They lie in the smallest square around the centre that holds so many; fewer if there are fewer.
    """
    reach = np.abs(points - centre).max(axis=1)
    chosen = np.argsort(reach, kind="stable")[:count]
    half = np.nextafter(reach[chosen[-1]], np.inf)
    return np.clip((points[chosen] - centre) / (2 * half) + 0.5, 0, np.nextafter(1, 0))


def local_anisotropy(points: np.ndarray, k: int = 10) -> float:
    """Mean share of the variance of each point's k nearest others along their main direction: 1 on a line.

    0.5 would be a round neighbourhood of very many points; ten points of an even density have about 0.68.
    """
    near = points[cKDTree(points).query(points, k + 1)[1][:, 1:]]
    clouds = near - near.mean(axis=1, keepdims=True)
    values = np.linalg.eigvalsh(np.einsum("nki,nkj->nij", clouds, clouds))
    return float(np.mean(values[:, 1] / np.maximum(values.sum(axis=1), np.finfo(float).tiny)))


def tree_edge_spread(points: np.ndarray) -> float:
    """Standard deviation over mean of the edges of the minimum spanning tree: larger where points string together."""
    n = len(points)
    a, b, c = np.sort(Delaunay(points).simplices, axis=1).astype(np.int64).T
    # One number for a pair: much faster to sort than two.
    start, end = np.divmod(np.unique(np.concatenate([n * a + b, n * b + c, n * a + c])), n)
    lengths = np.linalg.norm(points[start] - points[end], axis=1)
    edges = minimum_spanning_tree(csr_array((lengths, (start, end)), shape=(n, n))).data
    return float(edges.std() / edges.mean())


def density(points: np.ndarray, cells: int, width: float) -> np.ndarray:
    """Smoothed counts (cells, cells) of points in [0, 1)², over their mean; `width` is the kernel's, in cells."""
    smooth = gaussian_filter(_counts(points, cells), width, mode="reflect")
    return smooth / smooth.mean()


def ridge_strength(points: np.ndarray, cells: int = 64, width: float = 2.0) -> float:
    """How far the density of points in [0, 1)² curves down across its ridges more than along them.

    Mean over the square of what remains, in units of the mean density, of the largest downward curvature of the
    smoothed density once the curvature along the ridge is taken off; curvatures are per kernel width squared.
    """
    counts = _counts(points, cells)
    down, mixed, right = (
        gaussian_filter(counts, width, order=order, mode="reflect") for order in ((2, 0), (1, 1), (0, 2))
    )
    middle, reach = (down + right) / 2, np.hypot((down - right) / 2, mixed)
    # The eigenvalues of the Hessian: `across` a ridge it curves down, `along` it less so, or up.
    across, along = middle - reach, middle + reach
    return float(np.mean(np.maximum(-across - np.abs(along), 0)) * width**2 / counts.mean())


def void_share(points: np.ndarray, cells: int = 64, width: float = 2.0, line: float = 0.1) -> float:
    """Share of the square [0, 1)² in which the smoothed density is below `line` times its mean."""
    return float(np.mean(density(points, cells, width) < line))


def _counts(points: np.ndarray, cells: int) -> np.ndarray:
    return cell_counts(points, cells).reshape(cells, cells).astype(np.float64)
