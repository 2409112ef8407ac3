"""The gradient on the pixels: how large it is and what it looks like, from Conv2 to Conv5 and in plain stacks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from scipy.stats import kurtosis
from torch import nn

from soapbubble.config.networks import ResNetName
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.inversion import gradient, start
from soapbubble.measuring.layers import BatchNorm, up_to
from soapbubble.models.initialise import initialise, seeded
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.depth.networks import OTHER_START, STAGES, depth_of, random_resnet
from soapbubble.studies.depth.photographs import photographs


class Gradients(Part):
    """Statistics of the gradient of the L1 distance on the pixels, at the start of a descent."""

    seed: int = setting(202, ge=0, doc="seed of networks and noise")
    networks: list[ResNetName] = setting(
        ["resnet18", "resnet50", "resnet152"], smoke=["resnet18", "resnet50"], min_length=1, doc="untrained networks"
    )
    stages: list[str] = setting(
        ["Conv2", "Conv3", "Conv4", "Conv5"], smoke=["Conv2", "Conv5"], min_length=2, doc="stages"
    )
    side: int = setting(64, ge=64, le=512, unit="pixels", doc="side of the images; below 64 Conv5 has one place only")
    images: int = setting(3, smoke=1, ge=1, doc="photographs for each network, others for each")
    draws: int = setting(3, smoke=2, ge=2, doc="networks of each kind, the unit of replication")
    stack_depths: list[int] = setting(
        [2, 10, 20, 35, 50], smoke=[2, 6], min_length=2, doc="convolutions of plain stacks without shortcuts"
    )
    stack_width: int = setting(64, smoke=16, ge=2, doc="channels of those stacks")
    stack_side: int = setting(16, ge=4, le=64, unit="pixels", doc="side of their input")
    stack_draws: int = setting(8, smoke=2, ge=2, doc="stacks of each depth, the unit of replication")

    def reads(self) -> Reads:
        return Reads(data=["photos"], memory_mb=7000)


MODES: tuple[BatchNorm, ...] = ("running", "image")
NEAR_ZERO = 0.01  # of the standard deviation


def measure(cfg: Gradients, lab: Lab) -> Outcome:
    """Statistics of gradients by stage, over those at the first stage; and the growth of gradients with depth."""
    out = Outcome()
    for name in cfg.networks:
        for draw in progress(range(cfg.draws), f"gradients of {name}"):
            images = photographs(lab.data["photos"], cfg.side, cfg.images, draw)
            network = random_resnet(name, cfg.seed + draw)
            begin = start(images, torch.Generator().manual_seed(cfg.seed + draw))
            for mode in MODES:
                found = {stage: _statistics(network, stage, mode, images, begin) for stage in cfg.stages}
                _record(out, found, {"network": name, "batch_norm": mode}, draw, cfg)
                # At one stage, from two starts, nothing but chance changes.
                again = start(images, torch.Generator().manual_seed(cfg.seed + OTHER_START + draw))
                first = cfg.stages[0]
                for statistic, value in _statistics(network, first, mode, images, again).items():
                    where = {"network": name, "batch_norm": mode, "statistic": statistic}
                    ratio = value / found[first][statistic]
                    out.add("gradient_statistic_ratio_again", ratio, where, draw, n=cfg.images)
    _stacks(out, cfg)
    return out


def _statistics(
    network: nn.Module, stage: str, mode: BatchNorm, images: torch.Tensor, begin: torch.Tensor
) -> dict[str, float]:
    """Medians over images of what describes a gradient."""
    layer = up_to(network, STAGES[stage], images, mode)
    with torch.no_grad():
        target = layer(images)
    slope = gradient(layer, target, begin).double().numpy()
    flat = slope.reshape(len(slope), -1)
    sd = flat.std(axis=1)
    described = {
        "standard deviation": sd,
        "mean over sd": np.abs(flat.mean(axis=1)) / sd,
        "largest over sd": np.abs(flat).max(axis=1) / sd,
        "kurtosis": kurtosis(flat, axis=1, fisher=False),
        "near zero": (np.abs(flat) < NEAR_ZERO * sd[:, None]).mean(axis=1),
        "neighbours' correlation": _neighbours(slope),
    }
    return {name: float(np.median(values)) for name, values in described.items()}


def _neighbours(slope: np.ndarray) -> np.ndarray:
    """Correlation of each value with the next one in its row and channel, per image."""
    return np.array([np.corrcoef(one[..., :-1].ravel(), one[..., 1:].ravel())[0, 1] for one in slope])


def _record(out: Outcome, found: dict[str, dict[str, float]], where: dict[str, str], draw: int, cfg: Gradients) -> None:
    first, last = cfg.stages[0], cfg.stages[-1]
    for stage, described in found.items():
        sd = described["standard deviation"]
        out.add("gradient_sd", sd, where | {"stage": stage, "depth": depth_of(stage)}, draw, n=cfg.images)
    for name, value in found[last].items():
        compared = where | {"statistic": name, "from": first, "to": last}
        out.add("gradient_statistic_ratio", value / found[first][name], compared, draw, n=cfg.images)


def _stacks(out: Outcome, cfg: Gradients) -> None:
    """Growth of the gradient with each layer of plain stacks of convolution, normalisation and ReLU."""
    for normalised in (True, False):
        for draw in progress(range(cfg.stack_draws), "gradients of plain stacks"):
            sizes = [_stack_gradient(cfg, depth, normalised, draw) for depth in cfg.stack_depths]
            per_layer = np.polyfit(cfg.stack_depths, np.log10(sizes), 1)[0]
            where = {"normalisation": "batch" if normalised else "none"}
            out.add("gradient_growth", 10**per_layer, where, draw)


def _stack_gradient(cfg: Gradients, depth: int, normalised: bool, draw: int) -> float:
    """Root mean square gradient of the L1 distance of two random inputs, over the root of its terms' number."""
    channels = [3, *[cfg.stack_width] * depth]
    with seeded(cfg.seed + 1000 * depth + draw):
        layers = [
            nn.Sequential(
                nn.Conv2d(a, b, 3, padding=1, padding_mode="circular"),
                nn.InstanceNorm2d(b) if normalised else nn.Identity(),
                nn.ReLU(),
            )
            for a, b in pairwise(channels)
        ]
        network = initialise(nn.Sequential(*layers), "he", bias="zero").eval().requires_grad_(False)
        a, b = torch.rand(2, 1, 3, cfg.stack_side, cfg.stack_side)
    with torch.no_grad():
        target = network(a)
    return float(gradient(network, target, b).square().mean().sqrt())
