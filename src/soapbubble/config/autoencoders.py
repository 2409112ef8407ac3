"""The autoencoders that several studies measure: their pictures, their training and what sets them apart."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from soapbubble.config.base import Block, Families, Schedule

SMALL_GRIDS = {28: (28, 14, 7), 32: (32, 16, 8, 4, 2, 1)}


class Pictures(Block):
    """How a dataset becomes pictures to train on: augmented copies, and some kept for validation."""

    seed: int = Field(ge=0)
    copies: int = Field(ge=1, description="augmented copies of each picture; 1 takes the pictures as they are")
    rotation: float = Field(ge=0, le=45, description="largest turn in degrees either way; only if copies > 1")
    scaling: float = Field(ge=0, lt=0.5, description="largest change of size either way, as a share")
    shear: float = Field(ge=0, lt=1, description="largest slant either way")
    shift: float = Field(ge=0, lt=0.5, description="largest shift either way, as a share of the side")
    validation: float = Field(gt=0, lt=0.5, description="share of the training originals kept for validation")
    most_validation: int = Field(ge=1, description="at most so many originals are kept for validation")


class SharedTraining(Schedule):
    """How autoencoders are trained: what those of digits, photographs and faces have in common."""

    device: Literal["auto", "cpu", "cuda"] = Field(description="auto takes CUDA where there is one")
    lr: float = Field(gt=0, description="highest learning rate")
    validate_every: int = Field(ge=1, description="steps between two validations")
    checkpoint_seconds: float = Field(gt=0, description="time between two checkpoints")


class Training(SharedTraining):
    """How autoencoders of digits and photographs are trained; validation may stop them early."""

    patience: int = Field(ge=1, description="validations without improvement before stopping")


class Classifier(Block):
    """The digit classifiers, which no autoencoder trains with: one for each network of a model."""

    seed: int = Field(ge=0)
    seeds: int = Field(ge=1, description="classifiers; at least as many as a model of digits has networks")
    steps: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    lr: float = Field(gt=0)
    width: int = Field(ge=1, description="channels of its first convolution")
    features: int = Field(ge=10, description="units of its last hidden layer, in which distances are measured")


class Autoencoder(Block):
    """What sets one model apart from the others; what is not named has the value of a plain VAE trained on the ELBO."""

    data: Literal["digits", "photos"] = "digits"
    side: Literal[28, 32] = Field(description="pixels a side of the canvas; digits are framed in black to fit")
    bottleneck: Literal["grid", "dense", "dense-encoder", "dense-decoder"] = Field(
        description="grid: convolutions only; dense: layers that see the whole picture, on both sides or on one"
    )
    grid: int = Field(ge=1, description="cells a side of the latent; 1 for a vector")
    channels: int = Field(ge=1, description="latents a cell")
    width: int = Field(default=16, ge=1, description="channels of the outermost convolution; the next have twice")
    beta: float = Field(default=1.0, ge=0, description="weight of the KL (Higgins et al. 2017)")
    loss: Literal["sum", "mean"] = Field(
        default="sum", description="sum: over pixels and over latents, the ELBO; mean: the mean of each"
    )
    noise: Literal["own", "none", "shared", "variance"] = Field(
        default="own",
        description="of the latents: their own; none; one for all cells; scaled by the variance by mistake",
    )
    kl_reduction: Literal["sum", "site-mean"] = Field(default="sum", description="site-mean: averaged over cells")
    likelihood: Literal["bernoulli", "gaussian"] = "bernoulli"
    pixel_std: float = Field(default=0.2, gt=0, description="of the Gaussian likelihood")
    norm: Literal["none", "batch"] = "none"
    coordinates: bool = Field(default=False, description="whether the decoder is told where each cell is")
    reach: bool = Field(default=False, description="whether dilated convolutions let the decoder see all cells")
    hidden: int = Field(default=0, ge=0, description="channels of a hidden grid around a dense bottleneck; 0: none")
    train_images: int | None = Field(default=None, ge=1, description="originals to train on; null: all")
    early_stop: bool = Field(
        default=True, description="whether the validation loss ends training and picks the weights"
    )
    seeds: int | None = Field(default=None, ge=1, description="networks; null: as all")
    steps: int | None = Field(default=None, ge=1, description="optimiser steps; null: as all")
    batch_size: int | None = Field(default=None, ge=1, description="images a step; null: as all")
    lr: float | None = Field(default=None, gt=0, description="highest learning rate; null: as all")

    @model_validator(mode="after")
    def _can_be_built(self) -> Self:
        if self.bottleneck == "dense" and self.grid != 1:
            raise ValueError("a dense bottleneck is a vector: `grid` must be 1")
        if self.bottleneck != "dense" and self.grid not in SMALL_GRIDS[self.side]:
            raise ValueError(f"`grid` must be one of {SMALL_GRIDS[self.side]} on a canvas of {self.side}")
        if self.hidden and self.bottleneck != "dense":
            raise ValueError("`hidden` belongs to a dense bottleneck")
        return self

    @property
    def latents(self) -> int:
        """How many latents a picture has."""
        return self.grid**2 * self.channels

    @property
    def effective_beta(self) -> float:
        """The weight of the KL when the distortion is in nats: what the loss really minimises."""
        weight = self.beta / self.grid**2 if self.kl_reduction == "site-mean" else self.beta
        return weight * self.side**2 / self.latents if self.loss == "mean" else weight


class Autoencoders(Families[Autoencoder]):
    """The models, and what their trainings share."""

    pictures: Pictures
    training: Training
    classifier: Classifier

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        if any(len({spec.data for spec in family.values()}) != 1 for family in self.families.values()):
            raise ValueError("the models of a family train on one dataset, and a family has at least one model")
        if "classifier" in self.models:
            raise ValueError("`classifier` is the name of the digit classifiers; choose another")
        digits = [spec for spec in self.models.values() if spec.data == "digits"]
        most = max((spec.seeds or self.training.seeds for spec in digits), default=0)
        if self.classifier.seeds < most:
            raise ValueError(
                f"a model has {most} networks, each evaluated by a classifier of its own: "
                f"`classifier: seeds:` must be {most} or more"
            )
        return self
