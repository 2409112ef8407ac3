"""The error left after descent from a ResNet's stages: lost exactly, hardly seen, or not yet removed?"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.inversion import Descent, distance, invert, start
from soapbubble.measuring.jacobian import Function, Jacobian, shares
from soapbubble.measuring.layers import up_to
from soapbubble.models.initialise import seeded
from soapbubble.models.vision import untrained_resnet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.jacobian_rank import TOLERANCE
from soapbubble.studies.width.inversion import different_photographs, shrunk


class ErrorShares(Part):
    """The error after descent, divided among directions that a stage loses, hardly sees, and sees."""

    seed: int = setting(75, ge=0, doc="seed of the random numbers")
    # a Jacobian in double precision has as many columns as the image has values
    side: int = setting(12, smoke=4, ge=4, unit="pixels", doc="side of the images")
    network: Literal["resnet18", "resnet50", "resnet152"] = setting(
        "resnet50", smoke="resnet18", doc="the ResNet, untrained"
    )
    networks: int = setting(5, smoke=2, ge=2, unit="networks", doc="networks of it, each with its photograph")
    stages: dict[str, str] = setting(
        {"Conv1": "maxpool", "Conv2": "layer1", "Conv5": "layer4"}, doc="stages of a ResNet and where they end"
    )
    # the author's script, but without blur
    iterations: int = setting(500, smoke=3, ge=1, unit="steps", doc="steps of a descent")
    solver_iterations: int = setting(200, smoke=3, ge=1, unit="steps", doc="gradients that L-BFGS is given")
    long: int = setting(5000, smoke=6, ge=2, unit="steps", doc="steps of a long descent from Conv1")
    step: float = setting(0.1, gt=0, doc="size of a step")
    weight: float = setting(0.15, gt=0, doc="what the sum of absolute differences is multiplied by")
    # a descent needs thousands of steps for what lies below
    weak: float = setting(1e-2, gt=0, lt=1, doc="singular values below this share of the largest are weak")

    def reads(self) -> Reads:
        return Reads(data=["photos"], models=["resnet-natural"], memory_mb=2500)


LAST_SHARE = 1e-3  # of the first step, at the end of a falling one
FALLING = "falling step"  # the descent of which also the controls and the small ResNets are asked
DENSE_CONTROLS = ("half as many outputs", "badly conditioned")
WORST = 1e-4  # smallest singular value of the badly conditioned control; the largest is 1


def measure(cfg: ErrorShares, lab: Lab) -> Outcome:
    """Shares of the squared error, by stage and solver."""
    out = Outcome()
    trained = lab.networks["resnet-natural"]
    count = max(cfg.networks, len(trained.replicates))
    pictures = shrunk(different_photographs(lab.data["photos"].images, count), cfg.side)
    images = torch.from_numpy(pictures).reshape(-1, 1, 3, cfg.side, cfg.side)
    for replicate in progress(range(cfg.networks), "shares of the error after descent"):
        image = images[replicate]
        begin = start(image, torch.Generator().manual_seed(cfg.seed + replicate))
        with seeded(cfg.seed + replicate):
            network = untrained_resnet(cfg.network)
        for stage, layer in _stages(network, cfg.stages, image):
            where = {"network": "ResNet", "weights": "untrained", "stage": stage}
            _divide(out, cfg, layer, image, begin, where, replicate)
            if stage == "Conv1":
                _budget(out, cfg, layer.single, image.float(), begin.float(), replicate)
        _controls(out, cfg, image, begin, replicate)
    for replicate in trained.replicates:
        image = images[replicate]
        begin = start(image, torch.Generator().manual_seed(cfg.seed + replicate))
        for weights, small in (("trained", trained.network(replicate)), ("untrained", trained.untrained(replicate))):
            for stage, layer in _stages(small, {"Conv5": small.stages["Conv5"]}, image):
                where = {"network": "small ResNet-18", "weights": weights, "stage": stage}
                _divide(out, cfg, layer, image, begin, where, replicate)
    return out


class Precisions(NamedTuple):
    """One function in two precisions: double for Jacobians, whose small singular values count; single for descents."""

    double: Function
    single: Function


def _stages(network: nn.Module, stages: dict[str, str], image: Tensor) -> Iterator[tuple[str, Precisions]]:
    """The stages of a network in evaluation mode."""
    double, single = deepcopy(network).double(), network.float()
    for stage, name in stages.items():
        yield stage, Precisions(up_to(double, name, image), up_to(single, name, image.float()))


def _descents(cfg: ErrorShares) -> dict[str, Descent]:
    return {
        "fixed step": Descent(cfg.iterations, cfg.step, None, cfg.weight, blur=None),
        FALLING: Descent(cfg.iterations, cfg.step, LAST_SHARE * cfg.step, cfg.weight, blur=None),
        "L-BFGS": Descent(cfg.solver_iterations, blur=None, weight=1, loss="l2", optimiser="lbfgs"),
    }


def _divide(
    out: Outcome,
    cfg: ErrorShares,
    layer: Precisions,
    image: Tensor,
    begin: Tensor,
    where: dict[str, str],
    replicate: int,
) -> None:
    """The rank at the image, and how the squared error is divided before and after each descent."""
    _, values, right = torch.linalg.svd(Jacobian(layer.double, image).dense(), full_matrices=False)
    rank = int((values > TOLERANCE * values[0]).sum())
    out.add("stage_rank", rank / image.numel(), where, replicate, n=image.numel())
    errors = {"start": begin - image}
    descents = _descents(cfg)
    for name in descents if where["network"] == "ResNet" else (FALLING,):
        descent = descents[name]
        found = invert(layer.single, image.float(), begin.float(), descent, record_every=descent.iterations)
        errors[name] = found.images.double() - image
        for quantity, moved in (("stage_input", found.input_distance), ("stage_output", found.output_distance)):
            out.add(quantity, moved[-1, 0] / moved[0, 0], {**where, "descent": name}, replicate)
    for name, error in errors.items():
        parts = shares(error.flatten(), (values, right), cfg.weak, TOLERANCE)
        for part, share in (("lost", parts.null), ("weak", parts.weak), ("strong", parts.strong)):
            out.add("error_share", share, {**where, "descent": name, "directions": part}, replicate)


def _budget(out: Outcome, cfg: ErrorShares, function: Function, image: Tensor, begin: Tensor, replicate: int) -> None:
    """Relative distances after the usual number of falling steps and after many."""
    for name, steps in (("usual", cfg.iterations), ("many", cfg.long)):
        descent = Descent(steps, cfg.step, LAST_SHARE * cfg.step, cfg.weight, blur=None)
        found = invert(function, image, begin, descent, record_every=steps).images
        out.add("stage_budget_distance", distance(found, image) / distance(begin, image), {"steps": name}, replicate)


def _controls(out: Outcome, cfg: ErrorShares, image: Tensor, begin: Tensor, replicate: int) -> None:
    """Dense layers that lose half of all directions, or none but see most of them badly."""
    n = image.numel()
    generator = torch.Generator().manual_seed(cfg.seed + replicate)
    left, right = (torch.linalg.qr(torch.randn(n, n, generator=generator, dtype=torch.float64)).Q for _ in range(2))
    values = torch.logspace(0, np.log10(WORST), n, dtype=torch.float64)
    for name, matrix in zip(DENSE_CONTROLS, (left[: n // 2], (left * values) @ right), strict=True):
        layer = Precisions(_dense(matrix), _dense(matrix.float()))
        _divide(out, cfg, layer, image, begin, {"network": name, "weights": "untrained", "stage": "all"}, replicate)


def _dense(matrix: Tensor) -> Function:
    return lambda images: linear(images.flatten(1), matrix)
