"""Images of the user's own: a folder, a zip or tar.gz, an .npy array, an idx file or the four files of MNIST."""

from __future__ import annotations

import io
import math
import re
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from soapbubble.config.data import MNIST, Source, mnist_files
from soapbubble.data.archives import DAMAGES, is_tar, open_zip, unpack
from soapbubble.data.dataset import NPY_DAMAGES, Made
from soapbubble.data.idx import is_idx, read_idx
from soapbubble.data.split import split, split_as_given
from soapbubble.errors import SoapbubbleError
from soapbubble.folders import HIDDEN, files_in, is_hidden, is_left_behind, natural, uncounted_in
from soapbubble.progress import progress

SUFFIXES = {".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
WITH_FRAMES = {".gif", ".tif", ".tiff", ".webp"}
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
SIGNATURE = re.compile(  # of images with other suffixes
    rb"\x89PNG\r\n|\xff\xd8\xff|GIF8|II[*+]\0|MM\0[*+]|RIFF....WEBP|BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0"
    rb"|P[4-6]\s+(#|\d+\s+\d+\s)",
    re.DOTALL,
)
START = 32  # bytes of a file that are looked at for a signature
GROUNDS = {"white": 255, "black": 0}
NAMED = 5  # files that were left out are named up to this many
MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"}  # eight bits a channel or fewer
LARGEST_FILE = 64 * 2**20  # bytes of one image file, packed or unpacked
LARGEST_IMAGE = 64 * 10**6  # pixels of one image
CHUNK = 256  # images decoded before they are written
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
    named: bool = False  # whether its images are files with names, and so have an order to be told
    left_out: Sequence[str] = ()  # files beside the images
    frames: Callable[[int], int] = lambda index: 1  # how many pictures the file of an image holds; the first is taken


def build(block: Source) -> Made:
    """The images at `block.path`, with `block.channels` channels, brought to `block.size` if one is given.

    Extras: `labels` (n,) int64 if `block.labels` names a file of them, or if the images are MNIST's four files.

    Raises:
        SoapbubbleError: the path does not exist, is empty, or holds anything but sound images of one size.
    """
    assert block.path is not None  # other blocks have other builders
    path = Path(block.path)
    images = _open(path)
    if images.n < 2:
        raise SoapbubbleError(f"{path}: holds {images.n} images, at least 2 are needed; give a path with more images.")
    labels = images.labels if block.labels is None else _labels(Path(block.labels), images.n, path)
    if images.train is None:
        order, train = split(images.n, block.count, block.test_share, block.seed, labels)
    else:
        order, train = split_as_given(images.train, images.n - images.train, block.count, block.seed, labels)
    first = _readable(images, order[0], order, block)
    kept = "all" if len(order) == images.n else f"{len(order)} of {images.n}"
    _check_classes(labels, block)
    return Made(
        shape=(len(order), *first.shape),
        chunks=_chunks(images, order, block, first),
        train=train,
        own_split=images.train is not None,
        source=_as_text(f"{path.name} ({kept} images{_how_read(images, block)})"),
        licence=block.licence or "not stated",
        tier=block.tier or "source-like",
        extras={} if labels is None else {"labels": labels[order]},
    )


def _how_read(images: _Images, block: Source) -> str:
    """What a reader of the card has to know of images that were files with names."""
    if not images.named:
        return ""
    names = ", ".join(images.left_out[:NAMED]) + (", ..." if len(images.left_out) > NAMED else "")
    others = f"; {len(images.left_out)} other files left out: {names}" if images.left_out else ""
    return f" in natural order of their names, transparent parts on {block.ground}{others}{_more_frames(images)}"


def _as_text(named: str) -> str:
    """Words with names of files in them, where bytes that are not UTF-8 are spelt out."""
    return named.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _more_frames(images: _Images) -> str:
    """Of how many images the first frame alone is taken, and how many frames that leaves out."""
    found = {images.name(index): images.frames(index) for index in range(images.n)}
    several = {name: frames for name, frames in found.items() if frames > 1}
    if not several:
        return ""
    names = ", ".join(Path(name).name for name in list(several)[:NAMED]) + (", ..." if len(several) > NAMED else "")
    more = sum(several.values()) - len(several)
    return f"; of {len(several)} files with several frames the first one alone, {more} frames left out: {names}"


def _check_classes(labels: np.ndarray | None, block: Source) -> None:
    if labels is None or block.classes is None:
        return
    strange = labels[(labels < 0) | (labels >= block.classes)]
    if len(strange):
        raise SoapbubbleError(
            f"{block.labels or block.path}: has the label {strange[0]}, but labels of digits are 0 to "
            f"{block.classes - 1}; renumber them or leave those images out."
        )


def _chunks(images: _Images, order: np.ndarray, block: Source, first: np.ndarray) -> Iterator[np.ndarray]:
    highest = 0
    starts = range(0, len(order), CHUNK)
    for start in progress(starts, "reading images"):
        chunk = []
        for index in order[start : start + CHUNK]:
            pixels = _readable(images, index, order, block)
            if pixels.shape != first.shape:
                raise SoapbubbleError(
                    f"{images.name(index)}: is {_sides(pixels)} pixels, but {images.name(order[0])} is {_sides(first)};"
                    " give `size` in the dataset's block to bring all images to one size."
                )
            chunk.append(pixels)
        highest = max(highest, *(int(pixels.max()) for pixels in chunk))
        yield np.stack(chunk)
    _check_light(highest, block)


def _check_light(highest: int, block: Source) -> None:
    """Refuse images that are black as far as an eye can tell; `highest` is the largest value of all."""
    if highest == 0:
        raise SoapbubbleError(f"{block.path}: holds images that are black throughout; give images that show something.")
    if highest == 1:
        raise SoapbubbleError(
            f"{block.path}: holds images with no value above 1 of 255, nearly black ones; multiply them by 255 before "
            "saving, or save truth values as .npy."
        )


def _readable(images: _Images, index: int, order: np.ndarray, block: Source) -> np.ndarray:
    """The pixels of one image; if it cannot be read, all that cannot are named, so that one run tells of them all."""
    try:
        return _pixels(images, index, block)
    except SoapbubbleError as error:
        found = {index: error}
        for other in order:
            try:
                _pixels(images, other, block)
            except SoapbubbleError as another:
                found[other] = another
        if len(found) == 1:
            raise
        names = sorted((images.name(other) for other in found), key=lambda name: natural([name]))
        raise SoapbubbleError(f"{len(names)} images cannot be read: {', '.join(names)}; the first: {error}") from error


def _sides(pixels: np.ndarray) -> str:
    return f"{pixels.shape[1]}x{pixels.shape[0]}"


def _pixels(images: _Images, index: int, block: Source) -> np.ndarray:
    """One image as uint8 (h, w, channels); a square of `size` is cut from its middle if one is asked for."""
    image = images.get(index)
    if image.has_transparency_data:
        whole = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (*[GROUNDS[block.ground]] * 3, 255))
        image = Image.alpha_composite(ground, whole)
    image = image.convert("L" if block.channels == 1 else "RGB")
    if block.size is not None and image.size != (block.size, block.size):
        image = ImageOps.fit(image, (block.size, block.size), Image.Resampling.LANCZOS)
    return np.asarray(image).reshape(image.height, image.width, block.channels)


def _open(path: Path) -> _Images:
    try:
        if not path.exists():
            raise SoapbubbleError(
                f"{path}: does not exist; correct `path` in the dataset's block of the configuration."
            )
        if not (path.is_dir() or path.is_file()):
            raise SoapbubbleError(f"{path}: is neither a file nor a folder; give one of these.")
        if path.is_dir():
            halves = mnist_files(path)
            return _folder(path) if halves is None else _mnist(halves)
        if path.stat().st_size == 0:
            raise SoapbubbleError(f"{path}: is an empty file; give a file with images.")
        if path.suffix.lower() == ".zip":
            return _zip(path)
        if is_tar(path):
            return _tar(path)
        if path.suffix.lower() == ".npy":
            return _array(path, _npy(path))
        if is_idx(path):
            return _array(path, _idx(path))
    except OSError as error:
        raise SoapbubbleError(
            f"{path}: cannot be read ({error.strerror or error}); correct the path, or make it readable."
        ) from error
    raise SoapbubbleError(
        f"{path}: is of no known kind; give a folder, .zip or .tar.gz of images, an .npy or an idx(.gz) file."
    )


def _folder(path: Path) -> _Images:
    found = [(file, _is_image(file.name, partial(io.FileIO, file))) for file in files_in(path)]
    names = [file for file, is_image in found if is_image]
    _check_order([file.relative_to(path).parts for file in names], path)
    left_out = [str(file.relative_to(path)) for file, is_image in found if not is_image]
    for file, reason in uncounted_in(path):
        if reason != HIDDEN or _begins_as_an_image(partial(io.FileIO, file)):
            left_out.append(f"{file.relative_to(path)} ({reason})")
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

    def frames(index: int) -> int:
        return _frames(names[index].name, names[index].read_bytes)

    train = _own_split([path.name for path in names])
    return _Images(
        len(names), get, lambda index: str(names[index]), train, named=True, left_out=left_out, frames=frames
    )


def _check_order(names: Sequence[Sequence[str]], source: Path) -> None:
    """Refuse two names that count as the same number: nobody could say which image comes first."""
    for before, after in pairwise(names):
        if natural(before) == natural(after):
            raise SoapbubbleError(
                f"{source}: {'/'.join(before)} and {'/'.join(after)} have no order; rename one of the two."
            )


def _own_split(names: Sequence[str]) -> int | None:
    """How many of CelebA's photographs are for training or validation, if the names in order are all of its names."""
    if len(names) == CELEBA and (names[0], names[-1]) == ("000001.jpg", "202599.jpg"):
        return CELEBA_TRAIN
    return None


def _tar(path: Path) -> _Images:
    """The images of a tar.gz, which has to be unpacked: it cannot be read from the middle."""
    with ExitStack() as cleaning:
        try:
            folder = cleaning.enter_context(tempfile.TemporaryDirectory(prefix="soapbubble-"))
        except OSError as error:
            raise SoapbubbleError(
                f"{path}: no temporary folder to unpack it in ({error.strerror or error}); make room there, or set "
                "TMPDIR to a folder with room."
            ) from error
        place = Path(folder) / "unpacked"
        unpack(path, place)
        images = _folder(place)

        def get(index: int) -> Image.Image:
            return images.get(index)

        # All went well: what was unpacked is removed when no one can ask for an image any more.
        weakref.finalize(get, cleaning.pop_all().close)
    return replace(images, get=get)


def _zip(path: Path) -> _Images:
    archive = open_zip(path)
    named = [(info, PurePosixPath(info.filename).parts) for info in archive.infolist() if not info.is_dir()]
    files = [(info, parts) for info, parts in named if parts and not is_left_behind(parts)]
    files.sort(key=lambda file: natural(file[1]))
    seen = [(info, parts) for info, parts in files if not is_hidden(parts)]
    found = [(info, parts, _is_image(parts[-1], partial(archive.open, info))) for info, parts in seen]
    members = [info for info, _, is_image in found if is_image]
    names = [parts for _, parts, is_image in found if is_image]
    _check_order(names, path)
    left_out = ["/".join(parts) for _, parts, is_image in found if not is_image]
    for info, parts in files:
        if is_hidden(parts) and _begins_as_an_image(partial(archive.open, info)):
            left_out.append(f"{'/'.join(parts)} ({HIDDEN})")
    if not members:
        raise SoapbubbleError(f"{path}: holds no images ({_kinds()}); give a zip with images.")

    def name(index: int) -> str:
        return f"{path}, {members[index].filename}"

    def read(index: int) -> bytes:
        try:
            with archive.open(members[index]) as member:
                # A header may lie about the size, so no more than the limit is ever unpacked.
                data = member.read(LARGEST_FILE + 1)
        except (OSError, *DAMAGES) as error:
            raise SoapbubbleError(f"{name(index)}: cannot be unpacked ({error}); make the zip again.") from error
        if len(data) > LARGEST_FILE:
            raise SoapbubbleError(_too_large(name(index)))
        return data

    def get(index: int) -> Image.Image:
        return _decode(read(index), name(index))

    def frames(index: int) -> int:
        return _frames(members[index].filename, lambda: read(index))

    train = _own_split([parts[-1] for parts in names])
    return _Images(len(members), get, name, train, named=True, left_out=left_out, frames=frames)


def _is_image(name: str, opener: Callable[[], IO[bytes]]) -> bool:
    """Whether a file has the name of an image, or begins as one does."""
    return Path(name).suffix.lower() in SUFFIXES or _begins_as_an_image(opener)


def _begins_as_an_image(opener: Callable[[], IO[bytes]]) -> bool:
    try:
        with opener() as opened:
            return SIGNATURE.match(opened.read(START)) is not None
    except (OSError, *DAMAGES):
        return False  # unless it is hidden, it is named among the files that were left out


def _frames(name: str, read: Callable[[], bytes]) -> int:
    """How many frames a file has; one if its kind has no more, or if it is damaged, which is said elsewhere."""
    if Path(name).suffix.lower() in SUFFIXES - WITH_FRAMES:
        return 1
    try:
        return int(getattr(Image.open(io.BytesIO(read()), formats=FORMATS), "n_frames", 1))
    except Exception:
        return 1


def _kinds() -> str:
    return " ".join(sorted(SUFFIXES))


def _too_large(name: str) -> str:
    return f"{name}: is larger than {LARGEST_FILE // 2**20} MiB, too large for an image; make it smaller or remove it."


def _decode(data: bytes, name: str) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        if math.prod(image.size) > LARGEST_IMAGE:
            raise Image.DecompressionBombError
        depth = _depth(image)
        image.load()
    except UnidentifiedImageError as error:
        kinds = ", ".join(FORMATS)
        raise SoapbubbleError(f"{name}: is not a sound image of a kind that is read here ({kinds}).") from error
    except Image.DecompressionBombError as error:
        raise SoapbubbleError(
            f"{name}: has more than {LARGEST_IMAGE // 10**6} million pixels; make it smaller or remove it."
        ) from error
    except Exception as error:  # Pillow's decoders fail in many ways on damaged files; each means the same here
        raise SoapbubbleError(f"{name}: is not a sound image ({error}); repair or remove it.") from error
    if depth > 8 or image.mode not in MODES:
        raise SoapbubbleError(
            f"{name}: has pixels of the kind {image.mode} with {depth} bits a channel; convert it to 8 bits a channel."
        )
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # the pixels are sound, only what a camera noted of them is not
        return image


def _depth(image: ImageFile.ImageFile) -> int:
    """Bits a channel as the file has them; Pillow reads more than 8 in some formats, and keeps 8 of them."""
    if image.format == "TIFF":
        return max(image.tag_v2.get(258, (8,)))  # type: ignore[attr-defined]
    if image.format in ("PNG", "PPM"):
        # What Pillow understood of the header, comments and all: the kind of pixels, or that and the largest value.
        told = image.tile[0].args
        is_deep = told.endswith("16B") if isinstance(told, str) else told is not None and told[-1] > 255
        return 16 if is_deep else 8
    return 8


def _array(path: Path, images: np.ndarray) -> _Images:
    def get(index: int) -> Image.Image:
        pixels = images[index]
        if pixels.dtype != np.uint8:  # floats from 0 to 1, or truth values
            pixels = np.rint(255 * pixels.astype(np.float64)).astype(np.uint8)
        return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)

    return _Images(len(images), get, lambda index: f"{path}, image {index}")


def _npy(path: Path) -> np.ndarray:
    array = _load_npy(path)
    if array.ndim == 3:
        array = array[..., None]
    is_image_like = array.dtype.kind in "bf" or array.dtype == np.uint8
    if not is_image_like or array.ndim != 4 or array.shape[3] not in (1, 3) or 0 in array.shape:
        raise SoapbubbleError(
            f"{path}: holds {array.dtype} {array.shape}, but images are uint8 from 0 to 255, or floats from 0 to 1, "
            "(n, height, width) or (n, height, width, 1 or 3); save it in that form."
        )
    if array.dtype.kind == "f":
        low, high = _range(array)
        if not (low >= 0 and high <= 1):
            raise SoapbubbleError(
                f"{path}: holds {array.dtype} {array.shape} from {low:g} to {high:g}, but floats must be from 0 to 1; "
                "scale them, or save uint8 from 0 to 255."
            )
    return array


def _range(array: np.ndarray) -> tuple[float, float]:
    """The smallest and the largest number, a chunk at a time; not numbers where one is not."""
    ends = [
        (chunk.min(), chunk.max())
        for start in range(0, len(array), CHUNK)
        if (chunk := array[start : start + CHUNK]).size
    ]
    low, high = np.array(ends, dtype=np.float64).T
    return float(low.min()), float(high.max())


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
    try:
        if not path.is_file():
            raise SoapbubbleError(
                f"{path}: does not exist; correct `labels` in the dataset's block of the configuration."
            )
        if path.suffix == ".npy":
            labels = _load_npy(path)
        elif is_idx(path):
            labels = read_idx(path)
        else:
            raise SoapbubbleError(f"{path}: is of no known kind; give labels as an .npy or an idx(.gz) file.")
    except OSError as error:
        raise SoapbubbleError(
            f"{path}: cannot be read ({error.strerror or error}); correct the path, or make it readable."
        ) from error
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise SoapbubbleError(
            f"{path}: holds {labels.dtype} {labels.shape}, but labels are one whole number an image; save them so."
        )
    if len(labels) != n:
        raise SoapbubbleError(
            f"{path}: has {len(labels)} labels for the {n} images of {images}; give the labels of these images."
        )
    return labels.astype(np.int64)
