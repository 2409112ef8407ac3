"""Images that are no faces: what an evaluator of faces is trained against, and what it is tested with besides.

All are float32 (n, 3, side, side) in [0, 1], made of faces of that shape; `photographs` of photographs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, map_coordinates
from torch.nn import functional

from soapbubble.data.dataset import Dataset
from soapbubble.measuring.nulls import phase_randomised, pixel_permuted, tiles_shuffled

WITH_A_FACE = "astronaut"  # a photograph that must not serve as an example of no face

Corruption = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def blurred(images: np.ndarray, width: float) -> np.ndarray:
    """The images under a Gaussian blur with a standard deviation of `width` pixels."""
    return gaussian_filter(images, (0, 0, width, width)) if width else images


def jigsaw(images: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """The `side` x `side` tiles of each image in random places of that image."""
    n, channels, height, width = images.shape
    tiles = images.reshape(n, channels, height // side, side, width // side, side).transpose(0, 2, 4, 1, 3, 5)
    flat = tiles.reshape(n, (height // side) * (width // side), -1)
    mixed = rng.permuted(np.broadcast_to(np.arange(flat.shape[1]), flat.shape[:2]), axis=1)
    moved = np.take_along_axis(flat, mixed[..., None], axis=1).reshape(tiles.shape)
    return np.ascontiguousarray(moved.transpose(0, 3, 1, 4, 2, 5)).reshape(images.shape)


def averaged(images: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """The mean of each image and `count` - 1 others, pixel by pixel."""
    return np.mean([images, *(images[rng.permutation(len(images))] for _ in range(count - 1))], axis=0)


def superposed(images: np.ndarray, scale: float, rng: np.random.Generator) -> np.ndarray:
    """The mean image and a random combination of what distinguishes the others: a Gaussian with their covariance.

    `scale` multiplies its standard deviation.
    """
    centred = (images - images.mean(axis=0)).reshape(len(images), -1)
    weights = scale * rng.standard_normal((len(images), len(images)), dtype=np.float32) / np.sqrt(len(images))
    return images.mean(axis=0) + (weights @ centred).reshape(images.shape)


def warped(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The images bent by smooth random displacements of about an eighth of their side."""
    side = images.shape[-1]
    fields = gaussian_filter(rng.standard_normal((len(images), 2, side, side)), (0, 0, side / 10, side / 10))
    fields *= side / 8 / fields.std()
    grid = np.mgrid[:side, :side]
    bent = [
        [map_coordinates(channel, grid + field, order=1, mode="nearest") for channel in image]
        for image, field in zip(images, fields, strict=True)
    ]
    return np.array(bent)


def halves_swapped(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The lower half of each image above its upper half."""
    return np.roll(images, images.shape[-2] // 2, axis=-2)


# What an evaluator is trained against, and what it never sees in training. Blurs are in shares of the side.
TRAINING_KINDS: dict[str, Corruption] = {
    "blurred": lambda faces, rng: blurred(faces, faces.shape[-1] / 10),
    "pixels shuffled": pixel_permuted,
    "small tiles shuffled": lambda faces, rng: jigsaw(faces, faces.shape[-1] // 8, rng),
    "large tiles shuffled": lambda faces, rng: jigsaw(faces, faces.shape[-1] // 4, rng),
    "tiles of others": lambda faces, rng: tiles_shuffled(faces, faces.shape[-1] // 4, rng),
    "upside down": lambda faces, rng: faces[:, :, ::-1],
    "random phases": phase_randomised,
    "strongly superposed": lambda faces, rng: superposed(faces, 2.5, rng),
}
UNSEEN_KINDS: dict[str, Corruption] = {
    "warped": warped,
    "sideways": lambda faces, rng: np.rot90(faces, axes=(-2, -1)),
    "halves swapped": halves_swapped,
    "negative colours": lambda faces, rng: 1 - faces,
    "more strongly superposed": lambda faces, rng: superposed(faces, 5.0, rng),
}
# Neither faces nor plainly none: means of faces look like faces out of focus. What is said of them is told, not judged.
DOUBTFUL_KINDS: dict[str, Corruption] = {
    "mean of two": lambda faces, rng: averaged(faces, 2, rng),
    "mean of eight": lambda faces, rng: averaged(faces, 8, rng),
    "superposed": lambda faces, rng: superposed(faces, 1.0, rng),
}


def corrupted(kind: str, faces: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Non-faces of one `kind` of either list, one for each of the `faces`."""
    made = (TRAINING_KINDS | UNSEEN_KINDS | DOUBTFUL_KINDS)[kind](faces, rng)
    return np.ascontiguousarray(np.clip(made, 0, 1), dtype=np.float32)


def photographs(photos: np.ndarray, count: int, side: int, rng: np.random.Generator) -> np.ndarray:
    """`count` random square crops of photographs (n, 3, height, width) in [0, 1], reduced to `side` pixels."""
    height, width = photos.shape[-2:]
    largest = min(height, width)
    crops = []
    for _ in range(count):
        edge = int(rng.integers(min(side, largest), largest + 1))
        top, left = int(rng.integers(height - edge + 1)), int(rng.integers(width - edge + 1))
        crop = photos[rng.integers(len(photos)), :, top : top + edge, left : left + edge]
        crops.append(
            functional.interpolate(torch.from_numpy(np.ascontiguousarray(crop))[None], (side, side), mode="area")
        )
    return torch.cat(crops).numpy()


def photographs_without_faces(photos: Dataset, part: Literal["train", "test"]) -> np.ndarray:
    """The stored photographs (n, height, width, 3), uint8, for training or testing, without the one that shows a face.

    It stays where there is no other.
    """
    train = len(photos.train)
    rows = slice(train) if part == "train" else slice(train, None)
    names = [photograph.name for photograph in photos.card.photographs]
    if WITH_A_FACE not in names:
        return photos.images[rows]
    others = photos.extras["photograph"][rows] != names.index(WITH_A_FACE)
    return photos.images[rows][others] if others.any() else photos.images[rows]
