"""How much memory `soapbubble fetch` needs for a folder of many images, and how long it takes.

    python benchmarks/images.py [IMAGES] [SIZE]

The folder is made here, of JPEG files of so many pixels a side; seconds are of the clock, memory is the process's peak.
"""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

DIFFERENT = 100  # images, written again and again


def write_folder(folder: Path, images: int, size: int) -> None:
    """So many JPEG files of random squares."""
    folder.mkdir()
    rng, contents = np.random.default_rng(1), []
    for _ in range(DIFFERENT):
        file = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (4, 4, 3), np.uint8)).resize((size, size)).save(file, "JPEG")
        contents.append(file.getvalue())
    for number in range(images):
        (folder / f"{number:06}.jpg").write_bytes(contents[number % DIFFERENT])


def main(images: int = 20_000, size: int = 64) -> None:
    """Make the folder, fetch it in a process of its own, and print what that took."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_folder(folder / "mine", images, size)
        block = {"path": str(folder / "mine"), "size": size, "count": None, "test_share": 0.2, "seed": 1}
        outputs = [str(folder / f"data/faces.{suffix}") for suffix in ("npy", "json")]
        command = [sys.executable, "-m", "soapbubble", "fetch", "faces", "--cfg", json.dumps({"data.faces": block})]
        started = time.perf_counter()
        subprocess.run([*command, "--output", *outputs, "--log", str(folder / "log")], check=True, capture_output=True)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"{images} images of {size} pixels  {peak:6.0f} MB  {time.perf_counter() - started:6.1f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
