"""Every rule can be met and can fail: each claim is judged on outcomes planted to be good, and to be bad.

As many replicates and trials are planted as were published, with values that the quantities can have. A rule that no
such outcome meets, or that none refutes, says nothing of the world.
"""

from __future__ import annotations

import lzma
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from soapbubble.claims.bands import AtLeast, AtMost, Between, Within
from soapbubble.claims.comparisons import Equivalent, Greater, Monotone, Ordered
from soapbubble.claims.decision import BaseRule
from soapbubble.claims.evidence import Table
from soapbubble.claims.judge import judge, selections_of
from soapbubble.claims.rules import AllOf, AnyOf
from soapbubble.claims.schema import Claim, read_claims, read_sources
from soapbubble.claims.selection import Selection
from soapbubble.measurements import Measurement, Scalar, from_csv

ROOT = Path(__file__).parents[1]
PUBLISHED = sorted((ROOT / "results/reference/builtin").glob("*.csv.xz"))
TIERS = {"digits": "built-in", "photos": "built-in", "faces": "built-in"}
SPREAD = 1e-4  # of planted replicates, relative
FAR = 10.0  # times the largest value published, for quantities without an upper end
TRIES = 300  # at random, where what a rule asks for and its contrary do not do it


@cache
def rows_of(file: Path) -> list[Measurement]:
    return from_csv(lzma.decompress(file.read_bytes()).decode(), file)


def claims_of(file: Path) -> list[Claim]:
    return read_claims(ROOT / f"claims/{file.name.split('.')[0]}.yaml", read_sources(ROOT / "claims/sources.yaml"))


def range_of(rows: Sequence[Measurement]) -> tuple[float, float]:
    """What a quantity can be, as far as its published values tell: a share, a correlation, a size, or any number."""
    values = [row.value for row in rows if math.isfinite(row.value)]
    low, high = min(values), max(values)
    if low >= -1 and high <= 1:
        return (0.0 if low >= 0 else -1.0), 1.0
    far = FAR * max(abs(low), abs(high))
    return (0.0 if low >= 0 else -far), far


class Outcome:
    """The rows that a claim reads, with values to be planted."""

    def __init__(self, claim: Claim, rows: Sequence[Measurement]) -> None:
        parts = [part for selection, _ in selections_of(claim) for part in selection.everything()]
        self.rows = [row for row in rows if any(part.matches(row) for part in parts)]
        self.values = np.array([row.value for row in self.rows])
        quantities = {row.quantity for row in self.rows}
        self.ranges = {name: range_of([row for row in rows if row.quantity == name]) for name in quantities}
        self._noise = SPREAD * np.random.default_rng(1).standard_normal(len(self.rows))

    def table(self) -> Table:
        """The planted rows; replicates differ by a little."""
        return Table(map(self._row, self.rows, self.values, self._noise))

    def _row(self, row: Measurement, value: float, noise: float) -> Measurement:
        if row.replicate != "exact" and row.unit != "proportion":
            value += noise * max(abs(value), SPREAD)
        return replace(row, value=float(np.clip(value, *self.ranges[row.quantity])))

    def ends(self, selection: Selection) -> tuple[float, float]:
        return self.ranges[selection.quantity]

    def put(self, selection: Selection, value: float | Callable[[Measurement], float]) -> None:
        for at, row in enumerate(self.rows):
            if selection.matches(row):
                self.values[at] = value(row) if callable(value) else value

    def squeeze(self, selection: Selection, low: float, high: float) -> None:
        """Map the whole range of a plain selection into a band, which keeps the order of its values."""
        floor, roof = self.ends(selection)
        for at, row in enumerate(self.rows):
            if selection.matches(row):
                self.values[at] = low + (high - low) * (self.values[at] - floor) / (roof - floor)

    def mean(self, selection: Selection) -> float:
        """The number that a selection gives as things stand, over all that it leaves open."""
        samples = self.table().samples(selection, self._open(selection))
        return float(np.mean([np.mean(item.values) for item in samples]))

    def reach(self, selection: Selection, target: float, positive: bool = False) -> None:
        """Bring the number that a selection gives as near to the target as the ranges allow."""
        aggregate = selection.aggregate
        if aggregate and aggregate.name in ("count", "share"):
            self._tally(selection, target)
        elif aggregate and aggregate.name in ("slope", "exponent"):
            power = aggregate.name == "exponent"
            key = aggregate.keys[0]
            self.put(selection, lambda row: row.condition[key] ** target if power else target * row.condition[key])
        elif selection.minus or selection.over:
            for part in selection.everything():
                self._turn(selection, part, target, positive)
        else:
            self.put(selection, target)

    def _turn(self, selection: Selection, part: Selection, target: float, positive: bool) -> None:
        """The same by one part of a difference or of a quotient, from values all over its range."""
        low, high = self.ends(part)
        best, kept = math.inf, self.values.copy()
        for value in [*np.linspace(low, high, 21), *np.geomspace(1e-9, 1, 10) * high]:
            if positive and value <= 0:
                continue
            self.put(part, float(value))
            found = self.mean(selection)
            if abs(found - target) < best:
                best, kept = abs(found - target), self.values.copy()
        self.values = kept

    def _open(self, selection: Selection) -> tuple[str, ...]:
        rows = [row for row in self.rows if selection.matches(row)]
        aggregated = selection.aggregate.keys if selection.aggregate else ()
        return tuple(
            key for key in rows[0].condition if key not in aggregated and all(key in row.condition for row in rows)
        )

    def _tally(self, selection: Selection, target: float) -> None:
        """So many conditions, or such a share of them, inside the lines that a count or a share counts by."""
        aggregate = selection.aggregate
        assert aggregate is not None

        def place(row: Measurement) -> tuple[str, ...]:
            return tuple(str(row.condition[key]) for key in aggregate.keys)

        places = sorted({place(row) for row in self.rows if selection.matches(row)})
        inside = set(places[: round(target * (len(places) if aggregate.name == "share" else 1))])
        low, high = self.ends(selection)
        yes = [end for end in (aggregate.at_least, aggregate.at_most) if end is not None]
        outside = low if aggregate.at_least is not None else high
        middle = float(np.mean(yes)) if len(yes) == 2 else (high if aggregate.at_least is not None else low)
        self.put(selection, lambda row: middle if place(row) in inside else outside)

    def shake(self, random: np.random.Generator) -> None:
        """Give each quantity, or each condition of it, a level anywhere in its range."""
        levels: dict[tuple[str, tuple[tuple[str, Scalar], ...]], float] = {}
        by_condition = {name: random.random() < 0.5 for name in self.ranges}
        for at, row in enumerate(self.rows):
            key = (row.quantity, tuple(row.condition.items()) if by_condition[row.quantity] else ())
            if key not in levels:
                low, high = self.ranges[row.quantity]
                share = (random.random(), 10 ** -random.uniform(0, 4), 0.0, 1.0)[random.integers(4)]
                levels[key] = low + share * (high - low)
            self.values[at] = levels[key]


def plant(rule: BaseRule, outcome: Outcome, good: bool, order: int = 1, gently: bool = False) -> Iterator[None]:
    """Plant what a rule asks for, or the contrary, in one way after the other.

    Rules that stand together are planted one by one, the last first where `order` is −1; `gently` leaves as much as it
    can of what the others planted before: the order of values, and the first of two that are to be the same.
    """
    if isinstance(rule, AllOf | AnyOf):
        if good is isinstance(rule, AllOf):
            for part in rule.rules[::order]:
                next(plant(part, outcome, good, order, gently), None)
            yield
            return
        before = outcome.values.copy()
        for part in rule.rules[::order]:
            for _ in plant(part, outcome, good, order, gently):
                yield
                outcome.values = before.copy()
    elif isinstance(rule, Within | AtLeast | AtMost | Between):
        low, high = rule.band()
        floor, roof = outcome.ends(rule.value)
        if rule.value.aggregate and rule.value.aggregate.name == "share":
            floor, roof = 0.0, 1.0
        elif rule.value.minus or rule.value.over or rule.value.aggregate:
            span = 2 * max(abs(end) for end in (low, high, 1.0) if math.isfinite(end))
            floor, roof = -span, span
        elif rule.scale:
            nearest = 1e-3 * min(abs(end) for end in (low, high, roof) if math.isfinite(end) and end)
            floor, roof = max(floor, nearest), roof - nearest if rule.scale == "logit" else roof
        lowest, highest = max(low, floor), min(high, roof)
        if gently and good and not rule.value.aggregate and not rule.value.minus and not rule.value.over:
            outcome.squeeze(rule.value, lowest, highest)
            yield
            return
        beyond = [end for end in (floor, roof) if not low <= end <= high]
        for target in ((lowest + highest) / 2, lowest, highest) if good else beyond:
            outcome.reach(rule.value, target)
            yield
    elif isinstance(rule, Greater | Equivalent):
        ends = [outcome.ends(item) for item in (rule.a, rule.b)]
        high = max(end[1] for end in ends)
        low = max(min(end[0] for end in ends), 1e-6 * min(end[1] for end in ends) if rule.ratio else -math.inf)
        middle = (low + high) / 2
        alike, apart = [(middle, middle), (high, high), (low, low)], [(high, low), (low, high)]
        asked = alike if isinstance(rule, Equivalent) else apart[:1]
        other = apart if isinstance(rule, Equivalent) else [*apart[1:], *alike]
        if gently and good and isinstance(rule, Equivalent):
            asked = [(outcome.mean(rule.a),) * 2]
        for a, b in asked if good else other:
            outcome.reach(rule.b, b, rule.ratio)
            outcome.reach(rule.a, a, rule.ratio)
            yield
    elif isinstance(rule, Ordered | Monotone):
        if isinstance(rule, Ordered):
            parts = list(rule.values)
        else:
            places = sorted({row.condition[rule.along] for row in outcome.rows if rule.value.matches(row)})
            parts = [rule.value.model_copy(update={"where": {**rule.value.where, rule.along: at}}) for at in places]
        low = min(outcome.ends(part)[0] for part in parts)
        levels = np.linspace(low, max(outcome.ends(part)[1] for part in parts), len(parts) + 2)[1:-1]
        rising = good is (isinstance(rule, Monotone) and rule.direction == "increasing")
        for part, level in zip(parts, levels if rising else levels[::-1], strict=True):
            outcome.reach(part, float(level))
        yield


def outcomes(claim: Claim, rows: Sequence[Measurement], good: bool) -> Iterator[Table]:
    """Tables that should be good, or bad, for a claim, its controls as they should be."""
    yield Table(Outcome(claim, rows).rows)
    controls = [rule for _, rule in (claim.controls.rules() if claim.controls else ())]
    for gently, order in product((False, True), (1, -1)):
        outcome = Outcome(claim, rows)
        for rule in controls:
            next(plant(rule, outcome, True), None)
        for _ in plant(claim.rule, outcome, good, order, gently):
            yield outcome.table()
            kept = outcome.values.copy()
            for _ in plant(claim.direction, outcome, good, order, gently) if claim.direction else ():
                yield outcome.table()
            outcome.values = kept
    random = np.random.default_rng(0)
    for number in range(TRIES):
        outcome = Outcome(claim, rows)
        outcome.shake(random)
        for rule in controls if number % 2 else ():
            next(plant(rule, outcome, True), None)
        yield outcome.table()


def unreachable(file: Path) -> list[str]:
    """Of a study's claims, those that no planted outcome supports, or refutes."""
    found = []
    for claim in claims_of(file):
        if claim.needs or judge(claim, Table(rows_of(file)), [], TIERS)["verdict"] == "not testable":
            continue
        for good, wanted in ((True, "supported"), (False, "refuted")):
            tables = outcomes(claim, rows_of(file), good)
            if not any(judge(claim, table, [], TIERS)["verdict"] == wanted for table in tables):
                found.append(f"{claim.id} is never {wanted}")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.name.split(".")[0])
def test_every_claim_can_be_supported_and_refuted(file):
    assert unreachable(file) == []
