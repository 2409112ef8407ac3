"""The closed set of rules: each turns selected measurements into a verdict, an estimate, an interval and an n.

Every rule compares a 95 % interval with a line drawn beforehand: wholly on the claimed side it supports the claim,
wholly on the other it refutes it, across the line it leaves it undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from soapbubble.claims.bands import AtLeast, AtMost, Between, Within
from soapbubble.claims.comparisons import Equivalent, Greater, Monotone, Ordered
from soapbubble.claims.decision import LEVEL, WORST_FIRST, BaseRule, Decision, Verdict, corrected
from soapbubble.claims.evidence import Table
from soapbubble.claims.selection import Selection


class Several(BaseRule):
    rules: list[Rule] = Field(min_length=1)

    @model_validator(mode="after")
    def _testable(self) -> Several:
        if any(isinstance(rule, NotTestable) for rule in self.rules):
            raise ValueError("not_testable stands alone, not among other rules")
        return self

    def selections(self) -> list[tuple[Selection, tuple[str, ...]]]:
        return [item for rule in self.rules for item in rule.selections()]

    def written(self) -> list[dict[str, Any]]:
        return [as_written(rule) for rule in self.rules]

    def _together(self, parts: Sequence[Decision], verdict: Verdict) -> Decision:
        """The part with that verdict whose interval lies nearest to its line gives the numbers."""
        at = min((k for k, part in enumerate(parts) if part.verdict is verdict), key=lambda k: parts[k].room)
        lead, sentence = parts[at], " ".join(part.sentence for part in parts)
        return Decision(self.name, verdict, lead.interval, sentence, lead.unit, lead.room, tuple(parts), at)


class AllOf(Several):
    """All rules hold.

    A wrong 'supported' needs each of them to err, so the level stays as it is; a wrong 'refuted' needs only one, so a
    rule that fails must also fail with intervals corrected for the number of rules.
    """

    name = "all_of"

    def decide(self, table: Table, level: float = LEVEL) -> Decision:
        parts = [self._part(rule, table, level) for rule in self.rules]
        return self._together(parts, min((part.verdict for part in parts), key=WORST_FIRST.index))

    def _part(self, rule: BaseRule, table: Table, level: float) -> Decision:
        part = rule.decide(table, level)
        if part.verdict is not Verdict.REFUTED:
            return part
        checked = rule.decide(table, corrected(level, len(self.rules)))
        if checked.verdict is Verdict.REFUTED:
            return part
        return replace(checked, sentence=f"{checked.sentence} (Widened for {len(self.rules)} conditions.)")


class AnyOf(Several):
    """At least one rule holds.

    A wrong 'refuted' needs each of them to err, so a rule that fails does so at the level as it is; a wrong 'supported'
    needs only one, so all others have intervals that are corrected for the number of rules.
    """

    name = "any_of"

    def decide(self, table: Table, level: float = LEVEL) -> Decision:
        parts = [self._part(rule, table, level) for rule in self.rules]
        return self._together(parts, max((part.verdict for part in parts), key=WORST_FIRST.index))

    def _part(self, rule: BaseRule, table: Table, level: float) -> Decision:
        part = rule.decide(table, level)
        return part if part.verdict is Verdict.REFUTED else rule.decide(table, corrected(level, len(self.rules)))


class NotTestable(BaseRule):
    """The claim cannot be tested as it is stated, for the reason given."""

    name = "not_testable"

    reason: str = Field(min_length=1)

    def selections(self) -> list[tuple[Selection, tuple[str, ...]]]:
        return []

    def decide(self, table: Table, level: float = LEVEL) -> Decision:
        return Decision(self.name, Verdict.NOT_TESTABLE, None, self.reason)


_KINDS = (Within, AtLeast, AtMost, Between, Greater, Equivalent, Ordered, Monotone, AllOf, AnyOf, NotTestable)
RULES: dict[str, type[BaseRule]] = {kind.name: kind for kind in _KINDS}


def as_written(rule: BaseRule) -> dict[str, Any]:
    """The rule as a claims file writes it."""
    return {rule.name: rule.written()}


def parse_rule(raw: Any) -> BaseRule:
    """The rule that a claims file writes as `{name: arguments}`.

    Raises:
        ValueError: the name is unknown or the arguments do not fit it.
    """
    if isinstance(raw, BaseRule):
        return raw
    if not (isinstance(raw, dict) and len(raw) == 1):
        raise ValueError(f"a rule is a mapping with one key, one of: {', '.join(RULES)}")
    ((name, body),) = raw.items()
    if name not in RULES:
        raise ValueError(f"unknown rule '{name}'; use one of: {', '.join(RULES)}")
    return RULES[name].model_validate({"rules": body} if isinstance(body, list) else body)


Rule = Annotated[BaseRule, BeforeValidator(parse_rule)]

for _kind in (AllOf, AnyOf):
    _kind.model_rebuild()
