"""Latents of somebody else's encoder: a .npy file (n, d), checked, and read a block of rows at a time."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from soapbubble.data.dataset import NPY_DAMAGES
from soapbubble.errors import SoapbubbleError
from soapbubble.measuring.splits import evenly_spread

BLOCK_NUMBERS = 2**20  # in a block: 4 MB of float32, so that what is made of it is soon used again
ROWS_AT_ONCE = 100  # of rows far apart, each on pages of its own
COLUMNS_AT_ONCE = 16  # in Fortran's order, where each is on pages of its own; the system may map 2 MB about each
BLOCKS_AT_ONCE = 16  # in Fortran's order, so that pages are mapped seldom
LEAST_ROWS_EACH = 2  # latents for each dimension: with fewer, a covariance says more of chance than of the encoder
LEAST_ROWS = 100
STEPS = 1000  # that the numbers of an axis must spread over where they are rounded to 32 bits


def open_latents(path: Path) -> np.ndarray:
    """The latents in `path`, floats (n, d), left on disk; every number was looked at once.

    Raises:
        SoapbubbleError: one sentence that says what is wrong with the file.
    """
    try:
        rows = np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError as error:
        raise SoapbubbleError(f"{path}: does not exist; correct the path of the latents.") from error
    except (OSError, *NPY_DAMAGES) as error:
        raise SoapbubbleError(
            f"{path}: cannot be read as an array of numbers ({error}); write it with numpy.save, without objects."
        ) from error
    if rows.ndim != 2:
        raise SoapbubbleError(f"{path}: holds an array of shape {rows.shape}; latents are (images, dimensions).")
    if rows.dtype.kind != "f":
        raise SoapbubbleError(f"{path}: holds {rows.dtype}; latents are floats, so save what the encoder gives.")
    n, d = rows.shape
    if d < 2:
        raise SoapbubbleError(f"{path}: has {d} dimension; nothing here can be asked of fewer than 2.")
    needed = max(LEAST_ROWS, LEAST_ROWS_EACH * d)
    if n < needed:
        raise SoapbubbleError(f"{path}: has {n} rows; {d} dimensions need at least {needed}.")
    _check_numbers(path, rows)
    return rows


def row_blocks(rows: np.ndarray) -> Iterator[np.ndarray]:
    """The rows (n, d), one block after the other, float32 in the order of memory, whatever the file has."""
    step = max(1, BLOCK_NUMBERS // rows.shape[1])
    at_once = step * (BLOCKS_AT_ONCE if rows.flags.f_contiguous else 1)
    for start in range(0, len(rows), at_once):
        some = _copied(rows, slice(start, start + at_once))
        for first in range(0, len(some), step):
            yield some[first : first + step]


def spread_rows(rows: np.ndarray, count: int) -> np.ndarray:
    """At most `count` of the rows (n, d), evenly spread from the first to the last, float32; no other is read."""
    chosen = evenly_spread(len(rows), count)
    return np.concatenate([_copied(rows, some) for some in np.array_split(chosen, -(-len(chosen) // ROWS_AT_ONCE))])


def _copied(rows: np.ndarray, which: slice | np.ndarray) -> np.ndarray:
    """Some of the rows (n, d), float32 in the order of memory; few pages of the file are held at a time."""
    columns = COLUMNS_AT_ONCE if rows.flags.f_contiguous else rows.shape[1]
    copied = np.empty((len(rows[which, 0]), rows.shape[1]), dtype=np.float32)
    for first in range(0, rows.shape[1], columns):
        copied[:, first : first + columns] = rows[which, first : first + columns]
        _forget(rows)
    return copied


def _forget(rows: np.ndarray) -> None:
    """Give pages back that were read: they stay with a map as long as it lives."""
    if isinstance(rows, np.memmap) and isinstance(rows.base, mmap.mmap):
        rows.base.madvise(mmap.MADV_DONTNEED)


def _check_numbers(path: Path, rows: np.ndarray) -> None:
    low, high = np.full(rows.shape[1], np.inf), np.full(rows.shape[1], -np.inf)
    with np.errstate(over="ignore"):
        for block in row_blocks(rows):
            # A NaN stays a NaN in both, and an infinite number (also one too large for 32 bits) stays infinite.
            low, high = np.minimum(low, block.min(axis=0)), np.maximum(high, block.max(axis=0))
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        axis = int(np.flatnonzero(~(np.isfinite(low) & np.isfinite(high)))[0])
        raise SoapbubbleError(f"{path}: dimension {axis} has numbers that are not finite; drop those rows.")
    steps = STEPS if rows.dtype.itemsize > 4 else 0
    same = high - low <= steps * np.spacing(np.maximum(-low, high).astype(np.float32))
    if same.any():
        axis = int(np.flatnonzero(same)[0])
        raise SoapbubbleError(
            f"{path}: dimension {axis} is {low[axis]:g} in every row as far as 32 bits tell; drop that dimension, or "
            "subtract its mean."
        )
