"""What the page leaves open: how much hangs on batch normalisation, blur, steps, start and loss."""

from __future__ import annotations

from itertools import product

import numpy as np
import torch
from torch import nn

from soapbubble.config.networks import ResNetName
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.inversion import (
    PAGE_SHIFT,
    START_SD,
    Descent,
    Inversion,
    invert,
    reference_distance,
    start,
)
from soapbubble.measuring.layers import BatchNorm, up_to
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.depth.networks import STAGES, random_resnet
from soapbubble.studies.depth.photographs import photographs


class Choices(Part):
    """A factorial of the choices that the page does not state; other starts, losses and targets."""

    seed: int = setting(207, ge=0, doc="seed of networks and noise")
    network: ResNetName = setting("resnet18", doc="untrained network")
    stages: list[str] = setting(["Conv2", "Conv5"], min_length=1, doc="stages")
    # Conv5 must have more than one place for batch statistics
    side: int = setting(40, ge=40, le=512, unit="pixels", doc="side of the images")
    images: int = setting(2, smoke=1, ge=1, doc="photographs for each network, others for each")
    draws: int = setting(3, smoke=2, ge=2, doc="networks, the unit of replication")
    iterations: int = setting(25, smoke=2, ge=2, doc="steps of a descent")
    # the script's own step and weight of the loss
    raw_step: float = setting(0.1, gt=0, doc="first step where gradients are left as they are")
    weight: float = setting(0.15, gt=0, doc="what the loss is multiplied by there")
    step: float = setting(0.03, gt=0, doc="first step of normalised gradients, root mean square over the pixels")
    target_stage: str = setting("Conv1", doc="stage at which photographs and noise are compared as targets")
    target_iterations: int = setting(120, smoke=3, ge=2, doc="steps of a descent for it")

    def reads(self) -> Reads:
        return Reads(data=["photos"], memory_mb=800)


MODES: tuple[BatchNorm, ...] = ("running", "image")
FACTORS = ("batch_norm", "blur", "schedule", "gradient")
BLUR = (2.4, 0.4)


def measure(cfg: Choices, lab: Lab) -> Outcome:
    """Distances for every combination, and how much of their variance goes to each factor."""
    out = Outcome()
    for draw in progress(range(cfg.draws), "choices"):
        images = photographs(lab.data["photos"], cfg.side, cfg.images, draw)
        network = random_resnet(cfg.network, cfg.seed + draw)
        for stage in cfg.stages:
            _factorial(out, cfg, network, stage, images, draw)
            _starts_and_losses(out, cfg, network, stage, images, draw)
        _targets(out, cfg, network, images, draw)
    return out


def _factorial(out: Outcome, cfg: Choices, network: nn.Module, stage: str, images: torch.Tensor, draw: int) -> None:
    levels = (MODES, (True, False), ("fixed", "falling"), ("raw", "normalised"))
    shape = tuple(len(level) for level in levels)
    outcomes = {"output": np.empty(shape), "input": np.empty(shape)}
    layers = {mode: up_to(network, STAGES[stage], images, mode) for mode in MODES}
    for place, (mode, blur, schedule, gradient) in zip(np.ndindex(shape), product(*levels), strict=True):
        generator = torch.Generator().manual_seed(cfg.seed + draw)
        begin = start(images, generator)
        reference = reference_distance(layers[mode], images, PAGE_SHIFT, 4, generator).numpy()
        found = invert(layers[mode], images, begin, _descent(cfg, blur, schedule, gradient), cfg.iterations)
        outcomes["output"][place] = np.median(np.log10(found.output_distance[-1] / reference))
        outcomes["input"][place] = np.median(np.log10(_closeness(found)))
        where = {"stage": stage, "batch_norm": mode, "blur": blur, "schedule": schedule, "gradient": gradient}
        for name, values in outcomes.items():
            out.add(f"choice_{name}", 10 ** values[place], where, draw, n=cfg.images)
    for name, values in outcomes.items():
        for factor, share in zip(FACTORS, main_effects(values), strict=True):
            out.add("choice_share", share, {"stage": stage, "distance": name, "factor": factor}, draw)
        for factor, share in zip(FACTORS, main_effects(by_blur_and_gradient(values)), strict=True):
            out.add("planted_choice_share", share, {"stage": stage, "distance": name, "factor": factor}, draw)


def _descent(cfg: Choices, blur: bool, schedule: str, gradient: str) -> Descent:
    return Descent(
        cfg.iterations,
        step=cfg.raw_step if gradient == "raw" else cfg.step,
        last_step=0.0 if schedule == "falling" else None,
        weight=cfg.weight,
        blur=BLUR if blur else None,
        normalised=gradient == "normalised",
    )


def by_blur_and_gradient(values: np.ndarray) -> np.ndarray:
    """The values over all cells, to which blur and gradient each add as much variance as there is."""
    planted = values.copy()
    for factor in ("blur", "gradient"):
        shape = np.where(np.arange(values.ndim) == FACTORS.index(factor), 2, 1)
        planted += values.std() * np.array([-1.0, 1.0]).reshape(shape)
    return planted


def main_effects(values: np.ndarray) -> list[float]:
    """Share of the variance over all cells that goes to each axis alone (a balanced design: the rest is joint)."""
    total = values.var()
    alone = [values.mean(axis=tuple(k for k in range(values.ndim) if k != axis)).var() for axis in range(values.ndim)]
    return [float(one / total) for one in alone]


def _closeness(found: Inversion) -> np.ndarray:
    return found.input_distance[-1] / found.input_distance[0]


def _starts_and_losses(
    out: Outcome, cfg: Choices, network: nn.Module, stage: str, images: torch.Tensor, draw: int
) -> None:
    """Other starts by the root mean square error of a pixel, and the squared loss against the absolute one."""
    layer = up_to(network, STAGES[stage], images)
    falling = _descent(cfg, False, "falling", "normalised")
    for name, begin in _starts(images, cfg.seed + draw).items():
        found = invert(layer, images, begin, falling, cfg.iterations)
        error = np.median(found.input_distance[-1]) / np.sqrt(images[0].numel())
        out.add("start_error", error, {"stage": stage, "start": name}, draw, n=cfg.images)
    generator = torch.Generator().manual_seed(cfg.seed + draw)
    begin = start(images, generator)
    reference = reference_distance(layer, images, PAGE_SHIFT, 4, generator).numpy()
    for loss in ("l1", "l2"):
        descent = Descent(cfg.iterations, step=cfg.step, last_step=0.0, normalised=True, blur=None, loss=loss)
        found = invert(layer, images, begin, descent, cfg.iterations)
        where = {"stage": stage, "loss": loss}
        out.add("loss_output", np.median(found.output_distance[-1] / reference), where, draw, n=cfg.images)
        out.add("loss_input", np.median(_closeness(found)), where, draw, n=cfg.images)


def _starts(images: torch.Tensor, seed: int) -> dict[str, torch.Tensor]:
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(seed))
    even = torch.rand(images.shape, generator=torch.Generator().manual_seed(seed))
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return {
        "N(0.7, 1/20)": 0.7 + START_SD * noise,
        "N(0.5, 1/20)": 0.5 + START_SD * noise,
        "U(0, 1)": even,
        "mean of the image": mean + START_SD * noise,
    }


def _targets(out: Outcome, cfg: Choices, network: nn.Module, images: torch.Tensor, draw: int) -> None:
    """Are photographs found better than noise with the same mean and variance, blurred and not?"""
    layer = up_to(network, STAGES[cfg.target_stage], images)
    generator = torch.Generator().manual_seed(cfg.seed + draw)
    begin = start(images, generator)
    even = torch.rand(images.shape, generator=generator) - 0.5
    centre = images.mean(dim=(1, 2, 3), keepdim=True)
    noise = centre + even * 12**0.5 * images.std(dim=(1, 2, 3), keepdim=True)
    for blur in (True, False):
        descent = Descent(
            cfg.target_iterations, step=cfg.step, last_step=0.0, normalised=True, blur=BLUR if blur else None
        )
        for name, target in (("photographs", images), ("noise", noise)):
            found = invert(layer, target, begin, descent, cfg.target_iterations)
            out.add("target_input", np.median(_closeness(found)), {"target": name, "blur": blur}, draw, n=cfg.images)
