"""What a layer does to small changes of an image: the spectrum of its Jacobian, and what it cannot see.

The layer is a function of one image (1, channels, height, width). Its Jacobian J has as many rows as the layer has
outputs and as many columns as the image has values. It is applied, never stored, except by `dense`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

Function = Callable[[torch.Tensor], torch.Tensor]

CHUNK = 256  # directions that are pushed through a layer at a time


@dataclass(frozen=True)
class Jacobian:
    """The Jacobian of `function` at the image `point` (1, ...)."""

    function: Function
    point: torch.Tensor

    def times(self, directions: torch.Tensor) -> torch.Tensor:
        """J v for each row v of `directions` (k, inputs): (k, outputs)."""

        def push(direction: torch.Tensor) -> torch.Tensor:
            return torch.func.jvp(self.function, (self.point,), (direction.view_as(self.point),))[1].flatten()

        return torch.func.vmap(push, chunk_size=CHUNK)(directions).detach()

    def transposed_times(self, directions: torch.Tensor) -> torch.Tensor:
        """J^T u for each row u of `directions` (k, outputs): (k, inputs)."""
        output, pull = torch.func.vjp(self.function, self.point)  # type: ignore[misc]

        def back(direction: torch.Tensor) -> torch.Tensor:
            return pull(direction.view_as(output))[0].flatten()

        return torch.func.vmap(back, chunk_size=CHUNK)(directions).detach()

    def shape(self) -> tuple[int, int]:
        """Outputs and inputs."""
        with torch.no_grad():
            return self.function(self.point).numel(), self.point.numel()

    def dense(self) -> torch.Tensor:
        """The matrix (outputs, inputs), row by row or column by column, whichever are fewer."""
        outputs, inputs = self.shape()
        if outputs < inputs:
            return self.transposed_times(torch.eye(outputs, dtype=self.point.dtype))
        return self.times(torch.eye(inputs, dtype=self.point.dtype)).T


@dataclass(frozen=True)
class Shares:
    """How the square of a change of an image is divided among directions; the three add up to 1."""

    strong: float
    weak: float
    null: float


def shares(change: torch.Tensor, spectrum: tuple[torch.Tensor, torch.Tensor], weak: float, null: float) -> Shares:
    """How much of `change` (inputs,) a linear map sees well, hardly, and not at all.

    `spectrum` is its singular values, the largest first, and its right singular vectors (k, inputs). A direction is
    null where the singular value is at most `null` times the largest, or where there is none; weak up to `weak` times
    the largest; strong above.
    """
    values, right = spectrum
    power = (right @ change).square() / change.square().sum()
    strong = float(power[values > weak * values[0]].sum())
    seen = float(power[values > null * values[0]].sum())
    return Shares(strong, seen - strong, max(1 - seen, 0.0))
