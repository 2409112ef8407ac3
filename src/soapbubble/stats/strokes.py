"""The look of pen strokes: how much ink there is and how wide the lines are.

Pictures are (n, height, width), ink from 0 to 1.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt

INKED = 0.5


def ink(pictures: np.ndarray) -> float:
    """Mean ink of a pixel."""
    return float(pictures.mean())


def stroke_width(pictures: np.ndarray) -> float:
    """Mean width in pixels of the strokes in all pictures together; NaN where there is no ink at all.

    Across a straight line of width w the distance to its border is w / 4 on average. Ink means a pixel above one half.
    """
    inked = np.pad(pictures > INKED, ((0, 0), (1, 1), (1, 1)))
    depths = [distance_transform_edt(picture)[picture] for picture in inked if picture.any()]
    # Distances count from a pixel's centre to the centre of the first pixel outside, half a pixel beyond the border.
    return float(4 * (np.concatenate(depths).mean() - 0.5)) if depths else float("nan")


def tiles_shuffled(pictures: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Give each `side` x `side` tile of a picture from the same place of another picture.

    The ink of every place and the look inside a tile stay; what ties the tiles of one picture together goes.
    """
    mixed = pictures.copy()
    height, width = pictures.shape[1:]
    for top in range(0, height, side):
        for left in range(0, width, side):
            tile = np.s_[:, top : top + side, left : left + side]
            mixed[tile] = pictures[tile][rng.permutation(len(pictures))]
    return mixed
