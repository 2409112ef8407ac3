"""Archives from anywhere: what is sound comes out whole, what is not does no harm and leaves nothing."""

import gzip
import io
import json
import random
import stat
import struct
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from soapbubble.cli import main
from soapbubble.config.data import Faces
from soapbubble.data.archives import Limits, open_zip, unpack
from soapbubble.data.dataset import load
from soapbubble.errors import SoapbubbleError

SOUND = {"a.txt": b"first", "deep/er/b.bin": bytes(range(256)) * 9, "deep/empty": b"", "two words.txt": b"last"}
AMPLE = Limits()
SMALL = Limits(total=50_000_000, count=20, ratio=100, harmless=1_000_000)
HOSTILE_NAMES = [
    "../out.txt",
    "deep/../../out.txt",
    "/tmp/out.txt",
    "..",
    "..\\out.txt",
    "C:\\out.txt",
    "C:out.txt",
    "\\\\host\\share\\out.txt",
]


def make_zip(file: Path, members: Iterable[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file


def make_tar(file: Path, members: Iterable[tuple[str | tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(file, "w:gz") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name) if isinstance(name, str) else name
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file


Maker = Callable[[Path, Iterable[tuple[str, bytes]]], Path]
BOTH = pytest.mark.parametrize(("make", "name"), [(make_zip, "some.zip"), (make_tar, "some.tar.gz")])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refusal(archive: Path, limits: Limits = AMPLE) -> str:
    """The complaint about an archive; beside it nothing may appear."""
    before = set(archive.parents[1].rglob("*"))
    with pytest.raises(SoapbubbleError) as caught:
        unpack(archive, archive.parent / "out", limits)
    assert set(archive.parents[1].rglob("*")) == before
    sentence = str(caught.value)
    assert str(archive) in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def special(kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo("odd")
    info.type, info.linkname = kind, target
    return info


@BOTH
def test_a_sound_archive_comes_out_whole(tmp_path: Path, make: Maker, name: str):
    archive = make(tmp_path / name, SOUND.items())
    unpack(archive, tmp_path / "new" / "out")
    assert contents(tmp_path / "new" / "out") == SOUND
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["out"]


def test_what_common_programs_pack_comes_out_whole(tmp_path: Path):
    for name, content in SOUND.items():
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).write_bytes(content)
    subprocess.run(["tar", "-czf", tmp_path / "some.tgz", "-C", tmp_path / "mine", "."], check=True)
    unpack(tmp_path / "some.tgz", tmp_path / "out")
    assert contents(tmp_path / "out") == SOUND


def test_nothing_becomes_executable_or_changes_its_owner(tmp_path: Path):
    info = tarfile.TarInfo("run.sh")
    info.mode, info.uid, info.gid = 0o6777, 12345, 12345
    unpack(make_tar(tmp_path / "some.tar.gz", [(info, b"#!/bin/sh")]), tmp_path / "out")
    found = (tmp_path / "out" / "run.sh").stat()
    assert not found.st_mode & (stat.S_IXUSR | stat.S_ISUID | stat.S_ISGID)
    assert found.st_uid == tmp_path.stat().st_uid


def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path):
    (tmp_path / ".part-out").mkdir()
    (tmp_path / ".part-out" / "a.txt").write_text("half")
    unpack(make_zip(tmp_path / "some.zip", SOUND.items()), tmp_path / "out")
    assert contents(tmp_path / "out") == SOUND
    assert not (tmp_path / ".part-out").exists()


@BOTH
@pytest.mark.parametrize("hostile", HOSTILE_NAMES)
def test_no_path_leaves_the_folder(tmp_path: Path, make: Maker, name: str, hostile: str):
    (tmp_path / "in").mkdir()
    archive = make(tmp_path / "in" / name, [("a.txt", b"good"), (hostile, b"bad")])
    assert "names a place outside its own folder" in refusal(archive)


def test_a_zip_with_a_path_that_leaves_is_not_even_read_from(tmp_path: Path):
    with pytest.raises(SoapbubbleError, match="outside its own folder"):
        open_zip(make_zip(tmp_path / "some.zip", [("../out.png", b"bad")]))


@pytest.mark.parametrize(
    ("info", "fault"),
    [
        (special(tarfile.SYMTYPE, "/etc/passwd"), "holds a link (odd)"),
        (special(tarfile.SYMTYPE, ".."), "holds a link (odd)"),
        (special(tarfile.LNKTYPE, "a.txt"), "holds a link (odd)"),
        (special(tarfile.LNKTYPE, "../../etc/passwd"), "holds a link (odd)"),
        (special(tarfile.CHRTYPE), "holds something that is neither file nor folder (odd)"),
        (special(tarfile.BLKTYPE), "holds something that is neither file nor folder (odd)"),
        (special(tarfile.FIFOTYPE), "holds something that is neither file nor folder (odd)"),
    ],
)
def test_a_tar_with_links_or_devices_is_refused(tmp_path: Path, info: tarfile.TarInfo, fault: str):
    (tmp_path / "in").mkdir()
    members = [("a.txt", b"good"), (info, b""), ("odd/through.txt", b"bad")]
    assert fault in refusal(make_tar(tmp_path / "in" / "some.tar.gz", members))


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        (stat.S_IFLNK, "holds a link"),
        (stat.S_IFCHR, "neither file nor folder"),
        (stat.S_IFIFO, "neither file nor folder"),
    ],
)
def test_a_zip_with_links_or_devices_is_refused(tmp_path: Path, kind: int, fault: str):
    (tmp_path / "in").mkdir()
    info = zipfile.ZipInfo("odd")
    info.external_attr = (kind | 0o777) << 16
    assert fault in refusal(make_zip(tmp_path / "in" / "some.zip", [("a.txt", b"good"), (info, b"/etc/passwd")]))


@BOTH
@pytest.mark.parametrize("twice", [("a", "a"), ("a", "a/b"), ("a/b", "a")])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_no_member_overwrites_another(tmp_path: Path, make: Maker, name: str, twice: tuple[str, str]):
    (tmp_path / "in").mkdir()
    assert "two things of one name" in refusal(make(tmp_path / "in" / name, [(one, b"x") for one in twice]))


# Bombs


@BOTH
def test_a_bomb_is_refused_by_its_ratio(tmp_path: Path, make: Maker, name: str):
    (tmp_path / "in").mkdir()
    archive = make(tmp_path / "in" / name, [("zeros", bytes(20_000_000))])
    assert archive.stat().st_size < 30_000
    assert "more than 100 times its size" in refusal(archive, SMALL)


@BOTH
def test_a_bomb_is_refused_by_the_sum_of_its_files(tmp_path: Path, make: Maker, name: str):
    (tmp_path / "in").mkdir()
    content = random.Random(3).randbytes(100_000)
    archive = make(tmp_path / "in" / name, [(f"{number}", content) for number in range(11)])
    assert "unpacks to more than 1000000 bytes" in refusal(archive, Limits(total=1_000_000))


@BOTH
def test_a_bomb_is_refused_by_the_number_of_its_files(tmp_path: Path, make: Maker, name: str):
    (tmp_path / "in").mkdir()
    archive = make(tmp_path / "in" / name, [(f"{number}", b"") for number in range(21)])
    assert "holds more than 20 files" in refusal(archive, SMALL)


def test_a_zip_that_lies_about_its_sizes_is_refused(tmp_path: Path):
    (tmp_path / "in").mkdir()
    archive = make_zip(tmp_path / "in" / "some.zip", [("zeros", bytes(20_000_000))])
    honest = struct.pack("<I", 20_000_000)
    archive.write_bytes(archive.read_bytes().replace(honest, struct.pack("<I", 10)))
    refusal(archive, SMALL)


def test_a_zip_member_without_a_name_is_refused(tmp_path: Path):
    file = make_zip(tmp_path / "bad.zip", [("a", b"content")])
    data = bytearray(file.read_bytes())
    entry = data.index(b"PK\1\2")
    data[entry + 28], data[entry + 30] = 0, 1  # the name's one letter becomes something else about the file
    file.write_bytes(data)
    with pytest.raises(SoapbubbleError, match=r"bad\.zip"):
        unpack(file, tmp_path / "unpacked")
    assert open_zip(file).namelist() == [""]


def test_a_tar_header_that_asks_for_much_memory_is_refused(tmp_path: Path):
    (tmp_path / "in").mkdir()
    info = special(tarfile.XHDTYPE)
    info.size = 3 * 2**30
    archive = tmp_path / "in" / "some.tar.gz"
    archive.write_bytes(gzip.compress(info.tobuf(tarfile.USTAR_FORMAT) + bytes(10_000)))
    assert "has a header of" in refusal(archive)


def test_a_bomb_in_a_tar_header_is_refused_by_its_ratio(tmp_path: Path):
    (tmp_path / "in").mkdir()
    info = special(tarfile.XHDTYPE)
    info.size = 10_000_000
    archive = tmp_path / "in" / "some.tar.gz"
    archive.write_bytes(gzip.compress(info.tobuf(tarfile.USTAR_FORMAT) + bytes(info.size)))
    assert "more than 100 times its size" in refusal(archive, SMALL)


def test_what_the_disk_has_no_room_for_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "in").mkdir()
    archive = make_zip(tmp_path / "in" / "some.zip", SOUND.items())
    monkeypatch.setattr("soapbubble.data.archives.shutil.disk_usage", lambda _: SimpleNamespace(free=2000))
    assert "more than the disk has room for" in refusal(archive)


def test_a_folder_that_is_there_already_is_left_alone(tmp_path: Path):
    archive = make_zip(tmp_path / "some.zip", SOUND.items())
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(SoapbubbleError, match="out"):
        unpack(archive, tmp_path / "out")
    assert contents(tmp_path / "out") == {"mine.txt": b"mine"}


# Damage


@BOTH
def test_an_archive_is_refused_at_whatever_byte_it_ends(tmp_path: Path, make: Maker, name: str):
    (tmp_path / "in").mkdir()
    archive = make(tmp_path / "in" / name, SOUND.items())
    whole = archive.read_bytes()
    for end in [0, 1, *range(2, len(whole), 23), len(whole) - 1]:
        archive.write_bytes(whole[:end])
        assert "not all of one" in refusal(archive)


def test_a_tar_that_goes_on_after_a_spoilt_header_is_refused(tmp_path: Path):
    (tmp_path / "in").mkdir()
    archive = make_tar(tmp_path / "in" / "some.tar.gz", SOUND.items())
    unpacked = bytearray(gzip.decompress(archive.read_bytes()))
    unpacked[1024 + 150] ^= 0xFF  # the checksum of the second header
    archive.write_bytes(gzip.compress(unpacked))
    assert "not all of one" in refusal(archive)


@BOTH
def test_whatever_bytes_are_changed_nothing_but_a_sentence_comes_of_it(tmp_path: Path, make: Maker, name: str):
    (tmp_path / "in").mkdir()
    archive = make(tmp_path / "in" / name, SOUND.items())
    whole = archive.read_bytes()
    dice = random.Random(4)
    for number in range(150):
        spoilt = bytearray(whole if name.endswith("zip") else gzip.decompress(whole))
        for _ in range(dice.randint(1, 6)):
            spoilt[dice.randrange(len(spoilt))] = dice.randrange(256)
        archive.write_bytes(spoilt if name.endswith("zip") else gzip.compress(spoilt, 1))
        folder = tmp_path / "in" / str(number)
        complaint = ""
        try:
            unpack(archive, folder)
        except SoapbubbleError as error:
            complaint = str(error)
        assert folder.exists() == (complaint == "")
        assert "\n" not in complaint
    assert {path.name for path in tmp_path.iterdir()} == {"in"}


@pytest.mark.parametrize("suffix", ["zip", "tar.gz"])
def test_a_file_that_is_no_archive_is_named(tmp_path: Path, suffix: str):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"some.{suffix}").write_text("<html>not here</html>")
    assert f"is not a {suffix} file" in refusal(tmp_path / "in" / f"some.{suffix}")


# In the workflow


def fetch(tmp_path: Path, path: Path) -> int:
    block = Faces(path=str(path), size=None, count=None, test_share=0.25, seed=0)
    cfg = json.dumps({"data.faces": block.model_dump(mode="json")})
    outputs = [str(tmp_path / "data" / name) for name in ("faces.npy", "faces.json")]
    return main(["fetch", "faces", "--cfg", cfg, "--output", *outputs, "--log", str(tmp_path / "log")])


def test_images_in_a_tar_come_back_unchanged_and_leave_nothing_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    images = np.random.default_rng(2).integers(0, 256, (8, 12, 10, 3), np.uint8)
    members = []
    for number, pixels in enumerate(images):
        packed = io.BytesIO()
        Image.fromarray(pixels).save(packed, "png")
        members.append((f"deep/{number}.png", packed.getvalue()))
    assert fetch(tmp_path, make_tar(tmp_path / "mine.tgz", members)) == 0
    found = load(tmp_path / "data" / "faces.npy").images
    assert {image.tobytes() for image in found} == {image.tobytes() for image in images}
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_hostile_tar_as_a_dataset_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert fetch(tmp_path, make_tar(tmp_path / "mine.tar.gz", [("../out.png", b"bad")])) == 1
    assert "mine.tar.gz: names a place outside its own folder (../out.png)" in capsys.readouterr().err
    assert not list((tmp_path / "data").glob("*"))
