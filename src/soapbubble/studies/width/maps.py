"""Layers as plain functions and as matrices."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

Layer = Callable[[Tensor], Tensor]


def matrix_of(layer: Layer, shape: tuple[int, ...]) -> np.ndarray:
    """The matrix (outputs, inputs) of a linear map from tensors (n, *shape) to tensors, in double precision."""
    inputs = prod(shape)
    basis = torch.eye(inputs, dtype=torch.float64).reshape(inputs, *shape)
    return layer(basis).reshape(inputs, -1).T.numpy()


def nullity(matrix: np.ndarray) -> int:
    """Number of independent directions of the input that a matrix (outputs, inputs) maps to zero."""
    return matrix.shape[1] - int(np.linalg.matrix_rank(matrix))


def convolution(channels_in: int, channels_out: int, kernel: int, stride: int, random: torch.Generator) -> Layer:
    """A convolution without bias, padded by half a kernel, with the weights that torchvision's ResNets begin with."""
    weight = torch.empty(channels_out, channels_in, kernel, kernel, dtype=torch.float64)
    torch.nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu", generator=random)
    return lambda images: functional.conv2d(images, weight, stride=stride, padding=kernel // 2)
