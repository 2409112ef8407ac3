"""Distances during a descent: can the input move away from its image while the output comes nearer?"""

from __future__ import annotations

import numpy as np
import torch
from scipy.stats import kendalltau

from soapbubble.config.networks import ResNetName
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.inversion import PAGE_SHIFT, Descent, Inversion, invert, reference_distance, start
from soapbubble.measuring.layers import up_to
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.depth.networks import OTHER_START, STAGES, random_resnet
from soapbubble.studies.depth.photographs import photographs


class Trajectories(Part):
    """Input and output distances during descents without blur, with fixed and with falling steps."""

    seed: int = setting(204, ge=0, doc="seed of networks and noise")
    # 299 in the source
    side: int = setting(32, ge=32, le=512, unit="pixels", doc="side of the images")
    images: int = setting(
        2, smoke=1, ge=1, doc="photographs for each network, others for each: the units of replication"
    )
    shallow: list[ResNetName] = setting(["resnet50", "resnet152"], min_length=1, doc="networks inverted at Conv2")
    shallow_draws: int = setting(4, smoke=2, ge=2, doc="networks of each kind at Conv2")
    shallow_iterations: int = setting(200, smoke=8, ge=8, doc="steps of a descent at Conv2")
    deep: list[ResNetName] = setting(["resnet50"], min_length=1, doc="networks inverted at Conv5")
    deep_draws: int = setting(3, smoke=2, ge=2, doc="networks of each kind at Conv5")
    deep_iterations: int = setting(120, smoke=8, ge=8, doc="steps of a descent at Conv5")
    steps: list[float] = setting(
        [0.01, 0.03], min_length=1, doc="sizes of fixed steps, root mean square over the pixels"
    )
    falling: float = setting(0.03, gt=0, doc="first of the steps that fall linearly to nothing")
    efforts: list[float] = setting(
        [0.5, 3.0], min_length=1, doc="other numbers of falling steps at Conv2, as multiples of the one above"
    )
    effort_network: ResNetName = setting("resnet152", doc="the network for which they are tried")

    def reads(self) -> Reads:
        return Reads(data=["photos"], memory_mb=2700)


FOLDED_LIKE: ResNetName = "resnet50"  # the network whose photographs and steps the folded layer gets
FOLD, STRETCH = 0.5, 8.0  # of the folded layer; descents begin at 0.7
RECORDS = 60  # records of the distances in each descent


def measure(cfg: Trajectories, lab: Lab) -> Outcome:
    """Courses of the distances and their trends in the second half of each descent."""
    out = Outcome()
    plan = [("Conv2", name, cfg.shallow_draws, cfg.shallow_iterations) for name in cfg.shallow]
    plan += [("Conv5", name, cfg.deep_draws, cfg.deep_iterations) for name in cfg.deep]
    for stage, name, draws, iterations in plan:
        for draw in progress(range(draws), f"descents at {stage} of {name}"):
            images = photographs(lab.data["photos"], cfg.side, cfg.images, draw)
            _descents(out, cfg, images, stage, name, draw, iterations)
            if name == FOLDED_LIKE:
                _folded(out, cfg, images, stage, draw, iterations)
    return out


def folded(images: torch.Tensor) -> torch.Tensor:
    """A layer that has two inputs for every output: dark pixels and others that are far too bright.

    Descents begin beyond the fold, so that dark pixels grow ever brighter while their outputs come nearer.
    """
    return torch.where(images < FOLD, FOLD - images, (images - FOLD) / STRETCH)


def _folded(out: Outcome, cfg: Trajectories, images: torch.Tensor, stage: str, draw: int, iterations: int) -> None:
    """The courses of as many descents through a layer from which inputs move away by construction."""
    generator = torch.Generator().manual_seed(cfg.seed + OTHER_START + draw)
    begin = start(images, generator)
    reference = reference_distance(folded, images, PAGE_SHIFT, 4, generator).numpy()
    for step in cfg.steps:
        descent = Descent(iterations, step=step, last_step=None, normalised=True, blur=None)
        found = invert(folded, images, begin, descent, max(iterations // RECORDS, 1))
        where: dict[str, str | int | float] = {"stage": stage, "step": step}
        _course(out, where, found, reference, draw * cfg.images, "folded_")


def _descents(
    out: Outcome, cfg: Trajectories, images: torch.Tensor, stage: str, name: ResNetName, draw: int, iterations: int
) -> None:
    layer = up_to(random_resnet(name, cfg.seed + draw), STAGES[stage], images)
    generator = torch.Generator().manual_seed(cfg.seed + draw)
    begin = start(images, generator)
    reference = reference_distance(layer, images, PAGE_SHIFT, 4, generator).numpy()
    runs = [("fixed", step, 1.0) for step in cfg.steps] + [("falling", cfg.falling, 1.0)]
    if stage == "Conv2" and name == cfg.effort_network:
        runs += [("falling", cfg.falling, effort) for effort in cfg.efforts]
    for schedule, step, effort in runs:
        length = round(effort * iterations)
        last = 0.0 if schedule == "falling" else None
        descent = Descent(length, step=step, last_step=last, normalised=True, blur=None)
        found = invert(layer, images, begin, descent, max(length // RECORDS, 1))
        where: dict[str, str | int | float] = {
            "network": name,
            "stage": stage,
            "schedule": schedule,
            "step": step,
            "effort": effort,
        }
        _course(out, where, found, reference, draw * cfg.images)


def _course(
    out: Outcome,
    where: dict[str, str | int | float],
    found: Inversion,
    reference: np.ndarray,
    first: int,
    prefix: str = "",
) -> None:
    """Trends, rise and ends of both distances, and their courses, photograph by photograph."""
    inputs = found.input_distance / found.input_distance[0]
    outputs = found.output_distance / reference
    half = len(found.steps) // 2
    for place in range(inputs.shape[1]):
        for name, values in (("input", inputs[:, place]), ("output", outputs[:, place])):
            trend = kendalltau(found.steps[half:], values[half:]).statistic
            out.add(f"{prefix}{name}_trend", trend, where, first + place, n=len(found.steps) - half)
            out.add(f"{prefix}end_{name}", values[-1], where, first + place)
            for number, value in zip(found.steps, values, strict=True):
                out.add(f"{prefix}course_{name}", value, where | {"number": number}, first + place)
        out.add(f"{prefix}input_rise", inputs[-1, place] - inputs[:, place].min(), where, first + place)
