"""Handwritten digits that come with scikit-learn, enlarged to the look of MNIST."""

from __future__ import annotations

import numpy as np
from PIL import Image

from soapbubble.config.data import Digits
from soapbubble.data.dataset import Made
from soapbubble.data.split import split

LICENCE = "CC BY 4.0 (UCI, Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, 1998)"
MARGIN = 1 / 7  # of the side, black on every side, as MNIST's 20-pixel digits stand in 28 pixels


def build(block: Digits) -> Made:
    """The 1797 digits of scikit-learn's test set, 8x8 with 17 levels, as uint8 images with their labels.

    Extras: `labels` (n,) int64.
    """
    from sklearn.datasets import load_digits

    bundle = load_digits()
    order, train = split(len(bundle.images), block.count, block.test_share, block.seed, classes=bundle.target)
    images = enlarge(bundle.images[order], block.size)
    return Made(
        shape=(len(order), block.size, block.size, 1),
        pieces=[images],
        train=train,
        source=f"scikit-learn's load_digits: 8x8 pixels, resampled to {block.size}x{block.size}",
        licence=LICENCE,
        extras={"labels": bundle.target[order].astype(np.int64)},
    )


def enlarge(small: np.ndarray, size: int) -> np.ndarray:
    """Resample (n, 8, 8) values of 0 to 16 to uint8 (n, size, size, 1) by cubic interpolation, inside a margin."""
    margin = round(size * MARGIN)
    inner = size - 2 * margin
    out = np.zeros((len(small), size, size, 1), np.uint8)
    for image, digit in zip(out, small.astype(np.float32), strict=True):
        smooth = Image.fromarray(digit).resize((inner, inner), Image.Resampling.BICUBIC)
        # A steeper slope than 255/16 about mid-grey gives strokes the sharp, saturated flanks of a scanned pen.
        ink = 0.5 + 1.6 * (np.asarray(smooth) / 16 - 0.5)
        image[margin : margin + inner, margin : margin + inner, 0] = np.clip(np.rint(255 * ink), 0, 255)
    return out
