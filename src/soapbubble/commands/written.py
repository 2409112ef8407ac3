"""Weights on their way to disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from soapbubble.errors import SoapbubbleError


@contextmanager
def weights_written(folder: Path) -> Iterator[None]:
    """Name the folder in which no weights can be written: the library that writes them does not raise OSError."""
    from safetensors import SafetensorError

    try:
        yield
    except SafetensorError as error:
        raise SoapbubbleError(f"{folder}: cannot be written ({error}); free or unlock that place.") from error
