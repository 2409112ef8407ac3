"""Lengths of vectors: their distributions, the formulas for them, and how rare short vectors are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found, groups
from soapbubble.figures.style import BAND, COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, plot_intervals
from soapbubble.parts.declaration import figure
from soapbubble.stats import gaussian_length, uniform_length
from soapbubble.studies.shells.figures.axes import dimension_axis
from soapbubble.studies.shells.formulas import CV_FORMULAS, MEAN_FORMULAS

BLACK, BLUE, ORANGE, GREEN, _, SKY, _, _ = COLOURS
ZOOMED = 256  # the posts' dimension: here, or next to it, the formulas for the mean are compared


@figure("radii")
def radius_by_dimension(found: Found, style: Style) -> Figure:
    """Distributions of the length for several dimensions on one axis; mean and standard deviation by dimension."""
    figure, (left, right) = new_figure(style, aspect=0.42, ncols=2, width_ratios=[2.1, 1])
    densities = found.rows("radius_density")
    b, last = densities["b"].iloc[0], densities["N"].max()
    for place, (n, density) in enumerate(groups(densities, "N", sort=True)):
        length, value, colour = density["length"], density["value"], (BLUE, ORANGE)[place % 2]
        left.fill_between(length, value, color=colour, alpha=0.35, linewidth=0)
        left.plot(length, value, color=colour, linestyle=LINES[place % 2], linewidth=1)
        label = f"$N={n:g}$" if n == last else f"{n:g}"
        aside, above = {3: (-1.2, 0), 4: (0, 0.03), 16: (0, 0.016)}.get(int(n), (0, 0))
        middle = found.value("radius_mean", distribution="uniform", N=int(n), b=b)
        left.text(middle + aside, value.max() + above + 0.006, label, ha="center", color=colour, fontsize="small")
    left.set_xlabel(f"length $R$  ($b={b:g}$)")
    left.set_ylabel("probability density of $R$")
    left.set_xlim(0, None)
    left.set_ylim(0, None)

    mean, sd = (found.intervals(f"radius_{name}", "N", distribution="uniform", b=b) for name in ("mean", "sd"))
    dimensions = mean["N"]
    right.plot(dimensions, b * np.sqrt(dimensions / 3), color=GREY, linewidth=1)
    plot_intervals(right, dimensions, mean, fmt=MARKERS[0], color=BLUE)
    right.plot(dimensions, np.full(len(dimensions), b / np.sqrt(15)), color=GREY, linewidth=1, linestyle=LINES[1])
    plot_intervals(right, dimensions, sd, fmt=MARKERS[1], color=ORANGE)
    right.text(30, b * np.sqrt(10) * 1.6, "mean", color=BLUE, ha="right")
    right.text(30, b * 0.31, "standard\ndeviation", color=ORANGE, ha="left", va="bottom")
    right.text(2048, b * np.sqrt(2048 / 3) * 0.3, "$b\\sqrt{N/3}$", color=GREY, ha="right")
    right.text(2048, b / np.sqrt(15) * 0.86, "$b/\\sqrt{15}$", color=GREY, ha="right", va="top")
    right.set_yscale("log")
    right.set_ylabel(f"length  ($b={b:g}$)")
    right.set_ylim(0.7, None)
    dimension_axis(right)
    panel_letters(left, right)
    return figure


@figure("radii")
def mean_formulas(found: Found, style: Style) -> Figure:
    """Errors of the formulas for the mean length; the formulas at one dimension; simulation against the integral."""
    figure, (left, middle, right) = new_figure(style, aspect=0.4, ncols=3, width_ratios=[1.35, 1, 1])
    b = found.rows("radius_density")["b"].iloc[0]
    simulated = found.intervals("radius_mean", "N", distribution="uniform", b=b)
    n = simulated["N"]
    exact = b * n.map(uniform_length.mean_length)
    formulas = {name: b * n.map(formula) for name, formula in MEAN_FORMULAS.items()}
    labels = {
        "rms": "$\\sqrt{N/3}$  (source)",
        "quarter": "$c=1/4$  (source)",
        "fifth": "$c=1/5$",
        "second order": "second order",
    }
    for place, (name, label) in enumerate(labels.items()):
        error = (formulas[name] / exact - 1).abs()
        left.plot(n, error, LINES[place], marker=MARKERS[place], color=COLOURS[place + 1], label=label)
    resolved = (simulated["high"] - simulated["low"]) / 2 / exact
    left.fill_between(n, 1e-14, resolved, color=BAND, linewidth=0, label="error of simulation")
    left.set_yscale("log")
    left.set_ylim(1e-14, 1)
    left.set_ylabel("relative error of the mean length")
    left.legend(loc="lower left", handlelength=2.2, borderaxespad=0.2)
    dimension_axis(left)

    zoomed = int((n - ZOOMED).abs().argmin())
    _formulas_at(
        middle,
        simulated.iloc[zoomed],
        exact.iloc[zoomed],
        {name: curve.iloc[zoomed] for name, curve in formulas.items()},
    )
    middle.set_xlabel(f"mean length, $N={n.iloc[zoomed]}$, $b={b:g}$")

    errors = found.rows("radius_mean", distribution="uniform", b=b).groupby("N")["value"].sem().to_numpy()
    right.axhspan(-2, 2, color=BAND, linewidth=0)
    right.axhline(0, color=GREY, linewidth=0.8)
    right.plot(n, (simulated["estimate"] - exact) / errors, MARKERS[0], color=BLUE)
    right.set_ylim(-4, 4)
    right.set_ylabel("simulation − integral (standard errors)")
    dimension_axis(right, (2, 16, 128, 1024))
    panel_letters(left, middle, right)
    return figure


def _formulas_at(axes: Axes, simulated: pd.Series, exact: float, formulas: Mapping[str, float]) -> None:
    """The integral and three formulas at one dimension, over the interval of the simulated mean."""
    rows = (
        ("exact\nintegral", exact, BLACK, "*"),
        ("$c=1/5$", formulas["fifth"], GREEN, MARKERS[2]),
        ("$c=1/4$", formulas["quarter"], ORANGE, MARKERS[1]),
        ("root mean\nsquare", formulas["rms"], BLUE, MARKERS[0]),
    )
    axes.axvspan(simulated["low"], simulated["high"], color=BAND, linewidth=0)
    axes.axvline(simulated["estimate"], color=GREY, linewidth=1)
    for height, (_, value, colour, marker) in enumerate(rows):
        axes.plot(value, height, marker, color=colour, markersize=6)
    axes.set_yticks(range(len(rows)), [label for label, *_ in rows])
    axes.set_ylim(-0.6, len(rows) - 0.1)
    right_of_band = simulated["estimate"] + 0.65 * (simulated["high"] - simulated["low"])
    axes.text(right_of_band, len(rows) - 0.42, "simulated, 95 %", color=GREY, fontsize="small")
    axes.margins(x=0.1)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.tick_params(axis="y", length=0)


@figure("radii")
def spread_formulas(found: Found, style: Style) -> Figure:
    """Relative spread of the length; errors of the formulas for it; its ratio to the spread of the square."""
    figure, (left, middle, right) = new_figure(style, aspect=0.4, ncols=3)
    b = found.rows("radius_density")["b"].iloc[0]
    cv = found.intervals("radius_cv", "N", distribution="uniform", b=b)
    n = cv["N"]
    exact, plain = n.map(uniform_length.length_cv), n.map(uniform_length.plain_cv)
    left.plot(n, exact, color=BLUE, label="uniform, exact")
    plot_intervals(left, n, cv, fmt=MARKERS[0], color=BLUE, label="uniform, simulated")
    left.plot(n, plain, LINES[1], color=BLACK, label="$\\sqrt{1/(5N)}$  (source)")
    left.plot(n, n.map(_gaussian_cv), LINES[2], color=ORANGE, label="Gaussian, exact")
    gaussian = found.intervals("radius_cv", "N", distribution="gaussian")
    plot_intervals(left, gaussian["N"], gaussian, fmt=MARKERS[1], color=ORANGE, label="Gaussian, simulated")
    left.set_yscale("log")
    left.set_ylabel("relative spread std$(R)/\\langle R\\rangle$")
    left.set_ylim(None, 5)
    left.legend(loc="upper right", handlelength=2.2, borderaxespad=0.1)
    dimension_axis(left)

    labels = {"plain": "plain  (source)", "refined": "refined  (source)", "corrected": "corrected"}
    for place, (name, label) in enumerate(labels.items()):
        error = 100 * (n.map(CV_FORMULAS[name]) / exact - 1)
        middle.plot(n, error, LINES[place], marker=MARKERS[place], color=(BLACK, ORANGE, GREEN)[place], label=label)
    simulated = 100 * (cv[["estimate", "low", "high"]].div(exact, axis=0) - 1)
    plot_intervals(middle, n, simulated, fmt=".", color=SKY, label="simulated")
    middle.axhline(0, color=GREY, linewidth=0.8)
    middle.set_ylabel("error against the exact spread (%)")
    middle.legend(loc="lower right", borderaxespad=0.2)
    dimension_axis(middle)

    right.axhline(2, color=GREY, linewidth=0.8)
    right.plot(n, 2 * plain / exact, color=BLUE)
    plot_intervals(right, n, found.intervals("spread_ratio", "N"), fmt=MARKERS[0], color=BLUE)
    right.set_ylabel("relative spread of $R^2$ over that of $R$")
    right.set_ylim(None, 2.03)
    dimension_axis(right)
    panel_letters(left, middle, right)
    return figure


def _gaussian_cv(n: int) -> float:
    return gaussian_length.length_sd(n) / gaussian_length.mean_length(n)


@figure("radii")
def short_vectors(found: Found, style: Style) -> Figure:
    """Share of vectors shorter than b; in three dimensions the lengths, and how densely the cube is filled."""
    figure, (left, middle, right) = new_figure(style, aspect=0.4, ncols=3)
    left.plot(range(1, 17), [uniform_length.ball_share(n) for n in range(1, 17)], color=GREY, label="ball over cube")
    shorter = found.intervals("shorter_than_b", "N")
    plot_intervals(left, shorter["N"], shorter, fmt=MARKERS[0], color=BLUE, label="simulated")
    left.set_yscale("log")
    left.set_xlabel("number of components $N$")
    left.set_ylabel("share of vectors shorter than $b$")
    left.legend(loc="lower left")

    cube = found.rows("radius_density", N=3)
    b = cube["b"].iloc[0]
    lengths, density = cube["length"] / b, b * cube["value"]
    middle.fill_between(lengths, density, color=BLUE, alpha=0.3, linewidth=0, step="mid")
    middle.plot(lengths, density, color=BLUE, drawstyle="steps-mid", linewidth=1)
    middle.set_ylabel("probability density of $R/b$")
    middle.set_ylim(0, None)

    width = lengths.diff().mean()
    # Volumes over that of the cube.
    shells = 4 / 3 * np.pi * ((lengths + width / 2) ** 3 - (lengths - width / 2) ** 3) / 8
    expected = cube["n"] * shells
    filling = density * width / shells
    enough = expected > 100
    error = 2 * np.sqrt(filling / expected)
    right.axhline(1, color=GREY, linewidth=0.8)
    right.fill_between(
        lengths[enough], (filling - error)[enough], (filling + error)[enough], color=SKY, alpha=0.6, linewidth=0
    )
    right.plot(lengths[enough], filling[enough], color=BLUE, linewidth=1)
    right.set_ylabel("points per volume, over the mean")
    right.set_ylim(0, 1.4)
    right.text(0.5, 1.1, "inside the cube:\neven", color=BLUE, ha="center", va="bottom", fontsize="small")
    right.text(1.42, 0.72, "spheres cut\nby the faces", color=BLUE, ha="center", fontsize="small")
    for panel in (middle, right):
        panel.axvline(1, color=GREY, linewidth=0.8, linestyle=LINES[1])
        panel.set_xlim(0, np.sqrt(3))
        panel.set_xlabel("length $R/b$,  $N=3$")
    panel_letters(left, middle, right)
    return figure
