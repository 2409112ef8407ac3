"""What can be measured of a handwritten character (after Castro et al. 2019, "Morpho-MNIST").

Pictures are (n, height, width), ink from 0 to 1. Where there is no ink, an attribute is 0.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_fill_holes

from soapbubble.stats.strokes import INKED, stroke_width

NAMES = ("thickness", "slant", "width", "height", "length", "loops")


def attributes(pictures: np.ndarray) -> np.ndarray:
    """Attributes (n, 6) in the order of `NAMES`.

    Stroke thickness in pixels; slant, the columns by which ink moves to the right a row upwards; width about that
    slanted axis and height, each as the standard deviation of ink in pixels; length of the stroke in pixels (its area
    over its thickness); area of enclosed background in pixels.
    """
    inked = pictures > INKED
    area = inked.sum(axis=(1, 2))
    # The stroke width of all pictures together is their mean; of one, its own.
    thickness = np.array([stroke_width(pictures[i : i + 1]) if area[i] else 0.0 for i in range(len(pictures))])
    loops = np.array([(binary_fill_holes(picture) & ~picture).sum() for picture in inked])
    length = np.divide(area, thickness, out=np.zeros(len(pictures)), where=thickness > 0)
    return np.column_stack([thickness, *_moments(pictures), length, loops])


def _moments(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slant, width and height, each (n,), from the second moments of the ink."""
    n, rows, columns = pictures.shape
    ink = np.asarray(pictures, dtype=np.float64)
    total = np.maximum(ink.sum(axis=(1, 2)), np.finfo(float).tiny)
    x, y = np.arange(columns), np.arange(rows)[:, None]
    mean_x, mean_y = (ink * x).sum(axis=(1, 2)) / total, (ink * y).sum(axis=(1, 2)) / total
    dx, dy = x - mean_x[:, None, None], y - mean_y[:, None, None]
    xx, yy, xy = ((ink * product).sum(axis=(1, 2)) / total for product in (dx * dx, dy * dy, dx * dy))
    slope = np.divide(-xy, yy, out=np.zeros(n), where=yy > 0)
    return slope, np.sqrt(np.maximum(xx - slope**2 * yy, 0)), np.sqrt(yy)
