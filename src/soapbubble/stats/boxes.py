"""Axis-parallel boxes, and how often vectors that are uniform in the cube [-b, b]^d fall into them."""

from __future__ import annotations

import numpy as np

AT_ONCE = 8  # axes that are looked at together


def covered_shares(centres: np.ndarray, half_sides: np.ndarray, b: float) -> np.ndarray:
    """Share of [-b, b] that each side of the box covers (d,): the probability that one component falls into it."""
    low = np.maximum(centres - half_sides, -b)
    high = np.minimum(centres + half_sides, b)
    return np.maximum(high - low, 0) / (2 * b)


def log_hit_probability(centres: np.ndarray, half_sides: np.ndarray, b: float) -> float:
    """Natural logarithm of the probability that a uniform vector falls into the box; -inf if it cannot."""
    with np.errstate(divide="ignore"):
        return float(np.log(covered_shares(centres, half_sides, b)).sum())


def inside(rows: np.ndarray, centres: np.ndarray, half_sides: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Whether each of the rows (n, d) lies between the sides of the box on these axes, sides included: bool (n,).

    A few axes at a time, in the order given: of rows that some axes dropped the others are not looked at.
    """
    left, found = np.arange(len(rows)), np.zeros(len(rows), dtype=bool)
    for start in range(0, len(axes), AT_ONCE):
        few = axes[start : start + AT_ONCE]
        fits = (np.abs(rows.take(few, axis=1) - centres[few]) <= half_sides[few]).all(axis=1)
        if not fits.all():
            rows, left = rows[fits], left[fits]
        if not len(left):
            break
    found[left] = True
    return found
