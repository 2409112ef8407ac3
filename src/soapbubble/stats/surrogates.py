"""Images that keep one property of an image and lose the others: what structure is judged against.

Images are (n, channels, height, width) or (n, height, width); the channels of an image stay together.
"""

from __future__ import annotations

import numpy as np


def pixel_permuted(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shuffle the places of the pixels of each image: same colours, no arrangement."""
    flat = images.reshape(*images.shape[:-2], -1)
    order = rng.random((len(images), *_one_channel(images), flat.shape[-1])).argsort(axis=-1)
    return np.take_along_axis(flat, order, axis=-1).reshape(images.shape)


def phase_randomised(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give every wave of each image a random phase: same spectrum (and colours' covariance), nothing beyond it.

    The same phases are added to all channels of an image, so that their relation stays (Prichard and
    Theiler 1994).
    """
    noise = np.fft.fft2(rng.standard_normal((len(images), *_one_channel(images), *images.shape[-2:])))
    turned = np.fft.fft2(images) * np.exp(1j * np.angle(noise))
    # The mean has no phase to randomise.
    turned[..., 0, 0] = np.fft.fft2(images)[..., 0, 0]
    return np.fft.ifft2(turned).real


def _one_channel(images: np.ndarray) -> tuple[int, ...]:
    return (1,) if images.ndim == 4 else ()
