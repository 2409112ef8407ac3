"""What a part measured, as its figures read it: the table as a data frame, pictures, and the thresholds of claims."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from soapbubble.claims.decision import LEVEL
from soapbubble.claims.evidence import Table
from soapbubble.claims.selection import Selection
from soapbubble.data.dataset import NPY_DAMAGES
from soapbubble.errors import SoapbubbleError
from soapbubble.measurements import Measurement, Scalar, read_csv

ONE_ROW = ("quantity", "replicate", "value", "unit", "n")


@dataclass(frozen=True)
class Found:
    """What a part measured.

    `table` has a row a measurement: quantity, replicate, value, unit, n, and a column for each key of the conditions,
    missing where a condition lacks that key. `pictures` are arrays by name; `thresholds` those of the claims that point
    to the part's figures, by claim and name.
    """

    measurements: Sequence[Measurement]
    table: pd.DataFrame
    pictures: Mapping[str, np.ndarray]
    thresholds: Mapping[str, Mapping[str, float]]

    def rows(self, quantity: str, **where: Scalar | Sequence[Scalar]) -> pd.DataFrame:
        """The rows of a quantity under a condition (a list: one of these values), with the columns that they have.

        Raises:
            SoapbubbleError: there is no such row.
        """
        chosen = self.table["quantity"] == quantity
        for key, wanted in where.items():
            values = wanted if isinstance(wanted, list | tuple) else [wanted]
            chosen &= self.table[key].isin(values) if key in self.table else False
        found = self.table[chosen]
        if found.empty:
            raise SoapbubbleError(f"no measurement of {quantity} where {where}: the figure cannot be drawn.")
        lacking = [name for name in found if name not in ONE_ROW and found[name].isna().all()]
        return found.drop(columns=lacking).infer_objects().reset_index(drop=True)

    def measured(self, quantity: str) -> bool:
        """Whether there is any row of a quantity."""
        return bool((self.table["quantity"] == quantity).any())

    def intervals(self, quantity: str, *along: str, **where: Any) -> pd.DataFrame:
        """Estimate, 95 % interval (low, high) and n along the condition keys `along`, as verdicts have them.

        `where` is that of a claim's selection; an `aggregate` in it, such as `{"mean": "layer"}`, is the selection's.
        """
        aggregate = where.pop("aggregate", None)
        chosen = Selection.model_validate({"quantity": quantity, "where": where, "aggregate": aggregate})
        samples = Table(self.measurements).samples(chosen, along)
        found = [(sample.condition, sample.interval(LEVEL)) for sample in samples]
        return pd.DataFrame(
            {**{key: condition[key] for key in along}, "estimate": x.estimate, "low": x.low, "high": x.high, "n": x.n}
            for condition, x in found
        )

    def value(self, quantity: str, **where: Any) -> float:
        """The mean over replicates of one quantity under one condition."""
        return float(self.intervals(quantity, **where)["estimate"].iloc[0])

    def threshold(self, claim: str, name: str) -> float:
        """A line that a claim judges by."""
        return self.thresholds[claim][name]


def groups(rows: pd.DataFrame, by: str | list[str], sort: bool = False) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Each value of a column with its rows, in the order of the rows or sorted."""
    yield from rows.groupby(by, sort=sort)


def found(
    measurements: Sequence[Measurement],
    pictures: Mapping[str, np.ndarray] | None = None,
    thresholds: Mapping[str, Mapping[str, float]] | None = None,
) -> Found:
    """What a figure reads of these measurements."""
    rows: list[dict[str, Any]] = [
        {**row.condition, **{name: getattr(row, name) for name in ONE_ROW}} for row in measurements
    ]
    return Found(measurements, pd.DataFrame(rows, columns=None if rows else ONE_ROW), pictures or {}, thresholds or {})


def read_found(table: Path, pictures: Path, thresholds: Mapping[str, Mapping[str, float]]) -> Found:
    """The same from a part's files.

    Raises:
        SoapbubbleError: one of them is damaged.
    """
    try:
        with np.load(pictures, allow_pickle=False) as arrays:
            kept = dict(arrays)
    except (OSError, BadZipFile, zlib.error, *NPY_DAMAGES) as error:
        raise SoapbubbleError(f"{pictures}: is not a file of pictures; delete it and run snakemake again.") from error
    return found(read_csv(table), kept, thresholds)
