"""The verdicts of a run, as one JSON and one CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from soapbubble.errors import SoapbubbleError
from soapbubble.json_file import read_json

COLUMNS = (
    "id",
    "study",
    "source",
    "kind",
    "ours",
    "verdict",
    "estimate",
    "low",
    "high",
    "n",
    "unit",
    "tier",
    "first_verdict",
    "sentence",
)


def merge(files: Sequence[Path]) -> dict[str, Any]:
    """The verdicts of several studies as one: claims in the order of the files, and their sources.

    Raises:
        SoapbubbleError: two studies have a claim of the same id.
    """
    contents = [read_json(path, "claims", "sources") for path in files]
    claims = [claim for content in contents for claim in content["claims"]]
    first: dict[str, str] = {}
    for claim in claims:
        if claim["id"] in first:
            raise SoapbubbleError(
                f"claims/{claim['study']}.yaml: claim id '{claim['id']}' is already used in "
                f"claims/{first[claim['id']]}.yaml; rename one."
            )
        first[claim["id"]] = claim["study"]
    return {
        "claims": claims,
        "sources": {key: item for content in contents for key, item in content["sources"].items()},
    }


def to_csv(claims: Sequence[Mapping[str, Any]]) -> str:
    """The judged claims as CSV text, one line a claim."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for claim in claims:
        low, high = claim["interval"] or (None, None)
        first = claim.get("first") or {"verdict": None}
        row = {**claim, "low": low, "high": high, "first_verdict": first["verdict"]}
        writer.writerow(["" if row[name] is None else row[name] for name in COLUMNS])
    return text.getvalue()
