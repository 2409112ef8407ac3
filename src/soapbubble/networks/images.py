"""What image networks are trained on: crops of photographs or noise, with true labels or labels at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from soapbubble.config.networks import NetworkTraining
from soapbubble.data.dataset import Dataset
from soapbubble.errors import SoapbubbleError

NOISE_MEAN, NOISE_DEVIATION = 0.5, 0.25


@dataclass(frozen=True)
class TrainingImages:
    """Images (n, 3, side, side) in [0, 1] (noise may lie outside) and labels (n,), and as many kinds for a test.

    `test_origin` says from which image of the dataset each test crop is; -1 for noise.
    """

    images: torch.Tensor
    labels: torch.Tensor
    test: torch.Tensor
    test_labels: torch.Tensor
    test_origin: np.ndarray

    def held_out_by(self, other: TrainingImages) -> np.ndarray:
        """Of each test crop, bool (n,), whether the network of `other` also learned nothing from its image.

        Images of which it has no test crop count as learned from.
        """
        return np.isin(self.test_origin, other.test_origin)


def training_images(
    dataset: Dataset, task: Literal["photographs", "noise", "shuffled"], settings: NetworkTraining, seed: int
) -> TrainingImages:
    """The images that the network of `seed` learns, and others of their kind.

    photographs: mirrored or unmirrored crops, and the photograph that each is from. Crops to test with come from an
    image of the same photograph that the seed chooses and no training crop touches; where a photograph has one image
    only, from that one.
    shuffled: the same crops, with labels at random. noise: every value from N(1/2, 1/4^2), with labels at random.

    Raises:
        SoapbubbleError: the photographs are too few or too small.
    """
    rng = np.random.default_rng((seed, settings.classes))
    total = settings.images + settings.test_images
    if task == "noise":
        # From the generator of NumPy, whose normal numbers are the same on every machine.
        noise = rng.standard_normal((total, 3, settings.side, settings.side), dtype=np.float32)
        images = torch.from_numpy(NOISE_MEAN + NOISE_DEVIATION * noise)
        origin = np.full(settings.test_images, -1)
    else:
        learnt, tested = _places(dataset, settings.classes, rng)
        parts = [_crops(dataset, learnt, settings.images, settings.side, rng)]
        parts.append(_crops(dataset, list(tested[:, None]), settings.test_images, settings.side, rng))
        images = torch.cat([part for part, _ in parts])
        origin = tested[parts[1][1]]
    if task == "photographs":
        labels = np.concatenate([label for _, label in parts])
    else:
        labels = rng.integers(settings.classes, size=total)
    known, learned = torch.from_numpy(labels.astype(np.int64)), settings.images
    return TrainingImages(images[:learned], known[:learned], images[learned:], known[learned:], origin)


def photograph_of(dataset: Dataset) -> np.ndarray:
    """Of each image (n,), which photograph it shows a part of; images of one's own are photographs of their own."""
    return np.asarray(dataset.extras.get("photograph", np.arange(len(dataset.images))))


def _places(dataset: Dataset, classes: int, rng: np.random.Generator) -> tuple[list[np.ndarray], np.ndarray]:
    """For each photograph, the images to learn from and the one to be tested with (classes,), chosen at random."""
    photograph = photograph_of(dataset)
    names = np.unique(photograph)[:classes]
    if len(names) < classes:
        raise SoapbubbleError(
            f"networks.training.classes: there are {len(names)} photographs, not {classes}; lower it, or raise data."
            f"{dataset.name}.count."
        )
    images = [np.flatnonzero(photograph == name) for name in names]
    tested = np.array([rng.choice(rows) for rows in images])
    return [rows[rows != one] if len(rows) > 1 else rows for rows, one in zip(images, tested, strict=True)], tested


def _crops(
    dataset: Dataset, rows: Sequence[np.ndarray], count: int, side: int, rng: np.random.Generator
) -> tuple[torch.Tensor, np.ndarray]:
    """`count` crops at random places, float32 (count, 3, side, side), and the photograph of each (count,)."""
    height, width = dataset.images.shape[1:3]
    if min(height, width) < side:
        raise SoapbubbleError(
            f"data.{dataset.name}: images of {height} x {width} pixels are smaller than networks.training.side, "
            f"{side}; raise the one or lower the other."
        )
    labels = rng.integers(len(rows), size=count)
    crops = np.empty((count, side, side, 3), dtype=np.uint8)
    for number, label in enumerate(labels):
        image = dataset.images[rng.choice(rows[label])]
        top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
        crop = image[top : top + side, left : left + side]
        crops[number] = crop[:, ::-1] if rng.random() < 0.5 else crop
    return torch.from_numpy(crops.transpose(0, 3, 1, 2).astype(np.float32) / 255), labels
