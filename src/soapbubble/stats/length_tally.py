"""What a stream of lengths leaves behind: sums and counts that add up, whatever the blocks and the order."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np


@dataclass
class LengthTally:
    """Moments of R and R² about given centres, counts of short and of typical lengths, and a histogram.

    Sums are taken about `mean` and `mean_square` (the exact values, where known), so that no digits cancel; the
    results do not depend on them otherwise. Typical lengths are those within three times `sd` of `mean`; `below` counts
    lengths under `short` and under half of it. `edges` are the equidistant edges of the histogram.
    """

    mean: float
    sd: float
    mean_square: float
    edges: np.ndarray
    short: float = 0.0
    n: int = 0
    sums: np.ndarray = field(default_factory=lambda: np.zeros(4))
    typical: int = 0
    below: np.ndarray = field(default_factory=lambda: np.zeros(2, dtype=np.int64))
    counts: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.counts = np.zeros(len(self.edges) - 1, dtype=np.int64)

    def add(self, square_lengths: np.ndarray) -> None:
        """Count the vectors with these squared lengths (n,)."""
        squares = square_lengths.astype(np.float64)
        lengths = np.sqrt(squares)
        d, e = lengths - self.mean, squares - self.mean_square
        self.n += len(lengths)
        self.sums += d.sum(), d @ d, e.sum(), e @ e
        self.typical += int(np.count_nonzero(np.abs(d) < 3 * self.sd))
        if self.short > 0:
            self.below += [np.count_nonzero(lengths < limit) for limit in (self.short, self.short / 2)]
        low, width = self.edges[0], self.edges[1] - self.edges[0]
        places = np.floor((lengths - low) / width).astype(np.intp)
        inside = (places >= 0) & (places < len(self.counts))
        self.counts += np.bincount(places[inside], minlength=len(self.counts))

    def __add__(self, other: LengthTally) -> LengthTally:
        """What both tallies, of the same centres and edges, have counted."""
        both = replace(
            self,
            n=self.n + other.n,
            sums=self.sums + other.sums,
            typical=self.typical + other.typical,
            below=self.below + other.below,
        )
        both.counts = self.counts + other.counts
        return both

    def length(self) -> tuple[float, float]:
        """Mean and standard deviation of R."""
        return _moments(self.n, self.sums[0], self.sums[1], self.mean)

    def square(self) -> tuple[float, float]:
        """Mean and standard deviation of R²."""
        return _moments(self.n, self.sums[2], self.sums[3], self.mean_square)


def _moments(n: int, first: float, second: float, centre: float) -> tuple[float, float]:
    shift = first / n
    return centre + shift, math.sqrt(max(0.0, (second - n * shift**2) / (n - 1)))
