"""Streams of random vectors: blocks that fit the processor's cache, so that memory does not grow with their number.

A uniform component takes 16 of the 64 bits of a random word: it is one of the 2¹⁶ equidistant values of [-1, 1) that
begin at -1. Against the continuous distribution this changes the mean of a component by 1.5e-5 and its mean square by
5e-10 (relative), far below the error of any simulation here, and makes a random number cost little more than a
quarter of a word.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

UNIT = 2.0**-15
BLOCK = 2**18  # numbers in a block: a megabyte of float32
WIDE = 64  # components from which on a sum over one vector is faster than the same sum over many at a time


def bit_stream(seed: int, *path: int) -> np.random.SFC64:
    """The independent stream of random bits that belongs to `seed` and to a place in the study."""
    return np.random.SFC64(np.random.SeedSequence(seed, spawn_key=path))


def generator(seed: int, *path: int) -> np.random.Generator:
    """NumPy's generator on `bit_stream(seed, *path)`."""
    return np.random.Generator(bit_stream(seed, *path))


def fill_uniform(bits: np.random.SFC64, numbers: np.ndarray) -> None:
    """Fill a float32 array, of a size divisible by 4, with whole numbers uniform on [-2¹⁵, 2¹⁵), b / 2¹⁵ apart."""
    np.copyto(numbers, bits.random_raw(numbers.size // 4).view(np.int16).reshape(numbers.shape))


def uniform_square_lengths(bits: np.random.SFC64, dimension: int, points: int) -> Iterator[np.ndarray]:
    """R² / b² of `points` vectors with independent components uniform on [-b, b), block by block, float32."""
    block = _block_points(dimension)
    wide = dimension >= WIDE
    numbers = np.empty((block, dimension) if wide else (dimension, block), np.float32)
    for start in range(0, points, block):
        fill_uniform(bits, numbers)
        squares = np.vecdot(numbers, numbers) if wide else np.einsum("ij,ij->j", numbers, numbers)
        squares *= np.float32(UNIT**2)  # a power of two: exact
        yield squares[: points - start]


def uniform_vectors(bits: np.random.SFC64, dimension: int, points: int) -> Iterator[np.ndarray]:
    """The vectors themselves, in units of b: float32 blocks (m, dimension), to be used before the next is asked for."""
    rows = _block_points(dimension)
    numbers = np.empty((rows, dimension), np.float32)
    for start in range(0, points, rows):
        fill_uniform(bits, numbers)
        numbers *= np.float32(UNIT)
        yield numbers[: points - start]


def gaussian_vectors(bits: np.random.SFC64, dimension: int, points: int) -> Iterator[np.ndarray]:
    """Vectors of independent standard normal components: float32 blocks (m, dimension)."""
    normal = np.random.Generator(bits)
    rows = _block_points(dimension)
    numbers = np.empty((rows, dimension), np.float32)
    for start in range(0, points, rows):
        normal.standard_normal(out=numbers, dtype=np.float32)
        yield numbers[: points - start]


def _block_points(dimension: int) -> int:
    return max(4, BLOCK // dimension // 4 * 4)
