"""Which image has this output? Layers of networks inverted by gradient descent on the pixels.

The procedure is that of the page "Input Representations and Depth" and of its author's script: from noise, down the
gradient of the L1 distance between the layer's outputs, with a Gaussian blur of the image after each step. Images are
(n, channels, height, width) with values from 0 to 1; every image of a batch has a loss of its own, so that it comes
out as if it had been alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch.nn import functional

Optimiser = Literal["descent", "adam", "lbfgs"]
Loss = Literal["l1", "l2"]

START_MEAN, START_SD = 0.7, 1 / 20
PAGE_SHIFT, SCRIPT_SHIFT = 1 / 25, 1 / 18  # standard deviations of a' - a in the page's text and in its author's script
LBFGS_MEMORY = 20

Function = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Descent:
    """How to descend; the defaults are those of the author's script.

    Attributes:
        iterations: evaluations of the gradient.
        step: size of the first step; it multiplies the gradient of `weight` times the loss.
        last_step: size of the last one, to which the step falls linearly; None for a fixed step.
        weight: what the loss is multiplied by.
        blur: standard deviation, in pixels, of the Gaussian blur after the first and after the last step, between
            which it falls linearly; None for no blur.
        normalised: divide each image's gradient by its root mean square, so that a step is in units of pixel values
            and `weight` drops out.
        loss: `l1`, the sum of absolute differences, or `l2`, half the sum of their squares.
        optimiser: `descent` with the steps above; `adam`, whose learning rate they are; or `lbfgs` with a strong Wolfe
            line search, which chooses its steps itself. Each has `iterations` evaluations of the gradient.
    """

    iterations: int = 500
    step: float = 0.1
    last_step: float | None = None
    weight: float = 0.15
    blur: tuple[float, float] | None = (2.4, 0.4)
    normalised: bool = False
    loss: Loss = "l1"
    optimiser: Optimiser = "descent"


@dataclass(frozen=True)
class Inversion:
    """What came out.

    Attributes:
        images: (n, channels, height, width), the images found (a_g).
        steps: (records,), the numbers of the recorded steps, 0 for the start; the last is the end.
        output_distance: (records, n), L2 distance of outputs (m_g).
        input_distance: (records, n), L2 distance of images (m_i).
    """

    images: torch.Tensor
    steps: np.ndarray
    output_distance: np.ndarray
    input_distance: np.ndarray


def start(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Noise to start from, N(0.7, 1/20) in every pixel, for as many images."""
    noise = torch.randn(images.shape, generator=generator, dtype=images.dtype)
    return START_MEAN + START_SD * noise


def shifted(images: torch.Tensor, sd: float, generator: torch.Generator) -> torch.Tensor:
    """The reference images a': noise of standard deviation `sd` added to every pixel."""
    return images + sd * torch.randn(images.shape, generator=generator, dtype=images.dtype)


def distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """L2 distance (n,) between the rows of `a` and of `b`, both (n, ...)."""
    return torch.linalg.vector_norm((a - b).flatten(1), dim=1)


@torch.no_grad()
def output_distance(layer: Function, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """L2 distance (n,) between the outputs for the images `a` and for `b`: m_g, and with shifted images m_r."""
    return distance(layer(a), layer(b))


def reference_distance(
    layer: Function, images: torch.Tensor, sd: float, draws: int, generator: torch.Generator
) -> torch.Tensor:
    """m_r (n,): L2 distance of the outputs for images and shifted images, the mean over `draws` shifts."""
    with torch.no_grad():
        target = layer(images)
        drawn = [distance(layer(shifted(images, sd, generator)), target) for _ in range(draws)]
    return torch.stack(drawn).mean(dim=0)


def blurred(images: torch.Tensor, sd: float) -> torch.Tensor:
    """The images under a Gaussian of 3 x 3 pixels with standard deviation `sd`, mirrored at the border."""
    side = torch.exp(torch.tensor(-0.5 / sd**2, dtype=images.dtype))
    middle, side = 1 / (1 + 2 * side), side / (1 + 2 * side)
    padded = functional.pad(images, (1, 1, 0, 0), mode="reflect")
    images = middle * images + side * (padded[..., :-2] + padded[..., 2:])
    padded = functional.pad(images, (0, 0, 1, 1), mode="reflect")
    return middle * images + side * (padded[..., :-2, :] + padded[..., 2:, :])


def invert(
    layer: Function, images: torch.Tensor, begin: torch.Tensor, descent: Descent, record_every: int = 10
) -> Inversion:
    """Find images with the outputs that `layer` has for `images`, starting from `begin`.

    Args:
        layer: images to outputs (n, ...), each row by itself; its parameters need no gradient (`layers.up_to`).
        images: the images whose outputs are the targets.
        begin: where to start, of the same shape.
        descent: how.
        record_every: steps between two records of the distances; the first and the last are always recorded.
    """
    with torch.no_grad():
        target = layer(images)
    if descent.optimiser == "lbfgs":
        return _by_lbfgs(layer, images, target, begin, descent)
    return _by_steps(layer, images, target, begin, descent, record_every)


def gradient(layer: Function, target: torch.Tensor, found: torch.Tensor, loss: Loss = "l1") -> torch.Tensor:
    """The gradient of the loss at the images `found` (n, ...)."""
    return _gradient(layer, target, found, loss)[0]


def _gradient(
    layer: Function, target: torch.Tensor, found: torch.Tensor, loss: Loss
) -> tuple[torch.Tensor, torch.Tensor]:
    """The gradient, and the L2 distance of the outputs (n,)."""
    found = found.detach().requires_grad_()
    difference = layer(found) - target
    (slope,) = torch.autograd.grad(_loss(difference, loss), found)
    return slope, torch.linalg.vector_norm(difference.detach().flatten(1), dim=1)


def _loss(difference: torch.Tensor, loss: Loss) -> torch.Tensor:
    return difference.abs().sum() if loss == "l1" else difference.square().sum() / 2


def _between(first: float, last: float, step: int, steps: int) -> float:
    return first + (last - first) * step / max(steps - 1, 1)


def _by_steps(
    layer: Function,
    images: torch.Tensor,
    target: torch.Tensor,
    begin: torch.Tensor,
    descent: Descent,
    record_every: int,
) -> Inversion:
    found = begin.clone()
    adam = torch.optim.Adam([found]) if descent.optimiser == "adam" else None
    records = []
    for number in range(descent.iterations):
        slope, output = _gradient(layer, target, found, descent.loss)
        if number % record_every == 0:
            records.append((number, output, distance(found, images)))
        last_step = descent.step if descent.last_step is None else descent.last_step
        step = _between(descent.step, last_step, number, descent.iterations)
        if adam is not None:
            adam.param_groups[0]["lr"] = step
            found.grad = slope
            adam.step()
        else:
            found = found - step * _scaled(slope, descent)
        if descent.blur is not None:
            found.copy_(blurred(found, _between(*descent.blur, number, descent.iterations)))
    records.append((descent.iterations, output_distance(layer, found, images), distance(found, images)))
    return _inversion(found, records)


def _scaled(slope: torch.Tensor, descent: Descent) -> torch.Tensor:
    if not descent.normalised:
        return descent.weight * slope
    size = slope.square().mean(dim=tuple(range(1, slope.ndim)), keepdim=True).sqrt()
    return slope / size.clamp_min(torch.finfo(slope.dtype).tiny)


def _by_lbfgs(
    layer: Function, images: torch.Tensor, target: torch.Tensor, begin: torch.Tensor, descent: Descent
) -> Inversion:
    """One image after the other, since the line search of a batch would tie its images together."""
    found = torch.cat([_lbfgs(layer, target[k : k + 1], begin[k : k + 1], descent) for k in range(len(images))])
    ends = [(0, begin), (descent.iterations, found)]
    return _inversion(found, [(step, output_distance(layer, at, images), distance(at, images)) for step, at in ends])


def _lbfgs(layer: Function, target: torch.Tensor, begin: torch.Tensor, descent: Descent) -> torch.Tensor:
    found = begin.clone()
    optimiser = torch.optim.LBFGS(
        [found],
        max_iter=descent.iterations,
        max_eval=descent.iterations,
        history_size=LBFGS_MEMORY,
        tolerance_grad=0,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )

    def evaluate() -> torch.Tensor:
        current = found.detach().requires_grad_()
        value = descent.weight * _loss(layer(current) - target, descent.loss)
        (slope,) = torch.autograd.grad(value, current)
        found.grad = slope.contiguous()  # L-BFGS reads gradients as flat vectors
        return value.detach()

    optimiser.step(evaluate)
    return found


def _inversion(found: torch.Tensor, records: list[tuple[int, torch.Tensor, torch.Tensor]]) -> Inversion:
    steps, outputs, inputs = zip(*records, strict=True)
    return Inversion(found, np.array(steps), torch.stack(outputs).numpy(), torch.stack(inputs).numpy())
