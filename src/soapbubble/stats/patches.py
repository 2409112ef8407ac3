"""How many directions the small patches of an image use."""

from __future__ import annotations

import numpy as np

from soapbubble.stats.autocorrelation import centred


def patch_dimension(images: np.ndarray, side: int = 7) -> np.ndarray:
    """Participation ratio of the covariance of all `side` x `side` patches, per image, as a share of side^2.

    (sum of eigenvalues)^2 / sum of squared eigenvalues: near 1 for white noise, 1 / side^2 for flat patches.
    Images are (n, channels, height, width); patches of all channels are pooled, without the channels' means.
    """
    ratios = np.empty(len(images))
    for number, image in enumerate(centred(images)):
        windows = np.lib.stride_tricks.sliding_window_view(image, (side, side), axis=(-2, -1))
        patches = windows.reshape(-1, side * side)
        covariance = np.cov(patches, rowvar=False)
        ratios[number] = np.trace(covariance) ** 2 / (covariance**2).sum() / side**2
    return ratios
