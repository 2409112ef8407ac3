"""Files that are either whole under their final name or not there at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from soapbubble.errors import SoapbubbleError
from soapbubble.folders import files_in

CLOCKS_DIFFER = 60  # seconds that a file server's clock may be ahead


@contextmanager
def staged(finals: Sequence[Path]) -> Iterator[dict[Path, Path]]:
    """Temporary places for the files of one job; at the end they are synced and take their final names.

    A file's temporary place has the same name in a hidden folder beside it. If the body raises, or leaves one of the
    files unwritten, the hidden folders are removed and no final name changes; those that a killed run left behind
    are removed when the same job runs again.

    Raises:
        SoapbubbleError: a folder cannot be written to, or the disk is full.
    """
    # Two studies may have parts of the same name, and both write into the folder of figures.
    hidden = f".part-{finals[0].parent.name}-{finals[0].name}"
    temporary = {final: final.parent / hidden / final.name for final in finals}
    folders = {part.parent for part in temporary.values()}
    try:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        yield temporary
        for final, part in temporary.items():
            if not part.exists():
                raise RuntimeError(f"{final} was promised and not written")
            with open(part, "rb") as file:
                os.fsync(file.fileno())
        for final, part in temporary.items():
            os.replace(part, final)
        for folder in {final.parent for final in finals}:
            _sync_folder(folder)
    except OSError as error:
        places = {*folders, *temporary.values(), *_folders(finals)}
        # A full disk names no file; other libraries' errors that are OSErrors by descent have no number.
        if Path(error.filename) in places if error.filename else error.errno is not None:
            name = error.filename or finals[0].parent
            raise SoapbubbleError(
                f"{name}: cannot be written ({error.strerror}); free or unlock that place and run again."
            ) from error
        raise
    finally:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


def _folders(finals: Sequence[Path]) -> set[Path]:
    return {parent for final in finals for parent in final.parents}


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def digest(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of a folder's files in order, as hexadecimal text.

    Raises:
        SoapbubbleError: a file cannot be read.
    """
    if path.is_dir():
        listing = "\n".join(f"{item.relative_to(path)} {digest(item)}" for item in files_in(path))
        return hashlib.sha256(os.fsencode(listing)).hexdigest()
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SoapbubbleError(f"{path}: cannot be read ({error.strerror}); make it readable.") from error


def refuse_future(files: Iterable[str | Path]) -> None:
    """Refuse a file that is dated in the future: all that is made from it would be older, and made again for ever.

    Raises:
        SoapbubbleError: there is one.
    """
    now = time.time() + CLOCKS_DIFFER
    for file in files:
        date = os.stat(file).st_mtime
        if date > now:
            raise SoapbubbleError(
                f"{file}: is dated in the future ({time.strftime('%Y-%m-%d %H:%M', time.localtime(date))}); set this "
                "computer's clock right, or give the file today's date with `touch`."
            )
