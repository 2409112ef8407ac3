"""The thresholds of claims, as figures read them: by the claims that point to a part's figures."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from soapbubble.errors import SoapbubbleError
from soapbubble.parts.studies import PartPlace, StudyPlace


def thresholds(study: StudyPlace, part: PartPlace) -> dict[str, dict[str, float]]:
    """The named thresholds of each claim whose figure `part` draws."""
    return {
        claim["id"]: claim["thresholds"]
        for claim in _claims(study.claims)
        if isinstance(claim, dict) and claim.get("thresholds") and claim.get("figure") in part.figures
    }


@cache
def _claims(path: Path) -> list[Any]:
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SoapbubbleError(f"{path}: cannot be read ({str(error).splitlines()[0]}); correct it.") from error
    return raw if isinstance(raw, list) else []
