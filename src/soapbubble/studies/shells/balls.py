"""The box of numbered balls: components drawn with replacement from equidistant values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import norm

from soapbubble.config.base import Dimension
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats import uniform_length
from soapbubble.stats.random_points import generator


class Balls(Part):
    """Components drawn with replacement from a box of numbered balls."""

    seed: int = setting(13, ge=0, doc="seed of the random numbers")
    # the posts' box
    values: int = setting(100, ge=2, le=10_000, doc="balls in the box")
    dimension: Dimension = setting(256, doc="draws for each vector")
    half_width: float = setting(5.0, gt=0, doc="b: the numbers lie in [-b, b]")
    # the relative spread to 0.2 %, a fifth of the tolerance
    points: int = setting(200000, smoke=2000, ge=200, doc="vectors for each set of numbers")
    replicates: int = setting(20, smoke=4, ge=2, doc="independent repetitions, the unit of replication")
    bins: int = setting(100, ge=10, le=2000, doc="bins of a histogram of lengths")

    def reads(self) -> Reads:
        return Reads(memory_mb=300)


CHUNK = 2000  # vectors drawn at a time
WIDTHS_SHOWN = 5  # the histogram reaches this many standard deviations to either side


def box(values: int, half_width: float) -> dict[str, np.ndarray]:
    """The numbers on the balls: equidistant on [-b, b] with its end points, or at the centres of equal cells."""
    centres = (2 * np.arange(values) + 1) / values - 1
    return {"end points": half_width * np.linspace(-1, 1, values), "centres": half_width * centres}


def measure(cfg: Balls, lab: Lab) -> Outcome:
    """Lengths and occupation numbers of vectors drawn from the box."""
    out = Outcome()
    boxes = box(cfg.values, cfg.half_width)
    mean = cfg.half_width * uniform_length.mean_length(cfg.dimension)
    sd = cfg.half_width * uniform_length.length_sd(cfg.dimension)
    edges = np.linspace(mean - WIDTHS_SHOWN * sd, mean + WIDTHS_SHOWN * sd, cfg.bins + 1)
    counts = {name: np.zeros(cfg.bins) for name in boxes}
    for replicate in progress(range(cfg.replicates), "balls drawn from a box"):
        squares, never = _draw(cfg, boxes, replicate)
        out.add("balls_never_drawn", never.mean(), {"N": cfg.dimension, "balls": cfg.values}, replicate, n=len(never))
        for name, square in squares.items():
            where = {"values": name, "N": cfg.dimension, "b": cfg.half_width}
            lengths = np.sqrt(square)
            out.add("ball_mean_square", square.mean() / cfg.dimension, where, replicate, n=len(square))
            out.add("ball_radius_cv", lengths.std(ddof=1) / lengths.mean(), where, replicate, n=len(square))
            counts[name] += np.histogram(lengths, edges)[0]
    _lengths(out, cfg, counts, edges, mean, sd)
    example = generator(cfg.seed, cfg.replicates).integers(cfg.values, size=cfg.dimension)
    for ball, occupation in enumerate(np.bincount(example, minlength=cfg.values)):
        out.add("occupation", occupation, {"ball": ball, "N": cfg.dimension})
    return out


def _draw(cfg: Balls, boxes: Mapping[str, np.ndarray], replicate: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Squared lengths with either set of numbers for the same draws, and the number of balls never drawn.

    Both follow from the occupation numbers alone, in which the squared length is linear.
    """
    random = generator(cfg.seed, replicate)
    squares: dict[str, list[np.ndarray]] = {name: [] for name in boxes}
    never = []
    points = cfg.points // cfg.replicates
    for start in range(0, points, CHUNK):
        rows = min(CHUNK, points - start)
        draws = random.integers(cfg.values, size=(rows, cfg.dimension))
        draws += cfg.values * np.arange(rows)[:, None]
        occupation = np.bincount(draws.ravel(), minlength=rows * cfg.values).reshape(rows, cfg.values)
        never.append(np.count_nonzero(occupation == 0, axis=1))
        for name, values in boxes.items():
            squares[name].append(occupation @ values**2)
    return {name: np.concatenate(parts) for name, parts in squares.items()}, np.concatenate(never)


def _lengths(
    out: Outcome, cfg: Balls, counts: Mapping[str, np.ndarray], edges: np.ndarray, mean: float, sd: float
) -> None:
    """Probability density of the length for either set of numbers, and the normal one of continuous components."""
    centres = (edges[1:] + edges[:-1]) / 2
    densities = {name: count / count.sum() / np.diff(edges) for name, count in counts.items()}
    densities["continuous"] = norm.pdf(centres, mean, sd)
    for name, density in densities.items():
        for length, value in zip(centres, density, strict=True):
            out.add("ball_radius_density", value, {"values": name, "length": length}, n=cfg.points)
