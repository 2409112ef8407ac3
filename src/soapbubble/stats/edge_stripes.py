"""The twelve stripes along the edges of a cube: two coordinates near an end, the third free."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np

STRIPES = tuple((i, j, p, q) for i, j in combinations(range(3), 2) for p, q in product((0, 1), repeat=2))
NAMES = tuple(f"x{i + 1} {('low', 'high')[p]}, x{j + 1} {('low', 'high')[q]}" for i, j, p, q in STRIPES)


def in_stripes(points: np.ndarray, width: float) -> np.ndarray:
    """Which points (..., 3) of [0, 1)³ lie in which stripe of cross-section width x width; bool (12, ...)."""
    near = points < width, points >= 1 - width
    return np.stack([near[p][..., i] & near[q][..., j] for i, j, p, q in STRIPES])


def union_volume(width: float) -> float:
    """Volume of all stripes together: at least two of three coordinates near an end."""
    near = 2 * width
    return 3 * near**2 * (1 - near) + near**3


def thin(points: np.ndarray, width: float, kept: float, random: np.random.Generator) -> np.ndarray:
    """A cube whose stripes are depleted on purpose: each of their points (n, 3) is kept with probability `kept`."""
    inside = in_stripes(points, width).any(axis=0)
    return points[~inside | (random.random(len(points)) < kept)]
