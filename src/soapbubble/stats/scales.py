"""How alike two sets of pictures are at the scale of a patch, and how much of what spans the whole picture is there.

Pictures are arrays (n, side, side).
"""

from __future__ import annotations

import numpy as np

from soapbubble.stats.frechet import frechet_distance
from soapbubble.stats.spatial import site_correlations, site_distances

FAINT = 0.05  # pixels whose deviation over the pictures is smaller are background


def patches(images: np.ndarray, side: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` patches of `side` x `side` pixels from random places of random pictures: (count, side * side)."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (side, side), axis=(1, 2))
    picture = rng.integers(len(images), size=count)
    row, column = rng.integers(windows.shape[1], size=(2, count))
    return windows[picture, row, column].reshape(count, -1)


def patch_distance(a: np.ndarray, b: np.ndarray, side: int, count: int, rng: np.random.Generator) -> float:
    """Frechet distance between the pixels of `count` random patches of `a` and of `b`; compare only equal counts."""
    return frechet_distance(patches(a, side, count, rng), patches(b, side, count, rng))


def long_range_share(images: np.ndarray, real: np.ndarray, beyond: float = 10.0) -> float:
    """How much of the correlation between pixels more than `beyond` apart in `real` is there in `images`.

    The slope of the correlations over `images` on those over `real`, over all such pairs of pixels that vary in
    `real`: 1 if they are the same, 0 if far pixels know nothing of each other. Noise in the correlations over
    `images` leaves the slope unbiased; that over `real` makes it a little smaller, for real pictures as for others.
    """
    vary = real.std(axis=0).ravel() > FAINT
    far = site_distances(real.shape[-1])[np.ix_(vary, vary)] > beyond
    there = site_correlations(real.reshape(len(real), -1)[:, vary])[far]
    here = site_correlations(images.reshape(len(images), -1)[:, vary])[far]
    return float(here @ there / (there @ there))
