"""Which of several pictures does a map belong to? Correlation and retrieval.

Maps and pictures are arrays (n, ...) of one shape; a map's correlation with a picture is over their places, so that
brightness and contrast do not matter.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln


def correlations(maps: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    """Correlation of each map (n, ...) with each picture (m, ...): (n, m); 0 where one of them is constant."""
    return _unit(maps) @ _unit(pictures).T


def retrieval(scores: np.ndarray, candidates: int) -> np.ndarray:
    """Chance that the own picture scores best among it and `candidates` - 1 others drawn at random: (n,).

    `scores` (n, n) has each map's score with each picture, its own on the diagonal; ties count half. Without any bond
    the mean is 1 / candidates.
    """
    others = len(scores) - 1
    own = np.diag(scores)[:, None]
    apart = ~np.eye(len(scores), dtype=bool)
    better = ((scores > own) & apart).sum(axis=1) + ((scores == own) & apart).sum(axis=1) / 2
    drawn = candidates - 1
    worse = others - better
    possible = worse >= drawn
    worse = np.maximum(worse, drawn)
    logs = gammaln(worse + 1) - gammaln(worse - drawn + 1) - gammaln(others + 1) + gammaln(others - drawn + 1)
    return np.where(possible, np.exp(logs), 0.0)


def nearest_labels(maps: np.ndarray, pictures: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Label of the picture (m, ...) that each map (n, ...) correlates with most: (n,)."""
    return labels[correlations(maps, pictures).argmax(axis=1)]


def _unit(values: np.ndarray) -> np.ndarray:
    flat = np.asarray(values, dtype=np.float64).reshape(len(values), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.divide(flat, length, out=np.zeros_like(flat), where=length > 0)
