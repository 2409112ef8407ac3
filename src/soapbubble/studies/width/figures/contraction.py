"""Uneven contraction: a sketch made of an actual map, and descent on maps with a chosen spectrum."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, new_figure, panel_letters, plot_intervals
from soapbubble.parts.declaration import figure

BLACK, BLUE, ORANGE, GREEN, _, SKY, _, _ = COLOURS
POINTS = {"a'": (BLUE, "s"), "$a_g$": (ORANGE, "^")}


@figure("contraction")
def contraction(found: Found, style: Style) -> Figure:
    """Input and output of a map that contracts one direction; distance after descent against the condition number."""
    figure, (left, middle, right) = new_figure(style, aspect=0.36, ncols=3)
    shifted, descent, _ = found.pictures["sketch errors"]
    squeeze = found.pictures["sketch contraction"]
    points = {"a'": shifted, "$a_g$": descent}
    radius = float(np.linalg.norm(squeeze * shifted))
    _section(left, points, np.ones(4), (2 * radius / float(squeeze[0]), 2 * radius / float(squeeze[-1])), "input")
    _section(middle, points, squeeze, (2 * radius, 2 * radius), "output")

    distances = found.intervals("spectrum_input_distance", "condition")
    plot_intervals(right, distances["condition"], distances, fmt="o-", color=BLUE, label="distance of\nthe input")
    weak = found.intervals("spectrum_error_in_weak_half", "condition")
    plot_intervals(
        right,
        weak["condition"],
        weak,
        fmt="s--",
        color=ORANGE,
        label="share of the error\nin the more\ncontracted half",
    )
    right.axhline(0.5, color=GREY, linewidth=0.8, linestyle=":")
    right.set_xscale("log")
    right.set_ylim(0, 1.05)
    right.set_xlabel("condition number")
    right.set_ylabel("relative distance, share")
    right.legend(loc="lower right", fontsize="x-small", handlelength=1.6)
    panel_letters(left, middle, right)
    return figure


def _section(
    axes: Axes, points: dict[str, np.ndarray], scale: np.ndarray, widths: tuple[float, float], name: str
) -> None:
    """The contracted direction against the length of the other three, with the target at 0."""
    axes.add_patch(Ellipse((0, 0), *widths, facecolor=SKY, alpha=0.35, edgecolor="none"))
    axes.plot(0, 0, "o", color=BLACK)
    axes.annotate("a", (0, 0), (4, -9), textcoords="offset points")
    for label, error in points.items():
        colour, marker = POINTS[label]
        x, y = np.linalg.norm((scale * error)[:3]), (scale * error)[3]
        axes.plot(x, y, marker, color=colour)
        axes.annotate(label, (x, y), (5, 3), textcoords="offset points", color=colour)
    limit = 4.6 if name == "input" else 0.75
    axes.set_xlim(-limit, limit)
    axes.set_ylim(-limit, limit)
    axes.set_aspect("equal")
    ticks = (-4, 0, 4) if name == "input" else (-0.5, 0, 0.5)
    axes.set_xticks(ticks)
    axes.set_yticks(ticks)
    axes.set_xlabel(f"{name}: ordinary directions")
    axes.set_ylabel(f"{name}: contracted direction")
