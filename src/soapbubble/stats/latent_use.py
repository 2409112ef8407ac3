"""How much of a latent space is in use."""

from __future__ import annotations

import numpy as np
from scipy.special import entr

ACTIVE = 0.01
"""a latent whose mean varies less over pictures is not in use (Burda et al. 2016)"""


def active(means: np.ndarray) -> np.ndarray:
    """Whether the mean of each latent varies over the pictures, bool (d,), from the posterior means (n, d)."""
    return means.var(axis=0) > ACTIVE


def spectrum(rows: np.ndarray) -> np.ndarray:
    """Variances of the rows (n, d) along their principal axes, the smaller of n and d, in rising order."""
    centred = rows - rows.mean(axis=0)
    gram = centred @ centred.T if len(rows) < rows.shape[1] else centred.T @ centred
    return np.clip(np.linalg.eigvalsh(gram.astype(np.float64)), 0, None) / len(rows)


def effective_rank(variances: np.ndarray) -> float:
    """Exponential of the entropy of a `spectrum` (Roy and Vetterli 2007): k for k directions of equal variance."""
    return float(np.exp(entr(variances / variances.sum()).sum())) if variances.any() else 0.0


def principal_directions(rows: np.ndarray, share: float) -> int:
    """How many principal components hold `share` of the variance of the rows (n, d)."""
    variance = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False) ** 2
    return int(np.searchsorted(np.cumsum(variance) / variance.sum(), share) + 1)
