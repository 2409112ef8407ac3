"""How near the codes of unseen pictures lie to those of training pictures, against these among themselves."""

from __future__ import annotations

import numpy as np

from soapbubble.stats.sample_quality import distances


def nearest_others(queries: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Distance (n,) from each of `queries` (n, d) to the nearest of `points` (n, d) but the one of the same row.

    Of points asked about themselves this leaves each one out; of others it leaves as many to choose from.
    """
    between = distances(queries, points)
    np.fill_diagonal(between, np.inf)
    return between.min(axis=1)
