"""Files from the network, kept in a cache: whole and verified under their final name, or not there at all."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import re
import shutil
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import requests
import urllib3
from filelock import FileLock, SoftFileLock

from soapbubble import __version__
from soapbubble.errors import SoapbubbleError
from soapbubble.progress import byte_meter
from soapbubble.provenance.lock import WITHOUT_LOCKS

CHUNK = 2**16  # bytes
GAIN = 2**20  # bytes after which an attempt was worth it, although it broke off
TRANSIENT = {408, 425, 429, 500, 502, 503, 504}  # statuses that may be another one in a while
WEB_PAGE = "answered with a web page instead of the file"


@dataclass(frozen=True)
class Remote:
    """A file that can be downloaded."""

    name: str
    """Where it lies in the cache, such as "mnist/train-images-idx3-ubyte.gz"."""
    addresses: tuple[str, ...]
    """Mirrors, in the order in which they are tried."""
    digest: str
    """ "md5:" or "sha256:" and the hexadecimal text, or the beginning of it."""
    largest: int = 4 * 2**30
    """Bytes beyond which no answer can be this file."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for a mirror, and how often to try it."""

    connect: float = 15.0
    """Seconds for a connection."""
    stall: float = 60.0
    """Seconds without a byte."""
    attempts: int = 5
    """Attempts in a row that bring less than a mebibyte, each mirror."""
    wait: float = 1.0
    """Seconds before the second attempt; doubled before each further one."""
    longest_wait: float = 30.0
    """Seconds that no wait exceeds."""


class _Refused(Exception):
    """This mirror does not have the file."""


class _Interrupted(Exception):
    """This mirror may still have it: worth another attempt."""


def cache_folder() -> Path:
    """Where downloads are kept: `SOAPBUBBLE_CACHE`, or `soapbubble` in the user's cache folder.

    Raises:
        SoapbubbleError: the user has no home folder.
    """
    named = os.environ.get("SOAPBUBBLE_CACHE")
    if named:
        return Path(named)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "soapbubble"
    except RuntimeError:
        raise SoapbubbleError(
            "downloads have no place: you have no home folder here; name a folder for them in SOAPBUBBLE_CACHE."
        ) from None


def download(remote: Remote, patience: Patience = Patience()) -> Path:
    """The path of the file in the cache; it is downloaded if it is not there yet, by one job at a time.

    A file that is there and was verified costs no request. What a broken download leaves (`<name>.part`) is continued
    by the next one.

    Raises:
        SoapbubbleError: no mirror has the file, or the cache cannot be written.
    """
    target = cache_folder() / remote.name
    try:
        if not _is_verified(target, remote.digest):
            target.parent.mkdir(parents=True, exist_ok=True)
            with _turn(target):
                # Another job may have brought it while this one waited.
                if not _is_verified(target, remote.digest):
                    _bring(remote, target, patience)
    except OSError as error:
        raise SoapbubbleError(
            f"{error.filename or target}: cannot be written or read ({error.strerror or error}); free or unlock that "
            "place, or name another cache in SOAPBUBBLE_CACHE, and run again: the download goes on where it ended."
        ) from error
    return target


@contextmanager
def _turn(target: Path) -> Iterator[None]:
    """Wait until no other job brings `target`; on a file system without locks a file stands for one, with a warning."""
    place = f"{target}.lock"
    with ExitStack() as held:
        try:
            held.enter_context(FileLock(place, fallback_to_soft=False))
        except OSError as error:
            if error.errno not in WITHOUT_LOCKS:
                raise
            mark = f"{target}.busy"
            warnings.warn(
                f"{place}: this file system has no locks; should a download wait for ever, remove {mark}.", stacklevel=2
            )
            held.enter_context(SoftFileLock(mark))
        yield


def _is_verified(target: Path, digest: str) -> bool:
    """Whether the file is there with its digest; verified once, it is only looked at until it changes."""
    if not target.exists():
        return False
    state = target.stat()
    seal = json.dumps({"size": state.st_size, "mtime_ns": state.st_mtime_ns, "digest": digest}).encode()
    note = Path(f"{target}.verified")
    if note.is_file() and note.read_bytes() == seal:
        return True
    if not _has_digest(target, digest):
        return False
    with suppress(OSError):  # a cache that may only be read is verified each time
        note.write_bytes(seal)
    return True


def _has_digest(path: Path, digest: str) -> bool:
    algorithm, _, beginning = digest.partition(":")
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False))
    return found.hexdigest().startswith(beginning)


def _bring(remote: Remote, target: Path, patience: Patience) -> None:
    """Try the mirrors one after the other; what one has begun, the next one continues."""
    faults = []
    for address in remote.addresses:
        try:
            _bring_from(address, remote, target, patience)
            return
        except _Refused as fault:
            logging.warning("%s %s", address, fault)
            faults.append(f"{address} {fault}")
    raise SoapbubbleError(
        f"{remote.name}: could not be downloaded ({'; '.join(faults)}); run again when the network allows it, "
        f"or get the file in another way and put it at {target}."
    )


def _bring_from(address: str, remote: Remote, target: Path, patience: Patience) -> None:
    part = _Part(target)
    fruitless = 0
    pieces = anew = False
    while True:
        before = part.size
        pieces = pieces or before > 0
        try:
            _receive(address, part, remote.largest, patience)
        except _Interrupted as fault:
            fruitless = 1 if part.size - before >= GAIN else fruitless + 1
            if fruitless >= patience.attempts:
                raise _Refused(f"{fault} ({fruitless} times)") from fault
            logging.info("%s %s; trying again", address, fault)
            time.sleep(min(patience.wait * 2 ** (fruitless - 1), patience.longest_wait))
            continue
        if _has_digest(part.path, remote.digest):
            break
        size = part.size
        part.discard()
        if anew or not pieces:
            raise _Refused(f"answered with {size} bytes whose checksum is not {remote.digest}")
        logging.info("%s: the pieces do not make up the file; starting anew", address)
        pieces, anew = False, True
    part.publish()
    _is_verified(target, remote.digest)


def _receive(address: str, part: _Part, largest: int, patience: Patience) -> None:
    """One request for what is still missing; what comes is added to `part` as it comes."""
    have = part.size
    if have and have == part.known().get("total"):
        return  # the last run was stopped between the last byte and the final name
    headers = {"Accept-Encoding": "identity", "User-Agent": f"soapbubble/{__version__}", **part.wishes(address)}
    waits = (patience.connect, patience.stall)
    with _in_plain_words(patience), requests.get(address, headers=headers, stream=True, timeout=waits) as response:
        start = _start(response, part)
        length = re.fullmatch(r"\d{1,18}", response.headers.get("Content-Length", ""))
        total = start + int(length[0]) if length else None
        # The bytes as they are sent: a .gz file that a server calls "encoded" is not to be unpacked.
        chunks = response.raw.stream(CHUNK, decode_content=False)
        first = next(chunks, b"")
        if start == 0:
            if first.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
                raise _Refused(WEB_PAGE)
            part.begin(address, _validator(response), total)
        part.claim_room((total or 0) - start)
        with open(part.path, "ab") as file, byte_meter(f"downloading {part.name}", total, start) as meter:
            for chunk in chain([first], chunks):
                if max(total or 0, file.tell() + len(chunk)) > largest:
                    part.discard()
                    raise _Refused(f"answered with more than {largest} bytes, too many for this file")
                file.write(chunk)
                meter.update(len(chunk))


def _start(response: requests.Response, part: _Part) -> int:
    """The place of the answer's first byte in the file."""
    status = response.status_code
    if status in TRANSIENT:
        raise _Interrupted(f"answered {status} {response.reason}")
    if status == 416 and part.size:  # it has no byte beyond those that are here, so those are not its own
        part.discard()
        raise _Interrupted("has another file than the one that was begun")
    if status not in (200, 206):
        raise _Refused(f"answered {status} {response.reason}")
    if response.headers.get("Content-Type", "").startswith(("text/html", "application/xhtml")):
        raise _Refused(WEB_PAGE)
    if status == 200:  # all of it: the range was ignored, or the file has changed since
        return 0
    found = re.fullmatch(r"bytes (\d{1,18})-\d+/(\d{1,18}|\*)", response.headers.get("Content-Range", ""))
    total = part.known().get("total")
    if not found or int(found[1]) != part.size or (total and found[2] != "*" and int(found[2]) != total):
        part.discard()
        raise _Interrupted("answered with a piece that does not continue what is here")
    return part.size


def _validator(response: requests.Response) -> str | None:
    """What names this version of the file: a strong ETag, else the date."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified")


@contextmanager
def _in_plain_words(patience: Patience) -> Iterator[None]:
    """Turn what the libraries raise into what a reader understands, and into whether to try again."""
    try:
        yield
    except requests.ConnectTimeout as error:
        raise _Interrupted(f"did not answer within {patience.connect:g} s") from error
    except (requests.Timeout, urllib3.exceptions.ReadTimeoutError) as error:
        raise _Interrupted(f"sent nothing for {patience.stall:g} s") from error
    except requests.exceptions.SSLError as error:
        raise _Interrupted("has no certificate that is trusted here") from error
    except requests.ConnectionError as error:
        raise _Interrupted("cannot be reached") from error
    except (requests.RequestException, ValueError) as error:  # such as a redirection to nowhere
        raise _Refused(f"cannot be asked ({type(error).__name__})") from error
    except urllib3.exceptions.HTTPError as error:
        raise _Interrupted("broke off in the middle") from error


class _Part:
    """The beginning of a file: its bytes, and beside them where they came from."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.name = target.name
        self.path = Path(f"{target}.part")
        self._origin = Path(f"{target}.part.json")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def known(self) -> dict[str, Any]:
        """`address`, `validator` and `total` size of the file that was begun, as far as they are known."""
        try:
            origin = json.loads(self._origin.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return origin if isinstance(origin, dict) else {}

    def wishes(self, address: str) -> dict[str, str]:
        """The headers that ask for the rest, if this address still has the same version of the file."""
        if not self.size:
            return {}
        known = self.known()
        same = known.get("address") == address and known.get("validator")
        return {"Range": f"bytes={self.size}-"} | ({"If-Range": str(known["validator"])} if same else {})

    def begin(self, address: str, validator: str | None, total: int | None) -> None:
        self.path.write_bytes(b"")
        origin = {"address": address, "validator": validator, "total": total}
        self._origin.write_text(json.dumps(origin), encoding="utf-8")

    def claim_room(self, size: int) -> None:
        """Rather fail before the first byte than after the last one that fits."""
        if shutil.disk_usage(self.path.parent).free < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def publish(self) -> None:
        with open(self.path, "rb") as file:
            os.fsync(file.fileno())
        os.replace(self.path, self.target)
        self._origin.unlink(missing_ok=True)

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._origin.unlink(missing_ok=True)
