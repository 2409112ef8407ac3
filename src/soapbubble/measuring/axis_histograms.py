"""Histograms of every latent axis, and what is read off them: the peak, and the width at half its height."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

FWHM = 2 * np.sqrt(2 * np.log(2))
"""full width at half maximum of a normal distribution, in standard deviations"""


@dataclass
class AxisHistograms:
    """Counts (d, bins) of numbers in equal intervals of `width`; the middle of one of them is 0.

    `reach` is the largest number that surely falls into an interval; those beyond the outermost intervals do not count.
    """

    dimension: int
    reach: float
    width: float
    counts: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self._half = int(np.ceil(self.reach / self.width))
        self.counts = np.zeros((self.dimension, 2 * self._half + 1), dtype=np.int64)

    @property
    def centres(self) -> np.ndarray:
        """The middles of the intervals (bins,)."""
        return self.width * np.arange(-self._half, self._half + 1)

    def add(self, rows: np.ndarray) -> None:
        """Count the rows (n, d)."""
        bins = self.counts.shape[1] + 2  # one more at either end, for what lies beyond
        places = rows / np.asarray(self.width, rows.dtype)
        np.rint(places, out=places)
        places += self._half + 1
        np.clip(places, 0, bins - 1, out=places)
        cells = places.astype(np.intp)
        cells += bins * np.arange(self.dimension)
        counts = np.bincount(cells.ravel(), minlength=bins * self.dimension)
        self.counts += counts.reshape(self.dimension, bins)[:, 1:-1]

    def peaks(self) -> np.ndarray:
        """The middle of the fullest interval of each axis (d,), the first of several."""
        return self.centres[self.counts.argmax(axis=1)]

    def full_widths(self) -> np.ndarray:
        """Full width at half maximum of each axis (d,), as `full_width_at_half_maximum` reads it."""
        return self.width * np.array([full_width_at_half_maximum(row) for row in self.counts])


def full_width_at_half_maximum(counts: np.ndarray) -> float:
    """How far apart a histogram (bins,) crosses half of its largest count, in bins, between which counts are linear.

    From the peak to the first crossing on either side; beyond the outermost bins counts are taken as zero.
    """
    padded = np.concatenate([[0.0], counts, [0.0]])
    peak = int(padded.argmax())
    half = padded[peak] / 2
    if half == 0:
        return float("nan")
    right = peak + int(np.argmax(padded[peak:] < half))
    left = peak - int(np.argmax(padded[peak::-1] < half))
    after = right - 1 + (padded[right - 1] - half) / (padded[right - 1] - padded[right])
    before = left + 1 - (padded[left + 1] - half) / (padded[left + 1] - padded[left])
    return float(after - before)
