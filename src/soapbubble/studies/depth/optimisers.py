"""Is it the descent's fault? Other optimisers with equally many gradients, and two descents with different starts."""

from __future__ import annotations

import numpy as np
import torch

from soapbubble.config.networks import ResNetName
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.inversion import PAGE_SHIFT, Descent, distance, invert, reference_distance, start
from soapbubble.measuring.layers import up_to
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.depth.networks import STAGES, random_resnet
from soapbubble.studies.depth.photographs import photographs


class Optimisers(Part):
    """Descents with fixed and falling steps against Adam and L-BFGS; solutions from two starts."""

    seed: int = setting(205, ge=0, doc="seed of networks and noise")
    network: ResNetName = setting("resnet18", doc="untrained network on which optimisers are compared")
    stages: list[str] = setting(["Conv1", "Conv2", "Conv5"], min_length=1, doc="stages")
    side: int = setting(32, ge=32, le=512, unit="pixels", doc="side of the images")
    images: int = setting(
        2, smoke=1, ge=1, doc="photographs for each network, others for each: the units of replication"
    )
    draws: int = setting(3, smoke=2, ge=2, doc="networks")
    gradients: int = setting(60, smoke=4, ge=4, doc="gradients that each optimiser may ask for")
    step: float = setting(0.03, gt=0, doc="first step of the descents, root mean square over the pixels")
    adam_step: float = setting(0.03, gt=0, doc="first learning rate of Adam; it falls linearly to nothing")
    two_starts: ResNetName = setting("resnet50", doc="network whose Conv5 is inverted from two starts")
    two_starts_stages: list[str] = setting(["Conv1", "Conv5"], min_length=1, doc="stages inverted from two starts")
    dark: float = setting(0.3, ge=0, le=1, doc="mean of the second start, where the first has 0.7")
    near: float = setting(0.01, gt=0, doc="standard deviation of the noise on the image for a start near it")

    def reads(self) -> Reads:
        return Reads(data=["photos"], memory_mb=1000)


def measure(cfg: Optimisers, lab: Lab) -> Outcome:
    """Distances that each optimiser reaches; how far apart two solutions lie, and how good both are."""
    out = Outcome()
    for draw in progress(range(cfg.draws), "optimisers"):
        images = photographs(lab.data["photos"], cfg.side, cfg.images, draw)
        network = random_resnet(cfg.network, cfg.seed + draw)
        for stage in cfg.stages:
            layer = up_to(network, STAGES[stage], images)
            generator = torch.Generator().manual_seed(cfg.seed + draw)
            begin = start(images, generator)
            reference = reference_distance(layer, images, PAGE_SHIFT, 4, generator).numpy()
            for optimiser, descent in _optimisers(cfg).items():
                found = invert(layer, images, begin, descent, cfg.gradients)
                where = {"optimiser": optimiser, "stage": stage}
                _record(out, "optimiser_output", found.output_distance[-1] / reference, where, draw)
                closeness = found.input_distance[-1] / found.input_distance[0]
                _record(out, "optimiser_input", closeness, where, draw)
    for draw in progress(range(cfg.draws), "descents from two starts"):
        images = photographs(lab.data["photos"], cfg.side, cfg.images, draw)
        network = random_resnet(cfg.two_starts, cfg.seed + 100 + draw)
        for stage in cfg.two_starts_stages:
            _two_starts(out, cfg, up_to(network, STAGES[stage], images), stage, images, draw)
    return out


def _optimisers(cfg: Optimisers) -> dict[str, Descent]:
    return {
        "fixed steps": Descent(cfg.gradients, step=cfg.step, normalised=True, blur=None),
        "falling steps": Descent(cfg.gradients, step=cfg.step, last_step=0.0, normalised=True, blur=None),
        "Adam": Descent(cfg.gradients, step=cfg.adam_step, last_step=0.0, optimiser="adam", blur=None),
        "L-BFGS": Descent(cfg.gradients, optimiser="lbfgs", loss="l2", blur=None),
    }


def _two_starts(
    out: Outcome, cfg: Optimisers, layer: torch.nn.Module, stage: str, images: torch.Tensor, draw: int
) -> None:
    """From noise around 0.7, from darker noise, and from close to the image."""
    generator = torch.Generator().manual_seed(cfg.seed + 100 + draw)
    light = start(images, generator)
    dark = start(images, generator) - 0.7 + cfg.dark
    near = images + cfg.near * torch.randn(images.shape, generator=generator)
    reference = reference_distance(layer, images, PAGE_SHIFT, 4, generator).numpy()
    descent = _optimisers(cfg)["falling steps"]
    first, second = (invert(layer, images, begin, descent, cfg.gradients) for begin in (light, dark))
    careful = Descent(cfg.gradients, step=cfg.near, last_step=0.0, normalised=True, blur=None)
    close = invert(layer, images, near, careful, cfg.gradients)
    apart = distance(first.images, second.images) / distance(light, dark)
    where = {"network": cfg.two_starts, "stage": stage}
    _record(out, "solutions_apart", apart.numpy(), where, draw)
    worse = np.maximum(first.output_distance[-1], second.output_distance[-1]) / reference
    _record(out, "worse_solution_output", worse, where, draw)
    _record(out, "near_start_over_far_start", close.input_distance[-1] / first.input_distance[-1], where, draw)


def _record(out: Outcome, quantity: str, values: np.ndarray, where: dict[str, str], draw: int) -> None:
    """A row for each photograph."""
    for place, value in enumerate(values):
        out.add(quantity, value, where, draw * len(values) + place)
