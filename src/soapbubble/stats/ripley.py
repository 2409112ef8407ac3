"""Ripley's L function of a point pattern in the unit square, on the torus, so that edges need no correction."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

RADII = np.linspace(0.01, 0.25, 25)


def departure(points: np.ndarray) -> float:
    """Largest |L(r) - r| for r up to a quarter of the side; points (n, 2) in [0, 1)².

    L(r) = √(K(r)/π), where K is the share of pairs closer than r; L(r) = r on average for complete spatial
    randomness (Ripley 1977; Besag 1977).
    """
    n = len(points)
    tree = cKDTree(points, boxsize=1)
    closer = (tree.count_neighbors(tree, RADII, cumulative=False).cumsum() - n) / 2
    return float(np.abs(np.sqrt(closer / (n * (n - 1) / 2) / np.pi) - RADII).max())


def p_value(statistic: float, nulls: np.ndarray) -> float:
    """Share of simulated statistics (m,) at least as large, the observed one counted among them."""
    return (1 + np.count_nonzero(nulls >= statistic)) / (1 + len(nulls))
