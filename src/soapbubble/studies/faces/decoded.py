"""What a decoder of somebody else makes of random vectors, told without a judge of faces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from soapbubble.measurements import Outcome
from soapbubble.measuring.distributions import Settings, sample
from soapbubble.measuring.exported_decoder import ExportedDecoder
from soapbubble.measuring.pca import SMALLEST, principal_components
from soapbubble.stats.frechet import frechet_distance
from soapbubble.studies.faces.latents import as_codes
from soapbubble.studies.faces.source import MIDDLE_B

if TYPE_CHECKING:
    from soapbubble.studies.faces.own import Own

ROWS, MEAN, UNIFORM = "latents", "mean", "uniform"
GAUSSIANS = ("isotropic Gaussian", "diagonal Gaussian", "full Gaussian")
SIDE = 64  # pixels at most to which images are reduced before they are compared
SPLITS = 20  # into random halves
DARK, BRIGHT = 0.01, 0.99  # quantiles of the latents' images between which the figure has its tones


def measure_decoded(out: Outcome, cfg: Own, decoder: ExportedDecoder, rows: np.ndarray) -> None:
    """How far the images of each generator's vectors lie from those of the latents `rows` (n, d), and how they vary.

    A Frechet distance of Gaussians in the first principal components of the pixels of the latents' images, over that
    between random halves of these, all of one size: 1 is as near as chance allows. What images show nobody looks at.
    """
    rng = np.random.default_rng(cfg.seed)
    count = min(cfg.decoded, len(rows)) // 2 * 2
    rows = rng.permutation(rows)
    real = _reduced(decoder, rows[:count])
    space = principal_components(real, _rank(real, cfg.components))
    scores = space.scores(real).astype(np.float64)
    left_out = 1 - scores.var(axis=0).sum() / real.reshape(len(real), -1).var(axis=0, dtype=np.float64).sum()
    out.add("own_decoded_left_out", left_out, n=len(real))
    out.add("own_decoded_components", scores.shape[1], n=len(real))
    halves = [np.split(rng.permutation(count), 2) for _ in range(SPLITS)]
    usual = np.mean([frechet_distance(scores[one], scores[other]) for one, other in halves])
    low, high = (float(tone) for tone in np.quantile(real, (DARK, BRIGHT)))
    strips = {ROWS: _bytes(real[: cfg.shown], low, high)}
    for name, where, vectors in _generators(rows, cfg.decoded_half_widths, count, rng):
        images = _reduced(decoder, vectors)
        points = space.scores(images).astype(np.float64)
        distance = np.mean([frechet_distance(points[one], scores[one]) for one, _ in halves]) / usual
        out.add("own_decoded_distance", distance, where, n=count)
        out.add("own_decoded_spread", points.var(axis=0).sum() / scores.var(axis=0).sum(), where, n=count)
        strips[name] = _bytes(images[: cfg.shown], low, high)
    mean = _reduced(decoder, rows.mean(axis=0, keepdims=True, dtype=np.float64).astype(np.float32))
    strips[MEAN] = _bytes(mean, low, high)
    for name, images in strips.items():
        out.picture(f"decoded {name}", images)


def _generators(
    rows: np.ndarray, half_widths: Sequence[float], count: int, rng: np.random.Generator
) -> Iterator[tuple[str, dict[str, Any], np.ndarray]]:
    """The name of each generator, its condition in the table, and its vectors."""
    codes = as_codes(rows)
    for b in half_widths:
        drawn = sample("uniform cube", codes, count, rng, Settings(scale=b / MIDDLE_B))
        yield f"{UNIFORM}, b = {b:g}", {"generator": UNIFORM, "b": b}, drawn
    for name in GAUSSIANS:
        yield name, {"generator": name}, sample(name, codes, count, rng)


def _reduced(decoder: ExportedDecoder, vectors: np.ndarray) -> np.ndarray:
    """The images (n, c, h, w) of the vectors, reduced where they are larger: means over areas."""
    return np.concatenate([_small(images) for images in decoder.images(vectors)])


def _small(images: np.ndarray) -> np.ndarray:
    height, width = (min(side, SIDE) for side in images.shape[2:])
    return functional.adaptive_avg_pool2d(torch.from_numpy(images), (height, width)).numpy()


def _rank(images: np.ndarray, most: int) -> int:
    """Principal components along which the images vary at all, `most` of them at most."""
    flat = images.reshape(len(images), -1)
    variances = np.linalg.svd(flat - flat.mean(axis=0), compute_uv=False) ** 2
    return min(most, int((variances > SMALLEST * variances[0]).sum()))


def _bytes(images: np.ndarray, low: float, high: float) -> np.ndarray:
    """The images as bytes (n, h, w, 3), dark at `low` and bright at `high`."""
    tones = np.clip((images - low) / max(high - low, float(np.finfo(np.float32).tiny)), 0, 1)
    colours = np.repeat(tones, 3 // tones.shape[1], axis=1)
    return (255 * colours).round().astype(np.uint8).transpose(0, 2, 3, 1)
