"""How long `faces.own` and `filaments.own` take for a file of many latents, and with how much memory.

    python benchmarks/own_latents.py [ROWS] [DIMENSIONS]

The latents are normal, correlated and of 16 bits; seconds are of the clock, memory is the peak of the part's process.
The README's ten million of 512 dimensions need 10 GB of disk where temporary files lie.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PARTS = ("faces.own", "filaments.own")
BLOCK = 10_000  # rows drawn at a time


def write_latents(path: Path, rows: int, dimensions: int) -> None:
    """So many latents (rows, dimensions) as float16: a few strong directions, and weaker and weaker ones."""
    rng = np.random.default_rng(1)
    turn = np.linalg.qr(rng.standard_normal((dimensions, dimensions)))[0].astype(np.float32)
    deviations = (1 / np.sqrt(np.arange(1, dimensions + 1))).astype(np.float32)
    file = np.lib.format.open_memmap(path, "w+", np.float16, (rows, dimensions))
    for start in range(0, rows, BLOCK):
        block = rng.standard_normal((min(BLOCK, rows - start), dimensions), np.float32)
        file[start : start + BLOCK] = block * deviations @ turn


def main(rows: int = 100_000, dimensions: int = 512) -> None:
    """Write the latents, measure each part in a process of its own, and print what that took."""
    with tempfile.TemporaryDirectory() as place:
        latents = Path(place) / "latents.npy"
        write_latents(latents, rows, dimensions)
        for part in PARTS:
            cfg = json.dumps({part: {"latents": str(latents)}})
            outputs = [f"{place}/{part}.csv", f"{place}/{part}.npz"]
            command = [sys.executable, "-m", "soapbubble", "measure", part, "--cfg", cfg, "--output", *outputs]
            started = time.perf_counter()
            process = subprocess.Popen([*command, "--log", f"{place}/log"], stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            if status:
                sys.exit(Path(f"{place}/log").read_text())
            seconds, peak = time.perf_counter() - started, usage.ru_maxrss / 1024
            print(f"{part:14s} {rows} x {dimensions}  {seconds:6.1f} s  {peak:5.0f} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
