"""How good and how varied samples are, told from features that no generator was trained with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from soapbubble.measuring.splits import evenly_spread
from soapbubble.stats.frechet import frechet_distance, total_variance
from soapbubble.stats.sample_quality import density_coverage, distances, precision_recall

Features = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class SampleEvaluator:
    """Compares images with real ones by their features.

    `features` gives the features (n, f) of images (n, ...), a classifier's (`DigitClassifier.features`) or any other;
    `reference` (m, f) are those of the real images. A Frechet distance falls with the number of images, so compare as
    many as there are references, or take `matched`. With an evaluator of its own for each replicate, intervals contain
    what the training of the classifier adds. The scale of its features is arbitrary: `unit`, the total variance of the
    real images' features, is 1 in all Frechet distances, so that images which all look like the average have 1.
    """

    features: Features
    reference: np.ndarray
    unit: float

    @classmethod
    def on(cls, features: Features, real: np.ndarray) -> SampleEvaluator:
        """With these `real` images (m, ...) as the reference."""
        reference = features(real)
        return cls(features, reference, total_variance(reference))

    @classmethod
    def on_random(cls, features: Features, real: np.ndarray, count: int, rng: np.random.Generator) -> SampleEvaluator:
        """With at most `count` random ones of the `real` images as the reference."""
        return cls.on(features, real[rng.permutation(len(real))[:count]])

    def __len__(self) -> int:
        """Reference images."""
        return len(self.reference)

    def matched(self, count: int) -> SampleEvaluator:
        """The evaluator with `count` of its references, evenly spread."""
        return self.against(self.reference[evenly_spread(len(self), count)])

    def against(self, reference: np.ndarray) -> SampleEvaluator:
        """The evaluator with the features (m, f) of other images as the reference, in the same unit."""
        return replace(self, reference=reference)

    def frechet(self, images: np.ndarray) -> float:
        """Frechet distance (Dowson and Landau 1982) of the Gaussians fitted to both sets of features, over `unit`."""
        return self.frechet_of(self.features(images))

    def frechet_of(self, features: np.ndarray) -> float:
        """The same of images whose features (n, f) are known; NaN if those of all real images are equal."""
        return frechet_distance(features, self.reference) / (self.unit or np.nan)

    def precision_recall(self, images: np.ndarray, k: int = 5) -> dict[str, float]:
        """Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020) by those names."""
        return self.precision_recall_of(self.features(images), k)

    def precision_recall_of(self, features: np.ndarray, k: int = 5) -> dict[str, float]:
        """The same of images whose features (n, f) are known."""
        precision, recall = precision_recall(self.reference, features, k)
        density, coverage = density_coverage(self.reference, features, k)
        return {"precision": precision, "recall": recall, "density": density, "coverage": coverage}

    def nearest(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Row (n,) of the nearest reference image of each image, and the distance to it (n,)."""
        apart = distances(self.features(images), self.reference)
        rows = apart.argmin(axis=1)
        return rows, apart[np.arange(len(rows)), rows]
