"""How many coordinates data need, from the distances to the two nearest neighbours."""

from __future__ import annotations

import numpy as np

ROUNDING = 1e-10  # squared distances below this share of the largest squared length are those of duplicates


def two_nn(rows: np.ndarray) -> float:
    """Intrinsic dimension of the rows (n, d) by maximum likelihood from the ratios of neighbour distances.

    Facco et al. (2017), "Estimating the intrinsic dimension of datasets by a minimal neighborhood information":
    the ratio of the distances to the second and first neighbour follows a Pareto law whose exponent is the dimension.
    Rows with a duplicate say nothing and are left out.
    """
    rows = np.asarray(rows, dtype=np.float64)
    squares = np.einsum("ij,ij->i", rows, rows)
    distances = np.maximum(squares[:, None] + squares - 2 * rows @ rows.T, 0)
    np.fill_diagonal(distances, np.inf)
    nearest = np.partition(distances, 1, axis=1)[:, :2]
    nearest = nearest[nearest[:, 0] > ROUNDING * squares.max()]
    return float((len(nearest) - 1) / np.sum(0.5 * np.log(nearest[:, 1] / nearest[:, 0])))
