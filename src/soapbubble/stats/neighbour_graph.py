"""Whether points hang together: the graph that joins each point with its nearest neighbours."""

from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import connected_components
from sklearn.neighbors import kneighbors_graph


def largest_component_share(points: np.ndarray, neighbours: int, mutual: bool = False) -> float:
    """Share of the points (n, d) in the largest connected component of their graph of nearest neighbours.

    Points are joined if one of them is among the `neighbours` nearest of the other, with `mutual` if each is.
    """
    graph = kneighbors_graph(points, neighbours)
    joined = graph.minimum(graph.T) if mutual else graph.maximum(graph.T)
    _, labels = connected_components(joined, directed=False)
    return float(np.bincount(labels).max() / len(points))
