"""Stacks of dense layers with PyTorch's initial weights, and images small enough for them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from soapbubble.models.initialise import seeded


def small_images(images: np.ndarray, count: int, side: int) -> Tensor:
    """`count` images (n, h, w, 3), uint8, spread over all of them, reduced: (count, 3 side²) in [0, 1]."""
    chosen = np.asarray(images[np.linspace(0, len(images) - 1, count).astype(int)])
    return adaptive_avg_pool2d(torch.from_numpy(chosen).permute(0, 3, 1, 2).float() / 255, side).flatten(1)


def stack(widths: Sequence[int], seed: int, relu: bool = False) -> nn.Sequential:
    """Dense layers from `widths[0]` inputs on, each followed by a ReLU if there are any; frozen."""
    with seeded(seed):
        layers: list[nn.Module] = []
        for inputs, outputs in zip(widths[:-1], widths[1:], strict=True):
            layers += [nn.Linear(inputs, outputs)] + [nn.ReLU()] * relu
    return nn.Sequential(*layers).requires_grad_(False)


def matrix(linear: nn.Sequential) -> Tensor:
    """The matrix (outputs, inputs) of a stack without ReLU; the biases move all outputs alike and drop out."""
    return reduce(lambda product, layer: layer.weight @ product, linear[1:], linear[0].weight)
