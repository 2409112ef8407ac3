"""The shortest training loop: what the studies of untrained networks train is small and trained briefly."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import nn


def fit(network: nn.Module, loss: Callable[[int], torch.Tensor], steps: Iterable[int], rate: float) -> list[float]:
    """Train `network` in place with Adam (Kingma and Ba 2015) on `loss(step)`; return the loss before each step."""
    optimiser = torch.optim.Adam(network.parameters(), lr=rate, fused=True)
    losses = []
    for step in steps:
        optimiser.zero_grad()
        value = loss(step)
        value.backward()
        optimiser.step()
        losses.append(value.item())
    return losses


def batches(count: int, size: int, steps: int, seed: int) -> torch.Tensor:
    """Row numbers (steps, size) below `count`, drawn with replacement from `seed`."""
    return torch.randint(count, (steps, size), generator=torch.Generator().manual_seed(seed))
