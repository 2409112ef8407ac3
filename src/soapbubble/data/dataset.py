"""What a dataset is on disk: one array of images, a card that describes it, and arrays beside it."""

from __future__ import annotations

import hashlib
import math
import os
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError, model_validator

from soapbubble.data.split import split, split_groups
from soapbubble.errors import SoapbubbleError
from soapbubble.provenance.files import digest

# What NumPy raises at damaged .npy files, whose headers it reads as Python.
NPY_DAMAGES = (ValueError, EOFError, SyntaxError, TypeError, OverflowError, RecursionError, tokenize.TokenError)

FEWEST_DIFFERENT = 20  # images; fewer say nothing about what they are a sample of

Tier = Literal["built-in", "source-like", "source"]


class Photograph(BaseModel):
    """One photograph of which a dataset holds crops."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    origin: str
    licence: str


class Card(BaseModel):
    """What a reader needs to know about a dataset; stored as JSON beside the array."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    source: str = Field(description="where the images come from, in words")
    licence: str
    tier: Tier
    shape: tuple[int, int, int, int] = Field(description="images, height, width, channels")
    sha256: str = Field(description="digest of the .npy file")
    splits: dict[Literal["train", "test"], PositiveInt] = Field(description="sizes; training images come first")
    own_split: bool = Field(default=False, description="whether the source says which images are for testing")
    extras: tuple[Annotated[str, Field(pattern=r"^\w+$")], ...] = ()
    factor_names: tuple[str, ...] = Field(default=(), description="columns of the extra `factors`")
    photographs: tuple[Photograph, ...] = Field(default=(), description="what the extra `photograph` counts")
    problems: tuple[str, ...] = Field(default=(), description="why nothing can be decided with these images")

    @model_validator(mode="after")
    def _splits_add_up(self) -> Self:
        if len(self.splits) != 2 or sum(self.splits.values()) != self.shape[0]:
            raise ValueError("`splits` must say how many of the images are for training and how many for testing")
        return self


@dataclass(frozen=True)
class Dataset:
    """A dataset, ready to be read.

    `images` is uint8 (n, height, width, channels), memory-mapped; each of `extras` has n rows.
    """

    name: str
    images: np.ndarray
    card: Card
    extras: dict[str, np.ndarray]

    @property
    def train(self) -> np.ndarray:
        """The images for training."""
        return self.images[: self.card.splits["train"]]

    @property
    def test(self) -> np.ndarray:
        """The images kept for testing."""
        return self.images[self.card.splits["train"] :]

    def split_of(self, replicate: int) -> int:
        """Which split a replicate has: its own, or the only one, 0, where the source says what is for testing."""
        return 0 if self.card.own_split else replicate

    def of_replicate(self, replicate: int) -> Dataset:
        """The same images with the replicate's split; other splits than 0 are held in memory.

        Classes keep their proportions, and photographs stay whole. Split sizes stay, up to the size of a photograph.
        """
        number = self.split_of(replicate)
        if number == 0:
            return self
        photographs, share = self.extras.get("photograph"), len(self.test) / len(self.images)
        if photographs is None:
            order, train = split(len(self.images), None, share, number, self.extras.get("labels"))
        else:
            order, train = split_groups(photographs, share, number)
        splits: dict[Literal["train", "test"], int] = {"train": train, "test": len(order) - train}
        return replace(
            self,
            images=self.images[order],
            card=self.card.model_copy(update={"splits": splits}),
            extras={name: rows[order] for name, rows in self.extras.items()},
        )


@dataclass(frozen=True)
class Made:
    """A dataset on its way to disk: its images come in chunks, so that memory does not grow with their number."""

    shape: tuple[int, int, int, int]
    chunks: Iterable[np.ndarray]
    train: int
    source: str
    licence: str
    tier: Tier = "built-in"
    own_split: bool = False
    extras: Mapping[str, np.ndarray] = field(default_factory=dict)
    factor_names: tuple[str, ...] = ()
    photographs: tuple[Photograph, ...] = ()


def card_path(npy: Path) -> Path:
    """Where the card of the array `npy` lies."""
    return npy.with_suffix(".json")


def extra_path(npy: Path, extra: str) -> Path:
    """Where the array `extra` of the dataset `npy` lies."""
    return npy.with_name(f"{npy.stem}-{extra}.npy")


def save(name: str, made: Made, npy: Path) -> None:
    """Write a dataset: the images to `npy`, its extras and its card beside them.

    Whoever calls this gives temporary names and moves the files when all are whole (`provenance.files.staged`).
    """
    _write_images(npy, made)
    for extra, rows in made.extras.items():
        if len(rows) != made.shape[0]:
            raise ValueError(f"{extra} has {len(rows)} rows for {made.shape[0]} images")
        np.save(extra_path(npy, extra), rows, allow_pickle=False)
    card = Card(
        name=name,
        source=made.source,
        licence=made.licence,
        tier=made.tier,
        shape=made.shape,
        sha256=digest(npy),
        splits={"train": made.train, "test": made.shape[0] - made.train},
        own_split=made.own_split,
        extras=tuple(made.extras),
        factor_names=made.factor_names,
        photographs=made.photographs,
        problems=problems(_one_by_one(npy, made.shape)),
    )
    card_path(npy).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")


def problems(images: Iterable[np.ndarray]) -> tuple[str, ...]:
    """What keeps images, each (h, w, c), from deciding anything, a sentence each; nothing for sound ones.

    No more images are taken than it needs to know that they are sound.
    """
    n, different, one_tone = 0, set[bytes](), True
    for image in images:
        n += 1
        if len(different) < FEWEST_DIFFERENT:
            different.add(hashlib.sha256(image.tobytes()).digest())
        one_tone = one_tone and image.min() == image.max()
        if len(different) == FEWEST_DIFFERENT and not one_tone:
            return ()
    found = []
    if len(different) < FEWEST_DIFFERENT:
        found.append(f"only {len(different)} of {n} images differ, and at least {FEWEST_DIFFERENT} are needed")
    if one_tone:
        found.append("every image is of one tone")
    return tuple(found)


def _one_by_one(npy: Path, shape: tuple[int, int, int, int]) -> Iterator[np.ndarray]:
    """The images (h, w, c) of an array of this shape, read singly: the pages of a memory map count as memory."""
    with open(npy, "rb") as file:
        file.seek(-math.prod(shape), os.SEEK_END)
        for _ in range(shape[0]):
            yield np.fromfile(file, np.uint8, math.prod(shape[1:])).reshape(shape[1:])


def _write_images(npy: Path, made: Made) -> None:
    """Write the chunks one after the other, so that memory does not grow with their number."""
    header = {"descr": "|u1", "fortran_order": False, "shape": tuple(made.shape)}
    written = 0
    with open(npy, "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for chunk in made.chunks:
            if chunk.dtype != np.uint8 or chunk.shape[1:] != made.shape[1:]:
                raise ValueError(f"a chunk is {chunk.dtype} {chunk.shape}, the dataset uint8 {made.shape}")
            file.write(np.ascontiguousarray(chunk).data)
            written += len(chunk)
    if written != made.shape[0]:
        raise ValueError(f"{written} images came instead of {made.shape[0]}")


def load(npy: Path) -> Dataset:
    """Read a dataset that `save` wrote; its images stay on disk until they are used.

    Raises:
        SoapbubbleError: a file is missing, is damaged, or does not fit the card.
    """
    card = _read_card(npy)
    images = _read(npy)
    if images.shape != card.shape or images.dtype != np.uint8:
        raise SoapbubbleError(
            f"{npy}: holds {images.dtype} {images.shape}, but its card says uint8 {card.shape}; "
            "delete it and run snakemake again."
        )
    extras = {extra: _read(extra_path(npy, extra)) for extra in card.extras}
    for extra, rows in extras.items():
        if rows.shape[:1] != images.shape[:1]:
            raise SoapbubbleError(
                f"{extra_path(npy, extra)}: holds {rows.shape}, not a row each for the {len(images)} images; "
                "delete it and run snakemake again."
            )
    return Dataset(card.name, images, card, extras)


def files_of(npy: Path) -> list[Path]:
    """The files of the dataset `npy`: its array, its card and its extras; raises as `load` does."""
    return [npy, card_path(npy), *(extra_path(npy, extra) for extra in _read_card(npy).extras)]


def _read_card(npy: Path) -> Card:
    try:
        return Card.model_validate_json(card_path(npy).read_bytes())
    except OSError as error:
        raise SoapbubbleError(
            f"{card_path(npy)}: cannot be read ({error.strerror}); delete it and run snakemake again."
        ) from error
    except ValidationError as error:
        raise SoapbubbleError(
            f"{card_path(npy)}: not the card of a dataset; delete it and run snakemake again."
        ) from error


def _read(npy: Path) -> np.ndarray:
    try:
        return np.lib.format.open_memmap(npy, mode="r")
    except (OSError, *NPY_DAMAGES) as error:
        raise SoapbubbleError(
            f"{npy}: cannot be read as an array ({error}); delete it and run snakemake again."
        ) from error
