"""A claims file: what is claimed, where, and what would decide it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from soapbubble.claims.controls import Controls
from soapbubble.claims.rules import Rule
from soapbubble.claims.thresholds import resolved
from soapbubble.config.yaml_file import read_yaml
from soapbubble.errors import SoapbubbleError

Kind = Literal["formula", "number", "qualitative", "mechanism", "open-question", "erratum", "retraction", "figure"]
Tier = Literal["exact", "source", "source-like", "built-in"]
TIERS: tuple[Tier, ...] = ("built-in", "source-like", "source", "exact")


class First(BaseModel):
    """What decided a claim before its results were seen, where that was changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    rule: Rule
    direction: Rule | None = None


class Claim(BaseModel):
    """One claim and the rule that decides it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    source: str
    section: str
    kind: Kind
    statement: str
    tier: Tier
    thresholds: dict[str, float] = Field(default_factory=dict)
    rule: Rule
    refuted_by: str
    setup: str | None = None
    source_value: str | None = None
    departure: str | None = None
    needs: list[str] = Field(default_factory=list)
    data: list[str] = Field(default_factory=list)
    ours: bool = False  # an entry that no source makes
    direction: Rule | None = None
    controls: Controls | None = None
    first: First | None = None
    correction: str | None = None
    hypothesis: str | None = None
    answer: str | None = None
    figure: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Claim:
        required = {"erratum": "correction", "open-question": "hypothesis", "figure": "figure"}.get(self.kind)
        if required and getattr(self, required) is None:
            raise ValueError(f"a claim of kind {self.kind} needs '{required}'")
        return self


class Source(BaseModel):
    """Where claims come from."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    title: str
    author: str | None = None
    year: int | None = None
    address: str | None = None
    note: str | None = None


def read_sources(path: Path) -> dict[str, Source]:
    """The sources of all claims, by key."""
    raw = read_yaml(path)
    if not isinstance(raw, dict):
        raise SoapbubbleError(f"{path}: must map each source's key to its title, author, year and address.")
    return {key: _checked(Source, item, path, key) for key, item in raw.items()}


def read_claims(path: Path, sources: dict[str, Source]) -> list[Claim]:
    """Read and check a claims file.

    Raises:
        SoapbubbleError: the file, or a claim in it, is not well-formed; the sentence names the claim and what to do.
    """
    raw = read_yaml(path)
    if not isinstance(raw, list):
        raise SoapbubbleError(f"{path}: must be a list of claims; see docs/claims.md for the form.")
    claims: list[Claim] = []
    for place, item in enumerate(resolved(raw, path), start=1):
        name = item.get("id") if isinstance(item, dict) else None
        claim = _checked(Claim, item, path, f"claim {name or f'number {place}'}")
        if claim.source not in sources:
            raise SoapbubbleError(
                f"{path}: claim {claim.id}: source '{claim.source}' is not in claims/sources.yaml; add it there."
            )
        if any(claim.id == other.id for other in claims):
            raise SoapbubbleError(f"{path}: claim id '{claim.id}' is used twice; rename one of the two.")
        claims.append(claim)
    return claims


def _checked(kind: type[BaseModel], raw: Any, path: Path, name: str) -> Any:
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            allowed = f"; allowed are {', '.join(sorted(kind.model_fields))}" if len(first["loc"]) == 1 else ""
            message = f"unknown key{allowed}"
        elif first["type"] == "missing":
            message = "is missing"
        raise SoapbubbleError(f"{path}: {name}: {where + ': ' if where else ''}{message}.") from error
