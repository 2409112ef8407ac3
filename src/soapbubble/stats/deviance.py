"""How much of pictures a model explains: the deviance of generalised linear models, for pixels of ink in [0, 1]."""

from __future__ import annotations

import numpy as np

EDGE = 1e-6


def nats(shown: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    """Nats (n,) that describing `pictures` (n, h, w) costs if ink is expected as `shown`, (n, h, w) or (h, w)."""
    expected = np.clip(np.asarray(shown, dtype=np.float64), EDGE, 1 - EDGE)
    lost = pictures * np.log(expected) + (1 - pictures) * np.log1p(-expected)
    return -lost.sum(axis=(-2, -1))


def explained(cost: np.ndarray, mean_picture: np.ndarray, pictures: np.ndarray) -> float:
    """Share of the deviance that a model with this `cost` (n,) in nats explains of `pictures` (n, h, w).

    0 for the mean picture, 1 where nothing but the greyness of the pixels themselves is left (Nelder and Wedderburn
    1972); negative for a model that is worse than the mean picture.
    """
    least = nats(pictures, pictures).sum()
    return float(1 - (cost.sum() - least) / (nats(mean_picture, pictures).sum() - least))
