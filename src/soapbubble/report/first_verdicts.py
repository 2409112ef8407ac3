"""The first published verdict of each claim, given by the rule of that time, where it stands beside today's.

What is compared is what the rule said: of an erratum the verdict on our correction, of an open question on our answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from soapbubble.report.verdicts import MARKS

_EARLIER_WORDS = {
    "holds": "supported",
    "holds in direction only": "supported in direction only",
    "inconclusive": "undecided",
    "does not hold": "refuted",
    "not testable as stated": "not testable",
}


def in_todays_words(verdict: str) -> str:
    """A verdict, of any version, in the words of today; what was never a verdict stays as it is."""
    return _EARLIER_WORDS.get(verdict, verdict)


def recorded(history: Mapping[str, Any], verdict: str) -> dict[str, Any]:
    """The history of a claim's rule, its first verdict in today's words and compared with `verdict`, today's.

    The first verdict is None if the history knows none that answers the same question; `differs` says whether today's
    is another, which "not run" is not.
    """
    first = history.get("first")
    if first is None:
        return {**history, "first": None}
    word = in_todays_words(first["verdict"])
    known = word if word in MARKS else None
    return {
        **history,
        "first": {**first, "verdict": known, "differs": known is not None and verdict not in (known, "not run")},
    }


def changed(claims: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The claims, each with its `rule_fixed` as `recorded` makes it or None, whose first verdict was another."""
    return [claim for claim, first in _published(claims) if first["differs"]]


def told(claims: Iterable[Mapping[str, Any]]) -> str:
    """How many rules were changed after a first verdict, and how many verdicts differ now; empty if none is known."""
    published = _published(claims)
    if not published:
        return ""
    altered = [first for _, first in published if not first["same_rule"]]
    differing = [(claim, first) for claim, first in published if first["differs"]]
    by_same_rule = sum(first["same_rule"] for _, first in differing)
    words = (
        f"The rules of {_claims(len(altered))} were changed after this run's first published verdict on them. "
        "That first verdict, by the rule and on the measurements of its time, differs from today's for "
        f"{len(differing) - by_same_rule or 'none'} of them"
    )
    if by_same_rule:
        words += f", and for {_claims(by_same_rule)} more, whose rule has not changed since"
    if differing:
        reversals = sum({claim["verdict"], first["verdict"]} == {"supported", "refuted"} for claim, first in differing)
        words += f"; {reversals or 'none'} of these {len(differing)} went from supported to refuted or back"
    if unknown := sum(first["verdict"] is None for first in altered):
        words += f"; for {unknown} it cannot be compared with today's"
    return f"{words}.{' The supplement lists them.' if differing else ''}"


def _claims(number: int) -> str:
    return f"{number} claim{'' if number == 1 else 's'}"


def transitions(claims: Iterable[Mapping[str, Any]]) -> str:
    """From which verdict to which how many went, the most first, such as "14 from refuted to undecided"."""
    found = Counter((first["verdict"], claim["verdict"]) for claim, first in _published(claims) if first["differs"])
    return ", ".join(f"{number} from {before} to {now}" for (before, now), number in found.most_common())


def _published(claims: Iterable[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The claims with a first published verdict, each with what is known of that."""
    with_history = [claim for claim in claims if claim.get("rule_fixed")]
    return [(claim, claim["rule_fixed"]["first"]) for claim in with_history if claim["rule_fixed"]["first"]]
