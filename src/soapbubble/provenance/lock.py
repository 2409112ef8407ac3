"""One run at a time in a folder."""

from __future__ import annotations

import errno
import fcntl
import warnings
from pathlib import Path
from typing import TextIO

from soapbubble.errors import SoapbubbleError

WITHOUT_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)  # what flock says where there are no locks


def hold(path: Path) -> TextIO:
    """Hold the lock file `path` until the returned file is closed or the process ends, however it ends.

    The operating system lets go of it, so a run that was killed leaves no lock behind.

    On a file system without locks, as some clusters have, a warning says that nobody watches over the folder.

    Raises:
        SoapbubbleError: another process holds it, or the file cannot be written or locked.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "w", encoding="utf-8")  # noqa: SIM115  (it stays open as long as the run)
    except OSError as error:
        raise SoapbubbleError(f"{path}: cannot be written ({error.strerror}); free or unlock that place.") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise SoapbubbleError(f"{path}: another run is at work in this folder; wait for its end or stop it.") from error
    except OSError as error:
        if error.errno not in WITHOUT_LOCKS:
            file.close()
            raise SoapbubbleError(f"{path}: cannot be locked ({error.strerror}); free or unlock that place.") from error
        warnings.warn(f"{path}: this file system has no locks; start no second run in this folder.", stacklevel=2)
    return file
