"""How far the distribution of each latent axis is from a normal one."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr
from scipy.stats import normaltest

FAR_CDF, FAR_SKEWNESS, FAR_KURTOSIS = 0.05, 0.5, 1.0
"""from here on an axis does not look normal: distance of the distribution functions, skewness, excess kurtosis"""


def cdf_distances(rows: np.ndarray) -> np.ndarray:
    """Largest difference between each axis's distribution function and that of a normal one with its moments (d,).

    `rows` are (n, d); this is the statistic of Lilliefors (1967).
    """
    ordered = np.sort(rows, axis=0).astype(np.float64)
    expected = ndtr((ordered - ordered.mean(axis=0)) / ordered.std(axis=0, ddof=1))
    steps = np.arange(len(rows) + 1)[:, None] / len(rows)
    return np.maximum((steps[1:] - expected).max(axis=0), (expected - steps[:-1]).max(axis=0))


def looks_normal(rows: np.ndarray) -> np.ndarray:
    """Whether each axis of the rows (n, d) looks normal to the eye, by the size of three effects: bool (d,)."""
    standard = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    skewness, kurtosis = (standard**3).mean(axis=0), (standard**4).mean(axis=0) - 3
    near = cdf_distances(rows) < FAR_CDF
    return near & (np.abs(skewness) < FAR_SKEWNESS) & (np.abs(kurtosis) < FAR_KURTOSIS)


def rejected_share(rows: np.ndarray, level: float = 0.05) -> float:
    """Share of the axes (n, d) that the test of D'Agostino and Pearson (1973) takes for not normal.

    At the family-wise `level`, by Holm's steps.
    """
    p = np.sort(normaltest(rows, axis=0).pvalue)
    passed = p > level / (len(p) - np.arange(len(p)))
    return float((int(passed.argmax()) if passed.any() else len(p)) / len(p))
