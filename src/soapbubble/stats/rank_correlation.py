"""Spearman's rank correlations of many columns at once, and how large the largest gets by chance."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata


def spearman(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Rank correlation of each column of `a` (n, p) with each of `b` (n, q): (p, q); 0 for a constant column."""
    return _standard_ranks(a).T @ _standard_ranks(b)


def largest_by_chance(
    a: np.ndarray, b: np.ndarray, permutations: int, rng: np.random.Generator, level: float = 0.95
) -> float:
    """What the largest of all |correlations| of `a` (n, p) with `b` (n, q) stays below with chance `level`.

    From `permutations` shuffles of the rows of `b`: so it is corrected for the number of columns (Westfall and Young).
    """
    left, right = _standard_ranks(a), _standard_ranks(b)
    tops = [np.abs(left.T @ right[rng.permutation(len(right))]).max(initial=0) for _ in range(permutations)]
    return float(np.quantile(tops, level, method="higher"))


def _standard_ranks(columns: np.ndarray) -> np.ndarray:
    """Ranks (ties share theirs) with mean 0 and length 1 in each column, or all 0."""
    ranks = rankdata(columns, axis=0)
    ranks -= ranks.mean(axis=0)
    length = np.sqrt(np.square(ranks).sum(axis=0))
    return np.divide(ranks, length, out=np.zeros_like(ranks), where=length > 0)
