"""Datasets on disk: what comes back is what was meant, and bad input leaves nothing behind."""

import gzip
import hashlib
import io
import json
import os
import resource
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from soapbubble.cli import main
from soapbubble.config.data import Digits, Faces, Photos, Source
from soapbubble.data import local
from soapbubble.data.dataset import Dataset, files_of, load
from soapbubble.data.digits import enlarge
from soapbubble.data.idx import read_idx
from soapbubble.data.split import split, split_as_given, split_groups
from soapbubble.errors import SoapbubbleError

BLOCKS: dict[str, Source] = {
    "digits": Digits(size=28, count=60, test_share=0.25, seed=1),
    "photos": Photos(size=32, count=20, test_share=0.25, seed=1),
    "faces": Faces(size=32, count=9, test_share=0.25, seed=1),
}


def arguments(folder: Path, name: str, block: Source) -> list[str]:
    """The command line by which the workflow fetches; the dataset goes to folder/data."""
    extras = [f"{name}-{extra}.npy" for extra in block.extras()]
    outputs = [str(folder / "data" / file) for file in (f"{name}.npy", f"{name}.json", *extras)]
    cfg = json.dumps({f"data.{name}": block.model_dump(mode="json")})
    return ["fetch", name, "--cfg", cfg, "--output", *outputs, "--log", str(folder / "log")]


def run(folder: Path, name: str, block: Source) -> int:
    return main(arguments(folder, name, block))


def fetched(folder: Path, name: str, block: Source) -> Dataset:
    assert run(folder, name, block) == 0
    return load(folder / "data" / f"{name}.npy")


def own(path: Path, *, kind: type[Source] = Faces, **changes: object) -> Source:
    """A block for images of one's own."""
    plain = {"size": None, "count": None, "test_share": 0.25, "seed": 0}
    return kind(**plain | {"path": str(path)} | changes)


def pictures(n: int, height: int = 12, width: int = 10, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (n, height, width, channels), np.uint8)


def png(pixels: np.ndarray) -> bytes:
    packed = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(packed, "png")
    return packed.getvalue()


def as_folder(at: Path, images: np.ndarray) -> Path:
    at.mkdir()
    (at / "notes.txt").write_text("not an image")
    for index, pixels in enumerate(images):
        (at / f"{index:03d}.png").write_bytes(png(pixels))
    return at


def as_zip(at: Path, images: np.ndarray) -> Path:
    file = at.with_suffix(".zip")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("__MACOSX/000.png", b"an attribute")
        for index, pixels in enumerate(images):
            archive.writestr(f"deep/{index:03d}.png", png(pixels))
    return file


def as_npy(at: Path, images: np.ndarray) -> Path:
    file = at.with_suffix(".npy")
    np.save(file, images)
    return file


def idx(array: np.ndarray) -> bytes:
    return b"\0\0\x08" + struct.pack(f">B{array.ndim}I", array.ndim, *array.shape) + array.tobytes()


def as_idx(at: Path, images: np.ndarray) -> Path:
    file = at.with_suffix(".idx")
    file.write_bytes(idx(images[..., 0]))
    return file


def as_idx_gz(at: Path, images: np.ndarray) -> Path:
    file = at.with_name("images-idx3-ubyte.gz")
    file.write_bytes(gzip.compress(idx(images[..., 0])))
    return file


# What comes out of `fetch`


@pytest.mark.parametrize("name", BLOCKS)
def test_a_built_in_dataset_is_as_its_card_says(tmp_path: Path, name: str):
    block = BLOCKS[name]
    dataset = fetched(tmp_path, name, block)
    card = dataset.card
    assert dataset.images.shape == card.shape == (block.count, block.size, block.size, block.channels)
    assert dataset.images.dtype == np.uint8
    assert isinstance(dataset.images, np.memmap)
    assert card.sha256 == hashlib.sha256((tmp_path / "data" / f"{name}.npy").read_bytes()).hexdigest()
    assert card.tier == "built-in"
    assert card.name == dataset.name == name
    assert card.licence
    assert len(dataset.train) == card.splits["train"]
    assert len(dataset.test) == card.splits["test"] >= 1
    assert tuple(dataset.extras) == block.extras()
    assert all(len(rows) == block.count for rows in dataset.extras.values())


@pytest.mark.parametrize("name", BLOCKS)
def test_the_same_block_makes_the_same_bytes_and_another_seed_others(tmp_path: Path, name: str):
    block = BLOCKS[name]
    first, again, other = (
        fetched(tmp_path / place, name, block.model_copy(update={"seed": seed})).card.sha256
        for place, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == again != other


def test_digits_look_like_white_strokes_on_black_and_every_class_is_in_both_halves(tmp_path: Path):
    dataset = fetched(tmp_path, "digits", Digits(size=28, count=None, test_share=0.2, seed=0))
    images, labels = dataset.images[..., 0], dataset.extras["labels"]
    border = np.concatenate([images[:, [0, -1]].reshape(-1), images[:, :, [0, -1]].reshape(-1)])
    assert len(images) == 1797
    assert border.max() < 40
    assert 0.6 < np.mean(images < 20) < 0.9
    assert np.all(images.max(axis=(1, 2)) > 200)
    for half in (labels[: len(dataset.train)], labels[len(dataset.train) :]):
        shares = np.bincount(half, minlength=10) / len(half)
        assert np.abs(shares - np.bincount(labels) / len(labels)).max() < 0.005


def test_enlarging_keeps_shapes_in_place():
    dot = np.zeros((1, 8, 8))
    dot[0, 2, 5] = dot[0, 3, 5] = 16
    rows, columns = np.nonzero(enlarge(dot, 40)[0, ..., 0] > 128)  # four pixels a cell, one cell of margin
    assert rows.mean() == pytest.approx(15.5, abs=0.6)
    assert columns.mean() == pytest.approx(25.5, abs=0.6)


def test_crops_of_a_photograph_differ_and_stay_in_one_half(tmp_path: Path):
    dataset = fetched(tmp_path, "photos", Photos(size=64, count=None, test_share=0.25, seed=3))
    source, train = dataset.extras["photograph"], dataset.card.splits["train"]
    assert len(dataset.images) == 32
    assert len(np.unique(dataset.images.reshape(32, -1), axis=0)) == 32
    assert not set(source[:train]) & set(source[train:])
    assert set(source) == set(range(len(dataset.card.photographs)))
    assert all(photograph.licence for photograph in dataset.card.photographs)


def test_the_factors_of_faces_have_names(tmp_path: Path):
    dataset = fetched(tmp_path, "faces", BLOCKS["faces"])
    assert dataset.extras["factors"].shape == (9, len(dataset.card.factor_names))


@pytest.mark.parametrize(
    ("store", "channels"), [(as_folder, 3), (as_zip, 3), (as_npy, 3), (as_npy, 1), (as_idx, 1), (as_idx_gz, 1)]
)
def test_local_images_come_back_unchanged(tmp_path: Path, store: Callable[[Path, np.ndarray], Path], channels: int):
    images = pictures(8, channels=channels)
    kind = Digits if channels == 1 else Photos
    dataset = fetched(tmp_path, kind.__name__.lower(), own(store(tmp_path / "mine", images), kind=kind))
    assert {image.tobytes() for image in dataset.images} == {image.tobytes() for image in images}
    assert dataset.card.splits == {"train": 6, "test": 2}
    assert dataset.card.tier == "source-like"


def test_a_dataset_names_all_its_files(tmp_path: Path):
    fetched(tmp_path, "digits", BLOCKS["digits"])
    found = files_of(tmp_path / "data" / "digits.npy")
    assert sorted(found) == sorted((tmp_path / "data").iterdir())
    assert len(found) == 3


def test_labels_follow_their_images(tmp_path: Path):
    images = np.arange(20, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 1), np.uint8)
    (tmp_path / "labels-idx1-ubyte").write_bytes(idx(np.arange(20, dtype=np.uint8) % 2))
    block = own(as_idx(tmp_path / "mine", images), kind=Digits, labels=str(tmp_path / "labels-idx1-ubyte"), count=10)
    dataset = fetched(tmp_path, "digits", block)
    assert len(dataset.images) == 10
    assert np.array_equal(dataset.images[:, 0, 0, 0] % 2, dataset.extras["labels"])
    assert dataset.extras["labels"].sum() == 5


def test_a_size_cuts_the_middle_out_of_mixed_images(tmp_path: Path):
    folder = as_folder(tmp_path / "mine", pictures(3))
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = 255  # the middle square is white, the sides are black
    (folder / "wide.png").write_bytes(png(wide))
    dataset = fetched(tmp_path, "faces", own(folder, size=16))
    assert dataset.images.shape == (4, 16, 16, 3)
    assert any(np.all(image > 240) for image in dataset.images)


@given(
    st.lists(st.integers(0, 3), min_size=2, max_size=60), st.floats(0.05, 0.95), st.integers(2, 70), st.integers(0, 9)
)
def test_a_split_takes_each_image_once_and_the_classes_in_proportion(
    classes: list[int], share: float, count: int, seed: int
):
    labels = np.array(classes)
    order, train = split(len(labels), count, share, seed, labels)
    assert len(order) == len(set(order.tolist())) == min(count, len(labels))
    assert 1 <= train < len(order)
    for whole, part in ((labels, labels[order]), (labels[order], labels[order][:train])):
        for label in np.unique(whole):
            expected = np.mean(whole == label) * len(part)
            # Each of C classes is rounded by at most half an image, and shares in the rounding of the others.
            bound = 0.5 + 0.5 * len(np.unique(whole)) * np.mean(whole == label)
            assert abs(np.sum(part == label) - expected) <= bound + 1e-9


@given(st.lists(st.integers(0, 6), min_size=2, max_size=40), st.floats(0.05, 0.95), st.integers(0, 9))
def test_a_split_of_groups_takes_each_image_once_and_leaves_groups_whole(groups: list[int], share: float, seed: int):
    names = np.array([*groups, 7])  # two groups at least
    order, train = split_groups(names, share, seed)
    assert sorted(order.tolist()) == list(range(len(names)))
    assert 1 <= train < len(order)
    assert not set(names[order[:train]]) & set(names[order[train:]])


@pytest.mark.parametrize("name", BLOCKS)
def test_a_replicate_has_its_own_split_of_the_same_images(tmp_path: Path, name: str):
    dataset = fetched(tmp_path, name, BLOCKS[name])
    assert dataset.of_replicate(0) is dataset
    other = dataset.of_replicate(3)
    assert sorted(image.tobytes() for image in other.images) == sorted(image.tobytes() for image in dataset.images)
    assert not np.array_equal(other.images, dataset.images)
    assert np.array_equal(other.images, dataset.of_replicate(3).images)
    assert len(other.train) + len(other.test) == len(dataset.images)
    for extra in dataset.extras:  # rows follow their images
        row = {image.tobytes(): dataset.extras[extra][place] for place, image in enumerate(dataset.images)}
        assert all(np.array_equal(row[image.tobytes()], other.extras[extra][i]) for i, image in enumerate(other.images))
    if name == "photos":
        train = len(other.train)
        assert not set(other.extras["photograph"][:train]) & set(other.extras["photograph"][train:])


@given(st.integers(1, 40), st.integers(1, 40), st.integers(2, 90), st.integers(0, 9), st.booleans())
def test_a_source_s_own_split_moves_no_image_to_the_other_half(
    train: int, test: int, count: int, seed: int, classed: bool
):
    classes = np.arange(train + test) % 3 if classed else None
    order, trained = split_as_given(train, test, count, seed, classes)
    assert len(order) == len(set(order.tolist())) == min(count, train + test)
    assert 1 <= trained < len(order)
    assert np.all(order[:trained] < train)
    assert np.all((order[trained:] >= train) & (order[trained:] < train + test))
    if count >= train + test:
        assert np.array_equal(order, np.arange(train + test))


def test_all_of_celeba_keeps_celeba_s_own_split_and_a_part_of_it_does_not():
    names = [f"{number:06d}.jpg" for number in range(1, local.CELEBA + 1)]
    assert local._own_split(names) == local.CELEBA_TRAIN
    assert local._own_split(names[1:]) is None
    assert local._own_split([*names[:-1], "other.jpg"]) is None


# What `fetch` refuses


def bad_missing(at: Path) -> Source:
    return own(at / "nowhere")


def bad_empty_folder(at: Path) -> Source:
    (at / "mine").mkdir()
    return own(at / "mine")


def bad_mnist_of_other_names(at: Path) -> Source:
    (at / "mine").mkdir()
    (at / "mine" / "train-images.idx3-ubyte").touch()
    return own(at / "mine")


def bad_empty_file(at: Path) -> Source:
    (at / "mine.zip").touch()
    return own(at / "mine.zip")


def bad_single(at: Path) -> Source:
    return own(as_folder(at / "mine", pictures(1)))


def bad_broken_image(at: Path) -> Source:
    folder = as_folder(at / "mine", pictures(5))
    (folder / "004.png").write_bytes((folder / "003.png").read_bytes()[:60])
    return own(folder)


def bad_text_as_image(at: Path) -> Source:
    folder = as_folder(at / "mine", pictures(5))
    (folder / "mine.jpg").write_text("a photograph")
    return own(folder)


def bad_mixed_sizes(at: Path) -> Source:
    folder = as_folder(at / "mine", pictures(5))
    (folder / "wide.png").write_bytes(png(pictures(1, width=30)[0]))
    return own(folder)


def bad_sixteen_bits(at: Path) -> Source:
    folder = as_folder(at / "mine", pictures(5))
    Image.fromarray(np.full((12, 10), 40_000, np.uint16)).save(folder / "deep.png")
    return own(folder)


def bad_no_zip(at: Path) -> Source:
    (at / "mine.zip").write_text("no zip")
    return own(at / "mine.zip")


def bad_cut_zip(at: Path) -> Source:
    file = as_zip(at / "mine", pictures(5))
    file.write_bytes(file.read_bytes()[:-40])
    return own(file)


def bad_zip_member(at: Path) -> Source:
    file = as_zip(at / "mine", pictures(5))
    data = bytearray(file.read_bytes())
    data[data.index(b"IDAT") + 6] ^= 0xFF
    file.write_bytes(data)
    return own(file)


def bad_zip_start(at: Path) -> Source:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for index, pixels in enumerate(pictures(2)):
            archive.writestr(f"{index}.png", png(pixels))
    (at / "mine.zip").write_bytes(packed.getvalue()[1:])
    return own(at / "mine.zip")


def bad_zip_without_images(at: Path) -> Source:
    with zipfile.ZipFile(at / "mine.zip", "w") as archive:
        archive.writestr("notes.txt", "none")
    return own(at / "mine.zip")


def bad_npy_objects(at: Path) -> Source:
    np.save(at / "mine.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    return own(at / "mine.npy")


def bad_npy_floats(at: Path) -> Source:
    return own(as_npy(at / "mine", pictures(4).astype(float)))


def bad_npy_shape(at: Path) -> Source:
    return own(as_npy(at / "mine", pictures(4, channels=2)))


def bad_npy_cut(at: Path) -> Source:
    file = as_npy(at / "mine", pictures(4))
    file.write_bytes(file.read_bytes()[:-7])
    return own(file)


def bad_npy_header(at: Path) -> Source:
    (at / "mine.npy").write_bytes(b"\x93NUMPY\1\0\1\0)")
    return own(at / "mine.npy")


def bad_idx_cut(at: Path) -> Source:
    file = as_idx(at / "mine", pictures(4, channels=1))
    file.write_bytes(file.read_bytes()[:-1])
    return own(file)


def bad_idx_long(at: Path) -> Source:
    file = as_idx(at / "mine", pictures(4, channels=1))
    file.write_bytes(file.read_bytes() + b"\0")
    return own(file)


def bad_idx_header(at: Path) -> Source:
    (at / "mine.idx").write_bytes(b"\0\0\x08\x03\0\0")
    return own(at / "mine.idx")


def bad_idx_magic(at: Path) -> Source:
    (at / "mine.idx").write_bytes(b"\0\0\x0d\x03" + bytes(40))
    return own(at / "mine.idx")


def bad_idx_of_labels(at: Path) -> Source:
    (at / "mine.idx").write_bytes(idx(np.arange(9, dtype=np.uint8)))
    return own(at / "mine.idx")


def bad_gz_cut(at: Path) -> Source:
    file = as_idx_gz(at / "mine", pictures(4, channels=1))
    file.write_bytes(file.read_bytes()[:-20])
    return own(file)


def bad_gz(at: Path) -> Source:
    (at / "mine.gz").write_bytes(idx(pictures(4, channels=1)[..., 0]))
    return own(at / "mine.gz")


def bad_kind(at: Path) -> Source:
    (at / "mine.tar").write_bytes(b"tar")
    return own(at / "mine.tar")


def bad_labels_missing(at: Path) -> Source:
    return own(as_npy(at / "images", pictures(4)), labels=str(at / "mine.npy"))


def bad_labels_count(at: Path) -> Source:
    return own(as_npy(at / "images", pictures(4)), labels=str(as_npy(at / "mine", np.arange(5))))


def bad_labels_kind(at: Path) -> Source:
    return own(as_npy(at / "images", pictures(4)), labels=str(as_npy(at / "mine", np.arange(4) / 2)))


@pytest.mark.parametrize(
    ("plant", "fault"),
    [
        (bad_missing, "nowhere: does not exist"),
        (bad_empty_folder, "mine: holds no images"),
        (bad_mnist_of_other_names, "mine: does not hold all of MNIST's files; name them train-images-idx3-ubyte, "),
        (bad_empty_file, "mine.zip: is an empty file"),
        (bad_single, "mine: holds 1 images"),
        (bad_broken_image, "004.png: is not a sound image"),
        (bad_text_as_image, "mine.jpg: is not a sound image"),
        (bad_mixed_sizes, "wide.png: is 30x12 pixels"),
        (bad_sixteen_bits, "deep.png: has pixels of the kind I;16"),
        (bad_no_zip, "mine.zip: is not a zip file"),
        (bad_cut_zip, "mine.zip: is not a zip file, or not all of one"),
        (bad_zip_member, "mine.zip, deep/000.png: cannot be unpacked"),
        (bad_zip_start, "mine.zip, 0.png: cannot be unpacked"),
        (bad_zip_without_images, "mine.zip: holds no images"),
        (bad_npy_objects, "mine.npy: is not an .npy file of plain numbers"),
        (bad_npy_floats, "mine.npy: holds float64"),
        (bad_npy_shape, "mine.npy: holds uint8 (4, 12, 10, 2)"),
        (bad_npy_header, "mine.npy: is not an .npy file of plain numbers"),
        (bad_npy_cut, "mine.npy: is not an .npy file of plain numbers, or not all"),
        (bad_idx_cut, "mine.idx: ends too early"),
        (bad_idx_long, "mine.idx: goes on after its last value"),
        (bad_idx_header, "mine.idx: has a damaged header"),
        (bad_idx_magic, "mine.idx: starts with 00000d03"),
        (bad_idx_of_labels, "mine.idx: is an idx file of shape (9,)"),
        (bad_gz_cut, "images-idx3-ubyte.gz: is not a gzip file, or not all of one"),
        (bad_gz, "mine.gz: is not a gzip file"),
        (bad_kind, "mine.tar: is of no known kind"),
        (bad_labels_missing, "mine.npy: does not exist"),
        (bad_labels_count, "mine.npy: has 5 labels for the 4 images"),
        (bad_labels_kind, "mine.npy: holds float64 (4,)"),
    ],
)
def test_bad_input_is_named_in_one_sentence_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], plant: Callable[[Path], Source], fault: str
):
    assert run(tmp_path, "faces", plant(tmp_path)) == 1
    complaint = capsys.readouterr().err.strip()
    assert fault in complaint
    assert complaint.endswith(".")
    assert "\n" not in complaint
    assert not list((tmp_path / "data").glob("*"))


def test_images_that_unpack_to_too_much_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    file = as_zip(tmp_path / "mine", np.zeros((3, 400, 400, 3), np.uint8))
    monkeypatch.setattr(local, "LARGEST_IMAGE", 400 * 400 - 1)
    assert run(tmp_path, "faces", own(file)) == 1
    assert "million pixels" in capsys.readouterr().err
    monkeypatch.setattr(local, "LARGEST_FILE", 100)
    assert run(tmp_path, "faces", own(file)) == 1
    assert "too large for an image" in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "data").write_text("a file where the folder should be")
    assert run(tmp_path, "faces", BLOCKS["faces"]) == 1
    complaint = capsys.readouterr().err
    assert str(tmp_path / "data") in complaint
    assert "cannot be written" in complaint


SPOILT_CARDS = ({"extras": ["../x"]}, {"splits": {"train": 60}}, {"splits": {"train": 70, "test": -10}})


@pytest.mark.parametrize("changes", SPOILT_CARDS)
def test_a_card_that_does_not_fit_its_dataset_is_refused(tmp_path: Path, changes: dict):
    fetched(tmp_path, "digits", BLOCKS["digits"])
    card = tmp_path / "data" / "digits.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | changes))
    with pytest.raises(SoapbubbleError, match=r"digits\.json: not the card"):
        load(card.with_suffix(".npy"))


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded by means that Linux has")
def test_an_idx_header_that_lies_takes_no_memory(tmp_path: Path):
    file = tmp_path / "mine.idx"
    file.write_bytes(b"\0\0\x08\1" + (2**32 - 2).to_bytes(4, "big") + bytes(9))
    limits = resource.getrlimit(resource.RLIMIT_AS)
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + 2**30, limits[1]))
    try:
        with pytest.raises(SoapbubbleError, match="ends too early"):
            read_idx(file)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


@pytest.mark.parametrize("spoil", ["card", "images", "extra", "scalar extra", "zip", "no card"])
def test_a_dataset_that_was_spoilt_is_not_loaded(tmp_path: Path, spoil: str):
    fetched(tmp_path, "digits", BLOCKS["digits"])
    npy = tmp_path / "data" / "digits.npy"
    if spoil == "card":
        npy.with_suffix(".json").write_text("{}")
    elif spoil == "images":
        np.save(npy, np.zeros((60, 28, 28), np.uint8))
    elif spoil == "scalar extra":
        np.save(tmp_path / "data" / "digits-labels.npy", np.array(3))
    elif spoil == "zip":
        with zipfile.ZipFile(npy, "w") as archive:
            archive.writestr("x", "")
    elif spoil == "extra":
        np.save(tmp_path / "data" / "digits-labels.npy", np.zeros(3))
    else:
        npy.with_suffix(".json").unlink()
    with pytest.raises(SoapbubbleError, match=r"delete it and run snakemake again\.$"):
        load(npy)


@pytest.mark.parametrize(
    ("kind", "changes", "fault"),
    [
        (Digits, {"labels": "mine.npy"}, "give `path` too"),
        (Faces, {"size": None}, "size: null"),
        (Faces, {"count": None}, "count"),
        (Digits, {"count": 1798}, "at most 1797"),
        (Photos, {"count": 33}, "at most 32"),
        (Photos, {"size": 151, "count": 20}, "at most 150"),
        (Photos, {"download": "mnist"}, "none"),
        (Digits, {"download": "celeba"}, "'mnist'"),
        (Digits, {"download": "mnist", "tier": "source"}, "give `path` too"),
        (Faces, {"size": -64}, "greater than or equal to 8"),
        (Faces, {"test_share": 1.0}, "less than 1"),
        (Faces, {"colour": True}, "not permitted"),
    ],
)
def test_impossible_settings_are_refused(kind: type[Source], changes: dict, fault: str):
    plain = {"size": 64, "count": 20, "test_share": 0.2, "seed": 0}
    with pytest.raises(ValidationError, match=fault):
        kind(**plain | changes)


def test_the_files_of_a_local_source_are_all_named(tmp_path: Path):
    folder = as_folder(tmp_path / "mine", pictures(2))
    labels = as_npy(tmp_path / "labels", np.arange(2))
    named = own(folder, labels=str(labels)).local_files()
    assert named == [str(folder / "000.png"), str(folder / "001.png"), str(folder / "notes.txt"), str(labels)]
    assert BLOCKS["digits"].local_files() == []
    with pytest.raises(SoapbubbleError, match="does not exist"):
        own(tmp_path / "nowhere").local_files()
    (folder / "{x}.png").touch()
    with pytest.raises(SoapbubbleError, match=r"\{x\}\.png: has a brace"):
        own(folder).local_files()


# Real data, where there is some

REAL = Path(os.environ.get("SOAPBUBBLE_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))


def real(name: str) -> str:
    if not (REAL / name).exists():
        pytest.skip(f"needs {name} in the folder that SOAPBUBBLE_REAL_DATA names")
    return str(REAL / name)


def test_mnist_is_read_whole(tmp_path: Path):
    images, labels = real("mnist/t10k-images-idx3-ubyte.gz"), real("mnist/t10k-labels-idx1-ubyte.gz")
    dataset = fetched(tmp_path, "digits", own(Path(images), kind=Digits, labels=labels))
    assert dataset.images.shape == (10_000, 28, 28, 1)
    assert np.bincount(dataset.extras["labels"]).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_a_large_zip_of_faces_is_sampled(tmp_path: Path):
    dataset = fetched(tmp_path, "faces", own(Path(real("faces-96.zip")), size=64, count=100))
    assert dataset.images.shape == (100, 64, 64, 3)
    assert len(np.unique(dataset.images.reshape(100, -1), axis=0)) == 100


def test_photographs_of_mixed_sizes_need_a_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = Path(real("photos-320.zip"))
    assert run(tmp_path, "photos", own(file, kind=Photos)) == 1
    assert "give `size`" in capsys.readouterr().err
    assert fetched(tmp_path, "photos", own(file, kind=Photos, size=128)).images.shape == (122, 128, 128, 3)


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read where Linux has it")
def test_memory_does_not_grow_with_the_number_of_images(tmp_path: Path):
    side, few, many = 128, 300, 1500  # both are more than a chunk; all of one tone, so that each one is looked at
    code = (
        "import sys; from pathlib import Path; from soapbubble.cli import main; main(sys.argv[1:]);"
        "print(*[line.split()[1] for line in Path('/proc/self/status').open() if line.startswith('VmHWM')])"
    )
    peaks = []
    for number in (few, many):
        place = tmp_path / str(number)
        place.mkdir()
        block = own(as_folder(place / "mine", np.full((number, 1, 1, 3), 128, np.uint8)), size=side)
        command = [sys.executable, "-c", code, *arguments(place, "faces", block)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        peaks.append(1024 * int(done.stdout))
        dataset = load(place / "data" / "faces.npy")
        assert dataset.images.shape == (number, side, side, 3)
        assert dataset.card.problems == (
            f"only 1 of {number} images differ, and at least 20 are needed",
            "every image is of one tone",
        )
    assert peaks[1] - peaks[0] < (many - few) * 3 * side**2 / 4
