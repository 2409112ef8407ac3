"""How far two clouds of points are apart, without a model of either."""

from __future__ import annotations

import numpy as np

from soapbubble.stats.sample_quality import distances


def mean_discrepancy(a: np.ndarray, b: np.ndarray) -> float:
    """Unbiased estimate of the squared maximum mean discrepancy (Gretton et al. 2012) of a (n, d) and b (m, d).

    The kernel is Gaussian, its width the median distance between the two clouds. Around 0 for two samples of one
    distribution, and then as often below as above it.
    """
    across = distances(a, b) ** 2
    scale = np.median(across)
    within = [np.exp(-(distances(x, x) ** 2) / scale) for x in (a, b)]
    means = [(kernel.sum() - np.trace(kernel)) / (len(kernel) * (len(kernel) - 1)) for kernel in within]
    return float(means[0] + means[1] - 2 * np.exp(-across / scale).mean())


def sliced_distance(a: np.ndarray, b: np.ndarray, directions: int, rng: np.random.Generator) -> float:
    """Sliced Wasserstein distance (Bonneel et al. 2015) of a (n, d) and b (n, d), over random directions.

    The root mean square over `directions` unit vectors of the distance between the sorted projections; positive
    also for two samples of one distribution, so compare only samples of equal size.
    """
    axes = rng.standard_normal((a.shape[1], directions)).astype(a.dtype)
    axes /= np.linalg.norm(axes, axis=0)
    gaps = np.sort(a @ axes, axis=0) - np.sort(b @ axes, axis=0)
    return float(np.sqrt(np.mean(gaps**2)))
