"""How a rule finds its measurements, and the interval they give."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from soapbubble.errors import SoapbubbleError
from soapbubble.measurements import Measurement, Scalar, condition_text
from soapbubble.numbers import significant
from soapbubble.stats import intervals
from soapbubble.stats.intervals import Interval

PROPORTION = "proportion"


class Selection(BaseModel):
    """Which measurements a rule reads: a quantity, and what their condition must contain."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    quantity: str
    where: dict[str, str | int | float | bool] = Field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.quantity} where {condition_text(self.where)}" if self.where else self.quantity

    def matches(self, row: Measurement) -> bool:
        """Whether the row is one of them; 3 and 3.0 are the same number, but 1 and True are not the same value."""
        return row.quantity == self.quantity and all(
            key in row.condition
            and row.condition[key] == item
            and isinstance(row.condition[key], bool) == isinstance(item, bool)
            for key, item in self.where.items()
        )

    def words(self, condition: Mapping[str, Scalar] | None = None) -> str:
        """The quantity and its condition as a person would write them."""
        shown = dict(self.where) | dict(condition or {})
        details = ", ".join(f"{key} = {_scalar(shown[key])}" for key in sorted(shown))
        name = self.quantity.replace("_", " ")
        return f"{name} ({details})" if details else name


def _scalar(value: Scalar) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else value
    return str(value).replace("-", "−") if isinstance(value, int) else significant(value, 6)


@dataclass(frozen=True)
class Sample:
    """All replicates of one quantity under one condition."""

    condition: Mapping[str, Scalar]
    rows: tuple[Measurement, ...]

    @property
    def is_exact(self) -> bool:
        """Whether the value has no sampling error."""
        return self.rows[0].replicate == "exact"

    @property
    def is_proportion(self) -> bool:
        """Whether the values are shares of independent trials."""
        return self.rows[0].unit == PROPORTION and not self.is_exact

    @property
    def values(self) -> list[float]:
        """The values in the order of the replicates."""
        return [row.value for row in self.rows]

    @property
    def replicates(self) -> list[int | str]:
        """The names of the replicates, in order."""
        return [row.replicate for row in self.rows]

    def interval(self, level: float) -> Interval:
        """Mean over the replicates with its confidence interval."""
        if self.is_exact:
            return intervals.exact(self.values[0])
        if self.is_proportion:
            trials = sum(row.n for row in self.rows)
            return intervals.of_proportion(sum(row.value * row.n for row in self.rows), trials, level)
        return intervals.of_mean(self.values, level)


class Table:
    """The measurements of a study, found by quantity and condition."""

    def __init__(self, rows: Iterable[Measurement]) -> None:
        self._by_quantity: dict[str, list[Measurement]] = {}
        for row in rows:
            self._by_quantity.setdefault(row.quantity, []).append(row)

    def samples(self, selection: Selection, along: Sequence[str] = ()) -> list[Sample]:
        """The samples that `selection` names, one for each value of the condition keys `along`, sorted by them.

        Raises:
            SoapbubbleError: nobody wrote such a measurement, or the selection is ambiguous.
        """
        rows = self._rows(selection)
        if not rows:
            raise SoapbubbleError(
                f"no measurement of {selection}: nothing measured it; correct the selection or measure it."
            )
        groups: dict[tuple[Scalar, ...], list[Measurement]] = {}
        for row in rows:
            missing = [key for key in along if key not in row.condition]
            if missing:
                raise SoapbubbleError(f"measurements of {selection} have no condition '{missing[0]}' to go along.")
            groups.setdefault(tuple(row.condition[key] for key in along), []).append(row)
        return [_sample(selection, groups[key]) for key in sorted(groups, key=_order)]

    def sample(self, selection: Selection) -> Sample:
        """The one sample that `selection` names."""
        return self.samples(selection)[0]

    def holds_any(self, selection: Selection) -> bool:
        """Whether there is such a measurement."""
        return bool(self._rows(selection))

    def _rows(self, selection: Selection) -> list[Measurement]:
        return [row for row in self._by_quantity.get(selection.quantity, []) if selection.matches(row)]


def _order(key: tuple[Scalar, ...]) -> tuple[tuple[bool, float, str], ...]:
    return tuple((isinstance(item, str), 0.0 if isinstance(item, str) else float(item), str(item)) for item in key)


def _sample(selection: Selection, rows: list[Measurement]) -> Sample:
    conditions = {condition_text(row.condition) for row in rows}
    if len(conditions) > 1:
        raise SoapbubbleError(
            f"{selection} is ambiguous: it matches measurements under {len(conditions)} conditions, such as "
            f"{' and '.join(sorted(conditions)[:2])}; say more in `where`."
        )
    ordered = sorted(rows, key=lambda row: (isinstance(row.replicate, str), row.replicate, row.value))
    names = [row.replicate for row in ordered]
    if len(set(names)) < len(names):
        raise SoapbubbleError(f"{selection} was measured twice in the same replicate; keep one of them.")
    if "exact" in names and len(names) > 1:
        raise SoapbubbleError(f"{selection} has exact and replicated measurements; they cannot be pooled.")
    if len({row.unit for row in rows}) > 1:
        raise SoapbubbleError(f"{selection} was measured in different units; they cannot be pooled.")
    sample = Sample(rows[0].condition, tuple(ordered))
    strange = [value for value in sample.values if sample.is_proportion and (value < 0 or value > 1)]
    if strange:
        raise SoapbubbleError(f"{selection} is {strange[0]}, which is not a share of trials; correct its unit.")
    return sample


def contrast(a: Sample, b: Sample, level: float, ratio: bool) -> Interval:
    """Interval of a - b, or of log(a / b): paired where both have the same replicates, else Welch's.

    A ratio of values that are not all positive is NaN and decides nothing.
    """
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
    if a.is_exact and b.is_exact:
        return intervals.exact(x[0] - y[0])
    if a.is_exact:
        return intervals.of_mean([x[0] - item for item in y], level)
    if b.is_exact:
        return intervals.of_mean([item - y[0] for item in x], level)
    if a.replicates == b.replicates:
        return intervals.of_mean([p - q for p, q in zip(x, y, strict=True)], level)
    return intervals.of_difference(x, y, level)


def _logs(values: Sequence[float]) -> list[float]:
    return [math.log(value) if value > 0 else math.nan for value in values]
