"""Kullback-Leibler divergences of Gaussians, in nats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def kl_to_prior(mean: np.ndarray | float | np.floating, std: np.ndarray, dtype: type = np.float64) -> np.ndarray:
    """KL(N(mean, std^2) || N(0, 1)) of each number, in the shape of `std`: (mean^2 + std^2 - 1 - log std^2) / 2.

    The mean 0 gives the divergence from N(mean, 1). `dtype` is the precision that it is computed in: the terms of a
    std near 1 cancel, so that float32 leaves few digits.
    """
    variance = np.square(std, dtype=dtype)
    return 0.5 * (np.square(mean, dtype=dtype) + variance - 1 - np.log(variance))


def kl_to_prior_torch(mean: torch.Tensor, log_variance: torch.Tensor, expm1: bool = True) -> torch.Tensor:
    """The same of tensors, element by element and differentiable, from the log-variance that an encoder gives.

    `expm1` keeps the digits of variances near 1. Without it the gradient differs in the last digit, which a long
    training amplifies; it repeats trainings that were written with exp.
    """
    excess = log_variance.expm1() if expm1 else log_variance.exp() - 1
    return 0.5 * (mean.square() + excess - log_variance)
