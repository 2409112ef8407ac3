"""Total correlation (Watanabe 1960): by how many nats a joint distribution differs from the product of its marginals.

Samples are arrays (n, sites, channels): the parts are the sites, each with all its channels. For the dependence
between single numbers give them as sites of one channel. Rows must be independent of each other.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma
from sklearn.covariance import ledoit_wolf

from soapbubble.errors import SoapbubbleError

JITTER = 1e-9  # of a variance, for sites whose channels say the same


def gaussian_total_correlation(samples: np.ndarray) -> float:
    """Total correlation, in nats, of the Gaussian with the covariance of `samples` (n, sites, channels).

    The bias of an estimated covariance is taken off: for Gaussian samples it is known exactly, whatever the
    covariance (Bartlett decomposition of the Wishart distribution), so the estimate is 0 on average for
    independent sites.
    What a covariance cannot see does not count.

    Raises:
        SoapbubbleError: no more samples than numbers a sample; use `held_out_total_correlation`.
    """
    n, sites, channels = samples.shape
    if n <= sites * channels + 1:
        raise SoapbubbleError(
            f"Total correlation of {sites * channels} numbers needs more than {sites * channels + 1} samples, "
            f"but got {n}; measure fewer sites or more pictures."
        )
    scaled = _scaled(samples, samples)
    joint = _log_determinant(np.cov(scaled.reshape(n, -1), rowvar=False)) - _log_determinant_bias(n, sites * channels)
    parts = [
        _log_determinant(np.cov(scaled[:, site], rowvar=False)) - _log_determinant_bias(n, channels)
        for site in range(sites)
    ]
    return float(sum(parts) - joint) / 2


def held_out_total_correlation(fitted: np.ndarray, scored: np.ndarray) -> float:
    """Nats by which one joint Gaussian describes new samples better than a Gaussian of its own for each site.

    Each site is whitened by its moments in `fitted` (n, sites, channels), then the joint covariance is estimated there
    with the shrinkage of Ledoit and Wolf (2004), which draws it towards independent sites, and scored on `scored`
    (m, sites, channels). It works with fewer samples than numbers. What cannot be learnt from `fitted` is missed, so
    the estimate is cautious: at most about 0 for independent sites.
    """
    train, test = _scaled(fitted, fitted), _scaled(scored, fitted)
    for site in range(fitted.shape[1]):
        root = np.linalg.cholesky(train[:, site].T @ train[:, site] / len(train) + JITTER * np.eye(fitted.shape[2]))
        train[:, site], test[:, site] = (np.linalg.solve(root, item[:, site].T).T for item in (train, test))
    train, test = train.reshape(len(train), -1), test.reshape(len(test), -1)
    covariance, _ = ledoit_wolf(train, assume_centered=True)
    joint = np.einsum("ij,ij->i", test, np.linalg.solve(covariance, test.T).T) + _log_determinant(covariance)
    return float(np.mean((test**2).sum(axis=1) - joint)) / 2


def _scaled(samples: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Standardised by the moments of `reference`; a number that never varies there is only centred."""
    deviation = reference.std(axis=0, dtype=np.float64)
    return (samples - reference.mean(axis=0, dtype=np.float64)) / np.where(deviation > 0, deviation, 1)


def _log_determinant(covariance: np.ndarray) -> float:
    return float(np.linalg.slogdet(np.atleast_2d(covariance))[1])


def _log_determinant_bias(n: int, size: int) -> float:
    """E log|S| - log|Σ| for the sample covariance S of n Gaussian vectors with `size` numbers."""
    freedom = n - 1
    return float(digamma((freedom - np.arange(size)) / 2).sum() + size * np.log(2 / freedom))
