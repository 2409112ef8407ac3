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

# Who says it: what a source states, our correction of it, our answer to what it leaves open, or an entry of our own.
GROUPS: Mapping[str, str] = {
    "source": "what the sources state",
    "correction": "corrections of their errors",
    "answer": "answers to open questions",
    "ours": "entries of our own",
}


def group_of(claim: Mapping[str, Any]) -> str:
    """The group in which a claim is counted, a key of `GROUPS`."""
    of_kind = {"erratum": "correction", "open-question": "answer"}
    return of_kind.get(claim["kind"]) or ("ours" if claim["ours"] else "source")


def of_statement(claim: Mapping[str, Any]) -> str:
    """The verdict on what the source states: where it errs, that is not the verdict on our correction.

    >>> of_statement({"kind": "erratum", "verdict": "supported"})
    'refuted'
    """
    if claim["kind"] != "erratum":
        return claim["verdict"]
    return {"supported": "refuted", "supported in direction only": "undecided", "refuted": "undecided"}.get(
        claim["verdict"], claim["verdict"]
    )


def count(claims: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many claims got each verdict, all verdicts in their fixed order, zeros included."""
    found = Counter(claim["verdict"] for claim in claims)
    return {verdict: found[verdict] for verdict in MARKS}


def told(claims: Iterable[Mapping[str, Any]]) -> str:
    """Two lines that say how many claims have which verdict, what the sources state apart from what we add."""
    groups = count_by_group(claims)
    stated = groups.pop("source")
    verdicts = ", ".join(f"{number} {verdict}" for verdict, number in stated.items() if number)
    ours = "; ".join(
        f"{sum(counts.values())} {GROUPS[group]}, {counts['supported']} of them supported"
        for group, counts in groups.items()
    )
    return f"{sum(stated.values())} statements of the sources: {verdicts}.\nBeside them {ours}.\n"


def count_by_group(claims: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """The counts of verdicts in each group."""
    listed = list(claims)
    return {group: count(claim for claim in listed if group_of(claim) == group) for group in GROUPS}
