"""Total correlation (Watanabe 1960): by how many nats a joint law differs from the product of its parts' laws.

Samples are arrays (n, sites, channels): the parts are the sites, each with all its channels. For the dependence
between single numbers give them as sites of one channel. Rows must be independent of each other.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma
from sklearn.covariance import ledoit_wolf

from soapbubble.errors import SoapbubbleError


def gaussian_total_correlation(samples: np.ndarray) -> float:
    """Total correlation, in nats, of the Gaussian with the covariance of `samples` (n, sites, channels).

    The bias of an estimated covariance is taken off: for Gaussian samples it is known exactly, whatever the
    covariance (Bartlett decomposition of the Wishart law), so the estimate is 0 on average for independent sites.
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
    """Nats by which a joint Gaussian describes new samples better than one Gaussian a site, with its covariance shrunk.

    Both Gaussians are fitted to `fitted` (n, sites, channels), the joint one with the shrinkage of Ledoit and Wolf
    (2004), and scored on `scored` (m, sites, channels). It works with fewer samples than numbers. What cannot be
    learnt from `fitted` is missed, so it is a cautious estimate: at most about 0 for independent sites.
    """
    sites = fitted.shape[1]
    train, test = _scaled(fitted, fitted), _scaled(scored, fitted)
    covariance, _ = ledoit_wolf(train.reshape(len(train), -1), assume_centered=True)
    joint = _log_density(test.reshape(len(test), -1), covariance)
    parts = sum(_log_density(test[:, site], train[:, site].T @ train[:, site] / len(train)) for site in range(sites))
    return float(np.mean(joint - parts))


def shuffled_sites(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`samples` (n, sites, channels) with each site's rows permuted apart: its law is kept, all dependence is gone."""
    order = rng.permuted(np.tile(np.arange(len(samples))[:, None], samples.shape[1]), axis=0)
    return samples[order, np.arange(samples.shape[1])]


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


def _log_density(samples: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Log density of the centred Gaussian at each sample, without the constant of 2 pi, which cancels."""
    solved = np.linalg.solve(covariance, samples.T).T
    return -(np.einsum("ij,ij->i", samples, solved) + _log_determinant(covariance)) / 2
