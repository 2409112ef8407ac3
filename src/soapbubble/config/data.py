"""Where the images come from: built into the project, read from a local path, or downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from soapbubble.config.base import Block, OwnPath
from soapbubble.errors import SoapbubbleError
from soapbubble.folders import files_in, refuse_braces

PHOTOGRAPHS = 8
CROPS = 4
DIGITS = 1797
MNIST = (  # the idx files of MNIST's two halves, packed or not: images and labels of each
    ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
)


def mnist_files(folder: Path) -> list[tuple[Path, Path]] | None:
    """MNIST's four files in a folder, (images, labels) for training and for testing; None if one is missing."""

    def found(name: str) -> Path:
        return next((path for path in (folder / f"{name}.gz", folder / name) if path.is_file()), folder / name)

    halves = [(found(images), found(labels)) for images, labels in MNIST]
    return halves if all(path.is_file() for half in halves for path in half) else None


def mnist_inside(folder: Path) -> Path | None:
    """The folder below `folder` where torchvision keeps MNIST's files, or those of a dataset of that form."""
    return next((path for path in [*sorted(folder.glob("*/raw")), folder / "raw"] if mnist_files(path)), None)


class Source(Block):
    """One dataset: the images at `path`, else those that `download` names, else the built-in ones."""

    channels: ClassVar[int]
    built_in_extras: ClassVar[tuple[str, ...]]
    download_extras: ClassVar[tuple[str, ...]] = ()
    most: ClassVar[int | None] = None
    classes: ClassVar[int | None] = None

    path: OwnPath | None = Field(
        default=None,
        description="folder, .zip or .tar.gz of images, folder of MNIST's files, .npy or idx(.gz) file; null: none",
    )
    download: None = Field(default=None, description="a dataset to fetch from the network once; null: none")
    ground: Literal["white", "black"] = Field(default="white", description="what transparent parts of images lie on")
    labels: OwnPath | None = Field(
        default=None,
        description="idx(.gz) or .npy file with a whole number an image; needs path",
    )
    licence: str | None = Field(default=None, min_length=1, description="the licence of the images; needs path")
    tier: Literal["source-like", "source"] | None = Field(
        default=None, description="how near the images are to those of the posts; needs path"
    )
    size: int | None = Field(ge=8, le=512, description="side in pixels; null: as the files are; needs path")
    count: int | None = Field(ge=2, description="how many images; null: all there are")
    test_share: float = Field(
        gt=0, lt=1, description="share of the images kept for testing; MNIST and CelebA keep their own split"
    )
    seed: int = Field(ge=0, lt=2**32, description="seed of every random choice")

    @model_validator(mode="after")
    def _fits_its_origin(self) -> Self:
        if self.path is not None:
            return self
        for key in ("labels", "licence", "tier"):
            if getattr(self, key) is not None:
                raise ValueError(f"`{key}` describes images of your own: give `path` too, or drop `{key}`")
        if self.download is not None:
            return self
        if self.size is None:
            raise ValueError("`size: null` keeps the size of files: give `path` too, or a size in pixels")
        if self.most is not None and self.count is not None and self.count > self.most:
            raise ValueError(f"`count` must be at most {self.most}, the number of built-in images")
        return self

    @property
    def is_built_in(self) -> bool:
        """Whether the project makes these images itself."""
        return self.path is None and self.download is None

    def builder(self, name: str) -> str:
        """The module in `soapbubble.data` that makes this dataset, which has the `name` digits, photos or faces."""
        return "local" if self.path is not None else self.download or name

    def local_files(self) -> list[str]:
        """The user's files that the dataset is made from; of a folder, each file in it, so that a change shows.

        Raises:
            SoapbubbleError: the path or the file of labels does not exist or cannot be read, or a name cannot be used.
        """
        try:
            return self._local_files()
        except OSError as error:
            raise SoapbubbleError(
                f"{error.filename or self.path}: cannot be read ({error.strerror or error}); correct the "
                "configuration's block `data`, or make it readable."
            ) from error

    def _local_files(self) -> list[str]:
        named = [name for name in (self.path, self.labels) if name is not None]
        for name in named:
            if not Path(name).exists():
                raise SoapbubbleError(f"{name}: does not exist; correct the configuration's block `data`.")
            if not (Path(name).is_file() or Path(name).is_dir()):
                raise SoapbubbleError(f"{name}: is neither a file nor a folder; give one of these.")
        inside = mnist_inside(Path(self.path)) if self.path is not None else None
        if inside is not None:
            raise SoapbubbleError(f"{self.path}: holds MNIST's files further down; give `path: {inside}`.")
        if self.classes is not None and self.path is not None and "labels" not in self.extras():
            raise SoapbubbleError(f"{self.path}: digits need labels; give a file of them as `labels`.")
        files = [
            str(file) for name in named for file in (files_in(Path(name)) if Path(name).is_dir() else [Path(name)])
        ]
        refuse_braces(files)
        return files

    def extras(self) -> tuple[str, ...]:
        """The arrays stored beside the images: known before any image is read."""
        if self.path is None:
            return self.built_in_extras if self.download is None else self.download_extras
        return ("labels",) if self.labels is not None or mnist_files(Path(self.path)) else ()


class Digits(Source):
    """Handwritten digits, white on black; built in: scikit-learn's, enlarged."""

    channels = 1
    built_in_extras = ("labels",)
    download_extras = ("labels",)
    most = DIGITS
    classes = 10

    download: Literal["mnist"] | None = Field(  # type: ignore[assignment]
        default=None, description="mnist: 11 MB from the network, once"
    )


class Photos(Source):
    """Natural photographs in colour; built in: crops of those that scikit-image and scikit-learn ship."""

    channels = 3
    built_in_extras = ("photograph",)
    most = PHOTOGRAPHS * CROPS

    @model_validator(mode="after")
    def _crops_are_not_enlarged(self) -> Self:
        if self.is_built_in and self.size is not None and self.size > 150:
            raise ValueError("`size` must be at most 150: the smallest built-in photograph is 300 pixels high")
        return self


class Faces(Source):
    """Faces in colour; built in: drawn by the project's own renderer."""

    channels = 3
    built_in_extras = ("factors",)

    download: Literal["celeba"] | None = Field(  # type: ignore[assignment]
        default=None, description="celeba: 1.4 GB from the network, once"
    )

    @model_validator(mode="after")
    def _says_how_many(self) -> Self:
        if self.is_built_in and self.count is None:
            raise ValueError("`count` must be a number: the renderer draws as many faces as it is asked for")
        return self


class Data(Block):
    """The datasets that the studies use."""

    digits: Digits
    photos: Photos
    faces: Faces
