"""Tests against simulated surrogates, and the correction for their number."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtr


def excess(observed: float, surrogates: np.ndarray) -> float:
    """How many standard deviations of the `surrogates` (m,) the observed value lies above their mean."""
    spread = surrogates.std(ddof=1)
    return float((observed - surrogates.mean()) / max(spread, np.finfo(float).tiny))


def p_value(observed: float, surrogates: np.ndarray) -> float:
    """Two-sided probability of a new value so far from the `surrogates` (m,), if they are normal.

    The statistic of a new draw, less the mean of m others, over their standard deviation times sqrt(1 + 1/m), follows
    Student's distribution with m - 1 degrees of freedom.
    """
    m = len(surrogates)
    return float(2 * stdtr(m - 1, -abs(excess(observed, surrogates)) / np.sqrt(1 + 1 / m)))


def holm(p_values: np.ndarray) -> np.ndarray:
    """The p-values (m,) corrected for their number by Holm's (1979) stepwise rule."""
    order = np.argsort(p_values)
    steps = np.maximum.accumulate(np.asarray(p_values)[order] * np.arange(len(p_values), 0, -1))
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(steps, 1)
    return adjusted
