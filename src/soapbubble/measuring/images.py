"""Stored images, bytes with the colours last, as networks take them."""

from __future__ import annotations

import numpy as np
import torch


def as_tensor(stored: np.ndarray) -> torch.Tensor:
    """Images uint8 (n, height, width, c) as float32 (n, c, height, width) in [0, 1], colours last in memory."""
    return torch.from_numpy(np.array(stored)).permute(0, 3, 1, 2).float().div_(255)


def as_images(stored: np.ndarray) -> np.ndarray:
    """The same as an array."""
    return as_tensor(stored).numpy()
