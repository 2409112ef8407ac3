"""How much a mixture of Gaussians, one a training picture, overlaps with the standard normal distribution."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.special import logsumexp

from soapbubble.stats import contrasts


def component_ratios(points: np.ndarray, means: np.ndarray, deviations: np.ndarray) -> np.ndarray:
    """log N(z; mean, deviation^2) - log N(z; 0, 1) for each point (n, d) and each component (m, d): (n, m).

    Written as small differences from the standard normal, so that the large common term never has to cancel.
    """
    precision = deviations**-2
    quadratic = points**2 @ (precision - 1).T
    linear = points @ (means * precision).T
    constant = (means**2 * precision + 2 * np.log(deviations)).sum(axis=1, dtype=np.float64)
    return linear - (quadratic + constant) / 2


def mixture_ratio(points: np.ndarray, pieces: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """log of the mixture's density over the standard normal density at each point (n,), the components equally likely.

    The components come in pieces (means, deviations), so that they need not all be in memory.
    """
    sums, count = [], 0
    for means, deviations in pieces:
        sums.append(logsumexp(component_ratios(points, means, deviations), axis=1))
        count += len(means)
    return logsumexp(sums, axis=0) - np.log(count)


def total_variation(log_ratios: np.ndarray) -> float:
    """Total variation distance from `log_ratios`, log(q / p) at draws from p: the mean of max(0, 1 - q / p)."""
    return float(-np.expm1(np.minimum(log_ratios, 0)).mean())


def unrelated_centres(rate: float, components: int, draws: int, rng: np.random.Generator) -> float:
    """Total variation distance if all components are N(mean, 1) with unrelated directions and |mean|^2 = 2 `rate`.

    The random-energy model (Derrida 1981): the log ratios of the components at a draw from the standard normal
    distribution are independent, with mean -rate and variance 2 rate. The mixture loses the prior where the rate
    passes log(components).
    """
    energies = rng.standard_normal((draws, components)) * np.sqrt(2 * rate) - rate
    return total_variation(logsumexp(energies, axis=1) - np.log(components))


def auc(high: np.ndarray, low: np.ndarray) -> float:
    """Probability that a score from `high` exceeds one from `low`, ties counted half (Mann and Whitney 1947)."""
    return contrasts.auc(np.concatenate([high, low]), np.arange(len(high) + len(low)) < len(high))
