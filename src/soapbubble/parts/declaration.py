"""What a part of a study declares: its settings, what it reads, the memory it needs.

The workflow reads declarations without running the module they stand in (`parts.reading`), so a declaration may use
the standard library, pydantic, `soapbubble.config`, this module, and declarations of the same study; nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from soapbubble.config.base import Block

SMOKE, UNIT = "smoke", "unit"


@dataclass(frozen=True)
class Study:
    """What a study asks; `STUDY` in the study's `__init__.py`."""

    title: str


@dataclass(frozen=True)
class Reads:
    """What a part is given: names of datasets and of trained models, files of the user, memory in MB, minutes.

    A job may not take more of either where a cluster limits it; one that was killed is tried again with twice as much.
    """

    data: Sequence[str] = field(default=())
    models: Sequence[str] = field(default=())
    files: Sequence[str] = field(default=())
    memory_mb: int = 300
    minutes: int = 30


class Part(Block):
    """A part of a study: the block of settings that its function `measure` is given."""

    def reads(self) -> Reads:
        """The datasets and models that `measure` is given."""
        return Reads()


def setting(
    default: Any = PydanticUndefined, *, smoke: Any = None, unit: str | None = None, doc: str, **limits: Any
) -> Any:
    """One setting of a block.

    Args:
        default: its value in a full run; none for a block whose own settings have defaults.
        smoke: its value in a smoke run, if that is another; of a mapping, just the entries that differ.
        unit: what it counts or is measured in.
        doc: what it means.
        limits: what is allowed, as pydantic's Field has it (ge, gt, le, lt, min_length, ...).
    """
    extra = {key: value for key, value in ((SMOKE, smoke), (UNIT, unit)) if value is not None}
    return Field(default, description=doc, json_schema_extra=extra or None, **limits)


def declared_values(block: type[BaseModel], smoke: bool) -> dict[str, Any]:
    """The declared value of every setting of `block`, as plain data: those of a full run or of a smoke run."""
    values: dict[str, Any] = {}
    for name, info in block.model_fields.items():
        nested = info.annotation
        if info.default is not PydanticUndefined:
            values[name] = deepcopy(info.default)
        elif isinstance(nested, type) and issubclass(nested, BaseModel):
            values[name] = declared_values(nested, smoke)
        small = extra(info).get(SMOKE)
        if smoke and small is not None:
            values[name] = values[name] | small if isinstance(small, dict) else small
    return values


def extra(info: FieldInfo) -> dict[str, Any]:
    """What `setting` noted beside a field: its smoke value and its unit."""
    return info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}


Drawing = TypeVar("Drawing", bound=Callable[..., Any])


def figure(part: str) -> Callable[[Drawing], Drawing]:
    """Mark a function as a figure of `part`: `latent_use` of the study `bottleneck` draws `bottleneck-latent-use`."""

    def mark(function: Drawing) -> Drawing:
        function.__dict__["part"] = part
        return function

    return mark
