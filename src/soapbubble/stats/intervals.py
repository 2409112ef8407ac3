"""Confidence intervals over replicates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from scipy.special import expit, logit, ndtri, stdtrit

Scale = Literal["log", "logit"]
FEWEST_FOR_WELCH = 3


@dataclass(frozen=True)
class Interval:
    """An estimate, its confidence interval and the number of replicates (or independent trials) behind it.

    Without width it is that of an exact value, or of several replicates that are all equal. `uncut` is what it was
    before it was cut to the values that the quantity can have.
    """

    estimate: float
    low: float
    high: float
    n: int
    uncut: Interval | None = None

    def shifted(self, by: float) -> Interval:
        """The interval of the quantity plus the constant `by`."""
        return Interval(self.estimate + by, self.low + by, self.high + by, self.n)

    def negated(self) -> Interval:
        """The interval of minus the quantity."""
        return Interval(-self.estimate, -self.high, -self.low, self.n)

    def cut(self, low: float, high: float) -> Interval:
        """The interval within [low, high], where the quantity lies by its definition; without bounds it stays without.

        The estimate stays in it, whatever rounding did.
        """
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            return self
        start, end = max(self.low, min(low, self.estimate)), min(self.high, max(high, self.estimate))
        within = (start, end) == (self.low, self.high)
        return self if within else replace(self, low=start, high=end, uncut=self)

    def mapped(self, function: Callable[[float], Any]) -> Interval:
        """The interval of a rising function of the quantity; without bounds it stays without."""
        with np.errstate(over="ignore"):
            estimate = float(function(self.estimate))
            if math.isinf(self.low) and math.isinf(self.high):
                return replace(self, estimate=estimate)
            return Interval(estimate, float(function(self.low)), float(function(self.high)), self.n)


def exact(value: float) -> Interval:
    """A value without sampling error, such as one computed from a formula; NaN if it is not finite."""
    value = value if math.isfinite(value) else math.nan
    return Interval(value, value, value, 1)


def of_mean(values: Sequence[float] | np.ndarray, level: float = 0.95, step: float = 0.0) -> Interval:
    """Student's t interval for the mean of independent replicates; unbounded for a single one.

    Each half of that of rare counts, with `step` between neighbouring values, is longer by what one replicate a step
    away from all others would make it: they are skewed, and few of them show too small a spread. Replicates that are
    all equal say nothing of their spread (`_of_equal`). A value that is not finite makes the whole interval NaN: it
    decides nothing.
    """
    array = np.asarray(values, dtype=float)
    n = len(array)
    if not np.isfinite(array).all():
        return Interval(math.nan, math.nan, math.nan, n)
    mean = float(array.mean())
    if n < 2:
        return Interval(mean, -math.inf, math.inf, n)
    if (array == array[0]).all():
        return _of_equal(float(array[0]), n, level, step)
    t = stdtrit(n - 1, 0.5 + level / 2)
    half = float(t * array.std(ddof=1) / math.sqrt(n) + t * step / n)
    return Interval(mean, mean - half, mean + half, n)


def _of_equal(value: float, n: int, level: float, step: float) -> Interval:
    """The median of a population of which `n` replicates have this value; unbounded where they are too few to say.

    Were the median another value, all of them would lie on one side of it with a probability of at most 1 / 2^n (sign
    test), which may be the error of both sides together: at a level of 95 %, five replicates are enough.

    Of rare counts the interval is that of the mean, by the rule of three: n Poisson numbers of steps are all 0 with a
    probability of exp(-n mean).
    """
    half = -math.log((1 - level) / 2) / n * step if 0.5**n <= 1 - level else math.inf
    return Interval(value, value - half, value + half, n)


def of_mean_on_scale(values: Sequence[float], scale: Scale, level: float = 0.95) -> Interval:
    """The same on a scale on which the values are symmetric, given in plain units; "log": of the geometric mean.

    A value that the scale does not have (not positive; for "logit" not inside (0, 1)) makes the interval NaN.
    """
    array = np.asarray(values, dtype=float)
    inside = (array > 0) & ((array < 1) if scale == "logit" else True)
    forward, back = (np.log, np.exp) if scale == "log" else (logit, expit)
    found = of_mean(forward(np.where(inside, array, np.nan)), level)
    return found.mapped(back)


def replicates_needed(n: int, reach: float, level: float = 0.95) -> int | None:
    """How many replicates have an interval `reach` times as wide as that of `n`, if all vary as these do.

    None where that is more than a hundred times as many.
    """
    counts = np.arange(2, 100 * n + 1)
    widths = stdtrit(counts - 1, 0.5 + level / 2) / np.sqrt(counts)
    enough = counts[widths <= reach * stdtrit(n - 1, 0.5 + level / 2) / math.sqrt(n)]
    return int(enough[0]) if len(enough) else None


def of_shares(shares: Sequence[float], trials: Sequence[int], level: float = 0.95) -> Interval:
    """Interval for the share of successes of trials in several clusters, such as samples of several networks.

    Wilson's for the number of independent trials that they are worth: the trials of a cluster are alike as far as the
    intraclass correlation says (analysis of variance; Fleiss 1981, chapter 13), and the quantile is Student's for as
    many clusters. The trials of a single cluster count as independent.
    """
    p, n = np.asarray(shares, dtype=float), np.asarray(trials, dtype=float)
    total, clusters = n.sum(), len(n)
    successes = float((p * n).sum())
    if clusters < 2 or not (np.isfinite(p).all() and (n > 0).all()):
        return of_proportion(successes, int(total), level)
    pooled = successes / total
    between = float((n * (p - pooled) ** 2).sum() / (clusters - 1))
    within = float((n * p * (1 - p)).sum() / max(total - clusters, 1))
    size = float((total - (n**2).sum() / total) / (clusters - 1))
    spread = between + (size - 1) * within
    alike = min(1.0, max(0.0, (between - within) / spread)) if spread > 0 else 0.0
    worth = total / (1 + (size - 1) * alike)
    found = _wilson(pooled, float(worth), float(stdtrit(clusters - 1, 0.5 + level / 2)))
    return Interval(found.estimate, found.low, found.high, int(total))


def of_proportion(successes: float, n: int, level: float = 0.95) -> Interval:
    """Wilson's score interval for a share of `n` independent trials (Wilson 1927); the share is always in it."""
    if not (n > 0 and math.isfinite(successes)):
        return Interval(math.nan, math.nan, math.nan, n)
    found = _wilson(successes / n, n, float(ndtri(0.5 + level / 2)))
    return Interval(found.estimate, found.low, found.high, n)


def _wilson(p: float, n: float, z: float) -> Interval:
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # Around a share of 0 or 1 one end is the share itself, but for rounding.
    return Interval(p, min(p, max(0.0, centre - half)), max(p, min(1.0, centre + half)), round(n))


def of_difference(a: Sequence[float], b: Sequence[float], level: float = 0.95, step: float = 0.0) -> Interval:
    """Welch's interval for the difference of the means of two independent groups of replicates, as `of_mean` has it.

    Unbounded where a group has fewer than three: its variance is then too uncertain for Welch's degrees of freedom.
    """
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    n = min(len(x), len(y))
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return Interval(math.nan, math.nan, math.nan, n)
    difference = float(x.mean() - y.mean())
    if n < FEWEST_FOR_WELCH:
        return Interval(difference, -math.inf, math.inf, n)
    u, v = x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)
    if u + v == 0:
        return _of_equal(difference, n, level, step)
    share = u / (u + v)  # of the variance; squares of the variances themselves could vanish
    freedom = 1 / (share**2 / (len(x) - 1) + (1 - share) ** 2 / (len(y) - 1))
    t = stdtrit(freedom, 0.5 + level / 2)
    half = float(t * math.sqrt(u + v) + t * step / n)
    return Interval(difference, difference - half, difference + half, n)


def of_proportion_difference(a: Interval, b: Interval) -> Interval:
    """Newcombe's interval for the difference of two independent shares, from their Wilson intervals (Newcombe 1998)."""
    difference = a.estimate - b.estimate
    low = difference - math.hypot(a.estimate - a.low, b.high - b.estimate)
    high = difference + math.hypot(a.high - a.estimate, b.estimate - b.low)
    return Interval(difference, low, high, min(a.n, b.n))
