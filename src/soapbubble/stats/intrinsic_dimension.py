"""How many coordinates data need, from the distances to nearest neighbours.

Both estimates are too low in many dimensions: a number of them is to be read beside that of a cloud of equal size whose
dimension is known.
"""

from __future__ import annotations

import numpy as np

from soapbubble.stats.nearest import k_nearest


def two_nn(rows: np.ndarray) -> float:
    """Intrinsic dimension of the rows (n, d) by maximum likelihood from the ratios of neighbour distances.

    Facco et al. (2017), "Estimating the intrinsic dimension of datasets by a minimal neighborhood information":
    the ratio of the distances to the second and first neighbour follows a Pareto distribution whose exponent is the
    dimension. Rows with a duplicate say nothing and are left out.
    """
    return two_nn_of(k_nearest(rows, 2)[0])


def two_nn_of(distances: np.ndarray) -> float:
    """The same from the distances (n, 2 or more) of each point to its nearest others, rising."""
    first, second = distances[distances[:, 0] > 0, :2].T
    return float((len(first) - 1) / np.sum(np.log(second / first)))


def levina_bickel(distances: np.ndarray) -> float:
    """Intrinsic dimension from the distances (n, k) of each point to its k nearest others, rising; k is 2 or more.

    The maximum-likelihood estimate of Levina and Bickel (2005), with the points' inverses averaged (MacKay and
    Ghahramani 2005), which makes it one estimate for all points instead of a mean of biased ones. The more neighbours,
    the larger the scale that it looks at. Points with a duplicate are left out.
    """
    kept = distances[distances[:, 0] > 0]
    k = kept.shape[1]
    inverse = np.log(kept[:, -1:] / kept[:, :-1]).sum(axis=1) / (k - 1)
    return float(1 / inverse.mean())
