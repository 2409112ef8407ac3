"""How well small filters are described by Gabor functions: waves under a Gaussian."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.optimize import least_squares

ANGLES, FREQUENCIES, WIDTHS, OFFSETS = 8, (0.1, 0.18, 0.28, 0.4), (0.25, 0.4), (-0.2, 0.0, 0.2)
SLOWEST, FASTEST = 0.08, 0.5  # cycles a pixel: half a wave within 7 pixels, and the highest that pixels can show


def gabor_r2(filters: np.ndarray) -> np.ndarray:
    """Share (n,) of the sum of squares of each filter (n, side, side) that the best Gabor function explains.

    The function has a centre, a direction, a frequency, two widths, a phase and an amplitude. A fit starts from the
    best of a grid of such functions, so that a worse local optimum is rare, but not excluded. A filter of zeros has 0.
    """
    side = filters.shape[-1]
    grid = _grid(side)
    bases = np.stack([_basis(candidate, side) for candidate in grid])
    flat = filters.reshape(len(filters), -1).astype(np.float64)
    return np.array([_explained(one, grid, bases, side) for one in flat])


def _explained(target: np.ndarray, grid: np.ndarray, bases: np.ndarray, side: int) -> float:
    total = target @ target
    if total == 0:
        return 0.0
    target = target / np.sqrt(total)
    best = grid[np.square(bases @ target).sum(axis=1).argmax()]

    def left(parameters: np.ndarray) -> np.ndarray:
        basis = _basis(parameters, side)
        return target - basis.T @ (basis @ target)

    low = np.array([-side / 2, -side / 2, -np.inf, SLOWEST, 0.1 * side, 0.1 * side])
    high = np.array([side / 2, side / 2, np.inf, FASTEST, side, side])
    found = least_squares(left, best, bounds=(low, high), max_nfev=50)
    return float(1 - 2 * found.cost)


def _grid(side: int) -> np.ndarray:
    """Parameters (count, 6): centre x and y from the middle, angle, frequency, width along and across the wave."""
    angles = np.pi * np.arange(ANGLES) / ANGLES
    centres = side * np.array(OFFSETS)
    widths = side * np.array(WIDTHS)
    return np.array(
        [
            (x, y, angle, frequency, width, width)
            for x, y, angle, frequency, width in product(centres, centres, angles, FREQUENCIES, widths)
        ]
    )


def _basis(parameters: np.ndarray, side: int) -> np.ndarray:
    """Orthonormal functions (2, side * side) that span the Gabor functions of all phases and amplitudes."""
    x0, y0, angle, frequency, along, across = parameters
    axis = np.arange(side) - (side - 1) / 2
    y, x = np.meshgrid(axis - y0, axis - x0, indexing="ij")
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    envelope = np.exp(-0.5 * ((u / along) ** 2 + (v / across) ** 2))
    waves = np.stack([envelope * np.cos(2 * np.pi * frequency * u), envelope * np.sin(2 * np.pi * frequency * u)])
    return np.linalg.qr(waves.reshape(2, -1).T)[0].T
