"""Progress bars: one place decides where they show."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


def progress(items: Iterable[T], what: str, total: int | None = None) -> Iterable[T]:
    """Iterate over `items` while showing what is being done, how far it is and the time left.

    The bar goes to the terminal that started the run, also when the job's own output goes to a log file
    (`SOAPBUBBLE_JOB` names that job); without a terminal there is no bar.
    """
    label = os.environ.get("SOAPBUBBLE_JOB")
    description = f"{label}: {what}" if label else what
    return tqdm(items, desc=description, total=total, leave=False, disable=not sys.stderr.isatty(), dynamic_ncols=True)
