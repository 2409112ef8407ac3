"""How fast lengths of random vectors are simulated, against NumPy's legacy generator and against the bare random bits.

    python benchmarks/shells.py

Each line compares, in one process and in turns, the lengths of the same number of vectors from
 - the stream that the study uses,
 - numpy.random.RandomState.uniform followed by numpy.linalg.norm, the whole array at once (at most 1 GB of it),
 - the random bits alone that the stream consumes.
Medians of the ratios over the rounds; `all` is the sum over the dimensions of a million vectors each.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

from soapbubble.stats.random_points import BLOCK, bit_stream, uniform_square_lengths

DIMENSIONS = (3, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)
VECTORS = 1_000_000
LARGEST = 2**27  # numbers in the legacy generator's array


def seconds(work: Callable[[int, int], None], dimension: int, points: int) -> float:
    """Wall-clock time of one call."""
    start = time.perf_counter()
    work(dimension, points)
    return time.perf_counter() - start


def streamed(dimension: int, points: int) -> None:
    """Lengths as the study simulates them."""
    for squares in uniform_square_lengths(bit_stream(1, dimension), dimension, points):
        np.sqrt(squares, out=squares)


def legacy(dimension: int, points: int) -> None:
    """Lengths by the legacy generator, the whole array at once."""
    np.linalg.norm(np.random.RandomState(1).uniform(-5, 5, size=(points, dimension)), axis=1)


def bare(dimension: int, points: int) -> None:
    """The random bits that `streamed` consumes: four numbers a word."""
    bits, words = bit_stream(1, dimension), points * dimension // 4
    for start in range(0, words, BLOCK // 4):
        bits.random_raw(min(BLOCK // 4, words - start))


def main() -> None:
    """Print one line a dimension, and the ratios of the whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="paired runs (default 5)")
    rounds = parser.parse_args().rounds
    print(f"{'N':>5} {'stream M/s':>11} {'legacy M/s':>11} {'bits M/s':>9} {'legacy/stream':>14} {'stream/bits':>12}")
    totals = np.zeros(3)
    for dimension in DIMENSIONS:
        points = min(VECTORS, LARGEST // dimension)
        runs = [[seconds(f, dimension, points) for f in (streamed, legacy, bare)] for _ in range(rounds)]
        times = [statistics.median(column) for column in zip(*runs, strict=True)]
        faster = statistics.median(run[1] / run[0] for run in runs)
        cost = statistics.median(run[0] / run[2] for run in runs)
        speeds = [points * dimension / 1e6 / item for item in times]
        print(f"{dimension:5d} {speeds[0]:11.0f} {speeds[1]:11.0f} {speeds[2]:9.0f} {faster:14.1f} {cost:12.2f}")
        totals += np.array(times) * VECTORS / points
    print(f"  all {'':33s} {totals[1] / totals[0]:14.1f} {totals[0] / totals[2]:12.2f}")
    print(f"A million vectors in each dimension: {totals[0]:.1f} s streamed, {totals[1]:.1f} s legacy.")


if __name__ == "__main__":
    main()
