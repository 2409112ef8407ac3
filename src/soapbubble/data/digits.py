"""Handwritten digits that come with scikit-learn, enlarged to the look of MNIST."""

from __future__ import annotations

import numpy as np
from PIL import Image

from soapbubble.config.data import Digits
from soapbubble.data.dataset import Made
from soapbubble.data.split import split

LICENCE = "CC BY 4.0 (UCI, Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, 1998)"


def build(block: Digits) -> Made:
    """The 1797 digits of scikit-learn's test set, 8x8 with 17 levels, as uint8 images with their labels.

    Extras: `labels` (n,) int64.
    """
    from sklearn.datasets import load_digits

    bundle = load_digits()
    order, train = split(len(bundle.images), block.count, block.test_share, block.seed, classes=bundle.target)
    assert block.size is not None  # the configuration asks for it
    images = enlarge(bundle.images[order], block.size)
    return Made(
        shape=(len(order), block.size, block.size, 1),
        chunks=[images],
        train=train,
        source=f"scikit-learn's load_digits: 8x8 pixels, resampled to {block.size}x{block.size}",
        licence=LICENCE,
        extras={"labels": bundle.target[order].astype(np.int64)},
    )


def enlarge(small: np.ndarray, size: int) -> np.ndarray:
    """Resample (n, 8, 8) values of 0 to 16 to uint8 (n, size, size, 1) by cubic interpolation.

    A black cell is added on every side: the strokes touch the border otherwise, where MNIST's never do.
    """
    framed = np.pad(small.astype(np.float32) / 16, ((0, 0), (1, 1), (1, 1)))
    larger = [Image.fromarray(digit).resize((size, size), Image.Resampling.BICUBIC) for digit in framed]
    smooth = np.stack([np.asarray(digit) for digit in larger])
    # A steeper slope about the edge of a stroke makes it as sharp and as thin as a scanned pen's.
    ink = np.clip(0.5 + 1.8 * (smooth - 0.6), 0, 1)
    return np.rint(255 * ink).astype(np.uint8)[..., None]
