"""How fast faces are drawn, beside two plain ways that draw one face at a time, four times too large, and average.

python benchmarks/faces.py [IMAGES] [SIZE]

The first way draws the very same pictures. The second draws flat ellipses and a blurred shade with Pillow: comparable
parts, but no turned heads, no relief and no strands of hair. Times are processor time on one thread, the best of three.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from soapbubble.data.face_factors import NAMES, sample
from soapbubble.data.face_renderer import pieces_of

OVERSAMPLING = 4


def drawn_with_pillow(factors: np.ndarray, size: int) -> np.ndarray:
    """One face with Pillow: flat shapes at four times the size, a blurred shade, then reduced."""
    f = dict(zip(NAMES, factors.tolist(), strict=True))
    side = OVERSAMPLING * size
    image = Image.new("RGB", (side, side), _grey(f["backdrop_light"]))
    draw = ImageDraw.Draw(image)

    def ellipse(x: float, y: float, half: float, tall: float, colour: tuple[int, int, int]) -> None:
        left, right, top, bottom = ((1 + at) * side / 2 for at in (x - half, x + half, y - tall, y + tall))
        draw.ellipse([left, top, right, bottom], fill=colour)

    a, b = f["head_width"], f["head_height"]
    skin, hair = _grey(1 - 0.8 * f["skin"]), _grey(0.8 * f["hair_shade"])
    ellipse(0, 0.2 * f["hair_length"], a * 1.2, b * (1.1 + 0.3 * f["hair_length"]), hair)
    ellipse(0, 0.6, a * 0.55, 0.5, skin)
    ellipse(0, 1.3, 1.0, 0.5, _grey(f["clothes_light"]))
    for x in (-1, 1):
        ellipse(x * a, 0.1, 0.08, 0.14, skin)
    ellipse(0, 0, a, b, skin)
    for x in (-1, 1):
        at = x * (0.37 + 0.06 * f["eye_spacing"]) * a
        ellipse(at, 0, 0.10, 0.06, (240, 240, 235))
        ellipse(at + 0.03 * f["gaze"], 0, 0.05, 0.05, _grey(f["eye_shade"]))
        ellipse(at + 0.03 * f["gaze"], 0, 0.02, 0.02, (8, 8, 8))
        ellipse(at, -0.14, 0.12, 0.02 + 0.02 * f["brow_thickness"], hair)
        ellipse(x * 0.05, 0.27, 0.02, 0.015, (90, 50, 40))
    ellipse(0, 0.40, (0.27 + 0.12 * f["mouth_width"]) * a, 0.04 + 0.05 * f["mouth_open"], (170, 70, 70))
    ellipse(0, -b, a * 1.1, b * (0.35 + 0.2 * f["fringe"]), hair)
    shade = Image.new("L", (side, side), 150)
    lit = f["light_side"] * side / 8
    ImageDraw.Draw(shade).ellipse([side / 4 + lit, side / 6, 3 * side / 4 + lit, 5 * side / 6], fill=255)
    shade = shade.filter(ImageFilter.GaussianBlur(side / 16))
    image = ImageChops.multiply(image, Image.merge("RGB", (shade, shade, shade)))
    return np.asarray(image.resize((size, size), Image.Resampling.BOX))


def _grey(light: float) -> tuple[int, int, int]:
    level = int(40 + 200 * min(max(light, 0), 1))
    return level, int(0.9 * level), int(0.8 * level)


def best_rate(draw: Callable[[], None], images: int) -> float:
    """Images a second of processor time, the best of three."""
    times = []
    for _ in range(3):
        start = time.process_time()
        draw()
        times.append(time.process_time() - start)
    return images / min(times)


def main(images: int = 1000, size: int = 64) -> None:
    """Print the rates and their ratios."""
    factors = sample(images, 0)

    def ours() -> None:
        for _ in pieces_of(factors, size):
            pass

    few = factors[: max(images // 20, 1)]

    def oversampled() -> None:
        for (face,) in pieces_of(few, OVERSAMPLING * size, chunk=1):
            face.reshape(size, OVERSAMPLING, size, OVERSAMPLING, 3).mean(axis=(1, 3))

    def pillow() -> None:
        for row in few:
            drawn_with_pillow(row, size)

    rate = best_rate(ours, images)
    print(f"renderer                     {rate:7.0f} images/s at {size} px")
    for name, draw in (("same faces, oversampled", oversampled), ("flat shapes with Pillow", pillow)):
        other = best_rate(draw, len(few))
        print(f"{name:28s} {other:7.0f} images/s; the renderer is {rate / other:.2f} times as fast")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
