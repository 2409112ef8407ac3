"""Probes: what simple classifiers learn about labels from codes (n, ...), flattened, tested on other codes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def ridge_probe_accuracy(
    train: np.ndarray, labels: np.ndarray, test: np.ndarray, truth: np.ndarray, penalties: Sequence[float]
) -> float:
    """Accuracy on `test` (m, ...) of ridge regression on the classes, learnt from `train` (n, ...).

    Of `penalties`, in units of the mean eigenvalue of the Gram matrix (n, n), the one with the least squared error on
    training rows left out one by one is taken (Allen 1974). It costs the same for any number of coordinates.
    """
    from sklearn.linear_model import RidgeClassifierCV

    train, test = (item.reshape(len(item), -1) for item in (train, test))
    mean = train.mean(axis=0)
    centred = train - mean
    # The mean eigenvalue of a matrix is its trace over its size.
    scale = float(np.square(centred, dtype=np.float64).sum()) / len(centred)
    probe = RidgeClassifierCV([penalty * scale for penalty in penalties]).fit(centred, labels)
    return float((probe.predict(test - mean) == truth).mean())


def logistic_probe(train: np.ndarray, labels: np.ndarray, test: np.ndarray, penalty: float) -> np.ndarray:
    """The class (m,) that logistic regression, learnt from `train` (n, ...), predicts of `test` (m, ...).

    Codes are centred and divided by their standard deviation over all numbers; `penalty` is that of a mean loss.
    """
    from sklearn.linear_model import LogisticRegression

    train, test = (item.reshape(len(item), -1) for item in (train, test))
    mean, std = train.mean(axis=0), train.std()
    probe = LogisticRegression(C=1 / (penalty * len(train)), max_iter=300, tol=1e-3)
    return probe.fit((train - mean) / std, labels).predict((test - mean) / std)
