"""t-SNE maps (van der Maaten and Hinton 2008) that are the same bytes on any number of cores."""

from __future__ import annotations

import warnings

import numpy as np

THETA = 0.5  # accuracy of the Barnes-Hut gradient


def tsne_map(
    points: np.ndarray, perplexity: float, early_exaggeration: float, early_steps: int, steps: int, seed: int
) -> np.ndarray:
    """The map (n, 2) of `points` (n, d) after `early_steps` exaggerated steps and `steps` plain ones.

    It begins with the first two principal components. Neighbours are exact: approximate ones depend on the cores.
    The perplexity is at most a third of the points.
    """
    from openTSNE import TSNE

    maker = TSNE(
        perplexity=min(perplexity, (len(points) - 1) / 3),
        early_exaggeration=early_exaggeration,
        early_exaggeration_iter=early_steps,
        n_iter=steps,
        initialization="pca",
        neighbors="exact",
        negative_gradient_method="bh",
        theta=THETA,
        n_jobs=1,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(maker.fit(np.ascontiguousarray(points, dtype=np.float64)))
