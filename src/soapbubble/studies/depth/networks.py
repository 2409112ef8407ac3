"""The networks of this study, and what their stages are called."""

from __future__ import annotations

from torch import nn

from soapbubble.config.networks import ResNetName
from soapbubble.models.initialise import seeded
from soapbubble.models.vision import untrained_resnet

STAGES = {
    "Conv1": "conv1",
    "Conv1 normalised": "bn1",
    "Conv1 pooled": "maxpool",
    "Conv2": "layer1",
    "Conv3": "layer2",
    "Conv4": "layer3",
    "Conv5": "layer4",
}
"""stages of a ResNet, after He et al., and the modules whose outputs they are"""

DEPTHS = {"Conv1": 1, "Conv2": 2, "Conv3": 3, "Conv4": 4, "Conv5": 5}
OTHER_START = 100_000  # added to a seed where the descents of a control begin


def random_resnet(name: ResNetName, seed: int) -> nn.Module:
    """A ResNet as it is before training, its weights drawn from `seed`."""
    with seeded(seed):
        return untrained_resnet(name)


def depth_of(stage: str) -> int:
    """The number of the stage: 1 for Conv1 and its parts, 5 for Conv5."""
    return int(stage.removeprefix("Conv")[0])
