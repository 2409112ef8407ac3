"""Who judges samples: Frechet distance and nearest neighbours to real pictures, in features that no autoencoder saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from soapbubble.stats.frechet import frechet_distance
from soapbubble.stats.sample_quality import density_coverage, precision_recall

Features = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Referee:
    """Compares pictures (n, 28, 28) with as many real ones, by their features (n, f)."""

    features: Features
    real: np.ndarray

    def __len__(self) -> int:
        return len(self.real)

    def distance(self, images: np.ndarray) -> float:
        """Frechet distance of the pictures to the real ones."""
        return frechet_distance(self.features(images), self.real)

    def neighbourhood(self, images: np.ndarray, neighbours: int) -> dict[str, float]:
        """Precision and recall, density and coverage of the pictures among the real ones."""
        seen = self.features(images)
        precision, recall = precision_recall(self.real, seen, neighbours)
        density, coverage = density_coverage(self.real, seen, neighbours)
        return {"precision": precision, "recall": recall, "density": density, "coverage": coverage}


def referee(features: Features, real: np.ndarray, most: int, rng: np.random.Generator) -> Referee:
    """A referee with at most `most` of the real pictures (n, 28, 28), drawn by chance."""
    return Referee(features, features(real[rng.permutation(len(real))[:most]]))


def principal_components(images: np.ndarray, components: int) -> Features:
    """Scores on the first principal components of the pixels of `images` (n, h, w), of any pictures of that size."""
    flat = images.reshape(len(images), -1).astype(np.float64)
    centre = flat.mean(axis=0)
    _, _, axes = np.linalg.svd(flat - centre, full_matrices=False)

    def scores(pictures: np.ndarray) -> np.ndarray:
        return (pictures.reshape(len(pictures), -1) - centre) @ axes[:components].T

    return scores
