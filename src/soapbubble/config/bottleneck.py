"""The study `bottleneck`: why do fully convolutional VAEs sample badly and dense ones well?"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from soapbubble.config.autoencoders import Training
from soapbubble.config.base import Block


class Faults(Block):
    """Mistakes planted in training and in sampling, and proofs of the code without them."""

    seed: int = Field(ge=0)
    pictures: int = Field(ge=40, description="test pictures, and samples, that a distance compares")
    temperatures: list[Annotated[float, Field(gt=0)]] = Field(min_length=2, description="deviations of the latents")
    tests: int = Field(ge=20, description="tests of normality of each generator")
    test_vectors: int = Field(ge=10, description="latents in each test")
    proof_pictures: int = Field(ge=2, description="test pictures at which draws and divergence are proven")
    draws: int = Field(ge=10, description="draws of each of them")
    weighted_draws: int = Field(ge=2, description="draws that are decoded for the importance-weighted likelihood")
    shown: int = Field(ge=1, description="samples in the figure")


Side = Annotated[int, Field(ge=8)]


class Canvas(Block):
    """Canvases of other sizes than the networks were trained on."""

    seed: int = Field(ge=0)
    sizes: list[tuple[Side, Side]] = Field(min_length=2, strict=False, description="width and height in pixels")
    canvases: int = Field(ge=4, description="of the usual size; of larger ones fewer, with as many pixels in all")
    samples: int = Field(ge=40, description="samples from the prior whose windows are compared")
    shown: list[tuple[Side, Side]] = Field(min_length=1, strict=False, description="sizes in the figure")


class Growth(Block):
    """New trainings of the two main networks, watched as they go."""

    seed: int = Field(ge=0)
    training: Training
    looks: list[int] = Field(min_length=3, description="steps at which samples are looked at")
    early: int = Field(ge=1, description="the look from which progress is counted")
    samples: int = Field(ge=40)
    patch: int = Field(ge=2, le=14, description="side of a patch in pixels")
    patches: int = Field(ge=100, description="patches that a distance compares")
    shown: int = Field(ge=1, description="latents in the figure")

    @model_validator(mode="after")
    def _looks_in_training(self) -> Self:
        if self.early not in self.looks or self.looks[0] != 0 or self.looks[-1] != self.training.steps:
            raise ValueError("looks must begin at 0, end with training.steps and hold `early`")
        return self


class Bottleneck(Block):
    """All parts of the study."""
    faults: Faults
    canvas: Canvas
    growth: Growth
