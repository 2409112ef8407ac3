"""Reading back the rows that a part has measured so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from soapbubble.measurements import Outcome


def values(out: Outcome, quantity: str, **where: str | float) -> list[float]:
    """The values of a quantity in the rows whose condition has all of `where`, in the order of measurement."""
    return [row.value for row in out.rows if row.quantity == quantity and where.items() <= row.condition.items()]


def by_replicate(found: Sequence[Sequence[float]]) -> np.ndarray:
    """Lists of values, one a model, as an array (models, most replicates); NaN where a model has fewer."""
    table = np.full((len(found), max(map(len, found))), np.nan)
    for row, own in zip(table, found, strict=True):
        row[: len(own)] = own
    return table
