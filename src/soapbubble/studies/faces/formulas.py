"""What follows from the post's printed numbers and formulas alone: exact values, products, and its table."""

from __future__ import annotations

import math

import numpy as np

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.axis_histograms import FWHM
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.stats import uniform_length
from soapbubble.stats.boxes import log_hit_probability
from soapbubble.studies.faces.source import BOXES, QUOTED, TABLE, VECTORS, N


class Formulas(Part):
    """Arithmetic on the post's numbers."""

    dimensions: list[int] = setting(
        [2, 3, 16, 32, 64, 128, 256, 512, 1024, 2048], min_length=3, doc="numbers of components of uniform vectors"
    )
    half_widths: list[float] = setting([1.0, 1.5, 2.0, 3.0, 4.0, 12.0], min_length=1, doc="b of the post's cubes")
    # what the post says of the axes that it does not list: narrower than 1, in steps of 0.125 at best
    other_widths: list[float] = setting(
        [0.75, 0.875, 0.96, 1.0], min_length=1, doc="half-widths that the post's other axes may have"
    )
    points_per_axis: list[int] = setting([2, 3, 10], min_length=1, doc="points of a grid along each axis")

    def reads(self) -> Reads:
        return Reads(memory_mb=300)


GRID_MOST = 10**9  # points of a grid that a computer could just hold
EXPONENTS = (50, 60, 65)
DECODERS = {
    ("case I", "text"): (256, 128, 64, 32),
    ("case I", "code"): (128, 64, 32, 3),
    ("case II", "text"): (128, 128, 64, 64),
    ("case II", "code"): (128, 64, 64, 3),
}
NARROW_AXES, NARROW_WIDTH = 216, 0.875
"""at least so many axes are narrower than 1, at most so wide on the table's raster of 0.125"""


def measure(cfg: Formulas, lab: Lab) -> Outcome:
    """Everything is exact: there is no sampling."""
    out = Outcome()
    _lengths(out, cfg)
    _grids(out, cfg)
    _products(out)
    _table(out, cfg)
    for (case, place), filters in DECODERS.items():
        out.add("decoder_output_channels", filters[-1], {"model": case, "place": place})
    return out


def _lengths(out: Outcome, cfg: Formulas) -> None:
    """The length of uniform vectors: exact, as printed, and as it should be printed."""
    for n in cfg.dimensions:
        mean, sd = uniform_length.mean_length(n), uniform_length.length_sd(n)
        printed = math.sqrt(n / 15) * math.sqrt(1 + 1 / (4 * n))
        out.add("length_over_b", mean, {"N": n})
        out.add("length_sd_over_b", sd, {"N": n, "formula": "exact"})
        out.add("length_sd_over_b", printed, {"N": n, "formula": "printed"})
        out.add("length_sd_over_b", 1 / math.sqrt(15), {"N": n, "formula": "corrected"})
        out.add("length_cv", sd / mean, {"N": n, "formula": "exact"})
        out.add("length_cv", printed / mean, {"N": n, "formula": "printed"})
        out.add("shorter_than_b", uniform_length.ball_share(n), {"N": n})
        readings = {
            "leading": uniform_length.rms_length(n),
            "corrected": uniform_length.mean_length_corrected(n, 1 / 4),
        }
        for name, value in readings.items():
            out.add("length_formula_error", abs(value / mean - 1), {"N": n, "formula": name})
    for b in cfg.half_widths:
        out.add("uniform_length_mean", b * uniform_length.mean_length(N), {"b": b})
        out.add("uniform_length_sd", b * uniform_length.length_sd(N), {"b": b})


def _grids(out: Outcome, cfg: Formulas) -> None:
    """How many dimensions a grid can have, and how many points it has in the post's."""
    for points in cfg.points_per_axis:
        most = max(n for n in range(1, 64) if points**n <= GRID_MOST)
        out.add("grid_dimensions", most, {"points": points})
        out.add("grid_log10_points", N * math.log10(points), {"points": points})


def _products(out: Outcome) -> None:
    """The post's estimates of how many of its vectors hit."""
    first = 0.75**8
    out.add("hit_first_factor", first, {"reading": "power"})
    out.add("hit_first_factor", 0.75 * 8, {"reading": "digits"})
    for exponent in EXPONENTS:
        out.add("hit_second_factor", 0.9**exponent, {"exponent": exponent})
        out.add("hits_estimated", QUOTED * first * 0.9**exponent, {"exponent": exponent})
    out.add("hit_second_factor_digits", 0.965)
    for axes in (220, 230):
        out.add("log10_all_in_three", axes * math.log10(0.25), {"axes": axes})
    out.add("ninety_percent_of_axes", 0.9 * N)


def _table(out: Outcome, cfg: Formulas) -> None:
    """What the table of 20 axes, and a common width of the 236 others, imply."""
    peaks, widths = np.abs(TABLE[:, 0]), TABLE[:, 1]
    for threshold in (0.25, 1.0):
        out.add("table_axes_off_centre", (peaks >= threshold).sum(), {"threshold": threshold})
    for threshold in (1.0, 1.5, 3.0):
        out.add("table_axes_broad", (widths >= threshold).sum(), {"threshold": threshold})
    squares = np.sort(peaks**2)[::-1]
    out.add("table_centre_length", math.sqrt(squares.sum()))
    out.add("table_top_mean_share", squares[:4].sum() / squares.sum(), {"axes": 4})
    out.add("table_narrow_probability_log10", NARROW_AXES * math.log10(NARROW_WIDTH), {"width": NARROW_WIDTH})
    centred = np.zeros(N)
    for h in cfg.other_widths:
        mu, hw = mu_of_table(), widths_of_table(h)
        for reading, divisor in (("full width", FWHM), ("half width", FWHM / 2)):
            rms = math.sqrt((mu**2 + (hw / divisor) ** 2).sum())
            out.add("table_rms_length", rms, {"width": h, "reading": reading})
        for b, factor in BOXES:
            where = {"width": h, "b": b, "factor": factor}
            log_p = log_hit_probability(mu, factor * hw, b)
            out.add("table_hits", QUOTED * math.exp(log_p), where)
            if b <= factor:  # where a box of the other axes can be narrower than the cube, and no axis misses it
                lost = log_p - log_hit_probability(centred, factor * hw, b)
                out.add("table_off_centre_factor", math.exp(lost), where)
                if log_p < 0:
                    out.add("table_off_centre_log_share", lost / log_p, where)
    hits = QUOTED * math.exp(log_hit_probability(mu_of_table(), 12 * widths_of_table(0.96), 12.0))
    out.add("table_hits_of_announced", hits * VECTORS / QUOTED)
    out.add("table_hits_difference_in_poisson_sd", (hits * VECTORS / QUOTED - hits) / math.sqrt(hits))


def mu_of_table() -> np.ndarray:
    """Peaks of the post's 256 axes, those that it does not list at zero."""
    return np.concatenate([TABLE[:, 0], np.zeros(N - len(TABLE))])


def widths_of_table(other: float) -> np.ndarray:
    """Half-widths of the post's 256 axes, those that it does not list all as wide as `other`."""
    return np.concatenate([TABLE[:, 1], np.full(N - len(TABLE), other)])
