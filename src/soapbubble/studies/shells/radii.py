"""Lengths of a million vectors for each dimension, against exact values and formulas."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import add

import numpy as np

from soapbubble.config.base import Dimension
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats import gaussian_length, uniform_length
from soapbubble.stats.length_tally import LengthTally
from soapbubble.stats.random_points import bit_stream, gaussian_vectors, uniform_square_lengths


class Radii(Part):
    """Lengths of simulated vectors."""

    seed: int = setting(11, ge=0, doc="seed of the random numbers")
    # 3 to 2048 in the posts
    dimensions: list[Dimension] = setting(
        [2, 3, 4, 5, 6, 8, 10, 16, 32, 64, 128, 256, 512, 1024, 2048],
        smoke=[2, 3, 16, 64, 256, 2048],
        min_length=2,
        doc="numbers of components",
    )
    # the posts' cube
    half_width: float = setting(5.0, gt=0, doc="b: components are uniform on [-b, b)")
    # as in the posts; gives the relative spread to 0.07 %
    points: int = setting(1000000, smoke=4000, ge=200, doc="vectors for each dimension")
    # 50,000 vectors each: Student's t is then close to normal
    replicates: int = setting(20, smoke=4, ge=2, doc="independent repetitions, the unit of replication")
    # the range of latent components that the posts' faces fill
    wide_half_width: float = setting(12.0, gt=0, doc="a second b, for wide_dimension")
    wide_dimension: Dimension = setting(256, doc="dimension at which the second b is tried")
    gaussian_dimensions: list[Dimension] = setting(
        [3, 16, 64, 256], smoke=[3, 256], min_length=1, doc="dimensions of Gaussian vectors"
    )
    # Gaussian numbers cost ten times as much
    gaussian_points: int = setting(200000, smoke=2000, ge=200, doc="Gaussian vectors for each of them")
    bins: int = setting(120, smoke=40, ge=10, le=2000, doc="bins of a histogram of lengths")

    def reads(self) -> Reads:
        return Reads(memory_mb=300)


WIDTHS_SHOWN = 5  # a histogram reaches this many standard deviations to either side of the mean
BALL_DIMENSIONS = 10  # up to here some of a million vectors are shorter than b
EXCESS_DIMENSIONS = 256  # up to here a million vectors resolve the excess of the root mean square over the mean
CV_DIMENSIONS = 64  # up to here they resolve the error of the plain relative spread
POWERS_OF_TWO = [2**power for power in range(2, 12)]  # with 3, the dimensions whose histograms are shown
UNIFORM, GAUSSIAN, WIDE = range(3)  # places in the tree of random streams


def measure(cfg: Radii, lab: Lab) -> Outcome:
    """Simulated mean, spread and moments of the length; histograms of it."""
    out = Outcome()
    per_replicate = cfg.points // cfg.replicates
    jobs = [(n, replicate) for n in cfg.dimensions for replicate in range(cfg.replicates)]
    tallies: dict[int, list[LengthTally]] = {n: [] for n in cfg.dimensions}
    for n, replicate in progress(jobs, "lengths of uniform vectors"):
        tally = _uniform_tally(n, cfg.bins)
        for squares in uniform_square_lengths(bit_stream(cfg.seed, UNIFORM, n, replicate), n, per_replicate):
            tally.add(squares)
        tallies[n].append(tally)
    for n in cfg.dimensions:
        for replicate, tally in enumerate(tallies[n]):
            _uniform_rows(out, tally, n, cfg.half_width, replicate)
    _slopes(out, cfg, tallies)
    _wide(out, cfg, per_replicate)
    _gaussian(out, cfg)
    for n in cfg.dimensions:
        if n == 3 or n in POWERS_OF_TWO:
            _histogram(out, cfg, reduce(add, tallies[n]), n)
    return out


def _uniform_tally(n: int, bins: int) -> LengthTally:
    mean, sd = uniform_length.mean_length(n), uniform_length.length_sd(n)
    return LengthTally(
        mean, sd, uniform_length.mean_square(n), _edges(mean, sd, bins), short=1.0 if n <= BALL_DIMENSIONS else 0.0
    )


def _edges(mean: float, sd: float, bins: int) -> np.ndarray:
    return np.linspace(max(0.0, mean - WIDTHS_SHOWN * sd), mean + WIDTHS_SHOWN * sd, bins + 1)


def _uniform_rows(out: Outcome, tally: LengthTally, n: int, b: float, replicate: int) -> None:
    """What one replicate says; lengths in the tally are in units of b."""
    mean, sd = tally.length()
    square_mean, square_sd = tally.square()
    cv, square_cv = sd / mean, square_sd / square_mean
    where: dict[str, float | str] = {"distribution": "uniform", "N": n, "b": b}

    def record(quantity: str, value: float, condition: Mapping[str, float | str] = where, unit: str = "1") -> None:
        out.add(quantity, value, condition, replicate, unit, tally.n)

    record("radius_mean", b * mean)
    record("radius_sd", b * sd)
    record("radius_cv", cv)
    record("radius_rms", b * np.sqrt(square_mean))
    record("within_three_sd", tally.typical / tally.n, unit="proportion")
    record("coefficient", n * cv**2)
    record("mean_to_exact", mean / uniform_length.mean_length(n))
    record("cv_to_exact", cv / uniform_length.length_cv(n))
    record("rms_to_formula", np.sqrt(square_mean) / uniform_length.rms_length(n))
    record("square_variance_scaled", square_sd**2 / n)
    record("square_spread_to_formula", square_cv / (2 * uniform_length.plain_cv(n)))
    record("square_spread", square_cv, {"N": n, "b": b})
    fourth = square_mean**2 + square_sd**2 * (tally.n - 1) / tally.n
    record("square_spread_as_printed", square_sd / fourth / b**2, {"N": n, "b": b})
    record("fourth_moment_to_formula", fourth / uniform_length.fourth_moment(n), {"N": n})
    record("sd_over_n", b * sd / n, {"N": n, "b": b})
    record("half_diagonal_ratio", mean / np.sqrt(n), {"N": n})
    record("spread_ratio", square_cv / cv, {"N": n})
    if n >= 32:
        record("cv_to_formula_from_32", cv / uniform_length.plain_cv(n), {"N": n})
    if 3 <= n <= CV_DIMENSIONS:
        record("cv_to_formula_up_to_64", cv / uniform_length.plain_cv(n), {"N": n})
    if n <= EXCESS_DIMENSIONS:
        record("rms_excess_over_simulated_mean", uniform_length.rms_length(n) / mean - 1, {"N": n})
    if n <= BALL_DIMENSIONS:
        record("shorter_than_b", tally.below[0] / tally.n, {"N": n}, "proportion")
        record("shorter_than_half_b", tally.below[1] / tally.n, {"N": n}, "proportion")


def _slopes(out: Outcome, cfg: Radii, tallies: Mapping[int, list[LengthTally]]) -> None:
    """How mean and spread go with the dimension from 3 on, in each replicate."""
    dimensions = [n for n in cfg.dimensions if n >= 3]
    for replicate in range(cfg.replicates):
        mean, sd = np.array([tallies[n][replicate].length() for n in dimensions]).T
        out.add("mean_slope", np.polyfit(np.log(dimensions), np.log(mean), 1)[0], {}, replicate)
        out.add("sd_slope", np.polyfit(np.log(dimensions), np.log(sd), 1)[0], {}, replicate)
        out.add("sd_last_over_first", sd[-1] / sd[0], {"first": dimensions[0], "last": dimensions[-1]}, replicate)


def _wide(out: Outcome, cfg: Radii, per_replicate: int) -> None:
    """The second b, with random numbers of its own."""
    n, b = cfg.wide_dimension, cfg.wide_half_width
    for replicate in range(cfg.replicates):
        tally = _uniform_tally(n, cfg.bins)
        for squares in uniform_square_lengths(bit_stream(cfg.seed, WIDE, n, replicate), n, per_replicate):
            tally.add(squares)
        mean, sd = tally.length()
        for name, value in (("mean", b * mean), ("sd", b * sd), ("cv", sd / mean)):
            out.add(f"radius_{name}", value, {"distribution": "uniform", "N": n, "b": b}, replicate, n=tally.n)


def _gaussian(out: Outcome, cfg: Radii) -> None:
    """Gaussian components of the same variance, b²/3."""
    sigma = cfg.half_width / np.sqrt(3)
    for n in progress(cfg.gaussian_dimensions, "lengths of Gaussian vectors"):
        mean, sd = gaussian_length.mean_length(n), gaussian_length.length_sd(n)
        for replicate in range(cfg.replicates):
            tally = LengthTally(mean, sd, n, _edges(mean, sd, cfg.bins))
            stream = bit_stream(cfg.seed, GAUSSIAN, n, replicate)
            for vectors in gaussian_vectors(stream, n, cfg.gaussian_points // cfg.replicates):
                tally.add(np.einsum("ij,ij->i", vectors, vectors))
            m, s = tally.length()
            where = {"distribution": "gaussian", "N": n, "b": cfg.half_width}
            out.add("radius_mean", sigma * m, where, replicate, n=tally.n)
            out.add("radius_sd", sigma * s, where, replicate, n=tally.n)
            out.add("radius_cv", s / m, where, replicate, n=tally.n)


def _histogram(out: Outcome, cfg: Radii, tally: LengthTally, n: int) -> None:
    """Probability density of the length, over all replicates, at the centres of its bins."""
    centres, density = (tally.edges[1:] + tally.edges[:-1]) / 2, tally.counts / tally.n / np.diff(tally.edges)
    where = {"distribution": "uniform", "N": n, "b": cfg.half_width}
    for centre, value in zip(cfg.half_width * centres, density / cfg.half_width, strict=True):
        out.add("radius_density", value, where | {"length": centre}, n=tally.n)
