"""How many directions a smooth map keeps apart at a point.

Where the rank is the same all around a point, the image is a manifold of that dimension there (constant-rank theorem).
"""

from __future__ import annotations

import numpy as np

TOLERANCE = 1e-9
"""singular values below this share of the largest count as zero; double precision keeps 16 digits"""


def rank(jacobians: np.ndarray, tolerance: float = TOLERANCE) -> np.ndarray:
    """Rank (n,) of each matrix (n, out, in)."""
    return np.linalg.matrix_rank(jacobians, rtol=tolerance)


def condition(jacobians: np.ndarray) -> np.ndarray:
    """Largest over smallest singular value (n,) of each matrix (n, out, in)."""
    return np.linalg.cond(jacobians)
