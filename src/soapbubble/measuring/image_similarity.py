"""How alike images are to the eye: structure, edges and spectrum, of every image with every other.

Each measure gives a matrix (n, m) between originals (n, 3, side, side) and others (m, 3, side, side), values from 0
to 1 and cut off there, as they are shown. Where the others are inversions of the originals, the diagonal says how
much an inversion has of its own image, and the rest is the null: what it has of any other.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from skimage.metrics import structural_similarity

from soapbubble.stats.edges import correlations, edge_maps, luminance
from soapbubble.stats.spectrum import radial_power

EDGE_POOL = 2  # pixels a side over which edges are averaged, so that an edge may be off by one


def ssim(originals: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Structural similarity (Wang et al. 2004), 1 for equal images: matrix (n, m)."""
    a, b = shown(originals), shown(others)
    return np.array([[structural_similarity(x, y, channel_axis=0, data_range=1.0) for y in b] for x in a])


def edge_agreement(originals: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Correlation of the edge maps, which no change of contrast alters: matrix (n, m)."""
    return correlations(_edges(originals), _edges(others))


def spectrum_difference(originals: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Root mean square difference of the decimal logarithm of the power over all frequencies: matrix (n, m).

    0 for equal spectra, 1 if the power differs tenfold at a typical frequency.
    """
    a, b = (
        np.log10(np.maximum(radial_power(shown(images))[0], np.finfo(float).tiny)) for images in (originals, others)
    )
    return np.sqrt(np.square(a[:, None] - b[None]).mean(axis=-1))


MEASURES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "ssim": ssim,
    "edges": edge_agreement,
    "spectrum": spectrum_difference,
}


def own_and_other(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of a square matrix: each inversion with its own image (n,), and on average with the other images (n,).

    Raises:
        ValueError: there is one image only, and so no other.
    """
    n = len(matrix)
    if n < 2:
        raise ValueError("one image has no other to compare with")
    own = np.diagonal(matrix)
    return own, (matrix.sum(axis=0) - own) / (n - 1)


def shown(images: np.ndarray) -> np.ndarray:
    """Images as they are shown: no value below 0 or above 1."""
    return np.clip(np.asarray(images, dtype=np.float64), 0, 1)


def _edges(images: np.ndarray) -> np.ndarray:
    return edge_maps(luminance(shown(images)), EDGE_POOL)
