"""The idx format, in which MNIST is given out: a header with the shape, then the bytes; packed with gzip or not."""

from __future__ import annotations

import gzip
import io
import math
import zlib
from pathlib import Path

import numpy as np

from soapbubble.errors import SoapbubbleError

CHUNK = 2**24  # bytes read at once, so that a header that lies takes no memory
LARGEST = 4 * 2**30  # bytes unpacked, which are held in memory


def is_idx(path: Path) -> bool:
    """Whether the name is one that idx files have."""
    name = path.name.removesuffix(".gz")
    return path.suffix == ".gz" or name.endswith((".idx", "ubyte"))


def read_idx(path: Path) -> np.ndarray:
    """The array of bytes in an idx file.

    Raises:
        SoapbubbleError: the file is damaged, cut short, or holds other things than bytes.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as file:
            start = file.read(4)
            if len(start) < 4 or start[:3] != b"\0\0\x08":
                raise SoapbubbleError(
                    f"{path}: starts with {start.hex()}, but an idx file of bytes starts with 000008;"
                    " give an idx file, or name it by its true kind."
                )
            header = file.read(4 * start[3])
            shape = [int.from_bytes(header[at : at + 4], "big") for at in range(0, len(header), 4)]
            size = math.prod(shape)
            if len(header) != 4 * start[3] or size > LARGEST:
                raise SoapbubbleError(f"{path}: has a damaged header or more than 4 GiB; copy the file again.")
            data = _read_up_to(file, size + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise SoapbubbleError(f"{path}: is not a gzip file, or not all of one ({error}); copy it again.") from error
    if len(data) != size:
        fault = "ends too early" if len(data) < size else "goes on after its last value"
        raise SoapbubbleError(f"{path}: {fault} (its header promises {size} values); copy the file again.")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _read_up_to(file: io.BufferedIOBase, size: int) -> bytearray:
    data = bytearray()
    while chunk := file.read(min(CHUNK, size - len(data))):
        data += chunk
    return data
