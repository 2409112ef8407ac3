"""Generators of latents that are meant to be standard normal, right and wrong, and tests that tell them apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import chi2, kstest, norm

Generator = Callable[[int, int, np.random.Generator], np.ndarray]

# Each gives latents (count, dimensions). The last two are what a wrong shape becomes when arrays are broadcast.
WRONG: dict[str, Generator] = {
    "uniform from 0 to 1": lambda count, d, rng: rng.random((count, d)),
    "uniform, variance 1": lambda count, d, rng: np.sqrt(12) * (rng.random((count, d)) - 0.5),
    "half the std": lambda count, d, rng: 0.5 * rng.standard_normal((count, d)),
    "twice the std": lambda count, d, rng: 2.0 * rng.standard_normal((count, d)),
    "one number per image": lambda count, d, rng: np.repeat(rng.standard_normal((count, 1)), d, axis=1),
    "one vector for all": lambda count, d, rng: np.repeat(rng.standard_normal((1, d)), count, axis=0),
}


def normality(latents: np.ndarray) -> tuple[float, float]:
    """p-values of Kolmogorov-Smirnov tests of the components against N(0, 1) and of the squared lengths against chi².

    The second one fails also where the components are normal but depend on each other.
    """
    squares = np.square(latents, dtype=np.float64).sum(axis=1)
    components = kstest(latents.ravel(), norm.cdf, method="asymp").pvalue  # of thousands
    return float(components), float(kstest(squares, chi2(latents.shape[1]).cdf).pvalue)
