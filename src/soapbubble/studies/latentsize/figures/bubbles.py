"""Shells of Gaussians in many dimensions, and how far a shifted one overlaps with the prior."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure

DENSITIES_FROM = 4  # in fewer dimensions there is no shell
SMALLEST = 1e-6  # overlaps below are not shown


@figure("bubbles")
def bubbles(found: Found, style: Style) -> Figure:
    """Norms on a common axis; thickness by dimension; overlap by KL; overlap by dimension."""
    figure, ((densities, thickness), (by_kl, by_dimension)) = new_figure(style, aspect=0.62, nrows=2, ncols=2)
    _densities(densities, found)
    _thickness(thickness, found)
    _overlap_by_kl(by_kl, found)
    _overlap_by_dimension(by_dimension, found)
    panel_letters(densities, thickness, by_kl, by_dimension)
    return figure


def _densities(axes: Axes, found: Found) -> None:
    rows = found.rows("density_of_norm")
    shown = sorted(d for d in rows["d"].unique() if d >= DENSITIES_FROM)
    for place, d in enumerate(sorted({shown[0], shown[1], shown[-1]})):
        sns.lineplot(
            rows[rows["d"] == d],
            x="norm_minus_root",
            y="value",
            drawstyle="steps-mid",
            color=COLOURS[1 + place],
            linestyle=LINES[place],
            linewidth=1.1,
            label=_dimensions(d),
            ax=axes,
        )
    axes.set(xlabel=r"norm $-\sqrt{d}$", ylabel="probability density", xlim=(-3, 3))
    axes.legend(loc="upper left")


def _thickness(axes: Axes, found: Found) -> None:
    for number, quantity in enumerate(("thickness", "relative_thickness")):
        means = found.intervals(quantity, "d", by="simulation")
        _line(axes, means["d"], means["estimate"], number)
    d = means["d"].iloc[-4]
    axes.text(means["d"].max(), 0.5, "thickness", ha="right", va="top", color=COLOURS[1])
    axes.text(d, 1.5 * means["estimate"].iloc[-4], "thickness / radius", ha="left", va="bottom", color=COLOURS[2])
    axes.set_yscale("log")
    axes.set_ylabel("std of the norm")
    _dimension_axis(axes)


def _overlap_by_kl(axes: Axes, found: Found) -> None:
    exact = found.rows("overlap", by="closed form")
    sns.lineplot(exact, x="kl", y="value", color=GREY, linewidth=1, zorder=1, ax=axes)
    simulated = found.intervals("overlap", "d", "kl", by="simulation")
    dimensions = sorted(simulated["d"].unique())
    for place, d in enumerate((dimensions[0], dimensions[len(dimensions) // 2], dimensions[-1])):
        points = simulated[simulated["d"] == d]
        axes.errorbar(
            points["kl"] * (1 + 0.05 * (place - 1)),  # side by side
            points["estimate"],
            (points["estimate"] - points["low"], points["high"] - points["estimate"]),
            fmt=MARKERS[place],
            color=COLOURS[1 + place],
            label=_dimensions(d),
        )
    axes.set(xscale="log", yscale="log", xlim=(0.8, 60), ylim=(SMALLEST, 2))
    axes.set(xlabel=r"KL from the prior, $\Vert\mu\Vert^2/2$ (nat)", ylabel="overlap with the prior")
    axes.xaxis.set_major_locator(FixedLocator((1, 5, 11, 25, 50)))
    axes.set_xticklabels(["1", "5", "11", "25", "50"])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.legend(loc="lower left")


def _overlap_by_dimension(axes: Axes, found: Found) -> None:
    kl = found.rows("overlap", by="simulation")["kl"].max()
    fixed = found.intervals("overlap", "d", by="simulation", kl=kl)
    offset, inside = found.rows("overlap_of_offset"), found.rows("inside_prior_shell")
    _line(axes, fixed["d"], fixed["estimate"], 0)
    _line(axes, offset["d"], offset["value"].clip(SMALLEST / 30), 1)
    _line(axes, inside["d"], inside["value"], 2)
    axes.text(24, fixed["estimate"].iloc[0] * 0.6, f"KL of {kl:g} nats", va="top", color=COLOURS[1])
    shift = f"each coordinate\nshifted by {offset['offset'].iloc[0]:g}"
    axes.text(3500, 3e-5, shift, ha="right", color=COLOURS[2])
    alone = f"KL of {inside['kl'].iloc[0]:g} nats,\nby norm alone"
    axes.text(inside["d"].max(), 0.32, alone, ha="right", va="top", color=COLOURS[3])
    axes.set(yscale="log", ylim=(SMALLEST, 2), ylabel="overlap with the prior")
    _dimension_axis(axes)


def _line(axes: Axes, x: pd.Series, y: pd.Series, number: int) -> None:
    axes.plot(x, y, MARKERS[number], linestyle=LINES[number], color=COLOURS[1 + number])


def _dimensions(d: float) -> str:
    return f"$d={d:,.0f}$".replace(",", "{,}")


def _dimension_axis(axes: Axes) -> None:
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator((2, 16, 256, 4096, 65536)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels(["2", "16", "256", "4,096", "65,536"])
    axes.set_xlabel("dimension $d$")
