"""Images of the user's own: a folder, a zip or tar.gz, an .npy array, an idx file or the four files of MNIST."""

from __future__ import annotations

import io
import math
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from soapbubble.config.data import MNIST, Source, mnist_files
from soapbubble.data.archives import DAMAGES, is_tar, open_zip, unpack
from soapbubble.data.dataset import NPY_DAMAGES, Made
from soapbubble.data.idx import is_idx, read_idx
from soapbubble.data.split import split, split_as_given
from soapbubble.errors import SoapbubbleError
from soapbubble.progress import progress

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"}  # eight bits a channel or fewer
LARGEST_FILE = 64 * 2**20  # bytes of one image file, packed or unpacked
LARGEST_IMAGE = 64 * 10**6  # pixels of one image
PIECE = 256  # images decoded before they are written
CELEBA_TRAIN = 182_637  # CelebA's photographs before those for testing, which show other people
CELEBA = 202_599


@dataclass(frozen=True)
class _Images:
    """A source that was opened: how many images it has, and how to get one, with the name to use in a complaint."""

    n: int
    get: Callable[[int], Image.Image]
    name: Callable[[int], str]
    train: int | None = None  # where the source says so: how many are for training, which come first
    labels: np.ndarray | None = None  # where the source has them: int64 (n,)


def build(block: Source) -> Made:
    """The images at `block.path`, with `block.channels` channels, brought to `block.size` if one is given.

    Extras: `labels` (n,) int64 if `block.labels` names a file of them, or if the images are MNIST's four files.

    Raises:
        SoapbubbleError: the path does not exist, is empty, or holds anything but sound images of one size.
    """
    path = Path(block.path)
    images = _open(path)
    if images.n < 2:
        raise SoapbubbleError(f"{path}: holds {images.n} images, at least 2 are needed; give a path with more images.")
    labels = images.labels if block.labels is None else _labels(Path(block.labels), images.n, path)
    if images.train is None:
        order, train = split(images.n, block.count, block.test_share, block.seed, labels)
    else:
        order, train = split_as_given(images.train, images.n - images.train, block.count, block.seed, labels)
    first = _pixels(images, order[0], block)
    kept = "all" if len(order) == images.n else f"{len(order)} of {images.n}"
    return Made(
        shape=(len(order), *first.shape),
        pieces=_pieces(images, order, block, first),
        train=train,
        source=f"{path.name} ({kept} images)",
        licence=block.licence or "not stated",
        tier=block.tier or "source-like",
        extras={} if labels is None else {"labels": labels[order]},
    )


def _pieces(images: _Images, order: np.ndarray, block: Source, first: np.ndarray) -> Iterator[np.ndarray]:
    starts = range(0, len(order), PIECE)
    for start in progress(starts, "reading images"):
        piece = []
        for index in order[start : start + PIECE]:
            pixels = _pixels(images, index, block)
            if pixels.shape != first.shape:
                raise SoapbubbleError(
                    f"{images.name(index)}: is {_sides(pixels)} pixels, but {images.name(order[0])} is {_sides(first)};"
                    " give `size` in the dataset's block to bring all images to one size."
                )
            piece.append(pixels)
        yield np.stack(piece)


def _sides(pixels: np.ndarray) -> str:
    return f"{pixels.shape[1]}x{pixels.shape[0]}"


def _pixels(images: _Images, index: int, block: Source) -> np.ndarray:
    """One image as uint8 (h, w, channels); a square of `size` is cut from its middle if one is asked for."""
    image = images.get(index)
    image = image.convert("L" if block.channels == 1 else "RGB")
    if block.size is not None and image.size != (block.size, block.size):
        image = ImageOps.fit(image, (block.size, block.size), Image.Resampling.LANCZOS)
    return np.asarray(image).reshape(image.height, image.width, block.channels)


def _open(path: Path) -> _Images:
    if not path.exists():
        raise SoapbubbleError(f"{path}: does not exist; correct `path` in the dataset's block of the configuration.")
    try:
        if path.is_dir():
            halves = mnist_files(path)
            return _folder(path) if halves is None else _mnist(halves)
        if path.stat().st_size == 0:
            raise SoapbubbleError(f"{path}: is an empty file; give a file with images.")
        if path.suffix == ".zip":
            return _zip(path)
        if is_tar(path):
            return _tar(path)
        if path.suffix == ".npy":
            return _array(path, _npy(path))
        if is_idx(path):
            return _array(path, _idx(path))
    except OSError as error:
        raise SoapbubbleError(f"{path}: cannot be read ({error.strerror or error}); make it readable.") from error
    raise SoapbubbleError(
        f"{path}: is of no known kind; give a folder, .zip or .tar.gz of images, an .npy or an idx(.gz) file."
    )


def _folder(path: Path) -> _Images:
    names = sorted(p for p in path.rglob("*") if p.is_file() and _is_image(p.relative_to(path).parts))
    if not names and any(map(is_idx, path.iterdir())):
        wanted = ", ".join(name for half in MNIST for name in half)
        raise SoapbubbleError(f"{path}: does not hold all of MNIST's files; name them {wanted} (packed: with .gz).")
    if not names:
        raise SoapbubbleError(f"{path}: holds no images ({_kinds()}); give a folder with images.")

    def get(index: int) -> Image.Image:
        name = names[index]
        if name.stat().st_size > LARGEST_FILE:
            raise SoapbubbleError(_too_large(str(name)))
        return _decode(name.read_bytes(), str(name))

    return _Images(len(names), get, lambda index: str(names[index]), _own_split([path.name for path in names]))


def _own_split(names: Sequence[str]) -> int | None:
    """How many of CelebA's photographs are for training or validation, if the names in order are all of its names."""
    if len(names) == CELEBA and (names[0], names[-1]) == ("000001.jpg", "202599.jpg"):
        return CELEBA_TRAIN
    return None


def _tar(path: Path) -> _Images:
    """The images of a tar.gz, which has to be unpacked: it cannot be read from the middle."""
    with ExitStack() as cleaning:
        place = Path(cleaning.enter_context(tempfile.TemporaryDirectory(prefix="soapbubble-"))) / "unpacked"
        unpack(path, place)
        images = _folder(place)

        def get(index: int) -> Image.Image:
            return images.get(index)

        # All went well: what was unpacked is removed when no one can ask for an image any more.
        weakref.finalize(get, cleaning.pop_all().close)
    return replace(images, get=get)


def _zip(path: Path) -> _Images:
    archive = open_zip(path)
    members = sorted(
        (info for info in archive.infolist() if _is_image(info.filename.split("/"))),
        key=lambda info: info.filename,
    )
    if not members:
        raise SoapbubbleError(f"{path}: holds no images ({_kinds()}); give a zip with images.")

    def name(index: int) -> str:
        return f"{path}, {members[index].filename}"

    def get(index: int) -> Image.Image:
        try:
            with archive.open(members[index]) as member:
                # A header may lie about the size, so no more than the limit is ever unpacked.
                data = member.read(LARGEST_FILE + 1)
        except (OSError, *DAMAGES) as error:
            raise SoapbubbleError(f"{name(index)}: cannot be unpacked ({error}); make the zip again.") from error
        if len(data) > LARGEST_FILE:
            raise SoapbubbleError(_too_large(name(index)))
        return _decode(data, name(index))

    return _Images(len(members), get, name, _own_split([info.filename.split("/")[-1] for info in members]))


def _is_image(parts: tuple[str, ...] | list[str]) -> bool:
    """Whether a name is that of an image; hidden files and macOS's copies of attributes are not."""
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return not hidden and Path(parts[-1]).suffix.lower() in SUFFIXES


def _kinds() -> str:
    return " ".join(sorted(SUFFIXES))


def _too_large(name: str) -> str:
    return f"{name}: is larger than {LARGEST_FILE // 2**20} MiB, too large for an image; make it smaller or remove it."


def _decode(data: bytes, name: str) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data))
        if math.prod(image.size) > LARGEST_IMAGE:
            raise Image.DecompressionBombError
        image.load()
        upright = ImageOps.exif_transpose(image)
    except Image.DecompressionBombError as error:
        raise SoapbubbleError(
            f"{name}: has more than {LARGEST_IMAGE // 10**6} million pixels; make it smaller or remove it."
        ) from error
    except Exception as error:  # Pillow's decoders fail in many ways on damaged files; each means the same here
        raise SoapbubbleError(f"{name}: is not a sound image ({error}); repair or remove it.") from error
    if upright.mode not in MODES:
        raise SoapbubbleError(f"{name}: has pixels of the kind {upright.mode}; convert it to 8 bits a channel.")
    return upright


def _array(path: Path, images: np.ndarray) -> _Images:
    def get(index: int) -> Image.Image:
        pixels = images[index]
        return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)

    return _Images(len(images), get, lambda index: f"{path}, image {index}")


def _npy(path: Path) -> np.ndarray:
    array = _load_npy(path)
    if array.ndim == 3:
        array = array[..., None]
    if array.dtype != np.uint8 or array.ndim != 4 or array.shape[3] not in (1, 3) or 0 in array.shape:
        raise SoapbubbleError(
            f"{path}: holds {array.dtype} {array.shape}, but images are uint8 (n, height, width) or"
            " (n, height, width, 1 or 3); save it in that form."
        )
    return array


def _load_npy(path: Path) -> np.ndarray:
    try:
        return np.lib.format.open_memmap(path, mode="r")
    except NPY_DAMAGES as error:
        raise SoapbubbleError(
            f"{path}: is not an .npy file of plain numbers, or not all of one ({error}); save it again with numpy.save."
        ) from error


def _mnist(halves: list[tuple[Path, Path]]) -> _Images:
    """MNIST's two halves, in its own split."""
    images = [_idx(file) for file, _ in halves]
    labels = [_labels(file, len(half), at) for half, (at, file) in zip(images, halves, strict=True)]
    if images[0].shape[1:] != images[1].shape[1:]:
        raise SoapbubbleError(
            f"{halves[1][0]}: has images of {_sides(images[1][0])} pixels, but {halves[0][0].name} of "
            f"{_sides(images[0][0])}; give the files of one dataset."
        )
    whole = _array(halves[0][0].parent, np.concatenate(images))
    return replace(whole, train=len(images[0]), labels=np.concatenate(labels))


def _idx(path: Path) -> np.ndarray:
    images = read_idx(path)
    if images.ndim != 3 or 0 in images.shape:
        raise SoapbubbleError(
            f"{path}: is an idx file of shape {images.shape}, but images are (n, height, width); give the images' file."
        )
    return images[..., None]


def _labels(path: Path, n: int, images: Path) -> np.ndarray:
    """One whole number an image, as int64."""
    if not path.is_file():
        raise SoapbubbleError(f"{path}: does not exist; correct `labels` in the dataset's block of the configuration.")
    try:
        if path.suffix == ".npy":
            labels = _load_npy(path)
        elif is_idx(path):
            labels = read_idx(path)
        else:
            raise SoapbubbleError(f"{path}: is of no known kind; give labels as an .npy or an idx(.gz) file.")
    except OSError as error:
        raise SoapbubbleError(f"{path}: cannot be read ({error.strerror or error}); make it readable.") from error
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise SoapbubbleError(
            f"{path}: holds {labels.dtype} {labels.shape}, but labels are one whole number an image; save them so."
        )
    if len(labels) != n:
        raise SoapbubbleError(
            f"{path}: has {len(labels)} labels for the {n} images of {images}; give the labels of these images."
        )
    return labels.astype(np.int64)
