"""The verdicts of a run, as one JSON and one CSV file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from soapbubble.claims.rules import Verdict

COLUMNS = (
    "id",
    "study",
    "source",
    "kind",
    "verdict",
    "estimate",
    "low",
    "high",
    "n",
    "unit",
    "tier",
    "sentence",
)


def to_csv(claims: Sequence[Mapping[str, Any]]) -> str:
    """The judged claims as CSV text, one line a claim."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for claim in claims:
        low, high = claim["interval"] or (None, None)
        row = {**claim, "low": low, "high": high}
        writer.writerow(["" if row[name] is None else row[name] for name in COLUMNS])
    return text.getvalue()


def counts(claims: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many claims have each verdict, in the order of the verdicts; only those that occur."""
    found = Counter(claim["verdict"] for claim in claims)
    return {str(verdict): found[verdict] for verdict in Verdict if found[verdict]}
