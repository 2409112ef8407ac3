"""Ripley's L function of a point pattern in the unit square, on the torus, so that edges need no correction."""

from __future__ import annotations

import numpy as np

RADII = np.linspace(0.01, 0.25, 25)


def departure(points: np.ndarray) -> float:
    """Largest |L(r) - r| for r up to a quarter of the side; points (n, 2) in [0, 1)².

    L(r) = √(K(r)/π), where K is the share of pairs closer than r; L(r) = r on average for complete spatial
    randomness (Ripley 1977; Besag 1977).
    """
    n = len(points)
    i, j = np.triu_indices(n, 1)
    gap = np.abs(points[i] - points[j])
    gap = np.minimum(gap, 1 - gap)
    squares = np.einsum("ij,ij->i", gap, gap)
    edges = np.concatenate([[0.0], RADII**2])
    closer = np.histogram(squares, edges)[0].cumsum()
    return float(np.abs(np.sqrt(closer / len(i) / np.pi) - RADII).max())


def p_value(statistic: float, nulls: np.ndarray) -> float:
    """Share of simulated statistics (m,) at least as large, the observed one counted among them."""
    return (1 + np.count_nonzero(nulls >= statistic)) / (1 + len(nulls))
