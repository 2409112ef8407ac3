"""Does a stack give its input back sooner if its later layers are wider, and if so, why?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import linear

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.inversion import Descent, distance, gradient, invert, start
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.width.dense import matrix, small_images, stack


class LateWidth(Part):
    """Descents from the output of dense stacks whose last layers are wider than the others."""

    seed: int = setting(73, ge=0, doc="seed of the random numbers")
    # the page's 29 pixels cost two hundred times as much; widths are in units of the inputs
    side: int = setting(8, smoke=4, ge=2, unit="pixels", doc="side of the images, of three colours")
    images: int = setting(4, smoke=2, ge=1, doc="images for each network; the networks are the replicates")
    networks: int = setting(10, smoke=2, ge=2, unit="networks", doc="random networks of each kind")
    layers: int = setting(4, ge=2, unit="layers", doc="layers of a stack")
    # 1.189 is 3000 / 2523, the page's wide network
    widths: list[float] = setting(
        [1.0, 1.189, 1.5, 2.0], smoke=[1.0, 1.189], min_length=2, doc="widths of the early layers, in units of the inputs"
    )
    relu_width: float = setting(3.0, gt=1, doc="the same for stacks with ReLU, wide enough to lose nothing")
    multiples: list[int] = setting([1, 2, 4], min_length=2, doc="widths of the late layers, in units of the early ones")
    # as in the author's script for dense networks, but for the last step, which is the page's
    iterations: int = setting(500, smoke=40, ge=1, unit="steps", doc="steps of a descent")
    weight: float = setting(0.35, gt=0, doc="what the sum of absolute differences is multiplied by")
    step: float = setting(0.1, gt=0, doc="size of the first step")
    last_step: float = setting(1e-4, gt=0, doc="size of the last step")
    # root mean square change of a pixel
    tuned_steps: list[float] = setting(
        [0.003, 0.01, 0.02, 0.04, 0.08], smoke=[0.01, 0.04], min_length=2, doc="first steps tried with normalised gradients"
    )
    swapped: float = setting(1.189, gt=1, doc="width of the stacks whose singular values are exchanged")
    many_iterations: int = setting(3000, smoke=60, ge=2, unit="steps", doc="steps where one ReLU layer is tried")
    relu_factors: list[float] = setting(
        [1.0, 1.189, 1.5, 2.0, 2.5, 3.0], smoke=[1.189, 3.0], min_length=2, doc="its widths, in units of the inputs"
    )
    long: int = setting(5000, smoke=80, ge=2, unit="steps", doc="steps of a long descent, against the usual number")
    shown_side: int = setting(20, smoke=6, ge=4, unit="pixels", doc="side of the images that a figure shows")

    def reads(self) -> Reads:
        return Reads(data=["photos"], memory_mb=700)


TUNING = 1000  # networks from this number on are used to choose steps and for nothing else
LAST_SHARE = 1e-3  # of a tuned first step, at the end


def measure(cfg: LateWidth, lab: Lab) -> Outcome:
    """Relative input distances after descents."""
    out = Outcome()
    images = small_images(lab.data["photos"].images, cfg.images, cfg.side)
    _late(out, cfg, images)
    _swap(out, cfg, images)
    _one_layer(out, cfg, images)
    _budget(out, cfg, images)
    _shown(out, cfg, lab.data["photos"].images)
    return out


def _seed(cfg: LateWidth, *path: int) -> int:
    return int(np.random.SeedSequence(cfg.seed, spawn_key=path).generate_state(1)[0])


def _published(cfg: LateWidth, iterations: int) -> Descent:
    return Descent(iterations, cfg.step, cfg.last_step, cfg.weight, blur=None)


def _widths(cfg: LateWidth, inputs: int, factor: float, multiple: int, late: int) -> list[int]:
    """Widths of a stack, its last `late` layers `multiple` times as wide."""
    base = round(factor * inputs)
    return [inputs] + [base] * (cfg.layers - late) + [multiple * base] * late


def _left(layer: Callable[[Tensor], Tensor], images: Tensor, seed: int, descent: Descent) -> tuple[float, Tensor]:
    """What is left of the distance to the images after a descent, a share (the mean over images), and what was found."""
    begin = start(images, torch.Generator().manual_seed(seed))
    found = invert(layer, images, begin, descent, record_every=descent.iterations).images
    return float((distance(found, images) / distance(begin, images)).mean()), found


def _tuned(cfg: LateWidth, layer: Callable[[Tensor], Tensor], images: Tensor, loss: str = "l1") -> Descent:
    """A descent with normalised gradients and the first step that does best for this network."""
    tried = [
        Descent(cfg.iterations, step, LAST_SHARE * step, blur=None, normalised=True, loss=loss)  # type: ignore[arg-type]
        for step in cfg.tuned_steps
    ]
    return min(tried, key=lambda descent: _left(layer, images, _seed(cfg, TUNING), descent)[0])


def _kinds(cfg: LateWidth) -> list[tuple[str, float, int]]:
    """Activation, width of the early layers and number of late layers."""
    kinds = [("linear", factor, 1) for factor in cfg.widths]
    return [*kinds, ("linear", cfg.swapped, 2), ("ReLU", cfg.relu_width, 1)]


def _late(out: Outcome, cfg: LateWidth, images: Tensor) -> None:
    """The published descent for late layers of several widths; and one with normalised gradients and tuned steps."""
    for activation, factor, late in progress(_kinds(cfg), "wider late layers"):
        for multiple in cfg.multiples:
            widths = _widths(cfg, images.shape[1], factor, multiple, late)
            where = {"activation": activation, "factor": factor, "late_layers": late, "multiple": multiple}
            normalised = late == 1 and activation == "linear"
            tuned = _tuned(cfg, _function(widths, _seed(cfg, TUNING, late), activation), images) if normalised else None
            for network in range(cfg.networks):
                function = _function(widths, _seed(cfg, network, late), activation)
                begun = _seed(cfg, network)
                out.add("late_distance", _left(function, images, begun, _published(cfg, cfg.iterations))[0], where, network)
                if tuned is not None:
                    out.add("late_distance_tuned", _left(function, images, begun, tuned)[0], where, network)
                    _first_gradient(out, function, images, begun, where, network)


def _function(widths: Sequence[int], seed: int, activation: str) -> Callable[[Tensor], Tensor]:
    network = stack(widths, seed, activation == "ReLU")
    return network if activation == "ReLU" else partial(linear, weight=matrix(network))


def _first_gradient(
    out: Outcome, function: Callable[[Tensor], Tensor], images: Tensor, seed: int, where: dict[str, object], network: int
) -> None:
    """Does the first gradient point to the image, and how long is it?"""
    begin = start(images, torch.Generator().manual_seed(seed))
    slope = gradient(function, function(images), begin)
    cosine = torch.nn.functional.cosine_similarity(slope, begin - images)
    out.add("gradient_cosine", cosine.mean(), where, network)
    out.add("gradient_length", slope.norm(dim=1).mean(), where, network)


def _swap(out: Outcome, cfg: LateWidth, images: Tensor) -> None:
    """Narrow and wide last layers, each with the singular values of either; normalised gradients and tuned steps."""
    for loss in ("l1", "l2"):
        tuned = {
            cell: _tuned(cfg, partial(linear, weight=weight), images, loss)
            for cell, weight in _cells(cfg, images.shape[1], TUNING).items()
        }
        for network in range(cfg.networks):
            for (width, spectrum), weight in _cells(cfg, images.shape[1], network).items():
                function = partial(linear, weight=weight)
                left, _ = _left(function, images, _seed(cfg, network), tuned[width, spectrum])
                out.add("swapped_distance", left, {"loss": loss, "width": width, "spectrum": spectrum}, network)
                if loss == "l1":
                    values = torch.linalg.svdvals(weight.double())
                    out.add("swapped_condition", values[0] / values[-1], {"width": width, "spectrum": spectrum}, network)


def _cells(cfg: LateWidth, inputs: int, network: int) -> dict[tuple[str, str], Tensor]:
    """Matrices by the width of their last layer and by whose singular values they have."""
    most = cfg.multiples[-1]
    parts = {}
    for name, multiple in (("narrow", 1), ("wide", most)):
        weights = matrix(stack(_widths(cfg, inputs, cfg.swapped, multiple, 1), _seed(cfg, network, 3)))
        parts[name] = torch.linalg.svd(weights.double(), full_matrices=False)
    return {
        (width, spectrum): ((parts[width].U * parts[spectrum].S) @ parts[width].Vh).float()
        for width in parts
        for spectrum in parts
    }


def _one_layer(out: Outcome, cfg: LateWidth, images: Tensor) -> None:
    """One layer with and without ReLU, by its width, after many steps."""
    for activation in ("linear", "ReLU"):
        for factor in cfg.relu_factors:
            widths = [images.shape[1], round(factor * images.shape[1])]
            for network in range(max(2, cfg.networks // 2)):
                function = _function(widths, _seed(cfg, network, 4), activation)
                left, _ = _left(function, images, _seed(cfg, network), _published(cfg, cfg.many_iterations))
                out.add("one_layer_distance", left, {"activation": activation, "factor": factor}, network)


def _budget(out: Outcome, cfg: LateWidth, images: Tensor) -> None:
    """The same descent with the usual number of steps and with many."""
    widths = _widths(cfg, images.shape[1], cfg.swapped, 1, 1)
    for network in range(cfg.networks):
        function = _function(widths, _seed(cfg, network, 1), "linear")
        for name, steps in (("usual", cfg.iterations), ("many", cfg.long)):
            left, _ = _left(function, images, _seed(cfg, network), _published(cfg, steps))
            out.add("budget_distance", left, {"layer": "dense stack", "steps": name}, network)


def _shown(out: Outcome, cfg: LateWidth, images: np.ndarray) -> None:
    """One image recovered from stacks with late layers of each width."""
    image = small_images(images, 2, cfg.shown_side)[:1]
    shape = (3, cfg.shown_side, cfg.shown_side)
    pictures = [image]
    for multiple in cfg.multiples:
        function = _function(_widths(cfg, image.shape[1], cfg.swapped, multiple, 1), _seed(cfg, 0, 5), "linear")
        left, found = _left(function, image, _seed(cfg, 0), _published(cfg, cfg.iterations))
        pictures.append(found)
        out.add("shown_distance", left, {"multiple": multiple})
    shown = torch.cat(pictures).reshape(-1, *shape).permute(0, 2, 3, 1).clamp(0, 1)
    out.picture("recovered", shown.numpy())
