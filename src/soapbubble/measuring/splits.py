"""Which rows are taken: one copy of each original, an original in one set only, rows spread evenly over a set.

`origin` (n,) says from which original a row was made. Copies of an original are not independent of each other.
"""

from __future__ import annotations

import numpy as np


def evenly_spread(total: int, count: int) -> np.ndarray:
    """At most `count` rows below `total`, evenly spaced from the first to the last."""
    return np.linspace(0, total - 1, min(count, total)).round().astype(int)


def first_of_each(origin: np.ndarray, among: np.ndarray | None = None) -> np.ndarray:
    """The row of the first copy of each original, in the order of the originals; only rows `among` (bool (n,))."""
    rows = np.arange(len(origin)) if among is None else np.flatnonzero(among)
    return rows[np.unique(origin[rows], return_index=True)[1]]


def spread_originals(origin: np.ndarray, count: int, among: np.ndarray | None = None) -> np.ndarray:
    """The first copy of each of at most `count` originals that are evenly spread over all originals."""
    first = first_of_each(origin, among)
    return first[evenly_spread(len(first), count)]


def random_originals(origin: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """A random copy of each of at most `count` random originals, in random order."""
    shuffled = rng.permutation(len(origin))
    return rng.permutation(shuffled[first_of_each(origin[shuffled])])[:count]


def hold_out_originals(origin: np.ndarray, share: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on and rows held out, each in rising order: all copies of an original are in the same set.

    `share` of the originals are held out, at least one, and at least one is trained on where there are two.
    """
    originals = rng.permutation(np.unique(origin))
    held_out = originals[: max(1, min(round(share * len(originals)), len(originals) - 1))]
    is_held_out = np.isin(origin, held_out)
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)


def few_of_each(labels: np.ndarray, shots: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of `shots` random examples of each label, or of all there are."""
    return np.concatenate([rng.permutation(np.flatnonzero(labels == label))[:shots] for label in np.unique(labels)])
