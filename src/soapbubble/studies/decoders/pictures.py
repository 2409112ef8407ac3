"""Pictures of a dataset as a network takes them."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from soapbubble.data.dataset import Dataset


def pictures(dataset: Dataset, count: int, side: int) -> torch.Tensor:
    """`count` pictures spread evenly over `dataset`, as floats in [-1, 1] of shape (count, channels, side, side)."""
    chosen = np.linspace(0, len(dataset.images) - 1, count).round().astype(int)
    tensor = torch.from_numpy(dataset.images[chosen]).permute(0, 3, 1, 2).float() / 127.5 - 1
    return _resized(tensor, side)


def _resized(tensor: torch.Tensor, side: int) -> torch.Tensor:
    if tensor.shape[-1] == side:
        return tensor
    return functional.interpolate(tensor, size=(side, side), mode="bilinear", antialias=True, align_corners=False)


def grey(images: np.ndarray, side: int) -> torch.Tensor:
    """Grey pictures (n, h, w, 1) of bytes as floats in [0, 1] of shape (n, 1, side, side)."""
    tensor = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float() / 255
    return _resized(tensor, side)


def as_bytes(pictures: np.ndarray) -> np.ndarray:
    """Pictures (..., c, h, w) of any scale as uint8 (..., h, w, c), stretched from its 1st to its 99th percentile."""
    low, high = np.percentile(pictures, (1, 99), axis=(-3, -2, -1), keepdims=True)
    stretched = np.clip((pictures - low) / np.maximum(high - low, 1e-12), 0, 1)
    return np.moveaxis((255 * stretched).round().astype(np.uint8), -3, -1)
