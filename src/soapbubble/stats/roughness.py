"""Is a histogram as smooth as counting allows?"""

from __future__ import annotations

import numpy as np


def reduced_chi_square(counts: np.ndarray, degree: int = 6, least: float = 10.0) -> float:
    """Mean squared deviation of `counts` (m,) from a smooth curve, in units of what counting alone would give: then 1.

    The curve is the exponential of a polynomial, fitted by maximum likelihood for Poisson counts, in the run of bins
    around the peak that hold `least` counts or more. NaN where those are too few for the degree.
    """
    peak = int(np.argmax(counts))
    low, high = peak, peak + 1
    while low > 0 and counts[low - 1] >= least:
        low -= 1
    while high < len(counts) and counts[high] >= least:
        high += 1
    y = counts[low:high].astype(float)
    freedom = len(y) - degree - 1
    if freedom < 1:
        return float("nan")
    basis = np.polynomial.legendre.legvander(np.linspace(-1, 1, len(y)), degree)
    weights = np.linalg.lstsq(basis * np.sqrt(y)[:, None], np.log(y) * np.sqrt(y), rcond=None)[0]
    for _ in range(20):
        expected = np.exp(basis @ weights)
        weights += np.linalg.solve((basis.T * expected) @ basis, basis.T @ (y - expected))
    expected = np.exp(basis @ weights)
    return float(np.sum((y - expected) ** 2 / expected) / freedom)


def peaks(counts: np.ndarray) -> int:
    """Number of bins that hold more than either neighbour."""
    return int(np.count_nonzero((counts[1:-1] > counts[:-2]) & (counts[1:-1] > counts[2:])))
