"""The planted clouds that every statistic has to tell from a Gaussian one, and their names in the tables."""

from __future__ import annotations

import numpy as np

from soapbubble.measuring import planted

DATA, GAUSSIAN, COPULA, SMOOTH = "data", "gaussian", "copula", "smooth"
CURVE, WIGGLY, NOISY, SHEET, CLUSTERS = "curve", "wiggly curve", "noisy curve", "sheet", "clusters"
BLURRED = "blurred curve"
FIVE, TWENTY = "5-D manifold", "20-D manifold"
WAVES = 20  # of a curve or sheet whose strands are well apart; it then has 40 axes
MANY_WAVES = 50  # of one that crosses every plane many times, and of manifolds of more dimensions
NOISE = 0.1  # share of the variance of a noisy curve that is noise
CLUSTER_COUNT, WITHIN = 20, 0.2  # clusters, and the share of the variance inside them

BLUR = 0.01  # the same of one that still looks like a string: a tenth of its radius

PLANTED = (CURVE, WIGGLY, NOISY, SHEET, FIVE, TWENTY, CLUSTERS)


def cloud(name: str, n: int, spectrum: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`n` points (n, d) of the Gaussian or planted cloud of that name, with the variances `spectrum` (d,)."""
    if name == GAUSSIAN:
        return rng.standard_normal((n, len(spectrum))) * np.sqrt(spectrum)
    if name == CLUSTERS:
        return planted.clusters(n, CLUSTER_COUNT, WITHIN, spectrum, rng)
    if name in (NOISY, BLURRED):
        share = NOISE if name == NOISY else BLUR
        return planted.with_noise(planted.manifold(n, 1, WAVES, spectrum, rng), share, spectrum, rng)
    dimension, waves = {
        CURVE: (1, WAVES),
        WIGGLY: (1, MANY_WAVES),
        SHEET: (2, WAVES),
        FIVE: (5, MANY_WAVES),
        TWENTY: (20, MANY_WAVES),
    }[name]
    return planted.manifold(n, dimension, waves, spectrum, rng)
