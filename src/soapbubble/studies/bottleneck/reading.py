"""What can be read out of a latent map: the digit, its ink, its edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.linear_model import LogisticRegression

from soapbubble.stats.matching import correlations, nearest_labels

REFERENCES = ("ink", "edges")


def downsampled(pictures: np.ndarray, grid: int) -> np.ndarray:
    """Means over squares: pictures (n, side, side) on a grid x grid raster; `grid` must divide the side."""
    n, side, _ = pictures.shape
    cell = side // grid
    return pictures.reshape(n, grid, cell, grid, cell).mean(axis=(2, 4))


def edges(pictures: np.ndarray) -> np.ndarray:
    """Length of the gradient at each pixel of pictures (n, side, side)."""
    rows, columns = np.gradient(pictures, axis=(1, 2))
    return np.hypot(rows, columns)


def references(pictures: np.ndarray, grid: int) -> dict[str, np.ndarray]:
    """What a map may show of the pictures (n, side, side): their ink and their edges, on its raster."""
    return {"ink": downsampled(pictures, grid), "edges": downsampled(edges(pictures), grid)}


@dataclass(frozen=True)
class View:
    """How maps are looked at: against ink or edges, upright or as a negative, with or without the mean map."""

    reference: str
    sign: int
    centred: bool


def views() -> list[View]:
    """All ways of looking at maps."""
    return [View(name, sign, centred) for name in REFERENCES for sign in (1, -1) for centred in (False, True)]


def scores(view: View, maps: np.ndarray, pictures: np.ndarray, mean_map: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Correlation (n, m), under `view`, of maps (n, g, g) with pictures (m, g, g) of its reference.

    `mean_map` and `mean` (g, g) are what centring takes away from each.
    """
    if view.centred:
        maps, pictures = maps - mean_map, pictures - mean
    return view.sign * correlations(maps, pictures)


def lead_of_own(scores: np.ndarray) -> np.ndarray:
    """By how much each map's score (n, n) with its own picture exceeds that with the best of the others: (n,).

    Negative where another picture scores higher; unlike a share of maps that find their own, it has no ceiling.
    """
    others = np.where(np.eye(len(scores), dtype=bool), -np.inf, scores)
    return np.diag(scores) - others.max(axis=1)


def zero_shot(view: View, maps: np.ndarray, pictures: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The digit (n,) that each map looks like to a reader who knows labelled pictures (m, g, g) and no map.

    Each side is centred by its own mean if the view asks for it.
    """
    if view.centred:
        maps, pictures = maps - maps.mean(axis=0), pictures - pictures.mean(axis=0)
    return nearest_labels(view.sign * maps, pictures, labels)


def taught(train: np.ndarray, labels: np.ndarray, test: np.ndarray, penalty: float) -> np.ndarray:
    """The digit (m,) that logistic regression, taught with maps (n, ...) and their labels, reads in other maps."""
    flat, new = train.reshape(len(train), -1), test.reshape(len(test), -1)
    mean, scale = flat.mean(axis=0), flat.std()
    reader = LogisticRegression(C=1 / (penalty * len(flat)), max_iter=300, tol=1e-3)
    return reader.fit((flat - mean) / scale, labels).predict((new - mean) / scale)


def few_of_each(labels: np.ndarray, shots: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of `shots` random examples of each label, or of all if there are fewer."""
    return np.concatenate([rng.permutation(np.flatnonzero(labels == label))[:shots] for label in np.unique(labels)])


def site_readout(train: np.ndarray, ink: np.ndarray, test: np.ndarray, test_ink: np.ndarray) -> float:
    """Share of the variance of new ink (m, sites) that a line at each site explains, from the latent there (m, sites).

    The lines are fitted to `train` and `ink` (n, sites); sums of squares are pooled over sites.
    """
    mean, ink_mean = train.mean(axis=0), ink.mean(axis=0)
    centred = train - mean
    spread = (centred**2).sum(axis=0)
    slope = np.divide((centred * (ink - ink_mean)).sum(axis=0), spread, out=np.zeros_like(mean), where=spread > 0)
    missed = test_ink - ink_mean - slope * (test - mean)
    return float(1 - (missed**2).sum() / ((test_ink - ink_mean) ** 2).sum())


def placed_by_ink(latents: np.ndarray, ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The arrangement of latents (n, sites) in which each is most like the ink (n, sites) of its place.

    Returns:
        The latent for each place, and its sign there: the assignment with the largest sum of sizes of correlations.
    """
    centred, drawn = latents - latents.mean(axis=0), ink - ink.mean(axis=0)
    lengths = np.linalg.norm(drawn, axis=0)[:, None] * np.linalg.norm(centred, axis=0)
    likeness = np.divide(drawn.T @ centred, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    places, order = linear_sum_assignment(-np.abs(likeness))
    return order, np.where(likeness[places, order] < 0, -1, 1)


def copy_share(train: np.ndarray, ink: np.ndarray, test: np.ndarray, test_ink: np.ndarray) -> float:
    """Share of the variance of new maps (m, sites) that is their picture, by one line for all sites.

    The variance is about each site's mean over the maps, so that what all maps share does not count.
    """
    mean, ink_mean = train.mean(axis=0), ink.mean(axis=0)
    slope = ((train - mean) * (ink - ink_mean)).sum() / ((ink - ink_mean) ** 2).sum()
    missed = test - mean - slope * (test_ink - ink_mean)
    return float(1 - (missed**2).sum() / ((test - mean) ** 2).sum())
