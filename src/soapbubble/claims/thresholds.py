"""The lines by which claims judge, each written once under a name; figures, chapters and parts read them from here."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from soapbubble.config.yaml_file import read_yaml
from soapbubble.errors import SoapbubbleError

# Where a rule takes a number, it takes the name of a threshold too.
_NUMBERS = frozenset({"bound", "margin", "target", "rel", "abs", "low", "high", "at_least", "at_most", "from", "to"})
_NAME = re.compile(r"[a-z][a-z0-9_-]*")

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Thresholds = dict[str, dict[str, float]]


def thresholds(claims_file: Path) -> Thresholds:
    """The thresholds of all claims of a file, by claim and name.

    Raises:
        SoapbubbleError: the file is not a list of claims, or a threshold is not a number.
    """
    return declared(read_yaml(claims_file), claims_file)


def quick_thresholds(claims_file: Path) -> dict[str, tuple[str, dict[str, float]]]:
    """The figure and the thresholds of each claim that has some; the judge finds what is wrong in the file."""
    return {
        str(claim["id"]): (str(claim.get("figure")), {str(name): line for name, line in claim["thresholds"].items()})
        for claim in _entries(claims_file)
        if isinstance(claim, dict) and "id" in claim and isinstance(claim.get("thresholds"), dict)
    }


def shown_in(figures: Collection[str], claims_file: Path) -> Thresholds:
    """The thresholds of the claims that point to one of these figures, by claim and name."""
    return {claim: lines for claim, (figure, lines) in quick_thresholds(claims_file).items() if figure in figures}


@cache
def _entries(claims_file: Path) -> list[Any]:
    """The entries that have thresholds; only these are read, for a plan asks for those of all studies."""
    try:
        text = claims_file.read_text(encoding="utf-8")
        entries = [entry for entry in re.split(r"^(?=- )", text, flags=re.MULTILINE) if "thresholds:" in entry]
        return [item for entry in entries for item in yaml.load(entry, Loader=_LOADER)]
    except (OSError, ValueError, TypeError, yaml.YAMLError):
        return []


def declared(raw: Any, path: Path) -> Thresholds:
    """The thresholds that the entries of a claims file declare; `path` is named in errors."""
    if not isinstance(raw, list):
        raise SoapbubbleError(f"{path}: must be a list of claims; see docs/claims.md for the form.")
    return {str(item["id"]): _own(item, path) for item in raw if isinstance(item, dict) and "id" in item}


def _own(claim: dict[str, Any], path: Path) -> dict[str, float]:
    own = claim.get("thresholds", {})
    if not isinstance(own, dict):
        raise SoapbubbleError(f"{path}: claim {claim['id']}: thresholds must map names to numbers.")
    for name, value in own.items():
        if not (isinstance(name, str) and _NAME.fullmatch(name)):
            raise SoapbubbleError(
                f"{path}: claim {claim['id']}: no name for a threshold: '{name}'; use small letters, digits, - and _."
            )
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise SoapbubbleError(f"{path}: claim {claim['id']}: threshold '{name}' must be a finite number.")
    return own


def resolved(raw: list[Any], path: Path) -> list[Any]:
    """The entries of a claims file with numbers in place of the names of thresholds.

    A claim names its own thresholds by name, those of another claim of the file as `other-claim.name`.

    Raises:
        SoapbubbleError: a name is unknown, or no rule judges by a threshold.
    """
    known = declared(raw, path)
    used: set[tuple[str, str]] = set()

    def number(claim: str, name: str) -> float:
        owner, _, own_name = name.rpartition(".")
        owner = owner or claim
        if own_name not in known.get(owner, {}):
            names = ", ".join([*known[claim], *(f"{owner}.{item}" for item in known.get(owner, {}) if owner != claim)])
            raise SoapbubbleError(
                f"{path}: claim {claim}: there is no threshold '{name}'; "
                f"{f'known are {names}' if names else 'the claim has no `thresholds`'}."
            )
        used.add((owner, own_name))
        return known[owner][own_name]

    def walk(claim: str, item: Any) -> Any:
        if isinstance(item, list):
            return [walk(claim, part) for part in item]
        if not isinstance(item, dict):
            return item
        return {key: value(claim, key, part) for key, part in item.items()}

    def value(claim: str, key: Any, part: Any) -> Any:
        if key == "where" and isinstance(part, dict):  # a condition may be called `target`; its value is no name
            return {name: walk(claim, limits) for name, limits in part.items()}
        return number(claim, part) if key in _NUMBERS and isinstance(part, str) else walk(claim, part)

    claims = [
        {key: part if key == "thresholds" else walk(str(item["id"]), part) for key, part in item.items()}
        if isinstance(item, dict) and "id" in item
        else item
        for item in raw
    ]
    for claim, own in known.items():
        unused = [name for name in own if (claim, name) not in used]
        if unused:
            raise SoapbubbleError(
                f"{path}: claim {claim}: no rule judges by the threshold '{unused[0]}'; name it in a rule or remove it."
            )
    return claims
