"""Progress bars: one place decides where they show."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any, TypeVar

from tqdm import tqdm

T = TypeVar("T")


def progress(items: Iterable[T], what: str, total: int | None = None) -> Iterable[T]:
    """Iterate over `items` while showing what is being done, how far it is and the time left.

    The bar goes to the terminal that started the run, also when the job's own output goes to a log file
    (`SOAPBUBBLE_JOB` names that job); without a terminal there is no bar, nor where one line tells of the whole run
    (`SOAPBUBBLE_QUIET`).
    """
    return _bar(items, what, total=total)


def byte_meter(what: str, total: int | None, done: int) -> tqdm:
    """The same for bytes that come in chunks: to be entered with `with` and moved on with `update(len(chunk))`."""
    return _bar(None, what, total=total, initial=done, unit="B", unit_scale=True, unit_divisor=1024)


def _bar(items: Iterable[T] | None, what: str, **settings: Any) -> tqdm:
    label = os.environ.get("SOAPBUBBLE_JOB")
    description = f"{label}: {what}" if label else what
    hidden = "SOAPBUBBLE_QUIET" in os.environ or not sys.stderr.isatty()
    return tqdm(items, desc=description, leave=False, disable=hidden, dynamic_ncols=True, **settings)
