"""Comparing two families of models where something else about them is equal."""

from __future__ import annotations

import numpy as np

Curve = tuple[np.ndarray, np.ndarray]


def at_equal(first: Curve, second: Curve) -> tuple[float, float]:
    """The two curves (x, y), y > 0, at the middle of the range of x that both cover; NaN if there is none.

    Between its points the logarithm of a curve is taken to be straight.
    """
    low = max(first[0].min(), second[0].min())
    high = min(first[0].max(), second[0].max())
    if low > high:
        return float("nan"), float("nan")
    middle = (low + high) / 2
    return _read(first, middle), _read(second, middle)


def _read(curve: Curve, place: float) -> float:
    order = np.argsort(curve[0])
    return float(np.exp(np.interp(place, curve[0][order], np.log(curve[1][order]))))
