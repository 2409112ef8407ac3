"""How well one quantity predicts another in cases that were left out, and what each of several adds."""

from __future__ import annotations

import numpy as np


def predicted_share(predictor: np.ndarray, outcome: np.ndarray) -> float:
    """Share of the variance of `outcome` (n,) that a line through all other cases predicts of each case.

    1 - PRESS / (sum of squares about the mean of the others) (Allen 1974): negative if the line does worse than that
    mean, 0 for a constant predictor.
    """
    n = len(outcome)
    centred = outcome - outcome.mean()
    alone = np.square(centred * n / (n - 1)).sum()
    x = predictor - predictor.mean()
    spread = x @ x
    if not spread > 1e-12 * max(1.0, np.square(predictor).sum()) or alone == 0:
        return 0.0
    residual = centred - x * (x @ centred) / spread
    leverage = 1 / n + np.square(x) / spread
    if (leverage > 1 - 1e-9).any():
        return float("nan")
    return float(1 - np.square(residual / (1 - leverage)).sum() / alone)


def standard_coefficients(predictors: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Least-squares coefficients (k,) of the standardised `predictors` (n, k) for the standardised `outcome` (n,).

    A predictor that never changes has the coefficient 0.
    """
    spread = predictors.std(axis=0)
    x = (predictors - predictors.mean(axis=0)) / np.where(spread > 0, spread, 1)
    y = (outcome - outcome.mean()) / (outcome.std() or 1)
    return np.linalg.lstsq(x, y, rcond=None)[0]
