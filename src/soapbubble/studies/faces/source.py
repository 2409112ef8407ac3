"""Numbers that the post prints, and the unit in which other encoders are compared with them."""

from __future__ import annotations

import math

import numpy as np

from soapbubble.measuring.axis_histograms import FWHM

N = 256
"""latent dimensions of the post"""

VECTORS, QUOTED = 200_000, 170_000
"""vectors that the post announces, and out of which it quotes hits"""

TABLE = np.array(
    [
        (-0.25, 1.5),
        (0.5, 1.125),
        (0.0, 1.625),
        (0.25, 2.125),
        (0.25, 1.5),
        (0.0, 2.0),
        (0.5, 1.875),
        (2.25, 2.25),
        (1.5, 4.125),
        (-1.0, 2.25),
        (0.5, 1.875),
        (-0.25, 1.5),
        (0.25, 1.75),
        (-1.5, 2.0),
        (-0.5, 2.25),
        (-0.5, 1.25),
        (0.0, 1.75),
        (0.25, 1.5),
        (-0.25, 2.375),
        (-0.5, 1.0),
    ]
)
"""peak and half-width of the axes that the post calls dominant, test case II"""

BOXES = ((12.0, 3.0), (12.0, 12.0), (3.0, 2.0), (2.0, 2.0), (1.5, 2.0), (1.5, 1.5), (1.0, 1.5))
"""the post's pairs of b and of half-widths on either side of a peak"""

MIDDLE_B = 1.5
"""the middle of the cubes whose lengths, as the post has it, meet those of its latents"""


def rms_in_posts_units(dimension: int) -> float:
    """The root mean square length that latents are scaled to: that of vectors uniform in the cube of `MIDDLE_B`.

    The scale of a latent space is arbitrary, and the post prints no length; this is the one that its plot shows.
    """
    return MIDDLE_B * math.sqrt(dimension / 3)


def table_cloud(count: int, dimension: int, rng: np.random.Generator) -> np.ndarray:
    """Gaussian points (count, dimension) as the post describes its latents, in its units, float32.

    The axes of its table have the peaks and the widths listed there; the others peak at 0 and have a width of 1, from
    which on the post finds 40 at most.
    """
    peaks, widths = np.zeros(dimension), np.ones(dimension)
    listed = TABLE[:dimension]
    peaks[: len(listed)], widths[: len(listed)] = listed.T
    return (peaks + widths / FWHM * rng.standard_normal((count, dimension))).astype(np.float32)


def in_posts_units(latents: np.ndarray) -> np.ndarray:
    """Latents (n, d) scaled to `rms_in_posts_units`."""
    rms = float(np.sqrt(np.square(latents, dtype=np.float64).sum(axis=1).mean()))
    return latents * np.float32(rms_in_posts_units(latents.shape[1]) / rms)
