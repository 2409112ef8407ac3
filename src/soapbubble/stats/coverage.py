"""How much of a cube a finite number of points reaches."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np


def expected_occupied(points: int, log2_cells: float) -> float:
    """Expected share of equal cells, two or more, that hold at least one of `points` points of an even density."""
    return -math.expm1(points * math.log1p(-(2.0**-log2_cells)))


def log10_share(occupied: int, log2_cells: float) -> float:
    """Decimal logarithm of the share of cells that are occupied; the share itself may be too small for a float."""
    return math.log10(occupied) - log2_cells * math.log10(2)


def orthant_codes(vectors: np.ndarray) -> np.ndarray:
    """The orthant of each vector (n, N) as the bits of its signs, packed into bytes (n, ceil(N/64) * 8)."""
    codes = np.zeros((len(vectors), -(-vectors.shape[1] // 64) * 8), np.uint8)
    bits = np.packbits(vectors >= 0, axis=1)
    codes[:, : bits.shape[1]] = bits
    return codes


def distinct_orthants(codes: np.ndarray, dimension: int) -> int:
    """Number of different orthants among `orthant_codes`, looking at the first `dimension` components only.

    Fewer than all components must fit one word of 64 bits.
    """
    if dimension <= 64:
        first = np.ascontiguousarray(codes[:, :8]).view(">u8")[:, 0].astype(np.uint64)
        return len(np.unique(first >> np.uint64(64 - dimension)))
    return len(np.unique(codes.view(f"V{codes.shape[1]}")))


def nearest_distances(queries: np.ndarray, blocks: Iterable[np.ndarray]) -> np.ndarray:
    """Distance from each query (q, N) to the nearest vector of all blocks (m, N); float64 (q,)."""
    squares = np.einsum("ij,ij->i", queries, queries)
    nearest = np.full(len(queries), np.inf)
    for block in blocks:
        others = np.einsum("ij,ij->i", block, block)
        distances = squares[:, None] + others - 2 * (queries @ block.T)
        nearest = np.minimum(nearest, distances.min(axis=1))
    return np.sqrt(np.maximum(nearest, 0))
