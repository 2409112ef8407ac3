"""What a picture of black and white pixels costs as a PNG file with one bit a pixel."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def bits_each(pictures: np.ndarray) -> float:
    """Bits a picture, bool (n, h, w), in files of their own."""
    return 8 * float(np.mean([_file_bytes(picture) for picture in pictures]))


def bits_together(pictures: np.ndarray) -> float:
    """Bits a picture if all of them, bool (n, h, w), are one tall file: they share its frame and its dictionary."""
    return 8 * _file_bytes(pictures.reshape(-1, pictures.shape[-1])) / len(pictures)


def _file_bytes(picture: np.ndarray) -> int:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(file, format="PNG", compress_level=9)
    return file.tell()
