"""Closed forms for codes N(mean, std^2) with independent coordinates, arrays (n, d): images, coordinates."""

from __future__ import annotations

import numpy as np


def noise_share(mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """Each coordinate's noise within an image over the spread of draws over all images, as standard deviations (d,).

    0 for an exact code, 1 for a coordinate that says nothing of the image.
    """
    within = np.square(std).mean(axis=0, dtype=np.float64)
    return np.sqrt(within / (within + mean.var(axis=0, dtype=np.float64)))
