"""What every block of the configuration has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Dimension = Annotated[int, Field(ge=1, le=100_000)]


class Block(BaseModel):
    """A block of `config.yaml`: unknown keys are errors, values are neither coerced nor changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
