"""What a latent map shows of its image: the digit, its intensity, its edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from soapbubble.stats.matching import correlations, nearest_labels

REFERENCES = ("intensity", "edges")


def downsampled(images: np.ndarray, grid: int) -> np.ndarray:
    """Block means of images (n, side, side) on a grid x grid raster; `grid` must divide the side."""
    n, side, _ = images.shape
    cell = side // grid
    return images.reshape(n, grid, cell, grid, cell).mean(axis=(2, 4))


def edges(images: np.ndarray) -> np.ndarray:
    """Magnitude of the gradient at each pixel of images (n, side, side)."""
    rows, columns = np.gradient(images, axis=(1, 2))
    return np.hypot(rows, columns)


def references(images: np.ndarray, grid: int) -> dict[str, np.ndarray]:
    """What a map may show of the images (n, side, side): intensity and edges, on its raster."""
    return {"intensity": downsampled(images, grid), "edges": downsampled(edges(images), grid)}


@dataclass(frozen=True)
class View:
    """How maps are compared: with intensity or edges, as positive or negative, with or without the mean map."""

    reference: str
    sign: int
    centred: bool


def views() -> list[View]:
    """All ways of comparing maps."""
    return [View(name, sign, centred) for name in REFERENCES for sign in (1, -1) for centred in (False, True)]


def scores(view: View, maps: np.ndarray, images: np.ndarray, mean_map: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Correlation (n, m), under `view`, of maps (n, g, g) with images (m, g, g) of its reference.

    `mean_map` and `mean` (g, g) are subtracted from each if the view is centred.
    """
    if view.centred:
        maps, images = maps - mean_map, images - mean
    return view.sign * correlations(maps, images)


def margin_of_own(scores: np.ndarray) -> np.ndarray:
    """Margin (n,) of each map's score (n, n) with its own image over that with the best other image.

    Negative where another image scores higher; unlike a retrieval accuracy, it has no ceiling.
    """
    others = np.where(np.eye(len(scores), dtype=bool), -np.inf, scores)
    return np.diag(scores) - others.max(axis=1)


def zero_shot_predict(view: View, maps: np.ndarray, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The digit (n,) of each map, predicted from labelled images (m, g, g) without any labelled map.

    Each side is centred by its own mean if the view is centred.
    """
    if view.centred:
        maps, images = maps - maps.mean(axis=0), images - images.mean(axis=0)
    return nearest_labels(view.sign * maps, images, labels)


def placed_by_intensity(latents: np.ndarray, intensity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The arrangement of latents (n, sites) in which each is most like the intensity (n, sites) of its pixel.

    Returns:
        The latent for each pixel, and its sign there: the assignment with the largest sum of absolute correlations.
    """
    centred, drawn = latents - latents.mean(axis=0), intensity - intensity.mean(axis=0)
    lengths = np.linalg.norm(drawn, axis=0)[:, None] * np.linalg.norm(centred, axis=0)
    likeness = np.divide(drawn.T @ centred, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    places, order = linear_sum_assignment(-np.abs(likeness))
    return order, np.where(likeness[places, order] < 0, -1, 1)


def r2_on_image(train: np.ndarray, intensity: np.ndarray, test: np.ndarray, test_intensity: np.ndarray) -> float:
    """R² of new maps (m, sites) regressed on their images by one slope for all sites, fitted to `train` (n, sites).

    The variance is about each site's mean over the maps, so that what all maps share does not count.
    """
    mean, intensity_mean = train.mean(axis=0), intensity.mean(axis=0)
    slope = ((train - mean) * (intensity - intensity_mean)).sum() / ((intensity - intensity_mean) ** 2).sum()
    missed = test - mean - slope * (test_intensity - intensity_mean)
    return float(1 - (missed**2).sum() / ((test - mean) ** 2).sum())
