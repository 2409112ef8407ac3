"""How a rule finds its measurements in the table of a study."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from soapbubble.claims.bounds import bounds_of
from soapbubble.claims.sample import Sample, aggregated, minus, over
from soapbubble.claims.selection import OneOf, Selection, same
from soapbubble.errors import SoapbubbleError
from soapbubble.measurements import Measurement, Scalar, condition_text


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
        aggregate = selection.aggregate
        keys = (*along, *(aggregate.keys if aggregate else ()))
        samples = self._measured(selection, keys)
        if selection.minus:
            samples = self._combined(samples, minus, selection.minus, keys)
        if selection.over:
            samples = self._combined(samples, over, selection.over, keys)
        if not aggregate:
            return samples
        groups: dict[tuple[Scalar, ...], list[Sample]] = {}
        for sample in samples:
            groups.setdefault(_at(sample, along), []).append(sample)
        return [aggregated(group, aggregate) for group in groups.values()]

    def sample(self, selection: Selection) -> Sample:
        """The one sample that `selection` names."""
        return self.samples(selection)[0]

    def holds_any(self, selection: Selection) -> bool:
        """Whether there is a measurement that the selection reads."""
        return any(self._rows(part) for part in selection.everything())

    def _measured(self, selection: Selection, along: Sequence[str]) -> list[Sample]:
        rows = self._rows(selection)
        if not rows:
            raise SoapbubbleError(
                f"no measurement of {selection}: nothing measured it; correct the selection or measure it."
            )
        for key, item in selection.where.items():
            absent = [
                value
                for value in (item.items if isinstance(item, OneOf) else ())
                if not any(same(row.condition[key], value) for row in rows)
            ]
            if absent:
                raise SoapbubbleError(
                    f"no measurement of {selection} at {key} = {absent[0]}: nothing measured it; correct the list."
                )
        groups: dict[tuple[Scalar, ...], list[Measurement]] = {}
        for row in rows:
            missing = [key for key in along if key not in row.condition]
            if missing:
                raise SoapbubbleError(f"measurements of {selection} have no condition '{missing[0]}' to go along.")
            groups.setdefault(tuple(row.condition[key] for key in along), []).append(row)
        return [_sample(selection, groups[key]) for key in sorted(groups, key=_order)]

    def _combined(
        self,
        samples: Sequence[Sample],
        function: Callable[[Sample, Sample], Sample],
        other: Selection,
        along: Sequence[str],
    ) -> list[Sample]:
        """Each sample with that of `other` under the same condition, as far as `other` goes along it."""
        rows = self._rows(other)
        shared = [key for key in along if other.goes_along(key) and any(key in row.condition for row in rows)]
        partners = {_at(sample, shared): sample for sample in self.samples(other, shared)}
        for sample in samples:
            if _at(sample, shared) not in partners:
                at = condition_text({key: sample.condition[key] for key in shared})
                raise SoapbubbleError(f"no measurement of {other} at {at}: nothing measured it; narrow the selection.")
        return [function(sample, partners[_at(sample, shared)]) for sample in samples]

    def _rows(self, selection: Selection) -> list[Measurement]:
        return [row for row in self._by_quantity.get(selection.quantity, []) if selection.matches(row)]


def _at(sample: Sample, keys: Sequence[str]) -> tuple[Scalar, ...]:
    return tuple(sample.condition[key] for key in keys)


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
    sample = Sample(rows[0].condition, tuple(ordered), bounds_of(rows[0].quantity, rows[0].unit))
    strange = [value for value in sample.values if not sample.bounds.holds(value)]
    if strange and sample.is_proportion:
        raise SoapbubbleError(f"{selection} is {strange[0]}, which is not a share of trials; correct its unit.")
    if strange:
        raise SoapbubbleError(
            f"{selection} is {strange[0]}, but {rows[0].quantity} goes {sample.bounds} by its definition; "
            "correct what was measured, or call another quantity by another name (claims/bounds.py)."
        )
    return sample
