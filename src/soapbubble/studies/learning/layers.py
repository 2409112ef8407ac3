"""How many dimensions the outputs of layers need, from the first stage to the last (Ansuini et al. 2019)."""

from __future__ import annotations

import torch

from soapbubble.config.networks import EFFICIENTNET
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.networks.store import ImageNetwork
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.intrinsic_dimension import two_nn


class Layers(Part):
    """Intrinsic dimension of the outputs of each stage, for the crops that the small networks were trained with."""

    batch: int = setting(64, ge=1, unit="images", doc="crops that go through a network at a time")

    def reads(self) -> Reads:
        return Reads(data=["photos"], models=[EFFICIENTNET, *(f"resnet-{name}" for name in TRAINED)], memory_mb=1500)


TRAINED = ("natural", "noise", "shuffled")
STAGES = ("Conv1", "Conv2", "Conv3", "Conv4", "Conv5")


def measure(cfg: Layers, lab: Lab) -> Outcome:
    """The dimension of the crops (depth 0) and of each stage; how far it rises, and falls to the last."""
    out = Outcome()
    efficient = lab.networks[EFFICIENTNET]
    small = {name: lab.networks[f"resnet-{name}"] for name in TRAINED}
    for replicate in progress(small["natural"].replicates, "measuring the dimension of layers"):
        crops = small["natural"].images(lab.data["photos"], replicate).images
        input_dimension = two_nn(crops.flatten(1).numpy())
        networks: list[tuple[str, str, ImageNetwork]] = [
            ("EfficientNet-Lite0", "trained", efficient.network()),
            ("EfficientNet-Lite0", "untrained", efficient.untrained(replicate)),
        ]
        networks += [("ResNet-18", name, model.network(replicate)) for name, model in small.items()]
        networks.append(("ResNet-18", "untrained", small["natural"].untrained(replicate)))
        for architecture, training, network in networks:
            where = {"network": architecture, "training": training}
            dimensions = _dimensions(network, crops, cfg.batch)
            for depth, value in enumerate([input_dimension, *dimensions]):
                out.add("dimension", value, {**where, "depth": depth}, replicate, n=len(crops))
            out.add("dimension_fall", max(dimensions) / dimensions[-1], where, replicate, n=len(crops))
            out.add("dimension_rise", max(dimensions) / input_dimension, where, replicate, n=len(crops))
    return out


@torch.no_grad()
def _dimensions(network: ImageNetwork, crops: torch.Tensor, batch: int) -> list[float]:
    """The dimension of the outputs of each stage."""
    kept: dict[str, list[torch.Tensor]] = {stage: [] for stage in STAGES}
    handles = [
        network.get_submodule(network.stages[stage]).register_forward_hook(
            lambda module, given, output, stage=stage: kept[stage].append(output.flatten(1))
        )
        for stage in STAGES
    ]
    for part in crops.split(batch):
        network(part)
    for handle in handles:
        handle.remove()
    return [two_nn(torch.cat(parts).numpy()) for parts in kept.values()]
