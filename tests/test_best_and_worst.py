"""Every rule can be met and can fail: each claim is judged on a best and on a worst outcome of its own size."""

from __future__ import annotations

import lzma
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from soapbubble.claims.bands import AtLeast, AtMost, Between, Within
from soapbubble.claims.comparisons import Equivalent, Greater, Monotone, Ordered
from soapbubble.claims.decision import BaseRule
from soapbubble.claims.evidence import Table
from soapbubble.claims.judge import judge, selections_of
from soapbubble.claims.rules import AllOf, AnyOf
from soapbubble.claims.schema import Claim, read_claims, read_sources
from soapbubble.claims.selection import Selection
from soapbubble.measurements import Measurement, from_csv

ROOT = Path(__file__).parents[1]
PUBLISHED = sorted((ROOT / "results/reference/builtin").glob("*.csv.xz"))
TIERS = {"digits": "built-in", "photos": "built-in", "faces": "built-in"}
SPREAD = 1e-4  # of planted replicates, relative
TRIES = 300
FAR = 10.0  # times the largest value seen, for quantities without an upper end


@cache
def rows_of(file: Path) -> list[Measurement]:
    return from_csv(lzma.decompress(file.read_bytes()).decode(), file)


@cache
def claims_of(file: Path) -> dict[str, Claim]:
    sources = read_sources(ROOT / "claims/sources.yaml")
    return {claim.id: claim for claim in read_claims(ROOT / f"claims/{file.name.split('.')[0]}.yaml", sources)}


class Planted:
    """The rows that a claim reads, with values of our own: as many replicates and trials as were measured."""

    def __init__(self, claim: Claim, rows: Sequence[Measurement]) -> None:
        parts = [part for selection, _ in selections_of(claim) for part in selection.everything()]
        self.rows = [row for row in rows if any(part.matches(row) for part in parts)]
        self.values = np.array([row.value for row in self.rows])
        self.ranges = {
            name: _range([row for row in rows if row.quantity == name]) for name in {row.quantity for row in self.rows}
        }
        random = np.random.default_rng(1)
        self.noise = random.standard_normal(len(self.rows))

    def table(self) -> Table:
        return Table(
            replace(row, value=self._planted(row, value, noise))
            for row, value, noise in zip(self.rows, self.values, self.noise, strict=True)
        )

    def _planted(self, row: Measurement, value: float, noise: float) -> float:
        low, high = self.ranges[row.quantity]
        if row.replicate != "exact" and row.unit != "proportion":
            value += noise * SPREAD * max(abs(value), SPREAD)
        return float(np.clip(value, low, high))

    def put(self, selection: Selection, value: float) -> None:
        """Give the quantity itself one value wherever the selection reads it."""
        for at, row in enumerate(self.rows):
            if selection.matches(row):
                self.values[at] = value

    def shake(self, random: np.random.Generator) -> None:
        """Give each quantity, or each condition of it, a level of its own, anywhere in its range."""
        levels: dict[tuple, float] = {}
        by_condition = {name: random.random() < 0.5 for name in self.ranges}
        for at, row in enumerate(self.rows):
            key = (row.quantity, tuple(row.condition.items()) if by_condition[row.quantity] else ())
            if key not in levels:
                low, high = self.ranges[row.quantity]
                share = (random.random(), 10 ** -random.uniform(0, 4), 0.0, 1.0)[random.integers(4)]
                levels[key] = low + share * (high - low)
            self.values[at] = levels[key]

    def ends(self, selection: Selection) -> tuple[float, float]:
        return self.ranges[selection.quantity]

    def along(self, selection: Selection, key: str, function) -> None:
        for at, row in enumerate(self.rows):
            if selection.matches(row):
                self.values[at] = function(row.condition[key])

    def reach(self, selection: Selection, target: float) -> None:
        """Make the number that the selection gives as near to the target as the ranges allow."""
        aggregate = selection.aggregate
        if aggregate and aggregate.name in ("count", "share"):
            self._tally(selection, target)
        elif aggregate and aggregate.name in ("slope", "exponent"):
            key = aggregate.keys[0]
            scale = 1.0 if aggregate.name == "exponent" else 0.0
            self.along(selection, key, (lambda x: x**target) if scale else (lambda x: target * x))
        elif selection.minus or selection.over:
            for knob in [part for part in selection.everything()]:
                self._solve(selection, knob, target)
        else:
            self.put(selection, target)

    def _solve(self, selection: Selection, knob: Selection, target: float) -> None:
        """Turn one of the parts of a quotient of differences, which depends on it by a straight line or its inverse."""
        low, high = self.ends(knob)
        best = (math.inf, self.values.copy())
        for value in np.unique(np.concatenate([np.linspace(low, high, 41), np.geomspace(1e-3, 1, 13) * (high or 1.0)])):
            self.put(knob, float(value))
            found = np.mean([np.mean(item.values) for item in self.table().samples(selection, _open(selection, self))])
            if math.isfinite(found) and abs(found - target) < best[0]:
                best = (abs(found - target), self.values.copy())
        self.values = best[1]

    def _tally(self, selection: Selection, target: float) -> None:
        aggregate = selection.aggregate
        keys = sorted(
            {tuple(str(row.condition[key]) for key in aggregate.keys) for row in self.rows if selection.matches(row)}
        )
        inside = round(target * (len(keys) if aggregate.name == "share" else 1))
        low, high = self.ends(selection)
        yes = aggregate.at_least if aggregate.at_least is not None else aggregate.at_most
        no = low if aggregate.at_least is not None else high
        far = high if aggregate.at_least is not None else low
        both = aggregate.at_least is not None and aggregate.at_most is not None
        chosen = set(keys[:inside])
        for at, row in enumerate(self.rows):
            if selection.matches(row):
                here = tuple(str(row.condition[key]) for key in aggregate.keys) in chosen
                self.values[at] = ((aggregate.at_least + aggregate.at_most) / 2 if both else far) if here else no
        assert yes is not None


def _open(selection: Selection, planted: Planted) -> tuple[str, ...]:
    """All keys of the conditions that the selection leaves open."""
    rows = [row for row in planted.rows if selection.matches(row)]
    aggregated = selection.aggregate.keys if selection.aggregate else ()
    return tuple(
        key for key in rows[0].condition if key not in aggregated and all(key in row.condition for row in rows)
    )


def _range(rows: Sequence[Measurement]) -> tuple[float, float]:
    """What a quantity can be: from its unit, and else from all that was measured of it."""
    values = [row.value for row in rows if math.isfinite(row.value)]
    low, high = min(values), max(values)
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    if low >= -1 and high <= 1:
        return -1.0, 1.0
    far = FAR * max(abs(low), abs(high))
    return (0.0 if low >= 0 else -far), far


def outcomes(rule: BaseRule, planted: Planted, good: bool, order: int = 1) -> Iterator[None]:
    """Plant what a rule asks for, or the contrary, in each of the ways that there are."""
    if isinstance(rule, AllOf | AnyOf):
        together = good is isinstance(rule, AllOf)
        if together:
            for part in rule.rules[::order]:
                next(outcomes(part, planted, good, order), None)
            yield
        before = planted.values.copy()
        for part in rule.rules[::order]:
            for _ in outcomes(part, planted, good, order):
                yield
                planted.values = before.copy() if not together else planted.values
    elif isinstance(rule, Within | AtLeast | AtMost | Between):
        low, high = rule.band()
        floor, roof = planted.ends(rule.value)
        span = 2 * max([abs(end) for end in (low, high) if math.isfinite(end)] + [1.0])
        tally = rule.value.aggregate and rule.value.aggregate.name in ("share",)
        wide = bool(rule.value.minus or rule.value.over or rule.value.aggregate)
        floor, roof = (-span if wide else floor), (span if wide else roof)
        if tally:
            floor, roof = 0.0, 1.0
        inside = (max(low, floor) + min(high, roof)) / 2
        for target in [inside, max(low, floor), min(high, roof)] if good else [floor, roof]:
            planted.reach(rule.value, target)
            yield
    elif isinstance(rule, Greater | Equivalent):
        ends = [planted.ends(item) for item in (rule.a, rule.b)]
        high, low = max(end[1] for end in ends), min(end[0] for end in ends)
        if rule.ratio:
            low = max(low, 1e-6 * high)
        same = isinstance(rule, Equivalent) is good
        middle = (low + high) / 2
        pairs = [(middle, middle), (high, high), (low, low)] if same else [(high, low), (low, high)]
        for a, b in pairs if same or not isinstance(rule, Greater) else pairs[:1] if good else pairs[1:]:
            planted.reach(rule.b, b)
            planted.reach(rule.a, a)
            planted.reach(rule.b, b)
            yield
        if isinstance(rule, Greater) and not good:
            planted.reach(rule.a, middle)
            planted.reach(rule.b, middle)
            yield
    elif isinstance(rule, Ordered):
        ends = [planted.ends(item) for item in rule.values]
        levels = np.linspace(min(e[0] for e in ends), max(e[1] for e in ends), len(rule.values) + 2)[1:-1]
        for item, level in zip(rule.values, levels[::-1] if good else levels, strict=True):
            planted.reach(item, level)
        yield
    elif isinstance(rule, Monotone):
        low, high = planted.ends(rule.value)
        places = sorted({row.condition[rule.along] for row in planted.rows if rule.value.matches(row)})
        levels = np.linspace(low, high, len(places) + 2)[1:-1]
        rising = (rule.direction == "increasing") is good
        chosen = dict(zip(places, levels if rising else levels[::-1], strict=True))
        planted.along(rule.value, rule.along, chosen.__getitem__)
        yield


def reachable(claim: Claim, rows: Sequence[Measurement], good: bool) -> set[str]:
    """The verdicts on planted outcomes that should be good, or bad, for a claim."""
    wanted = "supported" if good else "refuted"
    found = {judge(claim, Table(Planted(claim, rows).rows), claim.needs, TIERS)["verdict"]}
    for order in (1, -1):
        planted = Planted(claim, rows)
        if wanted in found:
            break
        found |= _tried(claim, planted, good, order)
    random = np.random.default_rng(0)
    for _ in range(TRIES):
        if wanted in found:
            break
        planted = Planted(claim, rows)
        planted.shake(random)
        found |= verdict(claim, planted)
    return found


def _tried(claim, planted, good, order):
    found = set()
    for _ in outcomes(claim.rule, planted, good, order):
        if claim.direction and not good:
            keep = planted.values.copy()
            for _ in outcomes(claim.direction, planted, good, order):
                found |= verdict(claim, planted)
            planted.values = keep
        found |= verdict(claim, planted)
        if ("supported" if good else "refuted") in found:
            break
    return found


def verdict(claim: Claim, planted: Planted, controls: bool = True) -> set[str]:
    if claim.controls and controls:
        keep = planted.values.copy()
        for _, rule in claim.controls.rules():
            next(outcomes(rule, planted, True), None)
    table = planted.table()
    if claim.controls and controls:
        planted.values = keep
    return {judge(claim, table, claim.needs, TIERS)["verdict"]}


if __name__ == "__main__":
    import sys
    import time

    for file in PUBLISHED:
        if len(sys.argv) > 1 and file.name.split(".")[0] not in sys.argv[1:]:
            continue
        start = time.time()
        for claim in claims_of(file).values():
            if claim.id not in open("/tmp/bw.txt").read():
                continue
            for good, wanted in ((True, "supported"), (False, "refuted")):
                try:
                    got = reachable(claim, rows_of(file), good)
                except Exception as error:
                    got = {f"{type(error).__name__}: {error}"[:140]}
                if wanted not in got and "not testable" not in got:
                    print(file.name[:8], claim.id, "best" if good else "worst", got, flush=True)
        print(file.name, time.time() - start, flush=True)
