"""How evenly points fill a cube, and how little of a large one they reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
from pydantic import Field
from scipy.stats import qmc

from soapbubble.config.base import Block, Dimension
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats import evenness, uniform_length
from soapbubble.stats.coverage import (
    distinct_orthants,
    expected_occupied,
    log10_share,
    nearest_distances,
    orthant_codes,
)
from soapbubble.stats.random_points import bit_stream, gaussian_vectors, generator, uniform_vectors


class Grid(Block):
    """Equal cells of a cube, at least three on an axis: two would not see a density that falls off to all sides."""

    dimension: Dimension = setting(doc="dimension")
    per_axis: int = setting(ge=3, doc="cells on each axis")


class Coverage(Part):
    """How evenly, and how completely, points fill a cube."""

    seed: int = setting(15, ge=0, doc="seed of the random numbers")
    # 100 to 6561 cells; at least 3 an axis, for orthants are equal also under Gaussian distributions
    grids: list[Grid] = setting(
        [
            {"dimension": 2, "per_axis": 10},
            {"dimension": 3, "per_axis": 5},
            {"dimension": 4, "per_axis": 4},
            {"dimension": 5, "per_axis": 3},
            {"dimension": 6, "per_axis": 3},
            {"dimension": 7, "per_axis": 3},
            {"dimension": 8, "per_axis": 3},
        ],
        smoke=[{"dimension": 2, "per_axis": 10}, {"dimension": 3, "per_axis": 5}, {"dimension": 5, "per_axis": 3}],
        min_length=1,
        doc="cells whose counts are tested for evenness",
    )
    # a density uneven by 5 % adds 0.05 to the dispersion of 1
    mean_count: float = setting(20.0, ge=5, doc="mean number of points in a cell")
    # the dispersion to 0.007
    cells_counted: int = setting(
        2500, smoke=300, ge=1, doc="cells in each replicate: as many patterns as have so many together"
    )
    orthant_dimension: int = setting(8, ge=1, le=20, doc="dimension in which the orthants are compared")
    replicates: int = setting(20, smoke=4, ge=2, doc="independent repetitions, the unit of replication")
    # as in the posts
    points: int = setting(200000, smoke=5000, ge=100, doc="points that are to cover the cube")
    # coverage by so many points hardly varies
    sets: int = setting(5, smoke=2, ge=2, doc="independent sets of that size")
    dimensions: list[Annotated[int, Field(ge=1, le=64)]] = setting(
        [1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 28],
        smoke=[1, 2, 3, 8, 16],
        min_length=2,
        doc="dimensions in which coverage is counted",
    )
    axis_cells: list[Annotated[int, Field(ge=2)]] = setting([2, 3, 10], min_length=1, doc="cells an axis for coverage")
    high_dimension: Dimension = setting(256, doc="dimension of the cube that cannot be covered")
    queries: int = setting(40, smoke=4, ge=2, doc="fresh vectors whose nearest point is sought, in each set")

    def reads(self) -> Reads:
        return Reads(memory_mb=300)


EVEN, CONTROL, ORTHANTS, FILL, REACH, QUERIES = range(6)  # places in the tree of random streams
SOBOL_BLOCK = 2**12  # vectors asked for at a time


def measure(cfg: Coverage, lab: Lab) -> Outcome:
    """Evenness of the density, share of cells reached, and the distance to the nearest of many points."""
    out = Outcome()
    for grid in progress(cfg.grids, "evenness of the density"):
        _evenness(out, cfg, grid)
    _orthants(out, cfg)
    for number in progress(range(cfg.sets), "cells reached"):
        _occupied(out, cfg, number)
    for distribution in DISTRIBUTIONS:
        for number in range(cfg.sets):
            _reach(out, cfg, distribution, number)
    return out


def _evenness(out: Outcome, cfg: Coverage, grid: Grid) -> None:
    """Dispersion of cell counts for the uniform distribution, and for a Gaussian cut to the same cube as a control."""
    cells = grid.per_axis**grid.dimension
    shape = (round(cfg.mean_count * cells), grid.dimension)
    repeats = max(1, round(cfg.cells_counted / cells))
    for replicate in range(cfg.replicates):
        random = generator(cfg.seed, EVEN, grid.dimension, replicate)
        found = [_dispersion(random.random(shape), grid.per_axis) for _ in range(repeats)]
        out.add(
            "cell_dispersion", np.mean(found), {"distribution": "uniform", "N": grid.dimension}, replicate, n=repeats
        )
        control = evenness.gaussian_in_cube(generator(cfg.seed, CONTROL, grid.dimension, replicate).random(shape))
        where = {"distribution": "gaussian in the cube", "N": grid.dimension}
        out.add("cell_dispersion", _dispersion(control, grid.per_axis), where, replicate)


def _orthants(out: Outcome, cfg: Coverage) -> None:
    """Dispersion of the counts in the orthants: equal for every symmetric distribution, as both here are."""
    n = cfg.orthant_dimension
    repeats = max(1, round(cfg.cells_counted / 2**n))
    for replicate in range(cfg.replicates):
        random = generator(cfg.seed, ORTHANTS, replicate)
        found = [_dispersion(random.random((round(cfg.mean_count * 2**n), n)), 2) for _ in range(repeats)]
        out.add("orthant_dispersion", np.mean(found), {"distribution": "uniform", "N": n}, replicate, n=repeats)


def _dispersion(points: np.ndarray, per_axis: int) -> float:
    return evenness.dispersion(evenness.cell_counts(points, per_axis))


def _occupied(out: Outcome, cfg: Coverage, number: int) -> None:
    """Share of equal cells with at least one point, for one set of points, and its expectation."""
    points = generator(cfg.seed, FILL, number).random((cfg.points, max(cfg.dimensions)), dtype=np.float32)
    for cells in cfg.axis_cells:
        for n in cfg.dimensions:
            where = {"distribution": "uniform", "N": n, "cells": cells}
            if number == 0:
                expected = expected_occupied(cfg.points, n * np.log2(cells))
                out.add("cells_occupied_expected", expected, where, n=cfg.points)
            if cells**n < 2**62:  # the numbers of the cells fit a whole number of 64 bits
                reached = len(np.unique(evenness.cell_numbers(points[:, :n], cells)))
                out.add("cells_occupied", reached / cells**n, where, number, n=cfg.points)


def _uniform(cfg: Coverage, number: int) -> Iterator[np.ndarray]:
    return uniform_vectors(bit_stream(cfg.seed, REACH, 0, number), cfg.high_dimension, cfg.points)


def _gaussian(cfg: Coverage, number: int) -> Iterator[np.ndarray]:
    for vectors in gaussian_vectors(bit_stream(cfg.seed, REACH, 1, number), cfg.high_dimension, cfg.points):
        yield vectors * np.float32(evenness.SIGMA)


def _sobol(cfg: Coverage, number: int) -> Iterator[np.ndarray]:
    """Scrambled Sobol points (Sobol 1967; Owen 1995), which are spread more evenly than random ones, on [-1, 1)."""
    sequence = qmc.Sobol(cfg.high_dimension, rng=generator(cfg.seed, REACH, 2, number))
    left = cfg.points
    while left > 0:
        # Whole powers of two are asked for, which keeps the sequence balanced.
        yield (2 * sequence.random(SOBOL_BLOCK)[:left] - 1).astype(np.float32)
        left -= SOBOL_BLOCK


DISTRIBUTIONS = {"uniform": _uniform, "gaussian": _gaussian, "sobol": _sobol}


def _reach_dimensions(cfg: Coverage) -> list[int]:
    return [*(n for n in cfg.dimensions if n < cfg.high_dimension), cfg.high_dimension]


def _reach(out: Outcome, cfg: Coverage, distribution: str, number: int) -> None:
    """Orthants reached in the first N components, and the nearest of all points to fresh uniform vectors."""
    top = cfg.high_dimension
    queries = 2 * generator(cfg.seed, QUERIES, number).random((cfg.queries, top), dtype=np.float32) - 1
    parts: list[np.ndarray] = []

    def coded() -> Iterator[np.ndarray]:
        for block in DISTRIBUTIONS[distribution](cfg, number):
            parts.append(orthant_codes(block))
            yield block

    nearest = nearest_distances(queries, coded())
    codes = np.concatenate(parts)
    mean = uniform_length.mean_length(top)
    out.add(
        "nearest_neighbour_distance",
        nearest.mean() / mean,
        {"distribution": distribution, "N": top},
        number,
        n=cfg.queries,
    )
    for n in _reach_dimensions(cfg):
        share = log10_share(distinct_orthants(codes, n), n)
        out.add("orthant_share_log10", share, {"distribution": distribution, "N": n}, number, n=cfg.points)
