"""Components that are uniform on other intervals, and components that depend on each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
from pydantic import model_validator

from soapbubble.config.base import Block, Dimension
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.random_points import bit_stream, uniform_vectors
from soapbubble.stats.uniform_length import square_variance


class Interval(Block):
    """Where a component is uniform."""

    a: float = setting(doc="a")
    b: float = setting(doc="b")

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.a >= self.b:
            raise ValueError("`a` must be below `b`")
        return self


class Intervals(Part):
    """Components on other intervals, and components that are not independent."""

    seed: int = setting(12, ge=0, doc="seed of the random numbers")
    intervals: list[Interval] = setting(
        [{"a": -5.0, "b": 5.0}, {"a": 0.0, "b": 10.0}, {"a": -2.0, "b": 7.0}],
        min_length=1,
        doc="where components are uniform",
    )
    # mean squares to 0.03 %, below the tolerance of 0.1 %
    pairs: int = setting(8000000, smoke=20000, ge=100, doc="pairs of components for each interval")
    dependent_dimension: Dimension = setting(16, doc="number of components that are all equal")
    dependent_points: int = setting(4000000, smoke=20000, ge=100, doc="vectors of such components")
    replicates: int = setting(20, smoke=4, ge=2, doc="independent repetitions, the unit of replication")

    def reads(self) -> Reads:
        return Reads(memory_mb=300)


INTERVALS, DEPENDENT = range(2)  # places in the tree of random streams
PAIR = 4  # components drawn at a time: two pairs


def measure(cfg: Intervals, lab: Lab) -> Outcome:
    """Moments of components on each interval, and of lengths of vectors whose components are all equal."""
    out = Outcome()
    for place, interval in enumerate(progress(cfg.intervals, "components on other intervals")):
        for replicate in range(cfg.replicates):
            sums = np.zeros(5)
            for block in uniform_vectors(
                bit_stream(cfg.seed, INTERVALS, place, replicate), PAIR, cfg.pairs // (2 * cfg.replicates)
            ):
                middle, half = (interval.a + interval.b) / 2, (interval.b - interval.a) / 2
                x, y = middle + half * block.astype(np.float64).reshape(-1, 2).T
                p, q = x * x, y * y
                sums += len(x), x.sum() + y.sum(), p.sum() + q.sum(), p @ p + q @ q, p @ q
            _interval_rows(out, sums, {"a": interval.a, "b": interval.b}, replicate)
    for replicate in range(cfg.replicates):
        _dependent(out, cfg, replicate)
    return out


def _interval_rows(out: Outcome, sums: np.ndarray, where: Mapping[str, float], replicate: int) -> None:
    """Mean, mean square, and the correlation of the squares of the two components of a pair."""
    pairs, first, second, fourth, product = sums
    square = second / (2 * pairs)
    correlation = (product / pairs - square**2) / (fourth / (2 * pairs) - square**2)
    for quantity, value in (
        ("component_mean", first / (2 * pairs)),
        ("component_mean_square", square),
        ("component_square_correlation", correlation),
    ):
        out.add(quantity, value, where, replicate, n=int(pairs))


def _dependent(out: Outcome, cfg: Intervals, replicate: int) -> None:
    """R² = N x² where all components are the same x, uniform on [-1, 1)."""
    n, points = cfg.dependent_dimension, cfg.dependent_points // cfg.replicates
    squares = [
        n * block.ravel().astype(np.float64) ** 2
        for block in uniform_vectors(bit_stream(cfg.seed, DEPENDENT, replicate), PAIR, points // PAIR)
    ]
    square = np.concatenate(squares)
    out.add("dependent_mean_square", square.mean(), {"N": n}, replicate, n=len(square))
    variance = square.var(ddof=1)
    out.add("dependent_square_variance", variance, {"N": n}, replicate, n=len(square))
    out.add("dependent_variance_factor", variance / square_variance(n), {"N": n}, replicate, n=len(square))
