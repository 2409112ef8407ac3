"""Whatever bytes a file holds, it is read or refused in one sentence, in bounded time and memory, and nothing stays.

Set SOAPBUBBLE_FUZZ_SECONDS to search for that long, in all, with new seeds.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import random
import resource
import shutil
import signal
import sys
import tarfile
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from PIL import Image

from soapbubble.claims.rules import RULES, as_written
from soapbubble.claims.schema import read_claims, read_sources
from soapbubble.config.data import Faces
from soapbubble.data import dataset, local
from soapbubble.data.archives import unpack
from soapbubble.errors import SoapbubbleError
from soapbubble.measurements import Measurement, read_csv, to_csv
from soapbubble.parts.loading import blocks_text, load, parse_blocks, parse_part, validate
from soapbubble.provenance.files import digest, staged
from soapbubble.provenance.manifest import check, describe

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded by means that Linux has")

PROJECT = Path(__file__).resolve().parents[1]
SECONDS = float(os.environ.get("SOAPBUBBLE_FUZZ_SECONDS", "0"))
PATIENCE = 10  # seconds for one file of a few kilobytes
MEMORY = 2**30  # bytes beyond what is in use
BASE = load([PROJECT / "config.yaml"]).model_dump(mode="json")

# What breaks readers: ends of ranges, YAML's and JSON's special words, control characters, headers.
TOKENS = [
    *(b"\0", b"\n", b"\r\n", b"\t", b"\x1b[2J", b"\x85", b"\xff", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b'"\\ud800"'),
    *(b"null", b"true", b"NaN", b".nan", b".inf", b"-.inf", b"1e999", b"-0.0", b"0x", b"0b_", b"9" * 400, b"1:99:99"),
    *(b"2001-99-99", b"2001-01-01", b"!!int ''", b"!!bool x", b"!!timestamp x", b"!!binary x", b"!!python/name:os"),
    *(b"&a [*a]", b"&a {x: *a}", b"*a", b"<<: *a", b"? [a]\n: b", b"[" * 30, b"{a: " * 30, b"[" * 3000, b"- " * 3000),
    *(b"{", b"}", b"[", b"]", b":", b",", b"- ", b"'", b'"', b"|\n", b"%YAML 9.9\n---\n", b"---\n", b"...\n"),
    *(b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0" * 512, b"PK\x05\x06", b"\x1f\x8b\x08"),
]
BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % (i, i, *(9 * (i - 1,))) for i in b"bcdefghij"
)

place = st.integers(0, 2**24)
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(2**64), 2**32, 5e-324, 1e308])
    | st.floats()
    | st.text(max_size=9)
    | st.sampled_from(["a\nb", "\x1b[2J", "within", "increasing", "../x", "~", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def spoilt(draw: st.DrawFn, sound: tuple[bytes, ...]) -> bytes:
    """A sound file with bits turned over, pieces cut, moved, doubled, or put in from elsewhere."""
    data = bytearray(draw(st.sampled_from(sound)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(place) % (len(data) + 1)
        end = min(at + draw(st.integers(1, 40)), len(data))
        match draw(st.integers(0, 6)):
            case 0 if at < len(data):
                data[at] ^= 1 << draw(st.integers(0, 7))
            case 1:
                del data[at:]
            case 2:
                del data[at:end]
            case 3:
                data[at:at] = draw(st.sampled_from(TOKENS))
            case 4:
                data[at:end] = draw(st.sampled_from(TOKENS))
            case 5:
                data[at:at] = data[draw(place) % (len(data) + 1) :][:40]
            case 6:
                data[at:end] = draw(st.binary(max_size=8))
    return bytes(data)


def nodes(tree: Any, path: tuple = ()) -> Iterator[tuple]:
    """The paths to all values in a tree of plain data."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from nodes(value, (*path, key))


@st.composite
def changed(draw: st.DrawFn, sound: Any) -> Any:
    """A tree of plain data with some of its values replaced, dropped, renamed or moved."""
    tree = deepcopy(sound)
    for _ in range(draw(st.integers(1, 3))):
        paths = list(nodes(tree))
        if not paths:
            break
        *path, last = paths[draw(place) % len(paths)]
        block = tree
        for key in path:
            block = block[key]
        match draw(st.integers(0, 3)):
            case 0 | 1:
                block[last] = draw(plain)
            case 2:
                del block[last]
            case 3:
                other = tree
                for key in paths[draw(place) % len(paths)]:
                    other = other[key]
                block[last] = deepcopy(other)
    return tree


def as_yaml(tree: Any) -> bytes:
    return yaml.safe_dump(tree, sort_keys=False).encode("utf-8", "surrogatepass")


def as_json(tree: Any) -> bytes:
    return json.dumps(tree).encode()


@dataclass(frozen=True)
class Reader:
    """One way in for foreign input: what is tried on it, and how it is read from a folder that holds the input."""

    inputs: Callable[[], st.SearchStrategy[Any]]
    read: Callable[[Any, Path], object]
    names: str
    """What a refusal names: a part of the file's name, or the key."""


def put(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


# Configuration.


def read_config(data: bytes, folder: Path) -> None:
    load([put(folder, "config.yaml", data)])


def read_overlay(data: bytes, folder: Path) -> None:
    """Every overlay goes over a base that is quick to read; the whole is checked as a configuration is."""
    load([put(folder, "base.yaml", as_json(BASE)), put(folder, "config.yaml", data)])


def read_values(raw: Any, folder: Path) -> None:
    config = validate(raw)
    text = blocks_text(config, "data.faces", "plot", "studies")
    assert parse_blocks(text)["plot"] == config.plot
    text = blocks_text(config, "shells.radii")
    json.loads(text, parse_constant=pytest.fail)  # infinities and NaN are no JSON
    assert parse_part(type(config.shells.radii), text) == config.shells.radii


def overlays() -> st.SearchStrategy[bytes]:
    sound = tuple((PROJECT / "config" / f"{name}.yaml").read_bytes() for name in ("smoke", "mnist", "paper"))
    return spoilt(sound) | changed(yaml.safe_load(sound[0])).map(as_yaml) | plain.map(as_yaml) | st.just(BOMB)


# Claims.


def read_claims_file(data: bytes, folder: Path) -> None:
    sources = read_sources(PROJECT / "claims" / "sources.yaml")
    for claim in read_claims(put(folder, "claims.yaml", data), sources):
        json.dumps(as_written(claim.rule), allow_nan=False)


@cache
def own_claims() -> tuple[bytes, ...]:
    """Each claim of the project as a file of its own."""
    texts = [path.read_text() for path in sorted((PROJECT / "claims").glob("*.yaml")) if path.name != "sources.yaml"]
    return tuple(f"- id:{entry}".encode() for text in texts for entry in text.split("\n- id:")[1:])


def claims() -> st.SearchStrategy[bytes]:
    selection = st.fixed_dictionaries({"quantity": st.just("q"), "where": st.dictionaries(st.text(max_size=3), plain)})
    body = st.dictionaries(
        st.sampled_from(["value", "a", "b", "target", "rel", "abs", "bound", "low", "high", "margin", "ratio", "each"]),
        selection | plain,
    )
    rules = st.recursive(
        st.dictionaries(st.sampled_from(sorted(RULES)), body | plain, min_size=1, max_size=2),
        lambda inner: st.dictionaries(st.sampled_from(["all_of", "any_of"]), st.lists(inner, max_size=3), max_size=1),
        max_leaves=4,
    )
    sound = yaml.safe_load(own_claims()[0])
    with_rule = rules.map(lambda rule: as_yaml([sound[0] | {"rule": rule}]))
    return spoilt(own_claims()) | changed(sound).map(as_yaml) | with_rule | plain.map(as_yaml) | st.just(BOMB)


# Images.


def read_images(given: tuple[str, bytes], folder: Path) -> None:
    """Fetch the images as the workflow does: all files of the dataset appear, or none."""
    name, data = given
    block = Faces(path=str(put(folder, name, data)), size=8, count=None, test_share=0.5, seed=0)
    finals = [folder / "out" / file for file in ("faces.npy", "faces.json")]
    (folder / "out").mkdir()
    try:
        with staged(finals) as parts:
            dataset.save("faces", local.build(block), parts[finals[0]])
        dataset.load(finals[0])
    except SoapbubbleError:
        assert list((folder / "out").iterdir()) == []
        raise


def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, 5, 4), np.uint8)


def packed(kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels()[..., :3]).save(file, kind)
    return file.getvalue()


@cache
def zip_of(content: bytes, name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(2):
            archive.writestr(f"deep/{number}{name}", content)
    return file.getvalue()


@cache
def tar_of(content: bytes, name: str) -> bytes:
    """Not packed yet, so that what is spoilt lies under a sound checksum."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for number in range(2):
            info = tarfile.TarInfo(f"deep/{'é' * 60}{number}{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def repacked(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


def archives() -> st.SearchStrategy[tuple[str, bytes]]:
    zips = spoilt((zip_of(b"text" * 50, ".txt"), zip_of(packed("png"), ".png")))
    tars = spoilt((tar_of(b"text" * 50, ".txt"), tar_of(packed("png"), ".png")))
    damaged = spoilt((repacked(tar_of(packed("png"), ".png")),))
    return st.tuples(st.just("images.zip"), zips | st.binary()) | st.tuples(
        st.just("images.tar.gz"), tars.map(repacked) | damaged | st.binary()
    )


def image_files() -> st.SearchStrategy[tuple[str, bytes]]:
    """Two copies of one image file of each kind in a zip, whose own checksums are right."""
    kinds = {"bmp": "bmp", "gif": "gif", "jpeg": "jpg", "png": "png", "ppm": "ppm", "tiff": "tif", "webp": "webp"}
    return st.one_of(
        st.tuples(st.just("images.zip"), spoilt((packed(kind),)).map(lambda data, end=end: zip_of(data, f".{end}")))
        for kind, end in kinds.items()
    )


def idx(*shape: int) -> bytes:
    return b"\0\0\x08" + bytes([len(shape)]) + b"".join(n.to_bytes(4, "big") for n in shape) + bytes(range(24))


def arrays() -> st.SearchStrategy[tuple[str, bytes]]:
    """Arrays in .npy and idx(.gz) files, also with headers that promise anything."""
    numbers = st.integers(0, 5) | st.sampled_from([2**16, 2**31 - 1, 2**32 - 1])
    idx_files = spoilt((idx(3, 2, 4),)) | st.lists(numbers, max_size=6).map(lambda shape: idx(*shape))
    npy = io.BytesIO()
    np.save(npy, pixels()[:, :, :, None].repeat(3, 3))
    headers = st.text("'descr:fotan_shp,(){}[]|u1 9-<OTrue\n", max_size=60) | st.sampled_from(
        [
            f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}\n"
            for descr in ("'|u1'", "'|O'", "'<f8'", "'>u2'", "'|S99999999'", "[('a', '|u1')]", "('|u1', (2,))", "'x'")
            for order in (True, False, 1)
            for shape in (
                "(2, 2, 2)",
                "(2**40,)",
                "(-1, 2, 2)",
                "(9999999999999, 9, 9)",
                "2",
                "(0, 2, 2)",
                "(2, 2, 'a')",
            )
        ]
    )
    built = headers.map(lambda text: b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text.encode() + bytes(99))
    return (
        st.tuples(st.sampled_from(["images.idx", "images-ubyte"]), idx_files)
        | st.tuples(st.just("images.gz"), idx_files.map(repacked) | spoilt((repacked(idx(3, 2, 4)),)))
        | st.tuples(st.just("images.npy"), spoilt((npy.getvalue(),)) | built)
    )


def labels() -> st.SearchStrategy[tuple[str, bytes]]:
    npy = io.BytesIO()
    np.save(npy, np.arange(3))
    short = idx(3)[:11]
    return (
        st.tuples(st.just("labels.idx"), spoilt((short,)))
        | st.tuples(st.just("labels.gz"), spoilt((short,)).map(repacked))
        | st.tuples(st.just("labels.npy"), spoilt((npy.getvalue(),)))
        | arrays()
    )


def read_archive(given: tuple[str, bytes], folder: Path) -> None:
    name, data = given
    try:
        unpack(put(folder, name, data), folder / "unpacked")
    except SoapbubbleError:
        assert [path.name for path in folder.iterdir()] == [name]
        raise
    assert {path.name for path in folder.iterdir()} == {name, "unpacked"}


def read_labels(given: tuple[str, bytes], folder: Path) -> None:
    name, data = given
    images = put(folder, "own.npy", b"")
    np.save(images, np.zeros((3, 8, 8), np.uint8))
    labels = str(put(folder, name, data))
    local.build(Faces(path=str(images), labels=labels, size=None, count=None, test_share=0.5, seed=0))


# What the project itself wrote, and someone or something changed.


@cache
def sound_dataset() -> dict[str, bytes]:
    """The card, the images and the extra of a small dataset."""
    made = dataset.Made((3, 5, 4, 1), [pixels()[..., None]], 2, "here", "none", extras={"labels": np.arange(3)})
    with tempfile.TemporaryDirectory() as folder:
        dataset.save("digits", made, Path(folder) / "digits.npy")
        return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def read_dataset(files: dict[str, bytes], folder: Path) -> None:
    for name, data in files.items():
        put(folder, name, data)
    found = dataset.load(folder / "digits.npy")
    assert len(found.train) + len(found.test) == len(found.images)


def datasets() -> st.SearchStrategy[dict[str, bytes]]:
    sound = sound_dataset()
    cards = changed(json.loads(sound["digits.json"])).map(as_json) | plain.map(as_json)
    return st.one_of(
        spoilt((sound[name],)).map(lambda data, name=name: sound | {name: data}) for name in sound
    ) | cards.map(lambda data: sound | {"digits.json": data})


def tables() -> st.SearchStrategy[bytes]:
    rows = [
        Measurement("radius", {"N": 3, "distribution": "uniform"}, 0, 1.5),
        Measurement("share", {}, "exact", 0.1, "1", 9),
    ]
    fields = st.lists(plain.map(lambda value: as_json(value).replace(b'"', b'""')), min_size=6, max_size=6)
    lines = fields.map(lambda cells: b",".join(b'"' + cell + b'"' for cell in cells))
    header = to_csv(rows).encode().split(b"\n")[0] + b"\n"
    return spoilt((to_csv(rows).encode(),)) | lines.map(lambda line: header + line) | st.binary()


def read_table(data: bytes, folder: Path) -> None:
    to_csv(read_csv(put(folder, "table.csv", data)))


@cache
def sound_manifest() -> dict[str, Any]:
    uses = {"inputs": {"table.csv": "0" * 64}, "code": {"errors.py": digest(PROJECT / "src/soapbubble/errors.py")}}
    return json.loads(describe("shells/radii", {"shells.radii": BASE["shells"]["radii"]}, uses, {}, 0.0)) | {
        "command": [],
        "outputs": {"radii.csv": "0" * 64},
    }


def manifests() -> st.SearchStrategy[bytes]:
    sound = sound_manifest()
    return changed(sound).map(as_json) | spoilt((as_json(sound),)) | plain.map(as_json) | st.just(b"[" * 10**5)


def read_manifest(data: bytes, folder: Path) -> None:
    check([put(folder, "manifest.json", data), put(folder, "second.json", as_json(sound_manifest()))], BASE)


READERS = {
    "config": Reader(overlays, read_config, "config.yaml|key '"),
    "overlay": Reader(overlays, read_overlay, "config.yaml|key '"),
    "config values": Reader(lambda: changed(BASE) | plain, read_values, "key '|configuration"),
    "claims": Reader(claims, read_claims_file, "claims.yaml"),
    "arrays": Reader(arrays, read_images, "images"),
    "labels": Reader(labels, read_labels, "images|labels"),
    "archives": Reader(archives, read_archive, "images"),
    "archives of images": Reader(archives, read_images, "images|deep"),
    "image files": Reader(image_files, read_images, "images"),
    "datasets": Reader(datasets, read_dataset, "digits"),
    "measurements": Reader(tables, read_table, "table.csv"),
    "manifests": Reader(manifests, read_manifest, "manifest.json"),
}
FEW = {"config": 30, "overlay": 20, "claims": 60}  # YAML is slow to read; of the others there are 150


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Time and memory for one file, beyond which the reader is stopped."""
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (in_use + MEMORY, limits[1]))
    before = signal.signal(signal.SIGALRM, _too_slow)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, limits)


def _too_slow(*_: object) -> None:
    raise AssertionError(f"took more than {PATIENCE} s")


def try_on(reader: Reader, given_input: Any, folder: Path) -> str:
    """Read one input: "read" or "refused"; whatever else comes of it is a failure."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with warnings.catch_warnings(), contextlib.chdir(folder):
        warnings.simplefilter("ignore")
        try:
            with bounded():
                reader.read(given_input, folder)
        except SoapbubbleError as error:
            sentence = str(error)
            assert sentence.endswith("."), sentence
            assert sentence.isprintable(), sentence
            assert len(sentence) < 1000, sentence
            assert any(name in sentence for name in reader.names.split("|")), sentence
            return "refused"
    return "read"


@pytest.mark.parametrize("name", READERS)
def test_anything_is_read_or_refused_in_one_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    reader, found = READERS[name], Counter()
    inputs = reader.inputs()

    def search(examples: int, **more: Any) -> Callable[[], None]:
        def one(given_input: Any) -> None:
            found[try_on(reader, given_input, tmp_path / "folder")] += 1

        every = list(HealthCheck)
        quiet = settings(max_examples=examples, deadline=None, database=None, suppress_health_check=every, **more)
        return quiet(given(inputs)(one))

    search(FEW.get(name, 150), derandomize=True)()
    end = time.monotonic() + SECONDS / len(READERS)
    while time.monotonic() < end:
        seed(random.getrandbits(60))(search(200))()
    with capsys.disabled():
        if SECONDS:
            print(f"\n{name}: {found.total()} inputs, {found['refused']} refused", end=" ")
    assert found["refused"] > 0
