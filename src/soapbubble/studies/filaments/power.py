"""What each statistic can see: planted structure against a Gaussian cloud of the same spectrum."""

from __future__ import annotations

import numpy as np

from soapbubble.config.base import Dimension
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.point_pattern import in_square
from soapbubble.stats.surrogate_tests import excess, holm, p_value
from soapbubble.studies.filaments.clouds import GAUSSIAN, PLANTED, cloud
from soapbubble.studies.filaments.planes import PLANES
from soapbubble.studies.filaments.statistics import LEVEL, mean_of_squares, of_space, of_square, stacked


class Power(Part):
    """What each statistic can see: planted structure of the same spectrum as a Gaussian cloud."""

    seed: int = setting(22000, ge=0, doc="seed of the random numbers")
    dimension: Dimension = setting(256, smoke=48, ge=40, doc="axes of the clouds")
    # the variance of the axes falls like 1 / their number: half of it on the first 20
    decay: float = setting(1.0, ge=0, doc="exponent with which the variance falls from axis to axis")
    points: int = setting(1200, smoke=250, ge=100, doc="points of a cloud")
    replicates: int = setting(3, smoke=2, ge=2, doc="clouds of each kind, each time with surrogates of their own")
    surrogates: int = setting(15, smoke=4, ge=4, doc="Gaussian clouds to which those of a replicate are compared")
    square: int = setting(300, smoke=100, ge=50, unit="points", doc="points of a square in a plane")
    # the post's: about 170,000 points, and a square of side 0.5 in which some 380 of them are expected
    source_points: int = setting(170_000, ge=1000, doc="points of a Gaussian plane of the source's size")
    source_std: list[float] = setting([4.7, 3.8], doc="its standard deviations along the two axes")
    source_half_side: float = setting(0.25, gt=0, doc="half the side of the square that is cut from its middle")
    even: int = setting(60, smoke=6, ge=4, doc="squares of evenly spread points to which that one is compared")

    def reads(self) -> Reads:
        return Reads(memory_mb=500)


def measure(cfg: Power, lab: Lab) -> Outcome:
    """How far each statistic lies from that of Gaussian clouds, in the space and in planes, for every planted cloud.

    A replicate is a planted cloud of each kind and Gaussian clouds of its own, so that intervals contain what the mean
    and the standard deviation of few surrogates add.
    """
    out = Outcome()
    spectrum = np.arange(1, cfg.dimension + 1) ** -cfg.decay
    for replicate in progress(range(cfg.replicates), "planted and Gaussian clouds"):
        rng = np.random.default_rng((cfg.seed, replicate))
        nulls = [cloud(GAUSSIAN, cfg.points, spectrum, rng) for _ in range(cfg.surrogates)]
        space = stacked([of_space(null) for null in nulls])
        planes = {name: stacked([_of_plane(null, axes, cfg) for null in nulls]) for name, axes in PLANES.items()}
        for name in (GAUSSIAN, *PLANTED):
            points = cloud(name, cfg.points, spectrum, rng)
            _compare(out, "space", of_space(points), space, {"cloud": name}, replicate)
            for plane, axes in PLANES.items():
                found, where = _of_plane(points, axes, cfg), {"cloud": name, "plane": plane}
                _compare(out, "plane", found, planes[plane], where, replicate)
                out.add("planted_anisotropy", found["anisotropy"], where, replicate, n=cfg.square)
    _source_size(out, cfg, np.random.default_rng(cfg.seed))
    return out


def _of_plane(points: np.ndarray, axes: tuple[int, int], cfg: Power) -> dict[str, float]:
    return mean_of_squares(points[:, axes], np.zeros((1, 2)), cfg.square)


def _compare(
    out: Outcome,
    room: str,
    found: dict[str, float],
    nulls: dict[str, np.ndarray],
    where: dict[str, str],
    replicate: int,
) -> None:
    """How far each statistic is from the surrogates, and whether it differs, corrected for their number."""
    names = list(found)
    adjusted = holm(np.array([p_value(found[name], nulls[name]) for name in names]))
    for name, p in zip(names, adjusted, strict=True):
        condition = {**where, "statistic": name}
        out.add(f"{room}_power_excess", excess(found[name], nulls[name]), condition, replicate, n=len(nulls[name]))
        out.add(f"{room}_power_found", p < LEVEL, condition, replicate, "proportion")


def _source_size(out: Outcome, cfg: Power, rng: np.random.Generator) -> None:
    """The square of the post, cut from the middle of a Gaussian plane, against evenly spread points of equal number."""
    squares = []
    for replicate in range(cfg.replicates):
        plane = rng.standard_normal((cfg.source_points, 2)) * cfg.source_std
        inside = plane[(np.abs(plane) < cfg.source_half_side).all(axis=1)]
        square = in_square(inside, np.zeros(2), len(inside))
        even = stacked([of_square(rng.random(square.shape)) for _ in range(cfg.even)])
        found = of_square(square)
        out.add("source_square_points", len(inside), {}, replicate, n=cfg.source_points)
        for name, value in found.items():
            out.add("source_square_excess", excess(value, even[name]), {"statistic": name}, replicate, n=cfg.even)
        squares.append(square)
    shown = squares[0]
    out.picture("source square", shown.astype(np.float32))
    out.picture("even square", rng.random(shown.shape).astype(np.float32))
