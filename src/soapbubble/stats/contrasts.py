"""How well a number tells two groups apart, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def auc(scores: np.ndarray, positive: np.ndarray) -> float:
    """Chance that a positive case scores higher than a negative one, ties counted half; NaN if one kind is missing."""
    from sklearn.metrics import roc_auc_score  # few jobs need it, and its import takes long

    positive = np.asarray(positive, dtype=bool)
    return float(roc_auc_score(positive, scores)) if positive.any() and not positive.all() else float("nan")


def jackknife_values(statistic: Callable[..., float], *samples: np.ndarray) -> np.ndarray:
    """Tukey's pseudo-values of `statistic(*samples)`, one for each unit, all samples having the units in common order.

    Their mean estimates the statistic and their Student-t interval is the jackknife interval, so that a statistic of
    a whole set of units can be recorded as one value a unit (Efron and Tibshirani 1993, chapter 11).
    """
    n = len(samples[0])
    whole = statistic(*samples)
    without = [statistic(*(np.delete(sample, i, axis=0) for sample in samples)) for i in range(n)]
    return n * whole - (n - 1) * np.array(without)
