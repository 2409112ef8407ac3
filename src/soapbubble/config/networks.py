"""The image networks that several studies look into: what they learn, and how they are trained."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from soapbubble.config.base import Block, Families, Schedule

ResNetName = Literal["resnet18", "resnet50", "resnet152"]
"""ResNets of torchvision"""

EFFICIENTNET = "efficientnet-lite0"  # comes trained, in a package, and so needs no block


class NetworkTraining(Schedule):
    """How image networks are trained, each on images of its own, with the same budget for all tasks."""

    side: int = Field(ge=32, le=224, description="pixels a side of a training image")
    images: int = Field(ge=16, description="training images of each network")
    test_images: int = Field(ge=16, description="images of the same kind that it is tested on")
    classes: int = Field(ge=2, description="photographs to tell apart, or as many labels at random")
    batch_size: int = Field(ge=2, description="images a step")


class Network(Block):
    """What sets one image network apart from the others."""

    architecture: Literal["resnet18", "vit", "mixer"]
    task: Literal["photographs", "noise", "shuffled"] = Field(
        default="photographs",
        description="photographs: which one a crop is from; noise: labels at random for noise images; shuffled: labels "
        "at random for the crops",
    )
    # In eights: gradients of convolutions with channels last crash on processors without AVX-512 where it is not.
    width: int = Field(
        ge=8, multiple_of=8, description="channels of the first stage (the original ResNet-18 has 64), or of a token"
    )
    patch: int = Field(default=8, ge=2, description="pixels a side of a patch; of patch-based networks only")
    lr: float = Field(gt=0, description="highest learning rate")


class Networks(Families[Network]):
    """The models, and what their trainings share."""

    training: NetworkTraining

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        if EFFICIENTNET in (*self.models, *self.families):
            raise ValueError(f"`{EFFICIENTNET}` is the name of the network that comes trained; choose another")
        if empty := [name for name, family in self.families.items() if not family]:
            raise ValueError(f"the family `{empty[0]}` has no network")
        side = self.training.side
        if odd := [name for name, spec in self.models.items() if spec.architecture != "resnet18" and side % spec.patch]:
            raise ValueError(f"the patches of `{odd[0]}` do not divide `training.side`")
        return self
