"""What a folder of the user holds: every file once, in natural order, without what file managers leave behind."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

LEFT_BEHIND = {"thumbs.db", "desktop.ini", "@eadir", "__macosx"}


def is_left_behind(parts: Sequence[str]) -> bool:
    """Whether a name is hidden, or what a file manager leaves beside files; `parts` are the steps of its path."""
    return any(part.startswith(".") or part.lower() in LEFT_BEHIND for part in parts)


def natural(parts: Sequence[str]) -> list[list[tuple[int, int, str]]]:
    """A key that sorts names as people count: 2.png before 10.png, folder by folder."""
    return [
        [(0, int(piece), "") if piece.isdigit() else (1, 0, piece) for piece in re.split(r"([0-9]+)", part) if piece]
        for part in parts
    ]


def files_in(folder: Path) -> list[Path]:
    """The files below a folder in natural order; links are followed, but not in circles."""
    return sorted(_files(folder, {folder.resolve()}), key=lambda file: natural(file.relative_to(folder).parts))


def _files(folder: Path, seen: set[Path]) -> Iterator[Path]:
    for entry in os.scandir(folder):
        path = Path(entry.path)
        if is_left_behind((entry.name,)):
            continue
        if entry.is_dir():
            place = path.resolve()
            if place not in seen:
                yield from _files(path, seen | {place})
        elif entry.is_file():
            yield path
