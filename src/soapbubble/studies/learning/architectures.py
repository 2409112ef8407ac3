"""A small vision transformer and an MLP-mixer, trained and untrained: do their early blocks sharpen the input?"""

from __future__ import annotations

import numpy as np
import torch

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.image_similarity import shown
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.learning.descents import Inverting, beginning, descent, inverted, stage


class Architectures(Inverting, Part):
    """Descents from the blocks of patch-based networks."""

    side: int = setting(48, ge=32, unit="pixels", doc="side of the images, as the networks were trained with")
    images: int = setting(4, smoke=2, ge=2, unit="images", doc="held-out crops that each network looks for")

    def reads(self) -> Reads:
        return Reads(data=["photos"], models=["vit-natural", "mixer-natural"], memory_mb=800)


STAGES = ("patches", "block1", "block2", "block4")


def measure(cfg: Architectures, lab: Lab) -> Outcome:
    """Likeness of edges and output distance by stage; values are means over images.

    The replicates are networks, each with held-out crops and noise to begin from of its own, trained and untrained.
    """
    out = Outcome()
    for kind in ("vit", "mixer"):
        model = lab.networks[f"{kind}-natural"]
        for seed in progress(model.replicates, f"inverting blocks of a {kind}"):
            shown_images = model.images(lab.data["photos"], seed).test[: cfg.images]
            begin = beginning(cfg, shown_images, stream=seed)
            for weights, network in (("trained", model.network(seed)), ("untrained", model.untrained(seed))):
                for name in STAGES:
                    layer = stage(network, name, shown_images)
                    found = inverted(cfg, layer, shown_images, begin, descent(cfg))
                    where = {"architecture": kind, "weights": weights, "stage": name}
                    out.add("patch_edges", found.edges.mean(), where, seed, n=len(shown_images))
                    ratio = np.exp(np.log(found.ratio).mean())
                    out.add("patch_output_ratio", ratio, where, seed, n=len(shown_images))
                    if seed == 0:
                        out.picture(f"{kind} {weights} {name}", shown(found.images[:1])[0])
            out.add("patch_test_accuracy", model.final(seed, "test_accuracy"), {"architecture": kind}, seed)
            if seed == 0:
                out.picture(f"{kind} original", torch.clamp(shown_images[0], 0, 1).numpy())
    return out
