"""Archives from anywhere, read without harm: no path leaves the folder, no link is made, no bomb fills the disk."""

from __future__ import annotations

import gzip
import lzma
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import IO

from soapbubble.errors import SoapbubbleError

TAR_SUFFIXES = (".tar.gz", ".tgz")
CHUNK = 2**20  # bytes
LARGEST_READ = 16 * 2**20  # bytes of a tar.gz asked for at once; only a forged header makes tarfile ask for more


# What the readers of the standard library raise at damaged archives; RuntimeError also at encrypted ones.
DAMAGES = (
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class Limits:
    """What an archive may hold."""

    total: int = 64 * 2**30
    """Bytes of all files together, unpacked."""
    count: int = 500_000
    """Files and folders."""
    ratio: float = 200.0
    """Bytes unpacked for each byte packed; pictures are near 1, text is below 20."""
    harmless: int = 64 * 2**20
    """Bytes unpacked that are allowed whatever the ratio."""


@dataclass(frozen=True)
class _Member:
    """One file or folder in an archive."""

    name: str
    kind: str  # "file", "folder", or what else it is, in words
    size: int  # bytes unpacked, as the archive says
    open: Callable[[], IO[bytes]]


def is_tar(path: Path) -> bool:
    """Whether the name is that of a packed tar."""
    return path.name.lower().endswith(TAR_SUFFIXES)


def unpack(archive: Path, folder: Path, limits: Limits = Limits()) -> None:
    """Unpack a .zip or .tar.gz into `folder`, which must not exist yet and appears only when all is in it.

    Raises:
        SoapbubbleError: the archive is damaged, holds more than `limits` or anything but plain files and folders,
            or names a place outside the folder; nothing is left behind.
    """
    hidden = folder.with_name(f".part-{folder.name}")
    with _in_one_sentence(archive):
        shutil.rmtree(hidden, ignore_errors=True)  # left behind by a run that was killed
        hidden.mkdir(parents=True)
        try:
            # A tenth of the disk is left to those who work beside us.
            budget = _Budget(archive, limits, room=0.9 * shutil.disk_usage(hidden).free)
            members = _zip_members if archive.suffix.lower() == ".zip" else _tar_members
            for member in members(archive, budget):
                _put(member, hidden, budget)
            hidden.rename(folder)
        finally:
            shutil.rmtree(hidden, ignore_errors=True)


def open_zip(archive: Path, limits: Limits = Limits()) -> zipfile.ZipFile:
    """Open a .zip whose list of members was checked as `unpack` does, to read single members from it.

    Raises:
        SoapbubbleError: as for `unpack`.
    """
    with _in_one_sentence(archive):
        budget = _Budget(archive, limits)
        for member in _zip_members(archive, budget):
            budget.check(member)
            budget.add(member.size)
        return zipfile.ZipFile(archive)


class _Budget:
    """What an archive has used of its limits."""

    def __init__(self, archive: Path, limits: Limits, room: float = float("inf")) -> None:
        self.archive, self.limits, self.room = archive, limits, room
        self.count = self.bytes = 0
        self.plausible = max(limits.harmless, limits.ratio * archive.stat().st_size)

    def check(self, member: _Member) -> None:
        """Refuse one member too many, a place outside, and what is neither file nor folder."""
        self.count += 1
        if self.count > self.limits.count:
            raise self.fault(f"holds more than {self.limits.count} files")
        if not _stays_inside(member.name):
            raise self.fault(f"names a place outside its own folder ({_printable(member.name)})")
        if member.kind not in ("file", "folder"):
            raise self.fault(f"holds {member.kind} ({_printable(member.name)})")

    def add(self, size: int) -> None:
        """Count bytes when they come, because headers may lie about them."""
        self.bytes += size
        if self.bytes > self.limits.total:
            raise self.fault(f"unpacks to more than {self.limits.total} bytes")
        if self.bytes > self.room:
            raise SoapbubbleError(f"{self.archive}: unpacks to more than the disk has room for; free some space.")
        self.is_plausible(self.bytes)

    def is_plausible(self, size: int) -> None:
        """Refuse what unpacks to many times its size."""
        if size > self.plausible:
            raise self.fault(f"unpacks to more than {self.limits.ratio:g} times its size, as only a trap does")

    def fault(self, what: str) -> SoapbubbleError:
        return SoapbubbleError(f"{self.archive}: {what}; do not use this archive, get another one.")


def _stays_inside(name: str) -> bool:
    """Whether a name leads into the folder on every kind of system."""
    paths: tuple[PurePath, ...] = (PurePosixPath(name), PureWindowsPath(name))
    return "\0" not in name and all(not path.anchor and ".." not in path.parts for path in paths)


def _printable(name: str) -> str:
    return name.encode("unicode_escape").decode()[:100]


def _put(member: _Member, place: Path, budget: _Budget) -> None:
    budget.check(member)
    target = place / member.name
    try:
        if member.kind == "folder":
            target.mkdir(parents=True, exist_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        # Only into a new file: no member overwrites another, and no link is in a folder that was empty.
        with member.open() as source, open(target, "xb") as file:
            while chunk := source.read(CHUNK):
                budget.add(len(chunk))
                file.write(chunk)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise budget.fault(f"holds two things of one name ({_printable(member.name)})") from error


def _zip_members(archive: Path, budget: _Budget) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            mode = info.external_attr >> 16  # of Unix; 0 where the archive comes from elsewhere
            plain = "folder" if info.filename.endswith("/") else "file"
            kind = plain if stat.S_IFMT(mode) in (0, stat.S_IFREG, stat.S_IFDIR) else _strange(stat.S_ISLNK(mode))
            yield _Member(info.filename, kind, info.file_size, partial(opened.open, info))


def _tar_members(archive: Path, budget: _Budget) -> Iterator[_Member]:
    with _WatchedGzip(archive, budget) as stream, tarfile.open(fileobj=stream, mode="r:") as opened:
        for info in opened:
            plain = "file" if info.isreg() else "folder"
            kind = plain if info.isreg() or info.isdir() else _strange(info.issym() or info.islnk())
            yield _Member(info.name, kind, info.size, partial(_contents, opened, info))
        # tarfile takes a spoilt header for the end; and the stream's own checksum comes last.
        stream.seek(opened.offset)
        while chunk := stream.read(CHUNK):
            if chunk.strip(b"\0"):
                raise tarfile.ReadError("goes on after a header that cannot be read")


def _contents(archive: tarfile.TarFile, file: tarfile.TarInfo) -> IO[bytes]:
    contents = archive.extractfile(file)
    assert contents is not None  # only folders and the like have none
    return contents


def _strange(link: bool) -> str:
    return "a link" if link else "something that is neither file nor folder"


class _WatchedGzip(gzip.GzipFile):
    """A packed tar that is never unpacked into memory beyond what is plausible, whatever its headers ask for."""

    def __init__(self, archive: Path, budget: _Budget) -> None:
        super().__init__(archive, "rb")
        self._budget = budget

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= LARGEST_READ:
            raise tarfile.ReadError(f"has a header of {size} bytes")
        data = super().read(size)
        self._budget.is_plausible(self.tell())
        return data


@contextmanager
def _in_one_sentence(archive: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGES as error:
        kind = "zip" if archive.suffix.lower() == ".zip" else "tar.gz"
        raise SoapbubbleError(
            f"{archive}: is not a {kind} file, or not all of one ({error}); make or copy it again."
        ) from error
    except OSError as error:
        raise SoapbubbleError(
            f"{error.filename or archive}: cannot be read or written while {archive.name} is unpacked "
            f"({error.strerror or error}); make room or unlock that place."
        ) from error
