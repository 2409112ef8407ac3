"""Whether points fill a cube evenly: counts in equal cells."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri

SIGMA = 3**-0.5  # of a Gaussian component with the variance of one that is uniform on [-1, 1)


def cell_numbers(points: np.ndarray, per_axis: int) -> np.ndarray:
    """The number of the cell of each point (..., N) of [0, 1)^N, with `per_axis` cells on an axis; int64 (...)."""
    numbers = np.zeros(points.shape[:-1], dtype=np.int64)
    for axis in range(points.shape[-1]):
        numbers *= per_axis
        numbers += np.minimum((points[..., axis] * per_axis).astype(np.int64), per_axis - 1)
    return numbers


def cell_counts(points: np.ndarray, per_axis: int) -> np.ndarray:
    """How many of the points (n, N) of [0, 1)^N lie in each cell."""
    return np.bincount(cell_numbers(points, per_axis), minlength=per_axis ** points.shape[-1])


def dispersion(counts: np.ndarray) -> float:
    """Pearson's chi-square against equal expected counts, over its degrees of freedom: 1 for an even density.

    A density that varies between cells with relative variance v adds about v times the mean count.
    """
    return float(np.var(counts, ddof=1) / np.mean(counts))


def gaussian_in_cube(u: np.ndarray) -> np.ndarray:
    """A control: uniform components on [0, 1) turned into Gaussian ones of their variance, cut to the same interval."""
    low = ndtr(-1 / SIGMA)
    return (1 + SIGMA * ndtri(low + u * (1 - 2 * low))) / 2


def p_value(counts: np.ndarray) -> float:
    """Probability of counts at least as uneven under an even density (chi-square approximation)."""
    freedom = len(counts) - 1
    return float(chdtrc(freedom, dispersion(counts) * freedom))
