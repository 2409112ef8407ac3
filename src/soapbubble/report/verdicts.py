"""How verdicts look: one word, one shape and one colour each, the same in HTML and PDF."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Mark:
    """A verdict's short name (a CSS class), its shape (SVG, 16 x 16, in `currentColor`) and its colour on paper."""

    slug: str
    shape: str
    ink: str


_RING = '<circle cx="8" cy="8" r="5.9" fill="none" stroke="currentColor" stroke-width="1.8"{}/>'
MARKS: Mapping[str, Mark] = {
    "supported": Mark("supported", '<circle cx="8" cy="8" r="6.8" fill="currentColor"/>', "#0f6b5c"),
    "supported in direction only": Mark(
        "direction",
        _RING.format("") + '<path d="M8 1.2a6.8 6.8 0 0 1 0 13.6z" fill="currentColor"/>',
        "#805600",
    ),
    "undecided": Mark("undecided", _RING.format(""), "#4d5a69"),
    "refuted": Mark(
        "refuted",
        '<path d="M2.6 2.6l10.8 10.8M13.4 2.6L2.6 13.4" stroke="currentColor" stroke-width="3.2" fill="none"/>',
        "#a32c20",
    ),
    "not reproduced": Mark(
        "unreproduced",
        _RING.format("") + '<path d="M3.6 12.4l8.8-8.8" stroke="currentColor" stroke-width="1.8"/>',
        "#8a4b1f",
    ),
    "not testable": Mark(
        "untestable",
        '<path d="M2.4 2.4h11.2v11.2H2.4zM2.4 13.6L13.6 2.4" fill="none" stroke="currentColor" stroke-width="1.7"/>',
        "#654691",
    ),
    "not run": Mark("notrun", _RING.format(' stroke-dasharray="2.2 2.43"'), "#5f5f5f"),
}

# What a verdict means where the claim is not simply something that the source asserts.
_MEANINGS: Mapping[tuple[str, str], str] = {
    ("erratum", "supported"): "error confirmed",
    ("erratum", "supported in direction only"): "error partly confirmed",
    ("erratum", "refuted"): "error not confirmed",
    ("open-question", "supported"): "our answer supported",
    ("open-question", "supported in direction only"): "our answer supported in part",
    ("open-question", "undecided"): "still open",
    ("open-question", "refuted"): "our answer fails",
}


def meaning(claim: Mapping[str, Any]) -> str:
    """What the verdict says about an erratum or an open question; empty for other kinds."""
    return _MEANINGS.get((claim["kind"], claim["verdict"]), "")


def count(claims: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many claims got each verdict, all verdicts in their fixed order, zeros included."""
    found = Counter(claim["verdict"] for claim in claims)
    return {verdict: found[verdict] for verdict in MARKS}
