"""What the parts that invert linear stacks share: images, the start of a descent, and the scale of widths."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from soapbubble.config.base import Block
from soapbubble.parts.declaration import setting
from soapbubble.stats.random_points import generator

PAGE_SIDE = 29  # pixels of an image of the page
PAGE_INPUTS = 3 * PAGE_SIDE**2


class Descent(Block):
    """The descent of the page's public script on linear stacks, with the page's smallest learning rate."""

    first_rate: float = setting(0.1, gt=0, doc="learning rate of the first step")
    last_rate: float = setting(1e-4, gt=0, doc="learning rate of the last step; between them it falls in a line")
    weight: float = setting(0.35, gt=0, doc="factor of the L1 distance in the loss")
    start_mean: float = setting(0.7, doc="mean of the start's values")
    start_sd: float = setting(0.05, ge=0, doc="standard deviation of the start's values")


def units(page_width: int, inputs: int) -> int:
    """The width that is to `inputs` what `page_width` is to the page's 2523 inputs."""
    return round(page_width * inputs / PAGE_INPUTS)


def shrunk(images: np.ndarray, side: int) -> np.ndarray:
    """Images (n, h, w, c) of bytes as numbers from 0 to 1, averaged down to `side` pixels, flattened (n, c * side²)."""
    pixels = torch.from_numpy(np.moveaxis(images, -1, 1) / 255.0)
    return functional.adaptive_avg_pool2d(pixels, side).reshape(len(images), -1).numpy()


def different_photographs(images: np.ndarray, count: int) -> np.ndarray:
    """`count` of the images (n, ...), as far apart in their order as can be, some of them again if there are fewer."""
    step = max(1, len(images) // count)
    return images[np.arange(count) * step % len(images)]


def start(settings: Descent, inputs: int, seed: int, *path: int) -> np.ndarray:
    """The input (inputs,) from which a descent sets out."""
    return generator(seed, *path).normal(settings.start_mean, settings.start_sd, inputs)
