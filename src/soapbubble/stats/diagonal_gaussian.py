"""Closed forms for codes N(mean, deviation^2) with independent coordinates, arrays (n, d): pictures, coordinates."""

from __future__ import annotations

import numpy as np


def divergence_from_unit_noise(deviation: np.ndarray) -> np.ndarray:
    """Nats (n,) of the divergence of each code from unit noise around the same mean."""
    variance = np.square(deviation)
    return 0.5 * (variance - 1 - np.log(variance)).sum(axis=1, dtype=np.float64)


def noise_share(mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Each coordinate's noise within a picture over the spread of draws over all pictures, as deviations (d,).

    0 for an exact code, 1 for a coordinate that says nothing of the picture.
    """
    within = np.square(deviation).mean(axis=0, dtype=np.float64)
    return np.sqrt(within / (within + mean.var(axis=0, dtype=np.float64)))
