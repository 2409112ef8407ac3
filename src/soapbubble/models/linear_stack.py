"""Stacks of linear layers as matrices: how their weights are drawn, and the one matrix that a stack amounts to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn import init


def _kaiming_uniform_default(weight: Tensor, generator: torch.Generator) -> Tensor:
    return init.kaiming_uniform_(weight, a=5**0.5, generator=generator)


def _near_identity(weight: Tensor, generator: torch.Generator) -> Tensor:
    init.normal_(weight, std=0.1 / weight.shape[1] ** 0.5, generator=generator)
    return weight.add_(torch.eye(*weight.shape, dtype=weight.dtype))


def _sparse(weight: Tensor, generator: torch.Generator) -> Tensor:
    """As init.sparse_ with half of each column zero; that one chooses the places without the generator."""
    init.normal_(weight, generator=generator)
    rows = len(weight)
    for column in range(weight.shape[1]):
        weight[torch.randperm(rows, generator=generator)[: rows // 2], column] = 0
    return weight


# What the libraries offer for a matrix, by the name that torch.nn.init gives it; "default" is that of torch.nn.Linear.
SCHEMES: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "default": _kaiming_uniform_default,
    "kaiming_normal": lambda weight, generator: init.kaiming_normal_(weight, generator=generator),
    "xavier_uniform": lambda weight, generator: init.xavier_uniform_(weight, generator=generator),
    "xavier_normal": lambda weight, generator: init.xavier_normal_(weight, generator=generator),
    "normal": lambda weight, generator: init.normal_(weight, std=0.02, generator=generator),
    "trunc_normal": lambda weight, generator: init.trunc_normal_(weight, std=0.02, generator=generator),
    "sparse": _sparse,
    "orthogonal": lambda weight, generator: init.orthogonal_(weight, generator=generator),
    "identity plus noise": _near_identity,
}


def draw_layers(
    widths: Sequence[int], seed: int, scheme: str = "default", dtype: torch.dtype = torch.float64
) -> list[np.ndarray]:
    """The weights (outputs, inputs) of a stack; `widths` begins with the number of inputs."""
    generator = torch.Generator().manual_seed(seed)
    return [
        SCHEMES[scheme](torch.empty(outputs, inputs, dtype=dtype), generator).numpy()
        for inputs, outputs in pairwise(widths)
    ]


def draw_biases(widths: Sequence[int], seed: int) -> list[np.ndarray]:
    """The biases that torch.nn.Linear draws for such a stack: uniform within 1 / sqrt(inputs) of 0."""
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.empty(outputs, dtype=torch.float64).uniform_(-(inputs**-0.5), inputs**-0.5, generator=generator).numpy()
        for inputs, outputs in pairwise(widths)
    ]


def product(layers: Sequence[np.ndarray]) -> np.ndarray:
    """The matrix (outputs of the last layer, inputs of the first) that layers without biases amount to."""
    return reduce(lambda below, layer: layer @ below, layers)
