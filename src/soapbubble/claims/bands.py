"""Rules that ask one quantity to lie in a band: `within`, `at_least`, `at_most`, `between`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial

from pydantic import Field, model_validator

from soapbubble.claims.decision import (
    LEVEL,
    BaseRule,
    Decision,
    among_words,
    capital,
    decisive,
    find_each,
    found_words,
    needed_words,
    refuse_foregone,
    side,
    verdict_words,
)
from soapbubble.claims.evidence import Table
from soapbubble.claims.sample import Scale
from soapbubble.claims.selection import Keys, Selection
from soapbubble.measurements import Scalar
from soapbubble.numbers import significant


class _Band(BaseRule):
    value: Selection
    each: Keys = Field(default_factory=list)
    scale: Scale | None = None

    def band(self) -> tuple[float, float]:
        """The closed band [low, high]."""
        raise NotImplementedError

    def line(self) -> str:
        """The band in words."""
        raise NotImplementedError

    def _words(self, shown: Mapping[str, Scalar]) -> str:
        mean = {None: "", "log": "geometric mean of ", "logit": "mean, on the logit scale, of "}[self.scale]
        return mean + self.value.words(shown)

    def selections(self) -> list[tuple[Selection, tuple[str, ...]]]:
        return [(self.value, tuple(self.each))]

    def decide(self, table: Table, level: float = LEVEL) -> Decision:
        samples = table.samples(self.value, self.each)
        place = partial(side, low=self.band()[0], high=self.band()[1])
        refuse_foregone(partial(place, condition={}), samples[0].bounds, self.value.words(), self.line())
        findings = find_each(
            lambda at: [place(item.interval(at, self.scale), condition=item.condition) for item in samples], level
        )
        worst = decisive(findings)
        sample = samples[findings.index(worst)]
        shown = {key: sample.condition[key] for key in self.each}
        sentence = (
            f"{self._words(shown)} {found_words(worst.interval, sample, scale=self.scale)}; "
            f"threshold {self.line()}: {verdict_words(worst.verdict)}"
            f"{needed_words(worst, sample)}{among_words(findings, self.each)}."
        )
        return Decision(self.name, worst.verdict, worst.interval, capital(sentence), sample.unit, worst.room)


class Within(_Band):
    """The quantity lies within a tolerance of a target."""

    name = "within"

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

    name = "at_least"

    bound: float

    def band(self) -> tuple[float, float]:
        return self.bound, math.inf

    def line(self) -> str:
        return f"at least {significant(self.bound)}"


class AtMost(_Band):
    """The quantity is at most a bound."""

    name = "at_most"

    bound: float

    def band(self) -> tuple[float, float]:
        return -math.inf, self.bound

    def line(self) -> str:
        return f"at most {significant(self.bound)}"


class Between(_Band):
    """The quantity lies between two bounds."""

    name = "between"

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
        return f"from {significant(self.low)} to {significant(self.high)}"
