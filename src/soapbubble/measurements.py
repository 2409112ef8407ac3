"""What a measurement is, and the tidy table in which it is kept."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, SupportsFloat

import numpy as np

from soapbubble.errors import SoapbubbleError

COLUMNS = ("quantity", "condition", "replicate", "value", "unit", "n")
Scalar = str | int | float | bool
Condition = Mapping[str, Scalar]
Replicate = int | Literal["exact"]


@dataclass(frozen=True)
class Measurement:
    """One value of one quantity under one condition in one replicate.

    `replicate` is a number (a seed, a batch, an image) or "exact" where there is no sampling error.
    `unit` "proportion" marks a share of `n` independent trials; elsewhere `n` says how many units the value rests on.
    """

    quantity: str
    condition: Condition
    replicate: Replicate
    value: float
    unit: str = "1"
    n: int = 1


@dataclass
class Outcome:
    """What a part of a study found: its measurements, and pictures for its figures."""

    rows: list[Measurement] = field(default_factory=list)
    pictures: dict[str, np.ndarray] = field(default_factory=dict)

    def add(
        self,
        quantity: str,
        value: SupportsFloat,
        condition: Mapping[str, Any] | None = None,
        replicate: Replicate | np.integer = "exact",
        unit: str = "1",
        n: int = 1,
    ) -> None:
        """Record one measurement; NumPy scalars are taken as the Python numbers they stand for."""
        plain = {key: _plain(item) for key, item in (condition or {}).items()}
        label: Replicate = "exact" if isinstance(replicate, str) else int(replicate)
        self.rows.append(Measurement(quantity, plain, label, float(value), unit, int(n)))

    def picture(self, name: str, array: np.ndarray) -> None:
        """Keep pictures, which no table can hold, for the figures: an array of numbers, truth values or strings."""
        kept = np.asarray(array)
        if name in self.pictures:
            raise ValueError(f"the pictures {name} were given twice")
        if kept.dtype.hasobject:
            raise TypeError(f"the pictures {name} hold Python objects, which are never stored")
        self.pictures[name] = kept


def _plain(item: Scalar | np.generic) -> Scalar:
    return item.item() if isinstance(item, np.generic) else item


def condition_text(condition: Condition) -> str:
    """The condition as a JSON object with sorted keys, which is how a table and a lookup name it."""
    return json.dumps(dict(condition), sort_keys=True, ensure_ascii=False)


def to_csv(rows: Iterable[Measurement]) -> str:
    """The table of `rows` as CSV text; values keep all their digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow((row.quantity, condition_text(row.condition), row.replicate, repr(row.value), row.unit, row.n))
    return text.getvalue()


def read_csv(path: Path) -> list[Measurement]:
    """Read a table of measurements.

    Raises:
        SoapbubbleError: the file is not such a table; the sentence names the line.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SoapbubbleError(
            f"{path}: cannot be read as a table ({error}); delete it and run snakemake again."
        ) from error
    return from_csv(text, path)


def from_csv(text: str, path: Path) -> list[Measurement]:
    """The measurements of a table given as text; `path` is named in errors, as `read_csv` raises them."""
    lines = csv.reader(io.StringIO(text, newline=""))
    rows = []
    try:
        if tuple(next(lines, ())) != COLUMNS:
            raise SoapbubbleError(
                f"{path}: the first line must be {','.join(COLUMNS)}; delete it and run snakemake again."
            )
        for quantity, condition, replicate, value, unit, n in lines:
            label: Replicate = "exact" if replicate == "exact" else int(replicate)
            rows.append(Measurement(quantity, _condition(condition), label, float(value), unit, int(n)))
    except (ValueError, csv.Error) as error:
        raise SoapbubbleError(
            f"{path}, line {lines.line_num}: not a measurement ({error}); delete it and run snakemake again."
        ) from error
    return rows


def _condition(text: str) -> Condition:
    condition = json.loads(text)
    if not isinstance(condition, dict):
        raise ValueError(f"the condition {text} is not an object")
    return condition
