"""Null models: data that keep one property and lose the others, against which structure is judged.

Images are (n, channels, height, width) or (n, height, width); the channels of an image stay together. Latents are
(n, d), flattened from `shape` (channels, rows, columns).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri


def pixel_permuted(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The pixels of each image in random places: same colours, no arrangement."""
    flat = images.reshape(*images.shape[:-2], -1)
    order = rng.random((len(images), *_one_channel(images), flat.shape[-1])).argsort(axis=-1)
    return np.take_along_axis(flat, order, axis=-1).reshape(images.shape)


def phase_randomised(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Random phases (Prichard and Theiler 1994): the spectrum of each image, its colours' covariance, nothing else.

    The same phases are added to all channels of an image, so that their relation stays.
    """
    noise = np.fft.fft2(rng.standard_normal((len(images), *_one_channel(images), *images.shape[-2:])))
    turned = np.fft.fft2(images) * np.exp(1j * np.angle(noise))
    # The mean has no phase to randomise.
    turned[..., 0, 0] = np.fft.fft2(images)[..., 0, 0]
    return np.fft.ifft2(turned).real


def gaussian_fields(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Stationary Gaussian fields with the mean power spectrum of `images`, as many as there are images."""
    fields = images - images.mean(axis=(-2, -1), keepdims=True)
    amplitude = np.sqrt((np.abs(np.fft.fft2(fields)) ** 2).mean(axis=0) / (images.shape[-2] * images.shape[-1]))
    return np.fft.ifft2(np.fft.fft2(rng.standard_normal(images.shape)) * amplitude).real


def tiles_shuffled(images: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Each `side` x `side` tile of images (n, ..., height, width) from the same place of another image.

    The mean of every place and the inside of a tile stay; what ties the tiles of one image together goes.
    """
    mixed = images.copy()
    height, width = images.shape[-2:]
    for top in range(0, height, side):
        for left in range(0, width, side):
            tile = np.s_[..., top : top + side, left : left + side]
            mixed[tile] = images[tile][rng.permutation(len(images))]
    return mixed


def axis_shuffled(latents: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each axis from another row: every axis keeps its marginal distribution, all dependence between axes goes."""
    return rng.permuted(latents, axis=0)


def gaussian_matched(latents: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As many points of a Gaussian cloud, with exactly the mean and the covariance of `latents` (n, d).

    The draw itself is whitened first, so that no chance difference of the covariances is left between the two clouds.
    """
    n, d = latents.shape
    values, axes = np.linalg.eigh(np.cov(latents, rowvar=False, dtype=np.float64, bias=True))
    rank = min(d, n - 1)
    noise = rng.standard_normal((n, rank))
    whitened = np.linalg.qr(noise - noise.mean(axis=0))[0] * np.sqrt(n)
    drawn = (whitened * np.sqrt(np.maximum(values[-rank:], 0))) @ axes[:, -rank:].T + latents.mean(axis=0)
    return drawn.astype(latents.dtype)


def gaussian_copula(latents: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each axis keeps its values, and the axes the correlations of their normal scores; all other dependence goes."""
    ranks = latents.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    scores = ndtri((ranks + 0.5) / len(latents))
    drawn = gaussian_matched(scores, rng).argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    return np.take_along_axis(np.sort(latents, axis=0), drawn, axis=0)


def cell_shuffled(latents: np.ndarray, shape: tuple[int, int, int], rng: np.random.Generator) -> np.ndarray:
    """All channels of a cell from another row: each cell keeps its distribution, dependence between cells goes."""
    channels, rows, columns = shape
    cells = latents.reshape(len(latents), channels, rows * columns)
    mixed = np.empty_like(cells)
    for cell in range(rows * columns):
        mixed[:, :, cell] = cells[rng.permutation(len(cells)), :, cell]
    return mixed.reshape(latents.shape)


def channel_shuffled(latents: np.ndarray, shape: tuple[int, int, int], rng: np.random.Generator) -> np.ndarray:
    """Each channel's whole map from another row: a channel keeps its distribution, dependence between channels goes."""
    maps = latents.reshape(len(latents), shape[0], -1)
    mixed = [maps[rng.permutation(len(maps)), channel] for channel in range(shape[0])]
    return np.stack(mixed, axis=1).reshape(latents.shape)


def _one_channel(images: np.ndarray) -> tuple[int, ...]:
    return (1,) if images.ndim == 4 else ()
