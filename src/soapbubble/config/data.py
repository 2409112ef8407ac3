"""Where the images come from: built into the project, or read from a local path."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from soapbubble.config.base import Block
from soapbubble.errors import SoapbubbleError

PHOTOGRAPHS = 8
CROPS = 4
DIGITS = 1797


class Source(Block):
    """One dataset. Without `path` it is the built-in one; with `path` the images there take its place."""

    channels: ClassVar[int]
    built_in_extras: ClassVar[tuple[str, ...]]
    most: ClassVar[int | None] = None

    path: str | None = Field(
        default=None,
        min_length=1,
        description="folder or .zip of images, .npy or idx(.gz) file; null: built-in",
    )
    labels: str | None = Field(
        default=None,
        min_length=1,
        description="idx(.gz) or .npy file with a whole number an image; needs path",
    )
    licence: str | None = Field(default=None, min_length=1, description="the licence of the images; needs path")
    tier: Literal["source-like", "source"] | None = Field(
        default=None, description="how near the images are to those of the posts; needs path"
    )
    size: int | None = Field(ge=8, le=512, description="side in pixels; null: as the files are; needs path")
    count: int | None = Field(ge=2, description="how many images; null: all there are")
    test_share: float = Field(gt=0, lt=1, description="share of the images kept for testing")
    seed: int = Field(ge=0, lt=2**32, description="seed of every random choice")

    @model_validator(mode="after")
    def _fits_its_origin(self) -> Self:
        if self.path is not None:
            return self
        for key in ("labels", "licence", "tier"):
            if getattr(self, key) is not None:
                raise ValueError(f"`{key}` describes images of your own: give `path` too, or drop `{key}`")
        if self.size is None:
            raise ValueError("`size: null` keeps the size of files: give `path` too, or a size in pixels")
        if self.most is not None and self.count is not None and self.count > self.most:
            raise ValueError(f"`count` must be at most {self.most}, the number of built-in images")
        return self

    def local_files(self) -> list[str]:
        """The user's files that the dataset is made from; of a folder, each file in it, so that a change shows.

        Raises:
            SoapbubbleError: the path or the file of labels does not exist.
        """
        named = [name for name in (self.path, self.labels) if name is not None]
        for name in named:
            if not Path(name).exists():
                raise SoapbubbleError(f"{name}: does not exist; correct the configuration's block `data`.")
        return [
            str(file)
            for name in named
            for file in (sorted(Path(name).rglob("*")) if Path(name).is_dir() else [Path(name)])
            if file.is_file()
        ]

    def extras(self) -> tuple[str, ...]:
        """The arrays stored beside the images: known before any image is read."""
        if self.path is None:
            return self.built_in_extras
        return ("labels",) if self.labels is not None else ()


class Digits(Source):
    """Handwritten digits, white on black; built in: scikit-learn's, enlarged."""

    channels = 1
    built_in_extras = ("labels",)
    most = DIGITS


class Photos(Source):
    """Natural photographs in colour; built in: crops of those that scikit-image and scikit-learn ship."""

    channels = 3
    built_in_extras = ("photograph",)
    most = PHOTOGRAPHS * CROPS

    @model_validator(mode="after")
    def _crops_are_not_enlarged(self) -> Self:
        if self.path is None and self.size > 150:
            raise ValueError("`size` must be at most 150: the smallest built-in photograph is 300 pixels high")
        return self


class Faces(Source):
    """Faces in colour; built in: drawn by the project's own renderer."""

    channels = 3
    built_in_extras = ("factors",)

    @model_validator(mode="after")
    def _says_how_many(self) -> Self:
        if self.path is None and self.count is None:
            raise ValueError("`count` must be a number: the renderer draws as many faces as it is asked for")
        return self


class Data(Block):
    """The datasets that the studies use."""

    digits: Digits
    photos: Photos
    faces: Faces
