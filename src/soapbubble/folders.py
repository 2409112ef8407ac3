"""What a folder of the user holds: every file once, in natural order, without what file managers leave behind."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from soapbubble.errors import SoapbubbleError

LEFT_BEHIND = {"thumbs.db", "desktop.ini", "@eadir", "__macosx"}
HIDDEN = "hidden"


def is_left_behind(parts: Sequence[str]) -> bool:
    """Whether a name is what a file manager leaves beside files; `parts` are the steps of its path."""
    return any(step.lower() in LEFT_BEHIND for step in _steps(parts))


def is_hidden(parts: Sequence[str]) -> bool:
    """Whether a file, or a folder above it, is hidden."""
    return any(step.startswith(".") for step in _steps(parts))


def _steps(parts: Sequence[str]) -> list[str]:
    """The steps of a path, those of Windows too: archives made there may have them in one name."""
    return [step for part in parts for step in re.split(r"[/\\]", part)]


def natural(parts: Sequence[str]) -> list[list[tuple[int, int, str]]]:
    """A key that sorts names as people count: 2.png before 10.png, folder by folder."""
    return [[_counted(piece) for piece in re.split(r"([0-9]+)", part) if piece] for part in parts]


def _counted(piece: str) -> tuple[int, int, str]:
    """A key for plain digits, as their number would be but however many they are, or for other characters."""
    if not (piece.isascii() and piece.isdigit()):
        return 1, 0, piece
    digits = piece.lstrip("0")
    return 0, len(digits), digits


def files_in(folder: Path) -> list[Path]:
    """The files below a folder in natural order; links are followed, but not in circles."""
    return [file for file, reason in _sorted(folder, with_hidden=False) if not reason]


def refuse_braces(files: Iterable[str]) -> None:
    """Refuse a name that Snakemake would not take as it is.

    Raises:
        SoapbubbleError: there is one.
    """
    braced = next((file for file in files if "{" in file), None)
    if braced is not None:
        raise SoapbubbleError(f"{braced}: has a brace in its name, which Snakemake takes for a wildcard; rename it.")


def uncounted_in(folder: Path) -> list[tuple[Path, str]]:
    """What a person may take for files of the folder and `files_in` does not, in natural order, each with the reason.

    These are hidden files, links to nothing, pipes and the like; what file managers leave behind is not among them.
    """
    return [(file, reason) for file, reason in _sorted(folder, with_hidden=True) if reason]


def _sorted(folder: Path, with_hidden: bool) -> list[tuple[Path, str]]:
    found = _walk(folder, {folder.resolve()}, with_hidden)
    return sorted(found, key=lambda item: natural(item[0].relative_to(folder).parts))


def _walk(folder: Path, seen: set[Path], with_hidden: bool, above: str = "") -> Iterator[tuple[Path, str]]:
    """Each file with why it does not count, nothing if it does; `above` is why all of this folder does not."""
    for entry in os.scandir(folder):
        hidden = is_hidden((entry.name,))
        if is_left_behind((entry.name,)) or (hidden and not with_hidden):
            continue
        path, reason = Path(entry.path), above or (HIDDEN if hidden else "")
        if _leads_nowhere(entry):
            if not reason:
                yield path, "a link to nothing"
        elif entry.is_dir():
            place = path.resolve()
            if place not in seen:
                yield from _walk(path, seen | {place}, with_hidden, reason)
        elif entry.is_file():
            yield path, reason
        elif not reason:
            yield path, "neither file nor folder"


def _leads_nowhere(entry: os.DirEntry[str]) -> bool:
    """Whether this is a link to nothing, or to itself."""
    if not entry.is_symlink():
        return False
    try:
        entry.stat()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return True
        raise
    return False
