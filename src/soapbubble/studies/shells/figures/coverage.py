"""How much of a cube points reach."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found, groups
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, plot_intervals
from soapbubble.parts.declaration import figure
from soapbubble.studies.shells.figures.axes import dimension_axis


@figure("coverage")
def coverage(found: Found, style: Style) -> Figure:
    """Share of equal cells that points reach, and share of the orthants, against the dimension."""
    figure, (left, right) = new_figure(style, aspect=0.42, ncols=2)
    expected = found.rows("cells_occupied_expected")
    points = int(expected["n"].iloc[0])
    for place, (cells, curve) in enumerate(groups(expected, "cells", sort=True)):
        colour = COLOURS[place + 1]
        left.plot(curve["N"], curve["value"], LINES[place], color=colour)
        counted = found.intervals("cells_occupied", "N", cells=int(cells))
        plot_intervals(left, counted["N"], counted, fmt=MARKERS[place], color=colour, label=f"{cells:g} cells an axis")
    left.set_xlabel("number of components $N$")
    left.set_ylabel(f"share of cells with one of {points:,} points")
    left.yaxis.set_major_formatter(PercentFormatter(1))
    left.legend(loc="upper right")

    dimensions = np.geomspace(1, found.rows("orthant_share_log10")["N"].max(), 300)
    right.plot(
        dimensions,
        np.minimum(0, np.log10(points) - dimensions * np.log10(2)),
        color=GREY,
        linewidth=1,
        label=f"{points:,}$\\,/\\,2^N$",
    )
    for place, (distribution, label) in enumerate(
        (("uniform", "uniform"), ("gaussian", "Gaussian"), ("sobol", "Sobol"))
    ):
        reached = found.intervals("orthant_share_log10", "N", distribution=distribution)
        plot_intervals(
            right,
            reached["N"],
            reached,
            fmt=MARKERS[place],
            color=COLOURS[place + 1],
            markersize=(8.5, 5.5, 2.5)[place],
            fillstyle=("none", "none", "full")[place],
            label=label,
        )
    right.set_ylabel("$\\log_{10}$ of the share of orthants reached")
    right.legend(loc="lower left")
    dimension_axis(right, (1, 4, 16, 64, 256))
    panel_letters(left, right)
    return figure
