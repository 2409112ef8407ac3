"""How clumpy a two-dimensional map is: counts in cells and empty cells inside its outline."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial import ConvexHull, Delaunay, cKDTree


def cells_inside(points: np.ndarray, mean_count: float) -> np.ndarray:
    """Counts in the square cells whose middle lies in the convex hull of the points (n, 2): (cells,).

    The cells are of the size at which `mean_count` points would fall into each, were the hull filled evenly.
    """
    hull = ConvexHull(points)
    side = np.sqrt(hull.volume * mean_count / len(points))  # the volume of a plane hull is its area
    low = points.min(axis=0)
    cells = np.floor((points - low) / side).astype(int)
    shape = cells.max(axis=0) + 1
    counts = np.zeros(shape, dtype=int)
    np.add.at(counts, tuple(cells.T), 1)
    middles = low + (np.indices(shape).reshape(2, -1).T + 0.5) * side
    return counts.ravel()[Delaunay(points[hull.vertices]).find_simplex(middles) >= 0]


def empty_share(counts: np.ndarray) -> float:
    """Share of the cells that hold no point."""
    return float(np.mean(counts == 0))


def empty_area(points: np.ndarray, width: float = 0.5, line: float = 0.1, cells: int = 96) -> float:
    """Share of the convex hull of points (n, 2) in which their smoothed density is below `line` times its median.

    The kernel is Gaussian, its width in units of the mean spacing of the points in the hull; the median is that over
    the points.
    """
    hull = ConvexHull(points)
    low, side = points.min(axis=0), np.ptp(points, axis=0).max() / cells
    places = np.minimum(((points - low) / side).astype(int), cells - 1)
    counts = np.zeros((cells, cells))
    np.add.at(counts, tuple(places.T), 1)
    density = gaussian_filter(counts, width * np.sqrt(hull.volume / len(points)) / side, mode="constant")
    middles = low + (np.indices((cells, cells)).reshape(2, -1).T + 0.5) * side
    inside = (Delaunay(points[hull.vertices]).find_simplex(middles) >= 0).reshape(cells, cells)
    return float(np.mean(density[inside] < line * np.median(density[tuple(places.T)])))


def zoomed_empty_share(points: np.ndarray, zoom: int, mean_count: float) -> float:
    """Share of empty cells in the convex hull of the points (n, 2) nearest to the densest spot, 1 in `zoom` of them.

    Its cells are so large that `mean_count` points fall into each on average.
    """
    tree = cKDTree(points)
    near = tree.query(points, min(11, len(points)))[0][:, -1]
    around = tree.query(points[np.argmin(near)], max(len(points) // zoom, 8))[1]
    return empty_share(cells_inside(points[around], mean_count))
