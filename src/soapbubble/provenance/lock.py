"""One run at a time in a folder."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import TextIO

from soapbubble.errors import SoapbubbleError


def hold(path: Path) -> TextIO:
    """Hold the lock file `path` until the returned file is closed or the process ends, however it ends.

    The operating system lets go of it, so a run that was killed leaves no lock behind.

    Raises:
        SoapbubbleError: another process holds it, or the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "w", encoding="utf-8")  # noqa: SIM115  (it stays open as long as the run)
    except OSError as error:
        raise SoapbubbleError(f"{path}: cannot be written ({error.strerror}); free or unlock that place.") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise SoapbubbleError(f"{path}: another run is at work in this folder; wait for its end or stop it.") from error
    return file
