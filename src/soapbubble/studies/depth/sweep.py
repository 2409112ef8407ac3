"""More blocks at one width: Conv5 of bottleneck ResNets that differ in nothing but their number of blocks."""

from __future__ import annotations

import torch

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.inversion import Descent, invert, start
from soapbubble.measuring.layers import up_to
from soapbubble.models.initialise import seeded
from soapbubble.models.vision import untrained_bottlenecks
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.depth.networks import STAGES
from soapbubble.studies.depth.photographs import photographs


class Sweep(Part):
    """Inversions of Conv5 with few and many blocks in the middle stages."""

    seed: int = setting(208, ge=0, doc="seed of networks and noise")
    # 4 and 6 in ResNet-50, 8 and 36 in ResNet-152
    blocks: list[int] = setting(
        [1, 4, 12], smoke=[1, 2], min_length=2, doc="blocks in each of the two middle stages; the outer ones have 3"
    )
    side: int = setting(32, ge=32, le=512, unit="pixels", doc="side of the images")
    images: int = setting(2, ge=2, doc="photographs for each network, others for each: the units of replication")
    draws: int = setting(3, smoke=2, ge=2, doc="networks of each depth")
    iterations: int = setting(40, smoke=2, ge=2, doc="steps of a descent")
    step: float = setting(0.05, gt=0, doc="first step, root mean square over the pixels; it falls linearly to nothing")

    def reads(self) -> Reads:
        return Reads(data=["photos"], memory_mb=2400)


def measure(cfg: Sweep, lab: Lab) -> Outcome:
    """What remains of the distance of the start in blurred inversions of Conv5, by the number of blocks."""
    out = Outcome()
    for draw in progress(range(cfg.draws), "inversions by number of blocks"):
        images = photographs(lab.data["photos"], cfg.side, cfg.images, draw)
        for blocks in cfg.blocks:
            with seeded(cfg.seed + draw):
                network = untrained_bottlenecks([3, blocks, blocks, 3])
            layer = up_to(network, STAGES["Conv5"], images)
            generator = torch.Generator().manual_seed(cfg.seed + draw)
            begin = start(images, generator)
            descent = Descent(cfg.iterations, step=cfg.step, last_step=0.0, normalised=True)
            found = invert(layer, images, begin, descent, cfg.iterations)
            where = {"blocks": blocks}
            closeness = found.input_distance[-1] / found.input_distance[0]
            for place, value in enumerate(closeness):
                out.add("sweep_input", value, where, draw * cfg.images + place)
    return out
