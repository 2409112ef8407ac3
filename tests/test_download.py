"""Downloads: what arrives is what was meant, whatever the server does, and a second time nothing is asked for."""

import errno
import fcntl
import gzip
import hashlib
import json
import os
import pickle
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from loopback import (
    Asked,
    Mirror,
    babble,
    boast,
    cut,
    ignore_range,
    lost,
    not_found,
    other_version,
    page,
    serve,
    stall,
    status,
    without_length,
)
from PIL import Image

from soapbubble.cli import main
from soapbubble.config.data import Digits, Faces, Photos
from soapbubble.data import celeba, download, mnist, weights
from soapbubble.data.dataset import load
from soapbubble.data.download import Patience, Remote
from soapbubble.errors import SoapbubbleError
from soapbubble.models import vision
from soapbubble.models.vision import Listed
from soapbubble.parts.loading import load as load_config
from soapbubble.parts.loading import validate
from soapbubble.provenance.code import ROOT
from soapbubble.studies.depth.own import Own, _network

CONTENT = random.Random(1).randbytes(300_000)
OTHER = random.Random(2).randbytes(300_000)
HASTY = Patience(connect=2, stall=0.25, attempts=3, wait=0.001)


@pytest.fixture
def mirror():
    server = Mirror()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOAPBUBBLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "cache"


def md5(content: bytes) -> str:
    return f"md5:{hashlib.md5(content).hexdigest()}"


def wanted(*addresses: str, content: bytes = CONTENT) -> Remote:
    return Remote("things/file.bin", addresses, md5(content))


def fetch(remote: Remote, patience: Patience = HASTY) -> bytes:
    return download.download(remote, patience).read_bytes()


def refusal(remote: Remote, patience: Patience = HASTY) -> str:
    """The complaint about a download that cannot be; nothing may lie under the final name."""
    with pytest.raises(SoapbubbleError) as caught:
        download.download(remote, patience)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert not (download.cache_folder() / remote.name).exists()
    return sentence


def test_a_user_without_a_home_folder_is_asked_for_a_cache(monkeypatch):
    for name in ("SOAPBUBBLE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(SoapbubbleError, match="SOAPBUBBLE_CACHE"):
        download.cache_folder()


def left(cache: Path) -> set[str]:
    """What lies in the cache, beside the empty file that says whose turn it is."""
    return {path.name for path in (cache / "things").iterdir()} - {"file.bin.lock"}


# A server that works


def test_a_file_arrives_whole_and_alone(mirror: Mirror, cache: Path):
    assert fetch(wanted(mirror.serve("/file", CONTENT))) == CONTENT
    assert left(cache) == {"file.bin", "file.bin.verified"}


def test_the_beginning_of_a_sha256_serves_as_a_checksum(mirror: Mirror):
    beginning = hashlib.sha256(CONTENT).hexdigest()[:8]
    assert fetch(Remote("a.pth", (mirror.serve("/file", CONTENT),), f"sha256:{beginning}")) == CONTENT


def test_a_second_time_nothing_is_asked_for(mirror: Mirror):
    remote = wanted(mirror.serve("/file", CONTENT))
    fetch(remote)
    mirror.stop()
    assert fetch(remote) == CONTENT
    assert len(mirror.requests) == 1


def test_a_verified_file_is_not_read_again_until_it_changes(mirror: Mirror, monkeypatch: pytest.MonkeyPatch):
    remote = wanted(mirror.serve("/file", CONTENT))
    path = download.download(remote, HASTY)
    with monkeypatch.context() as patched:
        patched.delattr(download, "_has_digest")
        assert fetch(remote) == CONTENT
    path.write_bytes(OTHER)
    assert fetch(remote) == CONTENT
    assert len(mirror.requests) == 2


def test_a_file_put_into_the_cache_by_hand_is_used(cache: Path):
    (cache / "things").mkdir(parents=True)
    (cache / "things" / "file.bin").write_bytes(CONTENT)
    assert fetch(wanted("http://127.0.0.1:9/file")) == CONTENT


def test_two_jobs_share_one_download(mirror: Mirror):
    def slowly(asked: Asked, content: bytes) -> None:
        time.sleep(0.2)
        serve(asked, content)

    remote = wanted(mirror.serve("/file", CONTENT, slowly))
    found: list[bytes] = []
    jobs = [threading.Thread(target=lambda: found.append(fetch(remote, Patience()))) for _ in range(4)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert found == [CONTENT] * 4
    assert len(mirror.requests) == 1


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_cache_without_locks_is_warned_of_and_used(
    mirror: Mirror, cache: Path, monkeypatch: pytest.MonkeyPatch, number: int
):
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.warns(UserWarning, match=r"file\.bin\.lock: this file system has no locks"):
        test_two_jobs_share_one_download(mirror)
    assert left(cache) == {"file.bin", "file.bin.verified"}


def test_a_cache_whose_locks_fail_is_named(mirror: Mirror, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "flock", fail)
    assert "name another cache in SOAPBUBBLE_CACHE" in refusal(wanted(mirror.serve("/file", CONTENT)))


def test_a_packed_file_is_kept_as_it_is_when_the_server_calls_it_encoded(mirror: Mirror):
    packed = gzip.compress(CONTENT)

    def encoded(asked: Asked, content: bytes) -> None:
        asked.begin(Content_Length=len(content), Content_Encoding="gzip")
        asked.send(content)

    assert fetch(wanted(mirror.serve("/file", packed, encoded), content=packed)) == packed


# A connection that breaks


def test_a_broken_download_goes_on_where_it_ended(mirror: Mirror, cache: Path):
    assert fetch(wanted(mirror.serve("/file", CONTENT, cut(100_000), cut(150_000), serve))) == CONTENT
    assert mirror.sent == len(CONTENT)
    assert mirror.requests == [
        ("/file", None, None),
        ("/file", "bytes=100000-", '"one"'),
        ("/file", "bytes=250000-", '"one"'),
    ]
    assert left(cache) == {"file.bin", "file.bin.verified"}


def test_the_next_run_goes_on_where_the_last_one_ended(mirror: Mirror, cache: Path):
    remote = wanted(mirror.serve("/file", CONTENT, cut(200_000), serve))
    assert "broke off in the middle" in refusal(remote, Patience(attempts=1))
    assert left(cache) == {"file.bin.part", "file.bin.part.json"}
    assert fetch(remote) == CONTENT
    assert mirror.sent == len(CONTENT)


def test_the_next_mirror_goes_on_where_the_last_one_ended(mirror: Mirror):
    first, second = mirror.serve("/first", CONTENT, cut(200_000), status(503)), mirror.serve("/second", CONTENT)
    assert fetch(wanted(first, second)) == CONTENT
    assert mirror.sent == len(CONTENT)


def test_a_download_goes_on_after_the_job_was_killed(mirror: Mirror, cache: Path):
    remote = wanted(mirror.serve("/file", CONTENT, stall(200_000), serve))
    code = f"from soapbubble.data.download import *; download({remote!r})"
    job = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT.parent)})
    part = cache / "things" / "file.bin.part"
    deadline = time.monotonic() + 10
    # Chunks are written as they fill up, and the file's own buffer is small.
    while not (part.exists() and part.stat().st_size >= 2 * download.CHUNK) and time.monotonic() < deadline:
        time.sleep(0.01)
    job.kill()
    job.wait()
    assert "file.bin" not in left(cache)
    assert fetch(remote) == CONTENT
    assert int(mirror.requests[1][1].removeprefix("bytes=").removesuffix("-")) >= 2 * download.CHUNK


def test_a_run_that_was_stopped_after_the_last_byte_asks_for_nothing(mirror: Mirror, cache: Path):
    remote = wanted(mirror.serve("/file", CONTENT, cut(200_000), serve))
    refusal(remote, Patience(attempts=1))
    (cache / "things" / "file.bin.part").write_bytes(CONTENT)
    assert fetch(remote) == CONTENT
    assert len(mirror.requests) == 1


@pytest.mark.parametrize("behaviour", [ignore_range, other_version, serve, status(416)])
def test_another_version_is_fetched_from_the_start(mirror: Mirror, cache: Path, behaviour):
    """A server that ignores ranges, that names the version, that does not (the pieces do not fit), or has no more."""
    remote = wanted(mirror.serve("/file", OTHER, cut(200_000)))
    refusal(remote, Patience(attempts=1))
    if behaviour is serve:
        (cache / "things" / "file.bin.part.json").unlink()
    mirror.serve("/file", CONTENT, behaviour, serve)
    assert fetch(remote) == CONTENT


def test_a_piece_of_a_longer_file_is_not_added(mirror: Mirror, caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO")
    remote = wanted(mirror.serve("/file", OTHER[:250_000], cut(200_000)))
    refusal(remote, Patience(attempts=1))
    mirror.serve("/file", CONTENT)
    assert fetch(remote) == CONTENT
    assert mirror.requests[-1][1] is None
    assert "a piece that does not continue what is here" in caplog.text


@pytest.mark.parametrize("after", [0, 100_000])
def test_a_server_that_stalls_is_given_up(mirror: Mirror, cache: Path, after: int):
    started = time.monotonic()
    sentence = refusal(wanted(mirror.serve("/file", CONTENT, stall(after))), Patience(stall=0.2, attempts=2, wait=0.01))
    assert "sent nothing for 0.2 s (2 times)" in sentence
    assert time.monotonic() - started < 3
    assert "file.bin" not in left(cache)


def test_a_server_that_recovers_is_asked_again_after_growing_pauses(mirror: Mirror, monkeypatch: pytest.MonkeyPatch):
    pauses: list[float] = []
    monkeypatch.setattr(download.time, "sleep", pauses.append)
    remote = wanted(mirror.serve("/file", CONTENT, status(503), status(429), cut(10), status(500), serve))
    assert fetch(remote, Patience(attempts=5, wait=1, longest_wait=3)) == CONTENT
    assert pauses == [1, 2, 3, 3]


# A mirror that does not have the file


def test_the_next_mirror_is_asked_when_one_does_not_have_the_file(mirror: Mirror):
    addresses = [
        mirror.serve("/gone", b"", not_found),
        mirror.serve("/page", b"", page("text/html; charset=utf-8")),
        mirror.serve("/hidden", b"", page("application/octet-stream")),
        mirror.serve("/wrong", OTHER),
        mirror.serve("/good", CONTENT),
    ]
    assert fetch(wanted(*addresses)) == CONTENT
    assert [path for path, *_ in mirror.requests] == ["/gone", "/page", "/hidden", "/wrong", "/good"]


@pytest.mark.parametrize(
    ("behaviour", "fault"),
    [
        (not_found, "answered 404 Not Found"),
        (status(503), "answered 503 Service Unavailable (3 times)"),
        (page("text/html"), "answered with a web page instead of the file"),
        (page("application/zip"), "answered with a web page instead of the file"),
        (ignore_range, "answered with 300000 bytes whose checksum is not md5:"),
        (status(204), "answered 204"),
        (lost, "cannot be asked"),
        (babble, "cannot be reached"),
        (boast, "answered with 300000 bytes whose checksum is not"),
    ],
)
def test_a_refusal_names_address_fault_and_place(mirror: Mirror, cache: Path, behaviour, fault: str):
    address = mirror.serve("/file", OTHER, behaviour)
    sentence = refusal(wanted(address))
    assert f"{address} {fault}" in sentence
    assert str(cache / "things" / "file.bin") in sentence
    assert left(cache) == set()


def test_a_page_does_not_destroy_what_has_come_before(mirror: Mirror):
    remote = wanted(mirror.serve("/file", CONTENT, cut(200_000), page("text/html"), serve))
    assert "web page" in refusal(remote)
    assert fetch(remote) == CONTENT
    assert mirror.requests[-1][1] == "bytes=200000-"


def test_a_server_that_always_breaks_off_and_lies_is_given_up(mirror: Mirror):
    assert "checksum" in refusal(wanted(mirror.serve("/file", OTHER, cut(160_000))))
    assert len(mirror.requests) == 4


@pytest.mark.parametrize("behaviour", [serve, without_length])
def test_an_answer_that_is_too_large_is_not_kept(mirror: Mirror, cache: Path, behaviour):
    address = mirror.serve("/file", CONTENT, behaviour)
    assert "more than 250000 bytes" in refusal(Remote("things/file.bin", (address,), md5(CONTENT), largest=250_000))
    assert left(cache) == set()


def test_a_server_that_is_not_there_is_named(mirror: Mirror):
    remote = wanted(mirror.serve("/file", CONTENT))
    mirror.stop()
    assert "cannot be reached (3 times)" in refusal(remote)


# A disk that is full


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A cache of 200 kB; `grow` makes it larger."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", place], check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    monkeypatch.setenv("SOAPBUBBLE_CACHE", str(place))
    yield lambda: subprocess.run(["mount", "-o", "remount,size=2m", place], check=True)
    subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("behaviour", [serve, without_length])
def test_a_full_disk_is_named_and_the_download_goes_on_when_there_is_room(mirror: Mirror, small_disk, behaviour):
    remote = wanted(mirror.serve("/file", CONTENT, behaviour, serve))
    sentence = refusal(remote)
    assert "file.bin" in sentence
    assert "No space left on device" in sentence
    # Where the server says how much will come, not even the first byte is written.
    assert ((download.cache_folder() / "things" / "file.bin.part").stat().st_size == 0) == (behaviour is serve)
    small_disk()
    assert fetch(remote) == CONTENT


def test_a_disk_that_only_tells_when_all_is_written_is_named(mirror: Mirror, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    remote = wanted(mirror.serve("/file", CONTENT))
    with monkeypatch.context() as patched:
        patched.setattr(download.os, "fsync", full)
        assert "No space left on device" in refusal(remote)
    assert fetch(remote) == CONTENT
    assert mirror.sent == len(CONTENT)


def test_a_cache_that_cannot_be_made_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "taken").write_text("a file where the folder should be")
    monkeypatch.setenv("SOAPBUBBLE_CACHE", str(tmp_path / "taken"))
    with pytest.raises(SoapbubbleError, match=r"taken.* name another cache in SOAPBUBBLE_CACHE"):
        download.download(wanted("http://127.0.0.1:9/file"), HASTY)


def test_the_cache_lies_where_the_user_s_other_caches_lie(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SOAPBUBBLE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/mine")
    assert download.cache_folder() == Path("/var/mine/soapbubble")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/someone")
    assert download.cache_folder() == Path("/home/someone/.cache/soapbubble")


# Datasets and weights


def get(folder: Path, name: str, block: Digits | Faces | Photos) -> int:
    extras = [f"{name}-{extra}.npy" for extra in block.extras()]
    outputs = [str(folder / file) for file in (f"{name}.npy", f"{name}.json", *extras)]
    cfg = json.dumps({f"data.{name}": block.model_dump(mode="json")})
    return main(["fetch", name, "--cfg", cfg, "--output", *outputs, "--log", str(folder / "log")])


def packed_idx(array: np.ndarray) -> bytes:
    shape = b"".join(side.to_bytes(4, "big") for side in array.shape)
    return gzip.compress(bytes([0, 0, 8, array.ndim]) + shape + array.astype(np.uint8).tobytes())


def small_mnist() -> dict[str, bytes]:
    """Forty digits for training and twenty for testing; each image shows its number, the label is its last digit."""
    numbers = np.arange(60)
    images = np.broadcast_to(numbers[:, None, None], (60, 28, 28))
    return {
        f"{half}-{kind}.gz": packed_idx(content[slice(*rows)])
        for half, rows in (("train", (0, 40)), ("t10k", (40, 60)))
        for kind, content in (("images-idx3-ubyte", images), ("labels-idx1-ubyte", numbers % 10))
    }


def test_mnist_is_downloaded_once_in_its_own_split(tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch):
    listed = [
        Listed(name, (mirror.serve(f"/{name}", content),), md5(content)) for name, content in small_mnist().items()
    ]
    monkeypatch.setattr(mnist, "mnist_files", lambda: listed)
    block = Digits(download="mnist", size=28, count=None, test_share=0.5, seed=1)
    assert get(tmp_path / "first", "digits", block) == 0
    mirror.stop()
    assert get(tmp_path / "second", "digits", block) == 0
    first, second = (load(tmp_path / place / "digits.npy") for place in ("first", "second"))
    assert first.card == second.card
    assert first.card.splits == {"train": 40, "test": 20}
    assert np.array_equal(first.images[:, 0, 0, 0], np.arange(60))
    assert np.array_equal(first.extras["labels"], np.arange(60) % 10)
    assert len(mirror.requests) == 4


@pytest.mark.parametrize("packed", [True, False])
def test_a_folder_with_mnist_s_files_goes_before_the_download(tmp_path: Path, packed: bool):
    (tmp_path / "mine").mkdir()
    for name, content in small_mnist().items():
        file = tmp_path / "mine" / (name if packed else name.removesuffix(".gz"))
        file.write_bytes(content if packed else gzip.decompress(content))
    block = Digits(download="mnist", path=str(tmp_path / "mine"), size=28, count=30, test_share=0.5, seed=1)
    assert get(tmp_path / "out", "digits", block) == 0
    dataset = load(tmp_path / "out" / "digits.npy")
    assert dataset.card.splits == {"train": 20, "test": 10}
    assert np.all(dataset.train < 40)
    assert np.all(dataset.test >= 40)
    assert np.array_equal(dataset.images[:, 0, 0, 0] % 10, dataset.extras["labels"])
    assert np.bincount(dataset.extras["labels"]).tolist() == [3] * 10


def test_halves_of_different_datasets_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for name, content in small_mnist().items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(packed_idx(np.zeros((20, 32, 32))))
    block = Digits(path=str(tmp_path), size=28, count=None, test_share=0.5, seed=1)
    assert get(tmp_path / "out", "digits", block) == 1
    assert "images of 32x32 pixels" in capsys.readouterr().err


def test_celeba_that_is_refused_can_be_put_into_place_by_hand(
    tmp_path: Path, cache: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    photographs = np.random.default_rng(1).integers(0, 256, (10, 24, 20, 3), np.uint8)
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for number, pixels in enumerate(photographs, 1):
            Image.fromarray(pixels).save(tmp_path / "one.png")
            archive.write(tmp_path / "one.png", f"img_align_celeba/{number:06d}.png")
    address = mirror.serve("/celeba", b"", page("text/html"))
    listed = Listed("img_align_celeba.zip", (address,), md5((tmp_path / "mine.zip").read_bytes()))
    monkeypatch.setattr(celeba, "celeba_photographs", lambda: listed)
    block = Faces(download="celeba", size=16, count=None, test_share=0.2, seed=1)
    assert get(tmp_path / "out", "faces", block) == 1
    place = cache / "celeba" / "img_align_celeba.zip"
    assert f"put it at {place}" in capsys.readouterr().err
    shutil.copy(tmp_path / "mine.zip", place)
    assert get(tmp_path / "out", "faces", block) == 0
    dataset = load(tmp_path / "out" / "faces.npy")
    assert dataset.images.shape == (10, 16, 16, 3)
    assert dataset.card.tier == "source"


@pytest.fixture
def resnet18(mirror: Mirror, monkeypatch: pytest.MonkeyPatch):
    """Serve a file as the weights of ResNet-18."""

    def offer(file: Path) -> None:
        content = file.read_bytes()
        beginning = hashlib.sha256(content).hexdigest()[:8]
        listed = Listed(f"resnet18-{beginning}.pth", (mirror.serve("/weights", content),), f"sha256:{beginning}")
        monkeypatch.setattr(weights, "imagenet_weights", lambda name: listed)

    return offer


def test_weights_arrive_unchanged_and_draw_nothing_random(tmp_path: Path, resnet18):
    original = vision.untrained_resnet("resnet18").eval()
    torch.save(original.state_dict(), tmp_path / "weights.pth")
    resnet18(tmp_path / "weights.pth")
    before = torch.get_rng_state()
    network = weights.resnet("resnet18")
    assert torch.equal(torch.get_rng_state(), before)
    images = torch.rand(1, 3, 64, 64)
    assert torch.equal(network(images), original(images))
    assert not network.training
    assert not any(weight.requires_grad for weight in network.parameters())


def test_a_network_of_ones_own_may_be_a_resnet_as_imagenet_left_it(project: Path, tmp_path: Path, resnet18):
    original = vision.untrained_resnet("resnet18").eval()
    torch.save(original.state_dict(), tmp_path / "weights.pth")
    resnet18(tmp_path / "weights.pth")
    network = _network(Own(model="resnet18", weights="imagenet", layers=["layer1"]))
    images = torch.rand(1, 3, 64, 64)
    assert torch.equal(network(images), original(images))
    with pytest.raises(SoapbubbleError, match=r"'depth\.own'.*imagenet.*resnet152.*squeezenet1_1"):
        load_config([project / "config.yaml"], ["depth={own: {weights: imagenet}}"])


class Trap:
    """What a hostile file of weights holds: unpickled, it writes a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return Path.touch, (self.target,)


def bad_trap(file: Path) -> None:
    torch.save({"fc.weight": Trap(file.with_name("sprung"))}, file)


def bad_old_trap(file: Path) -> None:
    file.write_bytes(pickle.dumps(Trap(file.with_name("sprung")), protocol=2))


def bad_text(file: Path) -> None:
    file.write_text("no weights")


def bad_cut(file: Path) -> None:
    torch.save({"fc.weight": torch.zeros(1000, 512)}, file)
    file.write_bytes(file.read_bytes()[:1000])


def bad_list(file: Path) -> None:
    torch.save([1, 2], file)


def bad_infinite(file: Path) -> None:
    torch.save({"fc.weight": torch.full((1000, 512), torch.inf)}, file)


def bad_missing(file: Path) -> None:
    torch.save({"fc.weight": torch.zeros(1000, 512)}, file)


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (bad_trap, "is no file of weights alone"),
        (bad_old_trap, "is no file of weights alone"),
        (bad_text, "is no file of weights alone"),
        (bad_cut, "is no file of weights alone"),
        (bad_list, "holds something else than named weights"),
        (bad_infinite, "fc.weight is not finite"),
        (bad_missing, "conv1.weight is missing"),
    ],
)
def test_weights_that_are_no_weights_are_refused_and_nothing_in_them_runs(tmp_path: Path, resnet18, spoil, fault: str):
    spoil(tmp_path / "weights.pth")
    resnet18(tmp_path / "weights.pth")
    with pytest.raises(SoapbubbleError, match=fault) as caught:
        weights.resnet("resnet18")
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")
    assert not (tmp_path / "sprung").exists()


def test_torchvision_names_every_file_with_a_checksum():
    names = ("resnet18", "resnet50", "resnet152")
    listed = [*vision.mnist_files(), vision.celeba_photographs(), *map(vision.imagenet_weights, names)]
    assert len({file.name for file in listed}) == 8
    for file in listed:
        algorithm, _, beginning = file.digest.partition(":")
        assert (algorithm, len(beginning)) in {("md5", 32), ("sha256", 8)}
        assert int(beginning, 16)
        assert all(address.startswith("http") for address in file.addresses)


# Without a network


def test_the_built_in_data_ask_nobody(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    config = validate(yaml.safe_load((project / "config.yaml").read_text()))
    smaller = {"digits": {"count": 60}, "photos": {"size": 32, "count": 20}, "faces": {"size": 32, "count": 9}}
    for name, block in config.data:
        assert block.is_built_in
        assert get(tmp_path, name, block.model_copy(update=smaller[name])) == 0
