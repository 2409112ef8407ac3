"""Shells of Gaussians in many dimensions, and how far a shifted one overlaps with the prior."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure

Data = Mapping[str, np.ndarray]
DENSITIES_FROM = 4  # in fewer dimensions there is no shell
SMALLEST = 1e-6  # overlaps below are not shown


@figure("bubbles")
def bubbles(data: Data, style: Style) -> Figure:
    """Lengths on a common axis; thickness by dimension; overlap by rate; overlap by dimension."""
    figure, ((densities, thickness), (by_rate, by_dimension)) = new_figure(style, aspect=0.62, nrows=2, ncols=2)
    _densities(densities, data)
    d = data["dimensions"]

    thickness.plot(d, data["sd"], MARKERS[0], linestyle=LINES[0], color=COLOURS[1])
    thickness.plot(d, data["relative"], MARKERS[1], linestyle=LINES[1], color=COLOURS[2])
    thickness.text(d[-1], 0.5, "thickness", ha="right", va="top", color=COLOURS[1])
    thickness.text(d[-4], data["relative"][-4] * 1.5, "thickness / radius", ha="left", va="bottom", color=COLOURS[2])
    thickness.set_yscale("log")
    thickness.set_ylabel("s.d. of the length")
    _dimension_axis(thickness)

    by_rate.plot(data["rates"], data["overlap"], color=GREY, linewidth=1, zorder=1)
    picked = [0, len(d) // 2, len(d) - 1]
    for place, row in enumerate(picked):
        by_rate.plot(
            data["simulated_rates"] * (1 + 0.05 * (place - 1)),
            data["simulated"][row],
            MARKERS[place],
            color=COLOURS[1 + place],
            linestyle="none",
            label=f"$d={d[row]:,}$".replace(",", "{,}"),
        )
    by_rate.set_xscale("log")
    by_rate.set_yscale("log")
    by_rate.set_ylim(SMALLEST, 2)
    by_rate.xaxis.set_major_locator(FixedLocator((1, 5, 11, 25, 50)))
    by_rate.set_xticklabels(["1", "5", "11", "25", "50"])
    by_rate.xaxis.set_minor_locator(NullLocator())
    by_rate.set_xlim(0.8, 60)
    by_rate.set_xlabel("rate $\\Vert\\mu\\Vert^2/2$ in nats")
    by_rate.set_ylabel("overlap with the prior")
    by_rate.legend(loc="lower left")

    fixed = data["simulated"][:, -1]
    by_dimension.plot(d, fixed, MARKERS[0], linestyle=LINES[0], color=COLOURS[1])
    by_dimension.plot(d, data["offset_overlap"].clip(SMALLEST / 30), MARKERS[1], linestyle=LINES[1], color=COLOURS[2])
    by_dimension.plot(d, data["inside_shell"], MARKERS[2], linestyle=LINES[2], color=COLOURS[3])
    by_dimension.text(24, fixed[0] * 0.6, f"rate of {data['shown_rate']:g} nats", va="top", color=COLOURS[1])
    by_dimension.text(3500, 3e-5, f"each coordinate\nshifted by {data['offset']:g}", ha="right", color=COLOURS[2])
    by_dimension.text(
        d[-1], 0.32, f"rate of {data['shell_rate']:g} nats,\nby length alone", ha="right", va="top", color=COLOURS[3]
    )
    by_dimension.set_yscale("log")
    by_dimension.set_ylim(SMALLEST, 2)
    by_dimension.set_ylabel("overlap with the prior")
    _dimension_axis(by_dimension)
    panel_letters(densities, thickness, by_rate, by_dimension)
    return figure


def _densities(axes: Axes, data: Data) -> None:
    shown = [row for row, d in enumerate(data["dimensions"]) if d >= DENSITIES_FROM]
    picked = sorted({shown[0], shown[1], shown[-1]})
    for place, row in enumerate(picked):
        axes.step(
            data["centres"],
            data["density"][row],
            where="mid",
            color=COLOURS[1 + place],
            linestyle=LINES[place],
            linewidth=1.1,
            label=f"$d={data['dimensions'][row]:,}$".replace(",", "{,}"),
        )
    axes.set_xlabel("length $-\\sqrt{d}$")
    axes.set_ylabel("probability density")
    axes.set_xlim(-3, 3)
    axes.legend(loc="upper left")


def _dimension_axis(axes: Axes) -> None:
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator((2, 16, 256, 4096, 65536)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels(["2", "16", "256", "4,096", "65,536"])
    axes.set_xlabel("dimension $d$")
