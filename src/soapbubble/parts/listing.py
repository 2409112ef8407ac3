"""All that can be set of the studies, in the form of `config.yaml`: each value with its unit and its meaning."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import yaml
from pydantic import BaseModel

from soapbubble.errors import SoapbubbleError
from soapbubble.parts.declaration import UNIT, extra
from soapbubble.parts.loading import Config
from soapbubble.parts.studies import studies

WIDTH = 118


def listing(config: Config, wanted: Sequence[str] = ()) -> str:
    """The settings of the studies and parts `wanted` ("shells", "shells.radii"), or of all that are run.

    Raises:
        SoapbubbleError: there is no such study or part.
    """
    places = studies(config.studies)
    known = [name for place in places for name in (place.name, *(part.label for part in place.parts))]
    for name in wanted:
        if name not in known:
            raise SoapbubbleError(f"'{name}' is no study or part of this run; they are {', '.join(known)}.")
    lines = []
    for place in places:
        parts = [part for part in place.parts if not wanted or {place.name, part.label} & set(wanted)]
        if parts:
            lines += ["", f"# {place.title}", f"{place.name}:"]
        for part in parts:
            lines += _comment((part.kind.__doc__ or "").strip().splitlines()[0], 2)
            lines += [f"  {part.name}:", *_block(getattr(getattr(config, place.name), part.name), 4)]
    return "\n".join(lines).lstrip("\n") + "\n"


def _block(block: BaseModel, indent: int) -> list[str]:
    lines = []
    for name, info in type(block).model_fields.items():
        unit = extra(info).get(UNIT)
        lines += _comment(f"{info.description} [{unit}]" if unit else str(info.description), indent)
        value: Any = getattr(block, name)
        if isinstance(value, BaseModel):
            lines += [f"{' ' * indent}{name}:", *_block(value, indent + 2)]
        else:
            lines += _entry(name, block.model_dump(mode="json")[name], indent)
    return lines


def _entry(name: str, value: Any, indent: int) -> list[str]:
    """A key and its plain value: a mapping below the key, anything else on its line."""
    if isinstance(value, dict) and value:
        return [f"{' ' * indent}{name}:", *(line for key in value for line in _entry(key, value[key], indent + 2))]
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=WIDTH).removesuffix("...\n").rstrip()
    first, *rest = f"{name}: {text}".splitlines()
    return [" " * indent + first, *(" " * (indent + 2) + line for line in rest)]


def _comment(text: str, indent: int) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=f"{' ' * indent}# ", subsequent_indent=f"{' ' * indent}# ")
