"""The statistics by which clouds are told apart: of the space as a whole, and of a square in a plane."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import diptest
import numpy as np
from scipy.spatial.distance import pdist

from soapbubble.measuring.pca import principal_components
from soapbubble.measuring.splits import evenly_spread
from soapbubble.stats import evenness, neighbourhoods, point_pattern, ripley
from soapbubble.stats.coverage import distinct_orthants, orthant_codes
from soapbubble.stats.intrinsic_dimension import levina_bickel
from soapbubble.stats.nearest import k_nearest
from soapbubble.stats.surrogate_tests import excess, holm, p_value

NEIGHBOURS = (2, 5, 10, 20, 50)  # of the intrinsic dimension: the scales; 2 is the estimate of two neighbours
LOCAL = 20  # neighbours of a local principal component analysis
GRAPH = 10  # neighbours of the mutual graph
CENTRES = 300  # points around which the local analysis is made
SPREAD = (5, 95)  # percentiles whose ratio says how uneven the density is
ORTHANT_AXES = 16  # principal axes whose signs make the cells
DIP_POINTS = 600  # points whose distances are tested for two modes
CELLS = 8  # a side of the square
LEVEL = 0.05  # of the tests against surrogates, corrected for their number

DIMENSION = "intrinsic dimension"
LINES = ("anisotropy", "tree edges", "ridges")


def of_space(points: np.ndarray) -> dict[str, float]:
    """Statistics of a cloud (n, d), by name; `dimensions` has the intrinsic dimension at every scale."""
    distances, rows = k_nearest(points, min(max(NEIGHBOURS), len(points) - 1))
    some = evenly_spread(len(points), CENTRES)
    shares = neighbourhoods.local_spectra(points, rows[some, :LOCAL])
    low, high = np.percentile(distances[:, 0], SPREAD)
    axes = min(ORTHANT_AXES, points.shape[1])
    scores = principal_components(points, axes).scores(points)
    return {
        DIMENSION: levina_bickel(distances[:, :2]),
        "first local share": float(shares[:, 0].mean()),
        "local dimension": float(neighbourhoods.participation(shares).mean()),
        "largest component": neighbourhoods.largest_component(rows[:, :GRAPH]),
        "distance spread": float(np.log(high / low)),
        "nearest distance": float(np.median(distances[:, 0]) / np.sqrt(points.var(axis=0).sum())),
        "occupied orthants": distinct_orthants(orthant_codes(scores), axes) / len(points),
        "distance dip": float(diptest.dipstat(pdist(points[evenly_spread(len(points), DIP_POINTS)]))),
    }


def dimensions(points: np.ndarray) -> dict[int, tuple[float, float]]:
    """Intrinsic dimension by number of neighbours, and the median distance of the last of them, over the rms radius."""
    distances = k_nearest(points, min(max(NEIGHBOURS), len(points) - 1))[0]
    radius = np.sqrt(points.var(axis=0).sum())
    return {
        k: (levina_bickel(distances[:, :k]), float(np.median(distances[:, k - 1]) / radius))
        for k in NEIGHBOURS
        if k <= distances.shape[1]
    }


def of_square(points: np.ndarray) -> dict[str, float]:
    """Statistics of points (n, 2) of the unit square, by name: of lines, then of uneven counts and of voids."""
    return {
        "anisotropy": point_pattern.local_anisotropy(points),
        "tree edges": point_pattern.tree_edge_spread(points),
        "ridges": point_pattern.ridge_strength(points),
        "counts": evenness.dispersion(evenness.cell_counts(points, CELLS)),
        "pairs": ripley.departure(points),
        "voids": point_pattern.void_share(points),
    }


def mean_of_squares(plane: np.ndarray, centres: np.ndarray, count: int) -> dict[str, float]:
    """The statistics of the squares around `centres` (c, 2) that hold `count` of the points (n, 2), on average."""
    found = [of_square(point_pattern.in_square(plane, centre, count)) for centre in centres]
    return {name: float(np.mean([statistics[name] for statistics in found])) for name in found[0]}


def stacked(statistics: Sequence[dict[str, float]]) -> dict[str, np.ndarray]:
    """One array a statistic, of several clouds."""
    return {name: np.array([found[name] for found in statistics]) for name in statistics[0]}


def compared(found: Mapping[str, float], surrogates: Mapping[str, np.ndarray]) -> dict[str, tuple[float, float]]:
    """Of every statistic of the `surrogates`, by how much that of a cloud exceeds theirs, and the p-value of it."""
    return {name: (excess(found[name], values), p_value(found[name], values)) for name, values in surrogates.items()}


def rejected_share(p_values: Iterable[float]) -> float:
    """Share of the tests that reject at the level, corrected for their number."""
    return float(np.mean(holm(np.array(list(p_values))) < LEVEL))
