"""What the geometry of latents costs: moments and histograms in passes, t-SNE maps, and intrinsic dimensions.

    python benchmarks/geometry.py [--rows 170000] [--points 10000] [--dimensions 256]

Each line compares two ways of the same answer, one after the other, each in a process and on a thread of its own:
 - all that `faces.own` gathers from a file of `rows` latents, with NumPy on the whole array and block by block;
 - a t-SNE map of `points` latents in the same number of steps, by scikit-learn and by openTSNE with exact neighbours;
 - TwoNN and the maximum-likelihood dimension with 20 neighbours, by scikit-dimension (with numba) and ours.
Seconds are those of the processor; megabytes are the most that the process held beyond what it held at the start.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = "1"

import numpy as np

from soapbubble.measuring.axis_histograms import AxisHistograms
from soapbubble.measuring.latent_moments import latent_moments
from soapbubble.measuring.latents_file import open_latents, row_blocks
from soapbubble.measuring.tsne import tsne_map
from soapbubble.stats.intrinsic_dimension import levina_bickel, two_nn_of
from soapbubble.stats.nearest import k_nearest

REACH, WIDTH = 12.0, 0.25
LENGTHS = np.arange(0, 64, WIDTH)
PERPLEXITY, EARLY_STEPS, STEPS, EARLY_EXAGGERATION = 30, 250, 750, 12
NEIGHBOURS = 20
SKDIM = {"skdim": "scikit-dimension", "numba": "numba"}  # what its estimates need, by module

T = TypeVar("T")
Way = Callable[[Path], np.ndarray]


def write_latents(folder: Path, rows: int, points: int, dimensions: int) -> tuple[Path, Path]:
    """Files of normal latents on correlated axes, and of the first few of them."""
    rng = np.random.default_rng(1)
    mixing = rng.standard_normal((dimensions, dimensions)) / np.sqrt(np.arange(9, 9 * dimensions + 1, 9))[:, None]
    latents = rng.standard_normal((rows, dimensions), dtype=np.float32) @ mixing.astype(np.float32)
    every, few = folder / "every.npy", folder / "few.npy"
    np.save(every, latents)
    np.save(few, latents[:points])
    return every, few


def moments_at_once(path: Path) -> np.ndarray:
    """Mean, skewness, kurtosis, spectrum and histograms with the whole array in memory, as one writes it down."""
    rows = np.load(path)
    mean = rows.mean(axis=0)
    standard = (rows - mean) / rows.std(axis=0)
    skewness, kurtosis = (standard**3).mean(axis=0), (standard**4).mean(axis=0) - 3
    spectrum = np.linalg.eigvalsh(np.cov(rows, rowvar=False))[::-1]
    edges = np.arange(-REACH - WIDTH / 2, REACH + WIDTH, WIDTH)
    histograms = [np.histogram(axis, edges)[0] for axis in rows.T]
    lengths = np.histogram(np.linalg.norm(rows, axis=1), LENGTHS)[0]
    near = np.linalg.norm(rows - mean, axis=1) < np.sqrt(spectrum.sum()) / 2
    extremes = np.concatenate([rows.min(axis=0), rows.max(axis=0)])
    return np.concatenate([mean, skewness, kurtosis, spectrum, extremes, *histograms, lengths, [near.sum()]])


def moments_in_passes(path: Path) -> np.ndarray:
    """The same block by block, as `faces.own` does."""
    rows = open_latents(path)
    moments = latent_moments(row_blocks(rows))
    histograms = AxisHistograms(rows.shape[1], REACH, WIDTH)
    lengths, near, mean = np.zeros(len(LENGTHS) - 1), 0, moments.mean.astype(np.float32)
    radius = np.sqrt(np.trace(moments.covariance)) / 2
    for block in row_blocks(rows):
        histograms.add(block)
        lengths += np.histogram(np.linalg.norm(block, axis=1), LENGTHS)[0]
        near += (np.linalg.norm(block - mean, axis=1) < radius).sum()
    parts = [moments.mean, moments.skewness, moments.excess_kurtosis, moments.spectrum(), moments.low, moments.high]
    return np.concatenate([*parts, histograms.counts.ravel(), lengths, [near]])


def sklearn_map(path: Path) -> np.ndarray:
    from sklearn.manifold import TSNE

    maker = TSNE(
        perplexity=PERPLEXITY,
        early_exaggeration=EARLY_EXAGGERATION,
        max_iter=EARLY_STEPS + STEPS,
        n_iter_without_progress=EARLY_STEPS + STEPS,
        min_grad_norm=0,
        random_state=1,
        n_jobs=1,
    )
    return np.asarray(maker.fit_transform(np.load(path)))


def open_map(path: Path) -> np.ndarray:
    return tsne_map(np.load(path), PERPLEXITY, EARLY_EXAGGERATION, EARLY_STEPS, STEPS, seed=1)


def skdim_two_nn(path: Path) -> np.ndarray:
    import skdim

    return np.array([skdim.id.TwoNN().fit_transform(np.load(path))])


def our_two_nn(path: Path) -> np.ndarray:
    return np.array([two_nn_of(k_nearest(np.load(path), 2)[0])])


def skdim_likelihood(path: Path) -> np.ndarray:
    import skdim

    return np.array([skdim.id.MLE().fit_transform(np.load(path), n_neighbors=NEIGHBOURS, comb="mle")])


def our_likelihood(path: Path) -> np.ndarray:
    return np.array([levina_bickel(k_nearest(np.load(path), NEIGHBOURS)[0])])


def held() -> float:
    """The most megabytes that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(way: Way, path: Path) -> tuple[np.ndarray, float, float]:
    """The answer, seconds of the processor, and megabytes beyond those of the start."""
    before, begun = held(), time.process_time()
    answer = way(path)
    return answer, time.process_time() - begun, held() - before


def alone(function: Callable[..., T], *arguments: object) -> T:
    """What a function returns that a fresh process calls."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(function, *arguments).result()


def compare(title: str, ways: dict[str, Way], path: Path) -> list[np.ndarray]:
    """Print what both ways cost, the second against the first; their answers."""
    print(title)
    found = []
    for name, way in ways.items():
        found.append(alone(measured, way, path))
        print(f"  {name:28s} {found[-1][1]:8.1f} s {found[-1][2]:8.0f} MB", flush=True)
    (_, slow, large), (_, fast, small) = found
    print(f"  {slow / fast:.1f} times as fast, in {small / large:.2f} of the memory")
    return [answer for answer, *_ in found]


def kept(points: np.ndarray, made: np.ndarray, k: int = 10) -> float:
    """Share of each point's k nearest others that are among its k nearest on the map."""
    before, after = (k_nearest(rows, k)[1] for rows in (points, made))
    return float((before[:, :, None] == after[:, None, :]).any(axis=2).mean())


def main() -> None:
    """Print the comparisons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=170_000, help="latents for moments and histograms")
    parser.add_argument("--points", type=int, default=10_000, help="latents for maps and intrinsic dimensions")
    parser.add_argument("--dimensions", type=int, default=256, help="of the latents")
    chosen = parser.parse_args()
    d = chosen.dimensions
    with tempfile.TemporaryDirectory() as folder:
        # In another process, for a process counts as its own the memory of the one that started it.
        every, few = alone(write_latents, Path(folder), chosen.rows, chosen.points, d)
        points = np.load(few)
        title = f"moments, spectrum, histograms and lengths of {chosen.rows:,} x {d}"
        a, b = compare(title, {"NumPy on the whole array": moments_at_once, "in passes": moments_in_passes}, every)
        print(f"  largest difference of the answers {np.max(np.abs(a - b) / np.maximum(1, np.abs(a))):.1e}")
        size = f"{len(points):,} x {d}"
        maps = compare(f"t-SNE map of {size}", {"scikit-learn": sklearn_map, "openTSNE": open_map}, few)
        print("  share of the ten nearest kept: " + ", ".join(f"{kept(points, made):.3f}" for made in maps))
        missing = [name for module, name in SKDIM.items() if find_spec(module) is None]
        if missing:
            print(f"without {' and '.join(missing)} no estimates of scikit-dimension: pip install -e '.[benchmarks]'")
            return
        for name, theirs, ours in (
            ("TwoNN", skdim_two_nn, our_two_nn),
            ("maximum likelihood", skdim_likelihood, our_likelihood),
        ):
            a, b = compare(f"{name}, {size}", {"scikit-dimension": theirs, "ours": ours}, few)
            print(f"  dimensions {a[0]:.2f} and {b[0]:.2f}")


if __name__ == "__main__":
    main()
