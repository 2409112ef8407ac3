"""What every block of the configuration has in common."""

from __future__ import annotations

import os
from typing import Annotated, Generic, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Dimension = Annotated[int, Field(ge=1, le=100_000)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
OwnPath = Annotated[
    str, Field(min_length=1), AfterValidator(os.path.expanduser)
]  # of a file of the user; ~ is the home folder
Spec = TypeVar("Spec", bound="Block")


class Block(BaseModel):
    """A block of `config.yaml`: unknown keys are errors, values are neither coerced nor changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Schedule(Block):
    """How many networks of each model are trained, for how many steps, and how the learning rate rises and falls."""

    seeds: int = Field(ge=1, description="networks of each model: the replicates")
    seed: int = Field(ge=0, description="seed of the first network; the others follow")
    steps: int = Field(ge=1, description="optimiser steps")
    batch_size: int = Field(ge=1, description="images a step")
    warm_up: int = Field(ge=0, description="steps over which the learning rate rises")
    decay: float = Field(
        gt=0, le=1, description="share of the steps, at the end, over which the learning rate falls to zero"
    )


class Families(Block, Generic[Spec]):
    """Models by family and name; no two have the same name."""

    families: dict[Name, dict[Name, Spec]] = Field(description="what is trained in one job, by name")

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        if len(self.models) != sum(map(len, self.families.values())):
            raise ValueError("the name of a model stands in two families")
        return self

    @property
    def models(self) -> dict[str, Spec]:
        """The models of all families, by name."""
        return {name: spec for family in self.families.values() for name, spec in family.items()}
