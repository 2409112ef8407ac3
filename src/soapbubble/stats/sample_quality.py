"""How good and how varied samples are, told from their nearest neighbours among real ones in some feature space."""

from __future__ import annotations

import numpy as np


def precision_recall(real: np.ndarray, fake: np.ndarray, k: int = 5) -> tuple[float, float]:
    """Share of fakes near some real point, and of real points near some fake (Kynkaanniemi et al. 2019).

    Near means within the distance to that point's own k-th neighbour. `real` (n, f), `fake` (m, f).
    """
    between = distances(real, fake)
    precision = (between <= kth_distance(real, k)[:, None]).any(axis=0).mean()
    recall = (between <= kth_distance(fake, k)[None, :]).any(axis=1).mean()
    return float(precision), float(recall)


def density_coverage(real: np.ndarray, fake: np.ndarray, k: int = 5) -> tuple[float, float]:
    """Density and coverage (Naeem et al. 2020): less at the mercy of outliers than precision and recall."""
    near = distances(real, fake) <= kth_distance(real, k)[:, None]
    return float(near.sum(axis=0).mean() / k), float(near.any(axis=1).mean())


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Euclidean distances (n, m) between the rows of `a` (n, f) and `b` (m, f)."""
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2 * a @ b.T
    return np.sqrt(np.clip(squares, 0, None))


def kth_distance(points: np.ndarray, k: int) -> np.ndarray:
    """Distance (n,) from each point to its k-th nearest other point."""
    return np.partition(distances(points, points), k, axis=1)[:, k]
