"""What needs no experiment: the page's formulas on linear maps, and the sizes of ResNets, against its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from soapbubble.config.networks import ResNetName
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.inversion import (
    PAGE_SHIFT,
    Descent,
    blurred,
    distance,
    gradient,
    invert,
    output_distance,
    shifted,
    start,
)
from soapbubble.measuring.jacobian import Function
from soapbubble.models.vision import untrained_resnet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.studies.depth.networks import OTHER_START, STAGES, random_resnet


class Definitions(Part):
    """Formulas of the inversion, and counts of values and parameters."""

    seed: int = setting(201, ge=0, doc="seed of the random maps and networks")
    networks: list[ResNetName] = setting(
        ["resnet18", "resnet50", "resnet152"], min_length=2, doc="networks whose stages are counted"
    )
    side: int = setting(299, ge=32, le=512, unit="pixels", doc="side of the images for which they are counted")
    inputs: int = setting(12, ge=2, le=200, doc="values of the input of the linear maps")
    outputs: int = setting(9, ge=2, le=200, doc="values of their output")
    maps: int = setting(20, ge=2, le=200, doc="random linear maps on which each formula is tried")
    # the page's dense networks
    small_side: int = setting(29, ge=2, le=299, unit="pixels", doc="side of the images of the page's dense networks")
    toy_steps: int = setting(200, ge=10, le=2000, doc="steps of a descent in one dimension more than can be seen")

    def reads(self) -> Reads:
        return Reads(memory_mb=900)


STEP = 0.1  # of the descent on linear maps, with the script's weight of the loss
CENTRAL = 1e-6  # step of central differences
SCALES = {"start": 1 / 20, "reference": 1 / 25, "script's reference": 1 / 18, "output shift": 1 / 1000}
TOY_STEP = 1e-3


def measure(cfg: Definitions, lab: Lab) -> Outcome:
    """Errors of formulas; counts; norms of the noise under either reading of its second number."""
    out = Outcome()
    _formulas(out, cfg)
    _noise(out, cfg)
    _toy(out, cfg)
    shapes = {name: _counts(out, name, cfg.side) for name in cfg.networks}
    if {"resnet50", "resnet152"} <= shapes.keys():
        out.add("conv2_shapes_equal", shapes["resnet50"] == shapes["resnet152"])
    for name in cfg.networks:
        _normalisation(out, name, cfg.seed)
    _residual(out, cfg.seed)
    out.add("input_elements", 3 * cfg.side**2, {"side": cfg.side})
    out.add("pixels", cfg.side**2, {"side": cfg.side})
    return out


def _formulas(out: Outcome, cfg: Definitions) -> None:
    """Largest deviation of what the library does from the closed form, over random linear maps in float64."""
    errors: dict[str, list[float]] = {}

    def record(formula: str, found: torch.Tensor, expected: torch.Tensor) -> None:
        errors.setdefault(formula, []).append(float((found - expected).abs().max()))

    for number in range(cfg.maps):
        generator = torch.Generator().manual_seed(cfg.seed * 1000 + number)
        matrix, hidden = (
            torch.randn(rows, columns, generator=generator, dtype=torch.float64)
            for rows, columns in ((cfg.outputs, cfg.inputs), (cfg.inputs, cfg.inputs))
        )
        product = matrix @ hidden
        a, a0 = (torch.randn(2, cfg.inputs, generator=generator, dtype=torch.float64) for _ in range(2))

        def layer(x: torch.Tensor, first: torch.Tensor = hidden, second: torch.Tensor = matrix) -> torch.Tensor:
            return (x @ first.T) @ second.T

        slope = torch.sign((a0 - a) @ product.T) @ product
        record("gradient", gradient(layer, layer(a), a0), slope)
        record("central differences", _central(layer, layer(a), a0), slope)
        once = invert(layer, a, a0, Descent(iterations=1, step=STEP, weight=1, blur=None))
        record("unblurred step", once.images, a0 - STEP * slope)
        record("output distance", output_distance(layer, a, a0), ((a - a0) @ product.T).square().sum(dim=1).sqrt())
        noise = shifted(a, SCALES["reference"], torch.Generator().manual_seed(number))
        record("reference distance", output_distance(layer, a, noise), ((a - noise) @ product.T).norm(dim=1))
        record("input distance", distance(a, a0), (a - a0).square().sum(dim=1).sqrt())
        image, begin = (torch.rand(1, 3, 8, 8, generator=generator, dtype=torch.float64) for _ in range(2))
        smooth = invert(lambda x: x, image, begin, Descent(iterations=1, step=STEP, weight=1, blur=(1.0, 1.0))).images
        record("blurred step", smooth, blurred(begin - STEP * torch.sign(begin - image), 1.0))
        constant = torch.full_like(image, 0.3)
        record("blur of a constant", blurred(constant, 2.4), constant)
    for formula, values in errors.items():
        out.add("formula_error", max(values), {"formula": formula}, n=cfg.maps)


def _central(layer: Function, target: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
    """Slope of the L1 distance by central differences, value by value."""
    steps = CENTRAL * torch.eye(at.shape[1], dtype=at.dtype)
    up, down = ((layer(at[:, None] + sign * steps) - target[:, None]).abs().sum(dim=-1) for sign in (1, -1))
    return (up - down) / (2 * CENTRAL)


def _noise(out: Outcome, cfg: Definitions) -> None:
    """What is drawn, and how long shifts are if the second number is a standard deviation or a variance."""
    drawn = start(torch.zeros(1, 3, cfg.side, cfg.side), torch.Generator().manual_seed(cfg.seed))
    out.add("start_mean", drawn.mean(), n=drawn.numel())
    out.add("start_sd", drawn.std(), n=drawn.numel())
    image = torch.full_like(drawn, 0.5)
    shift = shifted(image, PAGE_SHIFT, torch.Generator().manual_seed(cfg.seed + OTHER_START)) - image
    out.add("shift_mean", shift.mean(), n=shift.numel())
    out.add("shift_sd", shift.std(), n=shift.numel())
    values = 3 * cfg.small_side**2
    for noise, scale in SCALES.items():
        for reading, sd in (("standard deviation", scale), ("variance", np.sqrt(scale))):
            out.add("noise_norm", sd * np.sqrt(values), {"noise": noise, "reading": reading, "values": values})


def _toy(out: Outcome, cfg: Definitions) -> None:
    """Descent on the L1 distance of a linear map: the distance falls while the gradient keeps its length.

    The input starts so far away that no output reaches its target on the way.
    """
    matrix = torch.eye(cfg.inputs, dtype=torch.float64)
    a0 = torch.zeros(1, cfg.inputs, dtype=torch.float64)
    a = a0 + 2 * TOY_STEP * cfg.toy_steps
    found = invert(
        lambda x: x @ matrix, a, a0, Descent(cfg.toy_steps, step=TOY_STEP, weight=1, blur=None), record_every=1
    )
    before, after = (gradient(lambda x: x @ matrix, a, at).norm() for at in (a0, found.images))
    out.add("toy_distance_ratio", found.output_distance[-1, 0] / found.output_distance[0, 0])
    out.add("toy_gradient_ratio", after / before)


def _counts(out: Outcome, name: ResNetName, side: int) -> list[tuple[int, ...]]:
    """Values, parameters and blocks of each stage, from shapes alone; the shapes of all parameters up to Conv2."""
    with torch.device("meta"):
        network = untrained_resnet(name).eval()
        x = torch.empty(1, 3, side, side)
    inputs = x.numel()
    stages = {module: stage for stage, module in STAGES.items()}
    shapes: list[tuple[int, ...]] = []
    for child, module in network.named_children():
        if child == "avgpool":
            break
        x = module(x)
        if child in stages:
            _count(out, {"network": name, "stage": stages[child], "side": side}, module, x, inputs)
        if child in ("conv1", "bn1", "layer1"):
            shapes += [tuple(parameter.shape) for parameter in module.parameters()]
    assert isinstance(network.fc, nn.Linear)
    out.add("logits", network.fc.out_features, {"network": name})
    return shapes


def _count(out: Outcome, where: Mapping[str, str | int], module: nn.Module, output: torch.Tensor, inputs: int) -> None:
    out.add("stage_elements", output.numel(), where)
    out.add("stage_share_of_input", output.numel() / inputs, where)
    out.add("stage_channels", output.shape[1], where)
    out.add("stage_parameters", sum(parameter.numel() for parameter in module.parameters()), where)
    if isinstance(module, nn.Sequential):
        out.add("stage_blocks", len(module), where)


def _normalisation(out: Outcome, name: ResNetName, seed: int) -> None:
    """How far the scales and shifts of an untrained network's batch normalisations are from 1 and 0."""
    layers = [module for module in random_resnet(name, seed).modules() if isinstance(module, nn.BatchNorm2d)]
    for parameter, value in (("weight", 1), ("bias", 0)):
        off = max(float((getattr(layer, parameter).detach() - value).abs().max()) for layer in layers)
        out.add("batch_norm_off_default", off, {"network": name, "parameter": parameter}, n=len(layers))


def _residual(out: Outcome, seed: int) -> None:
    """A bottleneck's output against relu(F(x) + x), put together from its own layers."""
    block: Any = random_resnet("resnet50", seed).eval().get_submodule("layer1.1")  # torchvision's, without types
    x = torch.rand(2, 256, 8, 8, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        y = torch.relu(block.bn1(block.conv1(x)))
        y = torch.relu(block.bn2(block.conv2(y)))
        y = block.bn3(block.conv3(y))
        out.add("residual_error", (torch.relu(y + x) - block(x)).abs().max())
