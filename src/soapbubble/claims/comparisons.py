"""Rules that compare quantities with each other: `greater`, `equivalent`, `ordered`, `monotone`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from soapbubble.claims.decision import (
    LEVEL,
    BaseRule,
    Decision,
    Finding,
    Verdict,
    above,
    among_words,
    capital,
    decisive,
    find_each,
    found_words,
    interval_words,
    needed_words,
    refuse_foregone,
    side,
    verdict_words,
)
from soapbubble.claims.evidence import Table
from soapbubble.claims.sample import Sample, contrast
from soapbubble.claims.selection import Keys, Selection
from soapbubble.measurements import Scalar
from soapbubble.numbers import significant
from soapbubble.stats.intervals import Interval


class _Pair(BaseRule):
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
        place: Callable[[Interval, Mapping[str, Scalar]], Finding],
        line: str,
    ) -> Decision:
        left = table.samples(self.a, self.each)
        right = table.samples(self.b, self.each)
        keys = [[tuple(item.condition[key] for key in self.each) for item in side] for side in (left, right)]
        if keys[0] != keys[1]:
            raise ValueError(f"{self.a} and {self.b} were not measured at the same values of {', '.join(self.each)}")
        if not self.ratio:
            bounds = left[0].bounds - right[0].bounds
            refuse_foregone(
                lambda all_of_it: place(all_of_it, {}), bounds, f"{self.a.words()} less {self.b.words()}", line
            )
        findings = find_each(
            lambda at: [
                place(contrast(x, y, at, self.ratio), {key: x.condition[key] for key in self.each})
                for x, y in zip(left, right, strict=True)
            ],
            level,
        )
        worst = decisive(findings)
        at = findings.index(worst)
        first, second = left[at], right[at]
        shown = worst.interval.mapped(np.exp) if self.ratio else worst.interval
        what = "ratio" if self.ratio else "difference"
        under = f" at {', '.join(f'{k} = {v}' for k, v in worst.condition.items())}" if worst.condition else ""
        sentence = (
            f"the {what} of {self.a.words()} to {self.b.words()}{under} "
            f"{found_words(shown, first, second, scale='log' if self.ratio else None)}; "
            f"threshold {line}: {verdict_words(worst.verdict)}"
            f"{needed_words(worst, first, second)}{among_words(findings, self.each)}."
        )
        return Decision(
            self.name, worst.verdict, shown, capital(sentence), "1" if self.ratio else first.unit, worst.room
        )


class Greater(_Pair):
    """The first quantity is greater than the second, by more than a margin."""

    name = "greater"

    margin: float | None = None

    def decide(self, table: Table, level: float = LEVEL) -> Decision:
        margin = self.margin if self.margin is not None else (1.0 if self.ratio else 0.0)
        line = math.log(margin) if self.ratio else margin
        words = f"above {significant(margin)}"
        return self._compare(table, level, lambda interval, at: above(interval, line, at), words)

    @model_validator(mode="after")
    def _positive(self) -> Greater:
        if self.ratio and self.margin is not None and self.margin <= 0:
            raise ValueError("the margin of a ratio must be positive")
        return self


class Equivalent(_Pair):
    """Two quantities are the same up to a margin (two one-sided tests)."""

    name = "equivalent"

    margin: float = Field(gt=0)

    @model_validator(mode="after")
    def _ratio_margin(self) -> Equivalent:
        if self.ratio and self.margin <= 1:
            raise ValueError("the margin of a ratio must be above 1")
        return self

    def decide(self, table: Table, level: float = LEVEL) -> Decision:
        edge = math.log(self.margin) if self.ratio else self.margin
        low, high = (1 / self.margin, self.margin) if self.ratio else (-self.margin, self.margin)
        words = f"from {significant(low)} to {significant(high)}"
        return self._compare(table, level, lambda interval, at: side(interval, -edge, edge, at), words)


def _steps(name: str, samples: Sequence[Sample], labels: Sequence[str], level: float, line: str) -> Decision:
    """Whether each sample is greater than the next one."""
    findings = find_each(
        lambda at: [above(contrast(x, y, at, ratio=False), 0.0, {}) for x, y in pairwise(samples)], level
    )
    worst = decisive(findings)
    at = findings.index(worst)
    met = sum(item.verdict is Verdict.SUPPORTED for item in findings)
    ending = verdict_words(worst.verdict, "as claimed", "against the claim")
    pair = samples[at : at + 2]
    known = not math.isnan(worst.interval.estimate)
    found = f"differs by {interval_words(worst.interval)}" if known else found_words(worst.interval, *pair)
    sentence = (
        f"{line}: {met} of {len(findings)} steps are as claimed; the tightest, from {labels[at]} to {labels[at + 1]}, "
        f"{found}, {ending}{needed_words(worst, *pair)}."
    )
    return Decision(name, worst.verdict, worst.interval, capital(sentence), samples[0].unit, worst.room)


class Ordered(BaseRule):
    """Each quantity is greater than the next."""

    name = "ordered"

    values: list[Selection] = Field(min_length=2)

    def selections(self) -> list[tuple[Selection, tuple[str, ...]]]:
        return [(item, ()) for item in self.values]

    def decide(self, table: Table, level: float = LEVEL) -> Decision:
        samples = [table.sample(item) for item in self.values]
        labels = [item.words() for item in self.values]
        return _steps(self.name, samples, labels, level, f"falling from {labels[0]} to {labels[-1]}")


class Monotone(BaseRule):
    """A quantity rises, or falls, at every step along a numeric condition."""

    name = "monotone"

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
        return _steps(self.name, samples, labels, level, f"{self.value.words()} {self.direction} with {self.along}")
