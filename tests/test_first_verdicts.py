"""A first published verdict is put in today's words, and counted only where it can be compared."""

from __future__ import annotations

from typing import Any

import pytest

from soapbubble.report.first_verdicts import changed, recorded, told, transitions


def claim(name: str, first: str | None, now: str, same_rule: bool = False) -> dict[str, Any]:
    known = {"verdict": first, "commit": "0123456789", "date": "1 May 2026", "same_rule": same_rule}
    history = {"commit": "abcdef0123", "before_result": same_rule, "first": known}
    return {"id": name, "verdict": now, "rule_fixed": recorded(history, now)}


@pytest.mark.parametrize(
    ("first", "now", "differs"),
    [
        ("holds", "supported", False),
        ("holds in direction only", "supported in direction only", False),
        ("not testable as stated", "not testable", False),
        ("inconclusive", "supported", True),
        ("does not hold", "undecided", True),
        ("refuted", "not run", False),
        ("passes", "supported", False),
        (None, "supported", False),
    ],
)
def test_another_word_is_not_another_verdict(first: str | None, now: str, differs: bool) -> None:
    judged = claim("a", first, now)
    assert bool(changed([judged])) == differs
    assert judged["rule_fixed"]["first"]["verdict"] != "passes"


def test_changes_are_counted_apart_from_those_under_the_same_rule() -> None:
    claims = [
        claim("a", "does not hold", "supported"),
        claim("b", "refuted", "undecided"),
        claim("c", "refuted", "undecided", same_rule=True),
        claim("d", "supported", "supported"),
        claim("e", None, "supported"),
        {"id": "f", "verdict": "supported", "rule_fixed": None},
    ]
    words = told(claims)
    assert "The rules of 4 claims were changed" in words
    assert "for 2 of them, and for 1 claim more, whose" in words
    assert "1 of these 3 went from supported to refuted or back" in words
    assert "for 1 it cannot be compared" in words
    assert transitions(claims) == "2 from refuted to undecided, 1 from refuted to supported"


def test_where_no_first_verdict_is_known_nothing_is_told() -> None:
    unpublished = {"commit": "abcdef0123", "before_result": None, "first": None}
    assert told([{"id": "a", "verdict": "refuted", "rule_fixed": recorded(unpublished, "refuted")}]) == ""
