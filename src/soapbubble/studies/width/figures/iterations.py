"""Distances of recovered inputs by number of steps, width and depth."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, plot_intervals
from soapbubble.parts.declaration import figure

INPUTS = 2523  # of the page's images: between narrow and wide
WIDTHS = (1000, 2000, 2523, 3000, 5000)
DEEP = (2523, 3000, 5000)


@figure("stacks")
def iterations(found: Found, style: Style) -> Figure:
    """Input distance by steps for several widths; input and output at width 2000; input distance by depth."""
    figure, (left, middle, right) = new_figure(style, aspect=0.6, ncols=3)
    for place, width in enumerate(WIDTHS):
        curve = found.intervals("input_distance", "steps", width=width, layers=2)
        colour = COLOURS[place + 1]
        plot_intervals(left, curve["steps"], curve, fmt=MARKERS[place] + "-", color=colour, label=str(width))
        if width < INPUTS:
            floor = found.value("null_space_floor", width=width, layers=2)
            left.axhline(floor, color=COLOURS[place + 1], linewidth=0.8, linestyle=":")
    _steps(left, "relative distance of the input")
    _legend_below(left, "width on 2523 inputs")

    for place, (quantity, label) in enumerate((("input_distance", "input"), ("output_distance", "output"))):
        for line, layers in enumerate((1, 2, 4)):
            curve = found.intervals(quantity, "steps", width=2000, layers=layers)
            middle.plot(
                curve["steps"],
                curve["estimate"],
                MARKERS[line],
                linestyle=LINES[line],
                color=COLOURS[place + 1],
                label=f"{label}, {layers}",
            )
    _steps(middle, "relative distance, width 2000")
    _legend_below(middle, "distance and number of layers")

    for place, width in enumerate(DEEP):
        for line, steps in enumerate((500, 10_000)):
            curve = found.intervals("input_distance", "layers", width=width, steps=steps)
            colour, label = COLOURS[WIDTHS.index(width) + 1], f"{width}, {steps:,}"
            plot_intervals(
                right, curve["layers"], curve, fmt=MARKERS[place], linestyle=LINES[line], color=colour, label=label
            )
    orthogonal = found.intervals("orthogonal_distance", "layers")
    right.plot(orthogonal["layers"], orthogonal["estimate"], "x:", color=GREY, label="orthogonal, 500")
    right.set_yscale("log")
    right.set_xlabel("number of layers")
    right.set_ylabel("relative distance of the input")
    _legend_below(right, "width and number of steps")
    panel_letters(left, middle, right)
    return figure


def _legend_below(axes: Axes, title: str) -> None:
    axes.legend(title=title, loc="upper center", bbox_to_anchor=(0.45, -0.2), ncols=2)


def _steps(axes: Axes, label: str) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("number of steps")
    axes.set_ylabel(label)
