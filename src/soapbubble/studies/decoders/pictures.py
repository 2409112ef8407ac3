"""Pictures of a dataset as a network takes them."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from soapbubble.data.dataset import Dataset


def pictures(dataset: Dataset, count: int, side: int, seed: int) -> torch.Tensor:
    """`count` pictures as floats in [-1, 1] of shape (count, channels, side, side).

    The seed draws one from each of `count` equal parts of the dataset, so that replicates see pictures of their own
    which are spread evenly all the same.
    """
    places = (np.arange(count) + np.random.default_rng(seed).random(count)) / count
    chosen = (places * len(dataset.images)).astype(int)
    tensor = torch.from_numpy(dataset.images[chosen]).permute(0, 3, 1, 2).float() / 127.5 - 1
    return _resized(tensor, side)


def _resized(tensor: torch.Tensor, side: int) -> torch.Tensor:
    if tensor.shape[-1] == side:
        return tensor
    return functional.interpolate(tensor, size=(side, side), mode="bilinear", antialias=True, align_corners=False)


def spread(total: int, count: int) -> np.ndarray:
    """`count` indices below `total`, evenly spaced from the first to the last."""
    return np.linspace(0, total - 1, count).round().astype(int)


def grey(images: np.ndarray, side: int) -> torch.Tensor:
    """Grey pictures (n, h, w, 1) of bytes as floats in [0, 1] of shape (n, 1, side, side)."""
    tensor = torch.from_numpy(np.array(images)).permute(0, 3, 1, 2).float() / 255
    return _resized(tensor, side)


LEVELS = 17


def as_bytes(pictures: np.ndarray) -> np.ndarray:
    """Pictures (..., c, h, w) of any scale as uint8 (..., h, w, c), stretched from their 1st to their 99th percentile.

    For figures: each channel has 17 levels, which the eye does not see at that size; noise then fits a small file.
    """
    low, high = np.percentile(pictures, (1, 99), axis=(-3, -2, -1), keepdims=True)
    stretched = np.clip((pictures - low) / np.maximum(high - low, 1e-12), 0, 1)
    levels = ((LEVELS - 1) * stretched).round() * (255 / (LEVELS - 1))
    return np.moveaxis(levels.round().astype(np.uint8), -3, -1)
