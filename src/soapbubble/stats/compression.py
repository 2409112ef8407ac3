"""How far an image can be compressed without loss, whatever its brightness and contrast."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from scipy.special import ndtri

SIGMAS = 3.0
"""the 8-bit range spans that many standard deviations on each side of the mean"""


def rank_gaussianise(images: np.ndarray) -> np.ndarray:
    """Replace the values of every channel by the normal quantiles of their ranks, (n, channels, height, width).

    All images then have the same histogram, so that compression sees their arrangement only.
    """
    flat = np.asarray(images).reshape(*images.shape[:2], -1)
    ranks = flat.argsort(axis=-1).argsort(axis=-1)
    return ndtri((ranks + 0.5) / flat.shape[-1]).reshape(images.shape)


def to_bytes(gaussian: np.ndarray) -> np.ndarray:
    """Standard normal values as 8-bit pixels."""
    return np.clip(np.rint((gaussian / SIGMAS + 1) * 127.5), 0, 255).astype(np.uint8)


def png_share(images: np.ndarray) -> np.ndarray:
    """Bytes of a PNG file over bytes of the raw pixels, for each image with 1 or 3 channels, after Gaussianisation.

    PNG first predicts each pixel from its neighbours, row by row with the best of five filters, and then deflates.
    """
    shares = np.empty(len(images))
    for number, pixels in enumerate(to_bytes(rank_gaussianise(images))):
        picture = pixels[0] if len(pixels) == 1 else np.moveaxis(pixels, 0, -1)
        file = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(picture)).save(file, format="PNG", compress_level=9)
        shares[number] = file.tell() / pixels.size
    return shares
