"""What a rule is and what it finds: an interval compared with a line gives a verdict and a sentence."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from soapbubble.claims.bounds import Bounds
from soapbubble.claims.evidence import Table
from soapbubble.claims.sample import Sample
from soapbubble.claims.selection import Selection, Strict
from soapbubble.errors import SoapbubbleError
from soapbubble.measurements import Scalar
from soapbubble.numbers import with_interval
from soapbubble.stats.intervals import Interval, Scale, replicates_needed

LEVEL = 0.95


class Verdict(StrEnum):
    """What can be said of a claim."""

    SUPPORTED = "supported"
    DIRECTION = "supported in direction only"
    UNDECIDED = "undecided"
    REFUTED = "refuted"
    NOT_REPRODUCED = "not reproduced"
    NOT_TESTABLE = "not testable"
    NOT_RUN = "not run"


WORST_FIRST = (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.SUPPORTED)


@dataclass(frozen=True)
class Decision:
    """What a rule found: its verdict, the interval that decided it, and a sentence made from the numbers.

    `room` is the slack between that interval and the line, in half-widths of the interval. `lead` says which of the
    `parts` decided.
    """

    rule: str
    verdict: Verdict
    interval: Interval | None
    sentence: str
    unit: str = "1"
    room: float = math.inf
    parts: tuple[Decision, ...] = field(default=())
    lead: int = 0


class BaseRule(Strict):
    """What turns selected measurements into a decision."""

    name: ClassVar[str]

    def decide(self, table: Table, level: float = LEVEL) -> Decision:
        """Judge the measurements of `table` with intervals of confidence `level`."""
        raise NotImplementedError

    def selections(self) -> list[tuple[Selection, tuple[str, ...]]]:
        """The selections that the rule reads, each with the condition keys along which it reads them."""
        raise NotImplementedError

    def written(self) -> Any:
        """The arguments of the rule as a claims file writes them."""
        return self.model_dump(mode="json", exclude_defaults=True, by_alias=True)


@dataclass(frozen=True)
class Finding:
    """One comparison inside a rule. `slack` is the room left between the interval and the line; negative beyond it."""

    verdict: Verdict
    interval: Interval
    slack: float
    condition: Mapping[str, Scalar]
    edges: tuple[float, ...] = ()

    @property
    def reach(self) -> float:
        """How far the estimate is from the nearest threshold, in half-widths of the interval on that side."""
        found = self.interval.uncut or self.interval  # more replicates narrow what they say, not the cut
        estimate, low, high = found.estimate, found.low, found.high
        halves = [(abs(edge - estimate), high - estimate if edge > estimate else estimate - low) for edge in self.edges]
        return min((apart / half if half > 0 else math.nan for apart, half in halves), default=math.nan)

    @property
    def room(self) -> float:
        """The slack in half-widths of the interval."""
        half = (self.interval.high - self.interval.low) / 2
        if half > 0 and math.isfinite(half):
            return self.slack / half
        return math.copysign(math.inf, self.slack) if self.slack else 0.0


def side(interval: Interval, low: float, high: float, condition: Mapping[str, Scalar]) -> Finding:
    """Where an interval lies with respect to the closed band [low, high]."""
    if _undefined(interval):
        return Finding(Verdict.UNDECIDED, interval, -math.inf, condition)
    edges = tuple(edge for edge in (low, high) if math.isfinite(edge))
    slack = min(interval.low - low, high - interval.high)
    if low <= interval.low and interval.high <= high:
        return Finding(Verdict.SUPPORTED, interval, slack, condition, edges)
    outside = interval.high < low or interval.low > high
    return Finding(Verdict.REFUTED if outside else Verdict.UNDECIDED, interval, slack, condition, edges)


def above(interval: Interval, line: float, condition: Mapping[str, Scalar]) -> Finding:
    """Where an interval lies with respect to everything strictly above `line`."""
    if _undefined(interval):
        return Finding(Verdict.UNDECIDED, interval, -math.inf, condition)
    not_above = Verdict.REFUTED if interval.high <= line else Verdict.UNDECIDED
    verdict = Verdict.SUPPORTED if interval.low > line else not_above
    return Finding(verdict, interval, interval.low - line, condition, (line,))


def refuse_foregone(place: Callable[[Interval], Finding], bounds: Bounds, what: str, line: str) -> None:
    """Refuse a line that has all values that a quantity can have on one side, `place` says which of an interval.

    Raises:
        SoapbubbleError: no outcome can fail, or none can meet it.
    """
    verdict = place(Interval(bounds.low, bounds.low, bounds.high, 0)).verdict
    if verdict is not Verdict.UNDECIDED:
        cannot = "fail" if verdict is Verdict.SUPPORTED else "meet"
        raise SoapbubbleError(
            f"{what} goes {bounds} by its definition, so no outcome can {cannot} the threshold {line}; "
            "draw the line inside of that range."
        )


def _undefined(interval: Interval) -> bool:
    return any(map(math.isnan, (interval.estimate, interval.low, interval.high)))


def decisive(findings: Sequence[Finding]) -> Finding:
    """The finding on which 'all of them hold' turns: the worst verdict, among equals the least room."""
    return min(findings, key=lambda item: (WORST_FIRST.index(item.verdict), item.slack))


def find_each(find: Callable[[float], list[Finding]], level: float) -> list[Finding]:
    """What `find` finds of several conditions at a level, where the rule holds if all of them meet it.

    A wrong 'supported' needs each of them to err, so the level stays as it is; a wrong 'refuted' needs only one, so a
    condition fails only if it also does with an interval corrected for their number.
    """
    findings = find(level)
    checked = find(corrected(level, len(findings)))
    return [
        wide if item.verdict is Verdict.REFUTED and wide.verdict is not Verdict.REFUTED else item
        for item, wide in zip(findings, checked, strict=True)
    ]


def corrected(level: float, comparisons: int) -> float:
    """The level of each of several intervals that together have the level `level` (Bonferroni)."""
    return 1 - (1 - level) / comparisons


def verdict_words(verdict: Verdict, inside: str = "met", outside: str = "not met") -> str:
    """A verdict as the end of a sentence."""
    return {
        Verdict.SUPPORTED: inside,
        Verdict.REFUTED: outside,
        Verdict.UNDECIDED: "undecided",
    }[verdict]


def replicates_words(interval: Interval, *samples: Sample) -> str:
    """On how many replicates or trials an interval of these samples rests."""
    if all(sample.is_exact for sample in samples):
        return "exactly"
    if interval.low == interval.high:
        return f"in all {interval.n:,} replicates"
    return f"over {interval.n:,} {'trials' if any(sample.is_proportion for sample in samples) else 'replicates'}"


def found_words(interval: Interval, *samples: Sample, scale: Scale | None = None) -> str:
    """What was found of these samples, as the middle of a sentence: the estimate and what it rests on, or why none.

    `scale` is that on which values were taken; not every value is on it.
    """
    if math.isnan(interval.estimate):
        return f"could not be computed: {_why_none(samples, scale)}"
    return f"is {interval_words(interval)} {replicates_words(interval, *samples)}"


def _why_none(samples: Sequence[Sample], scale: Scale | None) -> str:
    missing, n = max((sum(not math.isfinite(value) for value in item.values), len(item.values)) for item in samples)
    if not missing:
        return f"not all values lie {'between 0 and 1' if scale == 'logit' else 'above 0'}"
    if n == 1:
        return "it has no value"
    return f"{missing:,} of {n:,} replicates {'has' if missing == 1 else 'have'} no value"


def needed_words(finding: Finding, *samples: Sample) -> str:
    """How many replicates would decide an undecided comparison; empty where the interval does not say.

    Trials of several networks are counted by network.
    """
    n = finding.interval.n
    kind = "replicates"
    if any(sample.is_proportion for sample in samples):
        networks = min(len(sample.rows) for sample in samples if not sample.is_exact)
        n, kind = (networks, kind) if networks > 1 else (n, "trials")
    if finding.verdict is not Verdict.UNDECIDED or n < 2 or not 0 < finding.reach < 1:
        return ""
    needed = replicates_needed(n, finding.reach)
    more = f"about {needed:,}" if needed else f"more than {100 * n:,}"
    return f" ({more} {kind} would decide if the estimate stayed)"


def interval_words(interval: Interval) -> str:
    """Estimate and interval as a sentence shows them."""
    return with_interval(interval.estimate, interval.low, interval.high)


def among_words(findings: Sequence[Finding], keys: Sequence[str]) -> str:
    """Of how many findings the decisive one was chosen; empty for a single one."""
    if len(findings) == 1:
        return ""
    met = sum(item.verdict is Verdict.SUPPORTED for item in findings)
    return f" (tightest of {len(findings)} values of {' and '.join(keys)}; {met} meet it)"


def capital(sentence: str) -> str:
    """The sentence with a capital letter in front."""
    return sentence[0].upper() + sentence[1:]
