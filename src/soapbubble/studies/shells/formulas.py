"""The formulas for the length against exact values; nothing is random."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import numpy as np

from soapbubble.config.base import Dimension
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.stats import gaussian_length, uniform_length


class Formulas(Part):
    """Exact mathematics of the length; nothing is random."""

    dimensions: list[Dimension] = setting(
        [1, 2, 3, 4, 5, 6, 7, 8, 10, 16, 32, 64, 128, 256, 512, 1024, 2048],
        smoke=[1, 2, 3, 16, 256, 2048],
        min_length=2,
        doc="where formulas and exact values are compared",
    )
    # the latent space that the posts speak of
    grid_dimension: Dimension = setting(256, doc="dimension of the cube that a grid is to fill")
    # the posts' resolution
    grid_per_axis: int = setting(10, ge=2, doc="values of the grid on each axis")

    def reads(self) -> Reads:
        return Reads(memory_mb=200)


QUADRATURE_NODES = 3  # exact for polynomials up to degree 5: enough for a component's fourth power

MEAN_FORMULAS = {
    "rms": lambda n: uniform_length.rms_length(n),
    "quarter": lambda n: uniform_length.mean_length_corrected(n, 1 / 4),
    "fifth": lambda n: uniform_length.mean_length_corrected(n, 1 / 5),
    "second order": lambda n: uniform_length.mean_length_corrected(n, 1 / 5, 43 / 350),
}
CV_FORMULAS = {
    "plain": uniform_length.plain_cv,
    "refined": uniform_length.refined_cv,
    "corrected": uniform_length.corrected_cv,
}


def measure(cfg: Formulas, lab: Lab) -> Outcome:
    """Exact values, the errors of the formulas, and the arithmetic of grids."""
    out = Outcome()
    for n in cfg.dimensions:
        _exact(out, n)
        _mean_errors(out, n)
        _cv_errors(out, n)
    _slopes(out, cfg)
    _small_cubes(out)
    _grid(out, cfg)
    _identity(out)
    out.add("length_of_ones", float(np.linalg.norm(np.ones(256))), {"N": 256})
    return out


def _exact(out: Outcome, n: int) -> None:
    mean, cv = uniform_length.mean_length(n), uniform_length.length_cv(n)
    out.add("exact_mean", mean, {"N": n})
    out.add("exact_cv", cv, {"N": n})
    out.add("exact_coefficient", n * cv**2, {"N": n})
    out.add("exact_spread_ratio", 2 * uniform_length.plain_cv(n) / cv, {"N": n})
    out.add("series_difference", abs(uniform_length.mean_length_series(n) / mean - 1), {"N": n})
    out.add("jensen_excess", uniform_length.rms_length(n) / mean - 1, {"distribution": "uniform", "N": n})
    out.add("jensen_excess", math.sqrt(n) / gaussian_length.mean_length(n) - 1, {"distribution": "gaussian", "N": n})
    if n <= 3:
        out.add("closed_form_difference", abs(mean - uniform_length.mean_length_closed(n)), {"N": n})


def _mean_errors(out: Outcome, n: int) -> None:
    mean = uniform_length.mean_length(n)
    errors = {name: formula(n) / mean - 1 for name, formula in MEAN_FORMULAS.items()}
    if n >= 3:  # where the source offers its better approximation
        for name, error in errors.items():
            out.add("mean_error_size", abs(error), {"formula": name, "N": n})
        out.add("improved_mean_error", errors["quarter"], {"N": n})
    if n >= 16:
        out.add("rms_error_times_10n", 10 * n * errors["rms"], {"N": n})
    missing = 1 - mean / uniform_length.rms_length(n)
    out.add("first_coefficient", n * missing, {"N": n})
    out.add("second_coefficient", n**2 * (missing - 1 / (10 * n)), {"N": n})


def _cv_errors(out: Outcome, n: int) -> None:
    cv = uniform_length.length_cv(n)
    errors = {name: formula(n) / cv - 1 for name, formula in CV_FORMULAS.items()}
    if n >= 3:
        for name, error in errors.items():
            out.add("cv_error_size", abs(error), {"formula": name, "N": n})
    if n >= 16:
        out.add("cv_error_times_n", n * errors["plain"], {"N": n})


def _slopes(out: Outcome, cfg: Formulas) -> None:
    n = np.array([item for item in cfg.dimensions if item >= 8])
    error = [uniform_length.rms_length(item) / uniform_length.mean_length(item) - 1 for item in n]
    out.add("rms_error_slope", np.polyfit(np.log(n), np.log(error), 1)[0])


def _small_cubes(out: Outcome) -> None:
    """Quadrature over whole cubes: a way to the density's integral and the fourth moment that shares no formula."""
    nodes, weights = np.polynomial.legendre.leggauss(QUADRATURE_NODES)
    for n in (1, 2, 3):
        points = np.array(list(product(nodes, repeat=n)))
        share = np.prod(np.array(list(product(weights, repeat=n))), axis=1) / 2**n
        out.add("density_integral", share.sum(), {"N": n})
        fourth = share @ np.sum(points**2, axis=1) ** 2
        out.add("fourth_moment_quadrature_to_formula", fourth / uniform_length.fourth_moment(n), {"N": n})


def _grid(out: Outcome, cfg: Formulas) -> None:
    points = cfg.grid_per_axis**cfg.grid_dimension
    condition = {"N": cfg.grid_dimension, "per_axis": cfg.grid_per_axis}
    out.add("grid_points_log10", _log10(points), condition)


def _log10(whole: int) -> float:
    """Decimal logarithm of a whole number of any size, exact for powers of ten."""
    digits = len(str(whole)) - 1
    return digits + math.log10(Fraction(whole, 10**digits))


def _identity(out: Outcome) -> None:
    """½[(R+Δ)² - (R-Δ)²]/R² = 2Δ/R in rational arithmetic, on a grid that would show any polynomial difference."""
    residuals = [
        Fraction((r + d) ** 2 - (r - d) ** 2, 2 * r**2) - Fraction(2 * d, r)
        for r, d in product(range(1, 8), range(-7, 8))
    ]
    out.add("halving_identity_residual", float(max(map(abs, residuals))))
