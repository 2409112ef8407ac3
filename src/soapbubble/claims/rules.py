"""The closed set of rules: each turns selected measurements into a verdict, an estimate, an interval and an n.

Every rule compares an interval (95 %, Bonferroni-corrected where it looks at several conditions) with a line
drawn beforehand: wholly on the claimed side it holds, wholly on the other it does not, across the line it is
inconclusive.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from soapbubble.claims.evidence import Sample, Selection, Table, contrast
from soapbubble.measurements import Scalar
from soapbubble.numbers import significant, with_interval
from soapbubble.stats.intervals import Interval

LEVEL = 0.95


class Verdict(StrEnum):
    """What can be said of a claim."""

    HOLDS = "holds"
    DIRECTION = "holds in direction only"
    INCONCLUSIVE = "inconclusive"
    FAILS = "does not hold"
    NOT_TESTABLE = "not testable as stated"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Decision:
    """What a rule found: its verdict, the interval that decided it, and a sentence made from the numbers."""

    rule: str
    verdict: Verdict
    interval: Interval | None
    sentence: str
    unit: str = "1"
    parts: tuple[Decision, ...] = field(default=())


@dataclass(frozen=True)
class _Finding:
    """One comparison inside a rule. `slack` is the room left between the interval and the line; negative beyond it."""

    verdict: Verdict
    interval: Interval
    slack: float
    condition: Mapping[str, Scalar]


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    def decide(self, table: Table, level: float = LEVEL) -> Decision:
        """Judge the measurements of `table` with intervals of confidence `level`."""
        raise NotImplementedError

    def selections(self) -> list[tuple[Selection, tuple[str, ...]]]:
        """The selections that the rule reads, each with the condition keys along which it reads them."""
        raise NotImplementedError


def _keys(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Keys = Annotated[list[str], BeforeValidator(_keys)]


def _side(interval: Interval, low: float, high: float, condition: Mapping[str, Scalar]) -> _Finding:
    """Where an interval lies with respect to the closed band [low, high]."""
    if math.isnan(interval.estimate) or math.isnan(interval.low) or math.isnan(interval.high):
        return _Finding(Verdict.INCONCLUSIVE, interval, -math.inf, condition)
    slack = min(interval.low - low, high - interval.high)
    if slack >= 0:
        return _Finding(Verdict.HOLDS, interval, slack, condition)
    outside = interval.high < low or interval.low > high
    return _Finding(Verdict.FAILS if outside else Verdict.INCONCLUSIVE, interval, slack, condition)


def _above(interval: Interval, line: float, condition: Mapping[str, Scalar]) -> _Finding:
    """Where an interval lies with respect to everything strictly above `line`."""
    if math.isnan(interval.estimate) or math.isnan(interval.low) or math.isnan(interval.high):
        return _Finding(Verdict.INCONCLUSIVE, interval, -math.inf, condition)
    not_above = Verdict.FAILS if interval.high <= line else Verdict.INCONCLUSIVE
    verdict = Verdict.HOLDS if interval.low > line else not_above
    return _Finding(verdict, interval, interval.low - line, condition)


_WORST_FIRST = (Verdict.FAILS, Verdict.INCONCLUSIVE, Verdict.HOLDS)


def _decisive(findings: Sequence[_Finding]) -> _Finding:
    """The finding on which 'all of them hold' turns: the worst verdict, among equals the least room."""
    return min(findings, key=lambda item: (_WORST_FIRST.index(item.verdict), item.slack))


def _replicates(interval: Interval, *samples: Sample) -> str:
    if all(sample.is_exact for sample in samples):
        return "exactly"
    return f"over {interval.n:,} {'trials' if any(sample.is_proportion for sample in samples) else 'replicates'}"


def _place(verdict: Verdict, inside: str, outside: str) -> str:
    return {
        Verdict.HOLDS: inside,
        Verdict.FAILS: outside,
        Verdict.INCONCLUSIVE: "which the interval does not decide",
    }[verdict]


class _Band(_Rule):
    """A rule that asks one quantity to lie in a band."""

    value: Selection
    each: Keys = Field(default_factory=list)

    def band(self) -> tuple[float, float]:
        """The closed band [low, high]."""
        raise NotImplementedError

    def line(self) -> str:
        """The band in words."""
        raise NotImplementedError

    def selections(self) -> list[tuple[Selection, tuple[str, ...]]]:
        return [(self.value, tuple(self.each))]

    def decide(self, table: Table, level: float = LEVEL) -> Decision:
        samples = table.samples(self.value, self.each)
        corrected = 1 - (1 - level) / len(samples)
        findings = [_side(item.interval(corrected), *self.band(), item.condition) for item in samples]
        worst = _decisive(findings)
        sample = samples[findings.index(worst)]
        shown = {key: sample.condition[key] for key in self.each}
        sentence = (
            f"{self.value.words(shown)} is {_text(worst.interval)} {_replicates(worst.interval, sample)}; "
            f"the rule asks for {self.line()}, {_place(worst.verdict, 'which is met', 'which is not met')}"
            f"{_among(findings, self.each)}."
        )
        return Decision(_name(self), worst.verdict, worst.interval, _capital(sentence), sample.rows[0].unit)


def _text(interval: Interval) -> str:
    return with_interval(interval.estimate, interval.low, interval.high)


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def _among(findings: Sequence[_Finding], keys: Sequence[str]) -> str:
    if len(findings) == 1:
        return ""
    met = sum(item.verdict is Verdict.HOLDS for item in findings)
    return f" (the tightest of {len(findings)} values of {' and '.join(keys)}; {met} of them meet it)"


class Within(_Band):
    """The quantity lies within a tolerance of a target."""

    target: float
    rel: float | None = Field(default=None, gt=0)
    abs: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_tolerance(self) -> Within:
        if (self.rel is None) == (self.abs is None):
            raise ValueError("give one tolerance: rel or abs")
        if self.rel is not None and self.target == 0:
            raise ValueError("a target of 0 needs an absolute tolerance")
        return self

    def _tolerance(self) -> float:
        return self.abs if self.abs is not None else abs(self.target) * float(self.rel or 0)

    def band(self) -> tuple[float, float]:
        return self.target - self._tolerance(), self.target + self._tolerance()

    def line(self) -> str:
        margin = significant(self.abs) if self.abs is not None else f"{significant(100 * float(self.rel or 0))} %"
        return f"{significant(self.target, 6)} ± {margin}"


class AtLeast(_Band):
    """The quantity is at least a bound."""

    bound: float

    def band(self) -> tuple[float, float]:
        return self.bound, math.inf

    def line(self) -> str:
        return f"at least {significant(self.bound)}"


class AtMost(_Band):
    """The quantity is at most a bound."""

    bound: float

    def band(self) -> tuple[float, float]:
        return -math.inf, self.bound

    def line(self) -> str:
        return f"at most {significant(self.bound)}"


class Between(_Band):
    """The quantity lies between two bounds."""

    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Between:
        if self.low >= self.high:
            raise ValueError("low must be below high")
        return self

    def band(self) -> tuple[float, float]:
        return self.low, self.high

    def line(self) -> str:
        return f"a value from {significant(self.low)} to {significant(self.high)}"


class _Pair(_Rule):
    """A rule that compares two quantities, by their difference or by their ratio."""

    a: Selection
    b: Selection
    ratio: bool = False
    each: Keys = Field(default_factory=list)

    def selections(self) -> list[tuple[Selection, tuple[str, ...]]]:
        return [(self.a, tuple(self.each)), (self.b, tuple(self.each))]

    def _compare(
        self,
        table: Table,
        level: float,
        place: Callable[[Interval, Mapping[str, Scalar]], _Finding],
        line: str,
    ) -> Decision:
        left = table.samples(self.a, self.each)
        right = table.samples(self.b, self.each)
        keys = [[tuple(item.condition[key] for key in self.each) for item in side] for side in (left, right)]
        if keys[0] != keys[1]:
            raise ValueError(f"{self.a} and {self.b} were not measured at the same values of {', '.join(self.each)}")
        corrected = 1 - (1 - level) / len(left)
        findings = [
            place(contrast(x, y, corrected, self.ratio), {key: x.condition[key] for key in self.each})
            for x, y in zip(left, right, strict=True)
        ]
        worst = _decisive(findings)
        at = findings.index(worst)
        first, second = left[at], right[at]
        shown = _exp(worst.interval) if self.ratio else worst.interval
        what = "ratio" if self.ratio else "difference"
        under = f" at {', '.join(f'{k} = {v}' for k, v in worst.condition.items())}" if worst.condition else ""
        sentence = (
            f"the {what} of {self.a.words()} to {self.b.words()}{under} is {_text(shown)} "
            f"{_replicates(shown, first, second)}; "
            f"the rule asks for {line}, {_place(worst.verdict, 'which is met', 'which is not met')}"
            f"{_among(findings, self.each)}."
        )
        return Decision(
            _name(self), worst.verdict, shown, _capital(sentence), "1" if self.ratio else first.rows[0].unit
        )


def _exp(interval: Interval) -> Interval:
    return Interval(*(math.inf if item > 700 else math.exp(item) for item in _ends(interval)), interval.n)


def _ends(interval: Interval) -> tuple[float, float, float]:
    return interval.estimate, interval.low, interval.high


class Greater(_Pair):
    """The first quantity is greater than the second, by more than a margin."""

    margin: float | None = None

    def decide(self, table: Table, level: float = LEVEL) -> Decision:
        margin = self.margin if self.margin is not None else (1.0 if self.ratio else 0.0)
        line = math.log(margin) if self.ratio else margin
        words = f"a {'ratio' if self.ratio else 'difference'} above {significant(margin)}"
        return self._compare(table, level, lambda interval, at: _above(interval, line, at), words)

    @model_validator(mode="after")
    def _positive(self) -> Greater:
        if self.ratio and self.margin is not None and self.margin <= 0:
            raise ValueError("the margin of a ratio must be positive")
        return self


class Equivalent(_Pair):
    """Two quantities are the same up to a margin (two one-sided tests)."""

    margin: float = Field(gt=0)

    @model_validator(mode="after")
    def _ratio_margin(self) -> Equivalent:
        if self.ratio and self.margin <= 1:
            raise ValueError("the margin of a ratio must be above 1")
        return self

    def decide(self, table: Table, level: float = LEVEL) -> Decision:
        edge = math.log(self.margin) if self.ratio else self.margin
        low, high = (1 / self.margin, self.margin) if self.ratio else (-self.margin, self.margin)
        words = f"a {'ratio' if self.ratio else 'difference'} from {significant(low)} to {significant(high)}"
        return self._compare(table, level, lambda interval, at: _side(interval, -edge, edge, at), words)


def _steps(name: str, samples: Sequence[Sample], labels: Sequence[str], level: float, line: str) -> Decision:
    """Whether each sample is greater than the next one."""
    corrected = 1 - (1 - level) / (len(samples) - 1)
    pairs = list(pairwise(samples))
    findings = [_above(contrast(x, y, corrected, ratio=False), 0.0, {}) for x, y in pairs]
    worst = _decisive(findings)
    at = findings.index(worst)
    met = sum(item.verdict is Verdict.HOLDS for item in findings)
    sentence = (
        f"{line}: {met} of {len(findings)} steps are as claimed; the tightest, from {labels[at]} to {labels[at + 1]}, "
        f"differs by {_text(worst.interval)}, {_place(worst.verdict, 'as claimed', 'against the claim')}."
    )
    return Decision(name, worst.verdict, worst.interval, _capital(sentence), samples[0].rows[0].unit)


class Ordered(_Rule):
    """Each quantity is greater than the next."""

    values: list[Selection] = Field(min_length=2)

    def selections(self) -> list[tuple[Selection, tuple[str, ...]]]:
        return [(item, ()) for item in self.values]

    def decide(self, table: Table, level: float = LEVEL) -> Decision:
        samples = [table.sample(item) for item in self.values]
        labels = [item.words() for item in self.values]
        return _steps("ordered", samples, labels, level, f"falling from {labels[0]} to {labels[-1]}")


class Monotone(_Rule):
    """A quantity rises, or falls, at every step along a numeric condition."""

    value: Selection
    along: str
    direction: Literal["increasing", "decreasing"]

    def selections(self) -> list[tuple[Selection, tuple[str, ...]]]:
        return [(self.value, (self.along,))]

    def decide(self, table: Table, level: float = LEVEL) -> Decision:
        samples = table.samples(self.value, [self.along])
        if len(samples) < 2:
            raise ValueError(f"{self.value} was measured at one value of {self.along} only")
        if any(isinstance(item.condition[self.along], str) for item in samples):
            raise ValueError(f"{self.along} is not a number, so nothing can be monotone along it")
        if self.direction == "increasing":
            samples = samples[::-1]
        labels = [f"{self.along} = {item.condition[self.along]}" for item in samples]
        return _steps("monotone", samples, labels, level, f"{self.value.words()} {self.direction} with {self.along}")


class _Several(_Rule):
    rules: list[Rule] = Field(min_length=1)

    @model_validator(mode="after")
    def _testable(self) -> _Several:
        if any(isinstance(rule, NotTestable) for rule in self.rules):
            raise ValueError("not_testable stands alone, not among other rules")
        return self

    def selections(self) -> list[tuple[Selection, tuple[str, ...]]]:
        return [item for rule in self.rules for item in rule.selections()]

    def _together(self, parts: Sequence[Decision], verdict: Verdict) -> Decision:
        lead = next((part for part in parts if part.verdict is verdict), parts[0])
        sentence = " ".join(part.sentence for part in parts)
        return Decision(_name(self), verdict, lead.interval, sentence, lead.unit, tuple(parts))


class AllOf(_Several):
    """All rules hold.

    A wrong 'holds' needs each of them to err, so the level stays as it is; a wrong 'does not hold' needs only one, so a
    rule that fails must also fail with intervals corrected for the number of rules.
    """

    def decide(self, table: Table, level: float = LEVEL) -> Decision:
        parts = [self._part(rule, table, level) for rule in self.rules]
        return self._together(parts, min((part.verdict for part in parts), key=_WORST_FIRST.index))

    def _part(self, rule: _Rule, table: Table, level: float) -> Decision:
        part = rule.decide(table, level)
        if part.verdict is not Verdict.FAILS:
            return part
        checked = rule.decide(table, 1 - (1 - level) / len(self.rules))
        if checked.verdict is Verdict.FAILS:
            return part
        return replace(checked, sentence=f"{checked.sentence} (Widened for {len(self.rules)} conditions.)")


class AnyOf(_Several):
    """At least one rule holds; intervals are corrected for the number of rules."""

    def decide(self, table: Table, level: float = LEVEL) -> Decision:
        parts = [rule.decide(table, 1 - (1 - level) / len(self.rules)) for rule in self.rules]
        return self._together(parts, max((part.verdict for part in parts), key=_WORST_FIRST.index))


class NotTestable(_Rule):
    """The claim cannot be tested as it is stated, for the reason given."""

    reason: str = Field(min_length=1)

    def selections(self) -> list[tuple[Selection, tuple[str, ...]]]:
        return []

    def decide(self, table: Table, level: float = LEVEL) -> Decision:
        return Decision("not_testable", Verdict.NOT_TESTABLE, None, self.reason)


RULES: dict[str, type[_Rule]] = {
    "within": Within,
    "at_least": AtLeast,
    "at_most": AtMost,
    "between": Between,
    "greater": Greater,
    "equivalent": Equivalent,
    "ordered": Ordered,
    "monotone": Monotone,
    "all_of": AllOf,
    "any_of": AnyOf,
    "not_testable": NotTestable,
}


def _name(rule: _Rule) -> str:
    return next(name for name, kind in RULES.items() if type(rule) is kind)


def as_written(rule: _Rule) -> dict[str, Any]:
    """The rule as a claims file writes it."""
    if isinstance(rule, _Several):
        return {_name(rule): [as_written(part) for part in rule.rules]}
    return {_name(rule): rule.model_dump(mode="json", exclude_defaults=True)}


def parse_rule(raw: Any) -> _Rule:
    """The rule that a claims file writes as `{name: arguments}`.

    Raises:
        ValueError: the name is unknown or the arguments do not fit it.
    """
    if isinstance(raw, _Rule):
        return raw
    if not (isinstance(raw, dict) and len(raw) == 1):
        raise ValueError(f"a rule is a mapping with one key, one of: {', '.join(RULES)}")
    ((name, body),) = raw.items()
    if name not in RULES:
        raise ValueError(f"unknown rule '{name}'; use one of: {', '.join(RULES)}")
    return RULES[name].model_validate({"rules": body} if isinstance(body, list) else body)


Rule = Annotated[_Rule, BeforeValidator(parse_rule)]

for _kind in (AllOf, AnyOf):
    _kind.model_rebuild()
