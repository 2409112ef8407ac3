"""Whether an image has regions in which one tone prevails."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

OPPONENT = np.array([[1, 1, 1], [1, -1, 0], [1, 1, -2]]) / np.sqrt([[3], [2], [6]])
"""luminance, red against green, yellow against blue"""


def opponent_channels(images: np.ndarray) -> np.ndarray:
    """Luminance and two colour-opponent channels of (n, 3, height, width); one channel stays as it is."""
    return np.einsum("oc,nchw->nohw", OPPONENT, images) if images.shape[1] == 3 else np.asarray(images)


def tile_means(images: np.ndarray, side: int) -> np.ndarray:
    """Means over tiles of `side` pixels, (n, channels, rows of tiles, columns of tiles); a rest is cut off."""
    return _tiles(images, side).mean(axis=(3, 5))


def _tiles(images: np.ndarray, side: int) -> np.ndarray:
    rows, columns = images.shape[-2] // side, images.shape[-1] // side
    kept = images[..., : rows * side, : columns * side]
    return kept.reshape(*images.shape[:2], rows, side, columns, side)


def tone_regions(images: np.ndarray, side: int) -> np.ndarray:
    """Omega squared: the share of the tone's variance that lies between tiles, mean of luminance and colours.

    0 is expected for pixels without arrangement (unbiased up to order 1/n), 1 for tiles of one tone each.
    """
    tiles = _tiles(opponent_channels(np.asarray(images, dtype=np.float64)), side)
    groups, size = tiles.shape[2] * tiles.shape[4], side * side
    means = tiles.mean(axis=(3, 5), keepdims=True)
    within = ((tiles - means) ** 2).sum(axis=(2, 3, 4, 5))
    grand = tiles.mean(axis=(2, 3, 4, 5), keepdims=True)
    between = size * ((means - grand) ** 2).sum(axis=(2, 3, 4, 5))
    noise = within / (groups * (size - 1))
    omega = (between - (groups - 1) * noise) / (between + within + noise)
    return omega.mean(axis=1)


def largest_region(images: np.ndarray, quantile: float = 0.75) -> np.ndarray:
    """Largest connected region of the brightest pixels, as a share of all the brightest ones, per image.

    Brightest means above the `quantile` of the luminance; pixels that share a side are connected.
    """
    luminance = opponent_channels(np.asarray(images, dtype=np.float64))[:, 0]
    shares = np.empty(len(luminance))
    for number, picture in enumerate(luminance):
        bright = picture > np.quantile(picture, quantile)
        labels, _ = ndimage.label(bright)
        shares[number] = np.bincount(labels.ravel())[1:].max(initial=0) / max(bright.sum(), 1)
    return shares
