"""How often the rules err: simulated measurements whose truth lies on the line, judged as those of a study are.

A rule that asks for more than the truth is wrong when it holds, one that asks for less when it does not; on the line
both are as likely as they can be. Each of them should happen in one case of forty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from soapbubble.claims.decision import Verdict
from soapbubble.claims.evidence import Table
from soapbubble.claims.rules import parse_rule
from soapbubble.measurements import Condition, Measurement

REPLICATES = (2, 3, 5, 10, 20)
TRIALS, SHARE, LIKENESS = 200, 0.8, 0.02  # of a share: trials a network, the truth, their intraclass correlation
CONDITIONS = 5  # of a rule that asks each of several

Draw = Callable[[np.random.Generator, int], np.ndarray]


@dataclass(frozen=True)
class Population:
    """Values (n,) with the truth `line`, the scale on which a claim would judge them, and their unit."""

    draw: Draw
    line: float
    scale: str | None = None
    unit: str = "1"


POPULATIONS: Mapping[str, Population] = {
    "normal": Population(lambda rng, n: rng.normal(size=n), 0.0),
    "heavy-tailed (t, 3 degrees of freedom)": Population(lambda rng, n: rng.standard_t(3, size=n), 0.0),
    "lognormal, on the log scale": Population(lambda rng, n: np.exp(rng.normal(size=n)), 1.0, "log"),
    "between 0 and 1, on the logit scale": Population(
        lambda rng, n: 1 / (1 + np.exp(-rng.normal(size=n))), 0.5, "logit"
    ),
    "shares of 200 alike trials": Population(
        lambda rng, n: rng.binomial(TRIALS, rng.beta(*_beta(SHARE, LIKENESS), size=n)) / TRIALS,
        SHARE,
        unit="proportion",
    ),
}
COUNTS: Mapping[str, Population] = {
    "rare counts (Poisson, mean 0.5)": Population(lambda rng, n: rng.poisson(0.5, size=n), 0.5, unit="count"),
    "counts out of 5 (binomial, mean 4.5)": Population(lambda rng, n: rng.binomial(5, 0.9, size=n), 4.5, unit="count"),
}


def _beta(mean: float, correlation: float) -> tuple[float, float]:
    strength = (1 - correlation) / correlation
    return mean * strength, (1 - mean) * strength


@dataclass(frozen=True)
class Case:
    """A rule on the line, in words and as a claims file writes it, and rows to judge, a simulation each."""

    words: str
    population: str
    n: int
    rule: dict[str, Any]
    rows: Callable[[np.random.Generator], list[Measurement]]


def calibrate(simulations: int, seed: int) -> list[Measurement]:
    """Shares of simulations in which each rule holds, and in which it does not hold, with the truth on the line."""
    found = []
    for number, case in enumerate(cases()):
        rng, rule = np.random.default_rng((seed, number)), parse_rule(case.rule)
        verdicts = [rule.decide(Table(case.rows(rng))).verdict for _ in range(simulations)]
        where: Condition = {"rule": case.words, "values": case.population, "n": case.n}
        for quantity, verdict in (("false_holds", Verdict.SUPPORTED), ("false_fails", Verdict.REFUTED)):
            share = sum(item is verdict for item in verdicts) / simulations
            found.append(Measurement(quantity, where, 0, share, "proportion", simulations))
    return found


def cases() -> Iterator[Case]:
    """Every rule under the populations that it can meet, for several numbers of replicates."""
    for n in REPLICATES:
        for name, population in POPULATIONS.items():
            yield from _one_sided(name, population, n)
        yield from _comparisons(n)
    for n in REPLICATES:  # after all others, whose simulations go by their number
        for name, population in COUNTS.items():
            yield from _one_sided(name, population, n)


def _one_sided(name: str, population: Population, n: int) -> Iterator[Case]:
    scale = {"scale": population.scale} if population.scale else {}
    line = {"value": {"quantity": "q"}, "bound": population.line} | scale

    def rows(rng: np.random.Generator, quantity: str = "q", **where: int) -> list[Measurement]:
        drawn = population.draw(rng, n)
        return [Measurement(quantity, where, k, float(value), population.unit, TRIALS) for k, value in enumerate(drawn)]

    def several(rng: np.random.Generator) -> list[Measurement]:
        return [row for at in range(CONDITIONS) for row in rows(rng, at=at)]

    def pair(rng: np.random.Generator) -> list[Measurement]:
        return rows(rng) + rows(rng, "r")

    other = {"at_least": line | {"value": {"quantity": "r"}}}
    yield Case("at_least", name, n, {"at_least": line}, rows)
    yield Case(f"each of {CONDITIONS}", name, n, {"at_least": line | {"each": "at"}}, several)
    yield Case("all_of two", name, n, {"all_of": [{"at_least": line}, other]}, pair)
    yield Case("any_of two", name, n, {"any_of": [{"at_least": line}, other]}, pair)


def _comparisons(n: int) -> Iterator[Case]:
    def groups(rng: np.random.Generator, spread: float = 1.0, more: int = 1, shift: float = 0.0) -> list[Measurement]:
        drawn = {"a": shift + spread * rng.normal(size=n), "b": rng.normal(size=n * more)}
        return [Measurement(name, {}, k, float(item)) for name, items in drawn.items() for k, item in enumerate(items)]

    def steps(rng: np.random.Generator) -> list[Measurement]:
        return [
            Measurement("q", {"x": x}, k, float(item)) for x in range(3) for k, item in enumerate(rng.normal(size=n))
        ]

    a, b = {"quantity": "a"}, {"quantity": "b"}
    greater = {"greater": {"a": a, "b": b}}
    yield Case("greater, paired", "normal", n, greater, groups)
    yield Case("greater, against 4n, 3 times the spread", "normal", n, greater, lambda rng: groups(rng, 3.0, 4))
    yield Case(
        "equivalent, at its margin",
        "normal",
        n,
        {"equivalent": {"a": a, "b": b, "margin": 9.0}},
        lambda rng: groups(rng, shift=9.0),
    )
    yield Case(
        "monotone, nothing changes",
        "normal",
        n,
        {"monotone": {"value": {"quantity": "q"}, "along": "x", "direction": "increasing"}},
        steps,
    )
