"""The positive control: a network that loses nothing, from whose every layer the descent must find the image."""

from __future__ import annotations

import numpy as np
import torch

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.image_similarity import own_and_other, ssim
from soapbubble.measuring.inversion import Descent, distance, invert, start
from soapbubble.measuring.layers import up_to
from soapbubble.models.initialise import seeded
from soapbubble.models.invertible import InvertibleNetwork
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.depth.photographs import photographs


class Invertible(Part):
    """Inversions of the layers of a network that is invertible by construction."""

    seed: int = setting(209, ge=0, doc="seed of networks and noise")
    stages: int = setting(4, smoke=2, ge=1, le=6, doc="halvings of the side; each is followed by couplings")
    couplings: int = setting(2, ge=1, le=10, doc="couplings after each of them")
    hidden: int = setting(32, smoke=8, ge=2, doc="channels inside a coupling")
    side: int = setting(32, ge=16, le=512, unit="pixels", doc="side of the images")
    images: int = setting(2, ge=2, doc="photographs for each network, others for each")
    draws: int = setting(4, smoke=2, ge=2, doc="networks, the unit of replication")
    iterations: int = setting(200, smoke=3, ge=2, doc="steps of a descent")
    step: float = setting(0.05, gt=0, doc="first step, root mean square over the pixels; it falls linearly to nothing")

    def reads(self) -> Reads:
        return Reads(data=["photos"], memory_mb=500)


def measure(cfg: Invertible, lab: Lab) -> Outcome:
    """What remains of the distance of the start at the end of each stage, and the error of the exact inverse."""
    out = Outcome()
    for draw in progress(range(cfg.draws), "an invertible network"):
        images = photographs(lab.data["photos"], cfg.side, cfg.images, draw)
        with seeded(cfg.seed + draw):
            network = InvertibleNetwork(cfg.stages, cfg.couplings, cfg.hidden)
        begin = start(images, torch.Generator().manual_seed(cfg.seed + draw))
        for stage in range(1, cfg.stages + 1):
            name = str(stage * (cfg.couplings + 1) - 1)
            layer = up_to(network, name, images)
            with torch.no_grad():
                exact = distance(network.inverse(layer(images), name), images) / distance(begin, images)
            out.add("exact_inverse_over_start", exact.max(), {"stage": stage}, draw, n=cfg.images)
            for blur in (None, (2.4, 0.4)):
                descent = Descent(cfg.iterations, step=cfg.step, last_step=0.0, normalised=True, blur=blur)
                found = invert(layer, images, begin, descent, cfg.iterations)
                where = {"stage": stage, "blur": blur is not None}
                closeness = found.input_distance[-1] / found.input_distance[0]
                alike = own_and_other(ssim(images.numpy(), found.images.numpy()))[0]
                out.add("control_input", np.median(closeness), where, draw, n=cfg.images)
                out.add("control_ssim", np.median(alike), where, draw, n=cfg.images)
    return out
