"""Where in the shell the vectors point, which targets a growing cube reaches, and what sums of vectors do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from soapbubble.config.base import Dimension
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats import directions, uniform_length
from soapbubble.stats.random_points import bit_stream, gaussian_vectors, generator, uniform_vectors


class Directions(Part):
    """Where in the shell the vectors point."""

    seed: int = setting(16, ge=0, doc="seed of the random numbers")
    dimension: Dimension = setting(256, doc="dimension")
    # five times what the posts draw
    points: int = setting(1000000, smoke=4000, ge=200, doc="vectors of each distribution")
    replicates: int = setting(20, smoke=4, ge=2, doc="independent repetitions, the unit of replication")
    axes: list[Dimension] = setting(
        [1, 2, 4, 8, 16, 32, 64, 128, 256], min_length=1, doc="number of axes that carry a target direction"
    )
    # balls that nearly contain the origin; smaller ones are never reached
    ratios: list[Annotated[float, Field(gt=0, lt=1)]] = setting(
        [0.9, 0.985, 0.995], min_length=1, doc="radius of a target ball over the distance of its centre"
    )
    bins: int = setting(120, smoke=40, ge=10, le=2000, doc="bins of a histogram of angles")

    @model_validator(mode="after")
    def _axes_exist(self) -> Self:
        if max(self.axes) > self.dimension:
            raise ValueError(f"`axes` must be at most {self.dimension}, the dimension")
        return self

    def reads(self) -> Reads:
        return Reads(memory_mb=300)


SAMPLES, TARGET, PAIRS = range(3)  # places in the tree of random streams
SHOWN_RATIO = 0.985  # the ball that is shown while the cube grows
GROWTH = np.geomspace(0.003, 0.1, 120)  # b over the distance of the target's centre
SIGMA = np.float32(3**-0.5)  # of a Gaussian component with the variance of one that is uniform on [-1, 1)


def _gaussian(bits: np.random.SFC64, dimension: int, points: int) -> Iterator[np.ndarray]:
    for vectors in gaussian_vectors(bits, dimension, points):
        vectors *= SIGMA
        yield vectors


DISTRIBUTIONS = {"uniform": uniform_vectors, "gaussian": _gaussian}


@dataclass
class _Replicate:
    """What a replicate of vectors leaves behind; arrays over targets and ratios where these occur."""

    n: int = 0
    axis_angle: list[np.ndarray] = field(default_factory=list)
    diagonal_angle: list[np.ndarray] = field(default_factory=list)
    peakedness: float = 0.0
    best: np.ndarray = field(default_factory=lambda: np.array(-1, np.float32))
    reached: np.ndarray = field(default_factory=lambda: np.array(0))
    hits: np.ndarray = field(default_factory=lambda: np.array(0))


def measure(cfg: Directions, lab: Lab) -> Outcome:
    """Angles to axes, diagonals and targets; shares of vectors near a target; midpoints of pairs."""
    out = Outcome()
    targets = _targets(cfg)
    replicates = {
        distribution: [_replicate(cfg, distribution, targets, number) for number in _numbers(cfg, distribution)]
        for distribution in DISTRIBUTIONS
    }
    for distribution, found in replicates.items():
        for number, replicate in enumerate(found):
            _rows(out, cfg, distribution, replicate, number)
        _angle_densities(out, cfg, distribution, found)
        _growing_cubes(out, cfg, distribution, found)
    for count, cosine in zip(cfg.axes, directions.sparse_limit(cfg.dimension, np.array(cfg.axes)), strict=True):
        out.add("cosine_limit", cosine, {"N": cfg.dimension, "axes": count})
    for number in progress(range(cfg.replicates), "pairs of vectors"):
        _pairs(out, cfg, number)
    return out


def _numbers(cfg: Directions, distribution: str) -> Iterable[int]:
    return progress(range(cfg.replicates), f"directions of {distribution} vectors")


def _targets(cfg: Directions) -> np.ndarray:
    """Unit vectors as columns: a random direction, then those shared by ever more axes."""
    random = generator(cfg.seed, TARGET).standard_normal(cfg.dimension).astype(np.float32)
    return np.column_stack([random / np.linalg.norm(random), directions.sparse_targets(cfg.dimension, cfg.axes)])


def _target_names(cfg: Directions) -> list[str]:
    special = {1: "axis", cfg.dimension: "diagonal"}
    return ["random", *(special.get(count, f"{count} axes") for count in cfg.axes)]


def _replicate(cfg: Directions, distribution: str, targets: np.ndarray, number: int) -> _Replicate:
    replicate = _Replicate()
    limits = np.array([directions.reaching_cosine(ratio) for ratio in cfg.ratios])
    stream = bit_stream(cfg.seed, SAMPLES, list(DISTRIBUTIONS).index(distribution), number)
    for vectors in DISTRIBUTIONS[distribution](stream, cfg.dimension, cfg.points // cfg.replicates):
        lengths = np.sqrt(np.vecdot(vectors, vectors))
        cosines = (vectors @ targets) / lengths[:, None]
        replicate.n += len(vectors)
        replicate.axis_angle.append(_degrees(directions.axis_cosines(vectors, lengths)))
        replicate.diagonal_angle.append(_degrees(directions.diagonal_cosines(vectors, lengths)))
        replicate.peakedness += float(directions.peakedness(vectors, lengths).sum())
        replicate.best = np.maximum(replicate.best, cosines.max(axis=0))
        replicate.reached = replicate.reached + (cosines[:, :, None] >= limits).sum(axis=0)
        replicate.hits = replicate.hits + _hits(cosines, lengths, limits)
    return replicate


def _degrees(cosines: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos(np.clip(cosines, -1, 1)))


def _hits(cosines: np.ndarray, lengths: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """How many vectors lie in each target ball while b grows; int (targets, ratios, GROWTH).

    A vector of length s (in units of the centre's distance) lies in the ball if s² - 2s cos + limit² ≤ 0.
    """
    hits = np.zeros((cosines.shape[1], len(limits), len(GROWTH)), dtype=np.int64)
    for target, ratio in np.ndindex(hits.shape[:2]):
        chosen = cosines[:, target] >= limits[ratio]
        cosine, length = cosines[chosen, target], lengths[chosen]
        half = np.sqrt(cosine**2 - limits[ratio] ** 2)
        first, last = (np.searchsorted(GROWTH, edge / length) for edge in (cosine - half, cosine + half))
        steps = np.bincount(first, minlength=len(GROWTH) + 1) - np.bincount(last, minlength=len(GROWTH) + 1)
        hits[target, ratio] = np.cumsum(steps)[: len(GROWTH)]
    return hits


def _rows(out: Outcome, cfg: Directions, distribution: str, replicate: _Replicate, number: int) -> None:
    axis, diagonal = np.concatenate(replicate.axis_angle), np.concatenate(replicate.diagonal_angle)
    where = {"distribution": distribution, "N": cfg.dimension}
    out.add("axis_angle", axis.mean(), where, number, "°", replicate.n)
    out.add("smallest_axis_angle", axis.min(), where, number, "°", replicate.n)
    out.add("diagonal_angle", diagonal.mean(), where, number, "°", replicate.n)
    out.add("peakedness", replicate.peakedness / replicate.n, where, number, n=replicate.n)
    for target, name in enumerate(_target_names(cfg)):
        out.add("best_cosine", replicate.best[target], where | {"target": name}, number, n=replicate.n)
        for place, ratio in enumerate(cfg.ratios):
            share = replicate.reached[target, place] / replicate.n
            condition = {"distribution": distribution, "target": name, "ratio": ratio}
            out.add("reach_share", share, condition, number, "proportion", replicate.n)


def _angle_densities(out: Outcome, cfg: Directions, distribution: str, replicates: Sequence[_Replicate]) -> None:
    """Histograms of the angles to the nearest axis and to the nearest diagonal, per degree."""
    for nearest, edges in (
        ("axis", np.linspace(70, 90, cfg.bins + 1)),
        ("diagonal", np.linspace(22, 46, cfg.bins + 1)),
    ):
        angles = np.concatenate([block for replicate in replicates for block in getattr(replicate, f"{nearest}_angle")])
        density = np.histogram(angles, edges)[0] / len(angles) / np.diff(edges)
        for low, value in zip(edges, density, strict=False):
            where = {"distribution": distribution, "N": cfg.dimension, "nearest": nearest, "angle": low}
            out.add("angle_density", value, where, unit="1/°", n=len(angles))


def _growing_cubes(out: Outcome, cfg: Directions, distribution: str, replicates: Sequence[_Replicate]) -> None:
    """Share of all vectors in a target ball at each size of the cube, where it is not zero."""
    hits, n = np.sum([replicate.hits for replicate in replicates], axis=0), sum(replicate.n for replicate in replicates)
    ratio = int(np.argmin(np.abs(np.array(cfg.ratios) - SHOWN_RATIO)))
    for target, name in enumerate(_target_names(cfg)):
        for size, count in zip(GROWTH, hits[target, ratio], strict=True):
            if count:
                where = {"distribution": distribution, "target": name, "ratio": cfg.ratios[ratio], "size": size}
                out.add("share_in_ball", count / n, where, n=n)


def _pairs(out: Outcome, cfg: Directions, number: int) -> None:
    """Midpoints and differences of independent uniform vectors, in units of the mean length."""
    mean, sd = uniform_length.mean_length(cfg.dimension), uniform_length.length_sd(cfg.dimension)
    midpoints, differences = [], []
    for vectors in uniform_vectors(bit_stream(cfg.seed, PAIRS, number), cfg.dimension, cfg.points // cfg.replicates):
        x, y = vectors[::2], vectors[1::2]
        midpoints.append(np.linalg.norm((x + y) / 2, axis=1))
        differences.append(np.linalg.norm(x - y, axis=1))
    midpoint = np.concatenate(midpoints)
    where, n = {"distribution": "uniform", "N": cfg.dimension}, len(midpoint)
    out.add("midpoint_length", midpoint.mean() / mean, where, number, n=n)
    out.add("difference_length", np.concatenate(differences).mean() / mean, where, number, n=n)
    inside = np.mean(np.abs(midpoint - mean) < 3 * sd)
    out.add("midpoints_in_shell", inside, where, number, "proportion", n)
