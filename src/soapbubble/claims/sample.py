"""The replicates of one quantity under one condition, what is made of several of them, and their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from soapbubble.claims.bounds import ANY, PROPORTION, SHARE, Bounds
from soapbubble.claims.selection import Aggregate
from soapbubble.errors import SoapbubbleError
from soapbubble.measurements import Measurement, Replicate, Scalar, condition_text
from soapbubble.stats import intervals
from soapbubble.stats.intervals import Interval, Scale


@dataclass(frozen=True)
class Sample:
    """All replicates of one quantity under one condition, and the values that it can have."""

    condition: Mapping[str, Scalar]
    rows: tuple[Measurement, ...]
    bounds: Bounds = ANY

    @property
    def is_exact(self) -> bool:
        """Whether the value has no sampling error."""
        return self.rows[0].replicate == "exact"

    @property
    def is_proportion(self) -> bool:
        """Whether the values are shares of independent trials."""
        return self.unit == PROPORTION and not self.is_exact

    @property
    def unit(self) -> str:
        """The unit of the values."""
        return self.rows[0].unit

    @property
    def values(self) -> list[float]:
        """The values in the order of the replicates."""
        return [row.value for row in self.rows]

    @property
    def replicates(self) -> list[Replicate]:
        """The names of the replicates, in order."""
        return [row.replicate for row in self.rows]

    def interval(self, level: float, scale: Scale | None = None) -> Interval:
        """Mean over the replicates with its confidence interval, taken on `scale` and given in plain units.

        It is cut to the values that the quantity can have.
        """
        return self._interval(level, scale).cut(self.bounds.low, self.bounds.high)

    def _interval(self, level: float, scale: Scale | None) -> Interval:
        if self.is_exact:
            return intervals.exact(self.values[0])
        if self.is_proportion:
            if scale is not None:
                raise SoapbubbleError(
                    f"{_named(self)} is a share of trials, which has a scale of its own; leave out `scale`."
                )
            return intervals.of_shares([row.value for row in self.rows], [row.n for row in self.rows], level)
        return (
            intervals.of_mean_on_scale(self.values, scale, level)
            if scale
            else intervals.of_mean(self.values, level, self.bounds.step)
        )


def contrast(a: Sample, b: Sample, level: float, ratio: bool) -> Interval:
    """Interval of a - b, or of log(a / b): paired where both have the same replicates, else Welch's.

    A difference is cut to the values that it can have. A ratio of values that are not all positive is NaN and decides
    nothing.
    """
    found = _contrast(a, b, level, ratio)
    return found if ratio else found.cut((a.bounds - b.bounds).low, (a.bounds - b.bounds).high)


def _contrast(a: Sample, b: Sample, level: float, ratio: bool) -> Interval:
    if ratio and (a.is_proportion or b.is_proportion):
        raise SoapbubbleError("a ratio of proportions has no interval here; compare their difference.")
    if a.is_proportion and b.is_proportion:
        return intervals.of_proportion_difference(a.interval(level), b.interval(level))
    if a.is_proportion or b.is_proportion:
        if not (a.is_exact or b.is_exact):
            raise SoapbubbleError("a proportion can be compared with a proportion or an exact value only.")
        if a.is_exact:
            return b.interval(level).negated().shifted(a.values[0])
        return a.interval(level).shifted(-b.values[0])
    x, y = (_logs(a.values), _logs(b.values)) if ratio else (a.values, b.values)
    step = 0.0 if ratio else (a.bounds - b.bounds).step
    if a.is_exact and b.is_exact:
        return intervals.exact(x[0] - y[0])
    if a.is_exact:
        return intervals.of_mean([x[0] - item for item in y], level, step)
    if b.is_exact:
        return intervals.of_mean([item - y[0] for item in x], level, step)
    if a.replicates == b.replicates:
        return intervals.of_mean([p - q for p, q in zip(x, y, strict=True)], level, step)
    return intervals.of_difference(x, y, level, step)


def _logs(values: Sequence[float]) -> list[float]:
    return [math.log(value) if value > 0 else math.nan for value in values]


def minus(a: Sample, b: Sample) -> Sample:
    """a - b in each replicate, under the condition of `a`."""
    unit = a.unit if a.unit == b.unit and a.unit != PROPORTION else "1"
    return _combined(a, b, lambda x, y: x - y, unit, a.bounds - b.bounds)


def over(a: Sample, b: Sample) -> Sample:
    """a / b in each replicate, under the condition of `a`; NaN where `b` is 0."""
    return _combined(a, b, lambda x, y: x / y if y else math.nan, "1", a.bounds / b.bounds)


def _combined(a: Sample, b: Sample, function: Callable[[float, float], float], unit: str, bounds: Bounds) -> Sample:
    left, right = _aligned([a, b])
    rows = [
        replace(p, value=function(p.value, q.value), unit=unit, n=min(p.n, q.n))
        for p, q in zip(left, right, strict=True)
    ]
    return Sample(a.condition, tuple(rows), bounds)


def aggregated(samples: Sequence[Sample], aggregate: Aggregate) -> Sample:
    """One number of all samples in each replicate, under what their conditions share beside the aggregated keys."""
    units = {sample.unit for sample in samples}
    if aggregate.keeps_unit and len(units) > 1:
        raise SoapbubbleError(f"{samples[0].rows[0].quantity} has several units; its {aggregate.name} means nothing.")
    columns = _aligned(samples)
    at = [sample.condition[aggregate.keys[0]] for sample in samples]
    values = aggregate.of(np.array([[row.value for row in rows] for rows in columns]).T, at)
    unit = samples[0].unit if aggregate.keeps_unit and PROPORTION not in units else "1"
    condition = {
        key: item
        for key, item in samples[0].condition.items()
        if key not in aggregate.keys and all(other.condition.get(key) == item for other in samples)
    }
    rows = [
        replace(row, condition=condition, value=float(value), unit=unit, n=min(rows[k].n for rows in columns))
        for k, (row, value) in enumerate(zip(columns[0], values, strict=True))
    ]
    return Sample(condition, tuple(rows), _aggregated_bounds(samples, aggregate))


def _aggregated_bounds(samples: Sequence[Sample], aggregate: Aggregate) -> Bounds:
    if aggregate.keeps_unit:
        each = samples[0].bounds  # all are of one quantity
        return replace(each, step=each.step / len(samples)) if aggregate.name == "mean" else each
    return {"share": SHARE, "count": Bounds(0.0, len(samples))}.get(aggregate.name, ANY)


def _aligned(samples: Sequence[Sample]) -> list[tuple[Measurement, ...]]:
    """The rows of each sample, all of the same replicates; an exact value counts in each of them."""
    replicated = [sample for sample in samples if not sample.is_exact]
    if not replicated:
        return [sample.rows for sample in samples]
    first = replicated[0]
    for other in replicated[1:]:
        if other.replicates != first.replicates:
            raise SoapbubbleError(
                f"{_named(first)} and {_named(other)} have different replicates, so nothing can be computed in each of "
                "them; measure both in the same replicates, or compare them with `greater`."
            )
    return [
        tuple(replace(sample.rows[0], replicate=name) for name in first.replicates) if sample.is_exact else sample.rows
        for sample in samples
    ]


def _named(sample: Sample) -> str:
    return f"{sample.rows[0].quantity} at {condition_text(sample.condition)}"
