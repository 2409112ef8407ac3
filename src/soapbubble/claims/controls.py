"""The controls of a claim: cases of known outcome that say what the claim's own test could have shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pydantic import model_validator

from soapbubble.claims.decision import Decision, Verdict
from soapbubble.claims.evidence import Table
from soapbubble.claims.rules import Rule
from soapbubble.claims.selection import Strict

_SAYS = {
    "positive": "The positive control does not cross the line, so the test could not have shown the effect",
    "negative": "The negative control is not kept apart, so the test would have been passed without the effect too",
    "replica": "The replica does not show what the source saw",
}
# Which verdicts become what without the control; the first that applies.
_CHANGES = {
    "replica": ((Verdict.REFUTED,), Verdict.NOT_REPRODUCED),
    "positive": ((Verdict.REFUTED,), Verdict.UNDECIDED),
    "negative": ((Verdict.SUPPORTED, Verdict.DIRECTION), Verdict.UNDECIDED),
}


class Controls(Strict):
    """Rules on cases of known outcome, all of which should hold.

    `positive`: where the effect is known to be present, the test finds it; otherwise nothing is refuted. `negative`:
    where it is known to be absent, the test does not find it; otherwise nothing is confirmed. `replica`: our replica
    shows what the source saw; otherwise a refuted claim is "not reproduced".
    """

    replica: Rule | None = None
    positive: Rule | None = None
    negative: Rule | None = None

    @model_validator(mode="after")
    def _any(self) -> Controls:
        if not any(True for _ in self.rules()):
            raise ValueError("give at least one of positive, negative and replica")
        return self

    def rules(self) -> Iterator[tuple[str, Rule]]:
        """The controls that are given, by name."""
        for name in _CHANGES:
            rule = getattr(self, name)
            if rule is not None:
                yield name, rule

    def decide(self, table: Table) -> dict[str, Decision]:
        """What each control finds."""
        return {name: rule.decide(table) for name, rule in self.rules()}


def controlled(decision: Decision, controls: dict[str, Decision]) -> Decision:
    """The decision as far as the controls bear it out."""
    for name, (weakened, verdict) in _CHANGES.items():
        found = controls.get(name)
        if found is not None and found.verdict is not Verdict.SUPPORTED and decision.verdict in weakened:
            base = decision.parts[0] if decision.verdict is Verdict.DIRECTION else decision
            return replace(base, verdict=verdict, sentence=f"{decision.sentence} {_SAYS[name]}: {found.sentence}")
    return decision
