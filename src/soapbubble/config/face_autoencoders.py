"""The autoencoders of faces: plain convolutional networks without noise, after two posts on their latent space."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from soapbubble.config.autoencoders import SharedTraining
from soapbubble.config.base import Block, Dimension, Families

Filters = Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)]
Kernels = Annotated[list[Literal[1, 3, 5, 7, 9]], Field(min_length=1)]


class FaceTraining(SharedTraining):
    """How autoencoders of faces are trained: to the last step, whatever validation says."""

    validation_images: int = Field(ge=2, description="held-out faces in a validation")


class FaceAutoencoder(Block):
    """One model: stride-2 convolutions, a dense layer to `z_dim` latents, and stride-2 transposed convolutions back."""

    filters: Filters = Field(description="channels of the encoder's convolutions")
    kernels: Kernels = Field(description="their kernels: pixels a side")
    decoder_filters: Filters = Field(description="channels of the decoder's convolutions but the last, which has three")
    decoder_kernels: Kernels = Field(description="kernels of all of them")
    z_dim: Dimension = Field(description="latents")
    slope: float = Field(default=0.3, ge=0, lt=1, description="of the leaky ReLU below zero; 0.3 is Keras's own")
    loss: Literal["bce", "mse"] = Field(
        default="bce", description="bce: binary cross-entropy of each colour of a pixel; mse: mean squared error"
    )
    seeds: int | None = Field(default=None, ge=1, description="networks; null: as all")
    steps: int | None = Field(default=None, ge=1, description="optimiser steps; null: as all")
    lr: float | None = Field(default=None, gt=0, description="highest learning rate; null: as all")

    @model_validator(mode="after")
    def _can_be_built(self) -> Self:
        if len(self.filters) != len(self.kernels):
            raise ValueError("`filters` and `kernels` must have the same length: one of each a convolution")
        if len(self.decoder_filters) + 1 != len(self.decoder_kernels):
            raise ValueError(
                "`decoder_kernels` must have one more entry than `decoder_filters`: that of the last layer"
            )
        if len(self.decoder_kernels) != len(self.kernels):
            raise ValueError("the decoder must double the side as often as the encoder halves it")
        return self


class FaceAutoencoders(Families[FaceAutoencoder]):
    """The models, and what their trainings share."""

    training: FaceTraining
