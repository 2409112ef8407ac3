"""How much of each site all other sites predict: what exceeds 0 is dependence, linear or not."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.linalg import solve
from scipy.spatial.distance import cdist

Kernel = Literal["linear", "gaussian"]


def conditional_r2(
    train: np.ndarray, test: np.ndarray, chosen: np.ndarray, kernel: Kernel, penalty: float = 1e-3
) -> float:
    """Share of the variance of the `chosen` sites that kernel ridge regression on all other sites predicts.

    It learns from `train` (n, sites, channels) and predicts `test` (m, sites, channels); squares are pooled over
    sites, so it is 0 or less where nothing can be learnt. The Gaussian kernel also finds dependence without
    correlation; its width is the root mean square distance of two rows. `penalty` is a share of n.
    """
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    scale = np.where(deviation > 0, deviation, 1)
    known, new = (train - mean) / scale, (test - mean) / scale
    missed = total = 0.0
    for site in chosen:
        rest, new_rest = (np.delete(item, site, axis=1).reshape(len(item), -1) for item in (known, new))
        gram = _kernel(kernel, rest, rest)
        gram[np.diag_indices(len(gram))] += penalty * len(gram)
        predicted = _kernel(kernel, new_rest, rest) @ solve(gram, known[:, site], assume_a="pos")
        missed += float(np.square(new[:, site] - predicted).sum())
        total += float(np.square(new[:, site]).sum())
    return 1 - missed / total if total > 0 else float("nan")


def _kernel(kind: Kernel, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if kind == "linear":
        return a @ b.T / b.shape[1]
    return np.exp(-cdist(a, b, "sqeuclidean") / (2 * b.var(axis=0).sum()))
