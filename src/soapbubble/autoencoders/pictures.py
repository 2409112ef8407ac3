"""A dataset as the pictures that autoencoders train on: grey, framed, augmented, and split for early stopping."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from soapbubble.config.autoencoders import Pictures as Settings
from soapbubble.data.dataset import Dataset
from soapbubble.errors import SoapbubbleError

DIGIT_SIDE = 28
PATCHES = 16  # of each photograph and copy


@dataclass(frozen=True)
class Pictures:
    """Grey pictures in [0, 1], float32 (n, 1, side, side), in three sets that share no original.

    `*_labels` and `*_origin` (n,) say which digit a picture shows (-1: not known) and which original it was made from.
    """

    train: torch.Tensor
    train_labels: np.ndarray
    train_origin: np.ndarray
    validation: torch.Tensor
    test: torch.Tensor
    test_labels: np.ndarray
    test_origin: np.ndarray


def pictures(
    dataset: Dataset, side: int, settings: Settings, train_images: int | None = None, replicate: int = 0
) -> Pictures:
    """The pictures of `dataset` on a canvas of `side` pixels; `train_images` originals to train on, None: all.

    Photographs are cut into patches at random places, digits are augmented by random small affine maps.
    Each replicate splits, augments and validates anew, unless the source says which images are for testing.

    Raises:
        SoapbubbleError: the images are too large or too small for the canvas, or fewer than asked for.
    """
    seed = settings.seed + dataset.split_of(replicate)
    dataset = dataset.of_replicate(replicate)
    train = dataset.card.splits["train"]
    order = np.random.default_rng(seed).permutation(train)
    held = min(max(1, round(settings.validation * train)), settings.most_validation)
    chosen = order[held:] if train_images is None else order[held : held + train_images]
    if train_images is not None and len(chosen) < train_images:
        raise SoapbubbleError(
            f"data.{dataset.name}: {train_images} images to train on were asked for, {len(chosen)} are there; "
            "give more images or lower `train_images`."
        )
    parts = {}
    rows_of = {"train": chosen, "validation": order[:held], "test": np.arange(train, len(dataset.images))}
    for place, (part, rows) in enumerate(rows_of.items()):
        generator = torch.Generator().manual_seed(4 * seed + place)
        rows = np.sort(rows)
        parts[part] = (*_made(dataset, rows, side, settings, generator), rows)
    labels = dataset.extras.get("labels", np.full(len(dataset.images), -1))
    found = {part: rows[origin] for part, (_, origin, rows) in parts.items()}
    return Pictures(
        train=parts["train"][0],
        train_labels=labels[found["train"]],
        train_origin=found["train"],
        validation=parts["validation"][0],
        test=parts["test"][0],
        test_labels=labels[found["test"]],
        test_origin=found["test"],
    )


def _made(
    dataset: Dataset, rows: np.ndarray, side: int, settings: Settings, generator: torch.Generator
) -> tuple[torch.Tensor, np.ndarray]:
    grey = torch.from_numpy(dataset.images[rows].mean(axis=3, dtype=np.float32) / 255)[:, None]
    if dataset.name == "photos":
        return _patches(grey, side, PATCHES * settings.copies, generator)
    origin = np.repeat(np.arange(len(rows)), settings.copies)
    if settings.copies > 1:
        grey = augmented(grey.repeat_interleave(settings.copies, dim=0), settings, generator)
    return _framed(grey, side, dataset.name), origin


def _framed(grey: torch.Tensor, side: int, name: str) -> torch.Tensor:
    margin = side - grey.shape[-1]
    if margin < 0 or grey.shape[-1] != grey.shape[-2]:
        raise SoapbubbleError(
            f"data.{name}: images of {grey.shape[-2]} x {grey.shape[-1]} pixels do not fit a canvas of {side} x "
            f"{side}; set data.{name}.size to {DIGIT_SIDE}."
        )
    before = margin // 2
    return functional.pad(grey, (before, margin - before, before, margin - before)).contiguous()


def augmented(grey: torch.Tensor, settings: Settings, generator: torch.Generator) -> torch.Tensor:
    """Each picture (n, 1, s, s) turned, scaled, slanted and shifted a little, at random."""
    n = len(grey)

    def between(limit: float, *shape: int) -> torch.Tensor:
        return limit * (2 * torch.rand((n, *shape), generator=generator) - 1)

    angle = between(settings.rotation * torch.pi / 180)
    scale, slant = 1 + between(settings.scaling), between(settings.shear)
    maps = torch.zeros(n, 2, 3)
    maps[:, 0, 0], maps[:, 0, 1] = scale * angle.cos(), slant - scale * angle.sin()
    maps[:, 1, 0], maps[:, 1, 1] = scale * angle.sin(), scale * angle.cos()
    maps[:, :, 2] = between(2 * settings.shift, 2)  # a grid is two units wide
    grid = functional.affine_grid(maps, list(grey.shape), align_corners=False)
    return functional.grid_sample(grey, grid, align_corners=False)


def _patches(grey: torch.Tensor, side: int, count: int, generator: torch.Generator) -> tuple[torch.Tensor, np.ndarray]:
    room = min(grey.shape[-2:]) - side
    if room < 0:
        raise SoapbubbleError(
            f"data.photos: images of {grey.shape[-2]} x {grey.shape[-1]} pixels are smaller than patches of {side} x "
            f"{side}; raise data.photos.size."
        )
    corners = torch.randint(room + 1, (len(grey), count, 2), generator=generator).tolist()
    cut = [
        image[:, top : top + side, left : left + side]
        for image, places in zip(grey, corners, strict=True)
        for top, left in places
    ]
    return torch.stack(cut), np.repeat(np.arange(len(grey)), count)


def digits_only(images: torch.Tensor | np.ndarray) -> np.ndarray:
    """The middle 28 x 28 pixels, (n, 28, 28), of pictures (n, 1, side, side): what the digit classifier sees."""
    before = (images.shape[-1] - DIGIT_SIDE) // 2
    middle = images[:, 0, before : before + DIGIT_SIDE, before : before + DIGIT_SIDE]
    return np.asarray(middle, dtype=np.float32)
