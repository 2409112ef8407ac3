"""Which points decode to faces."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import (
    GREY,
    LINES,
    MARKERS,
    new_figure,
    panel_letters,
    picture_grid,
    plot_intervals,
)
from soapbubble.parts.declaration import figure
from soapbubble.studies.filaments.figures.names import BLUE, GREEN, ORANGE

SHOWN = ("held-out codes", "full Gaussian", "diagonal Gaussian", "box", "cube", "wide cube")


@figure("decoding")
def generators(found: Found, style: Style) -> Figure:
    """Decoded points of several generators."""
    rows = [list(found.pictures[f"faces {name}"]) for name in SHOWN]
    drawing = picture_grid(style, rows, SHOWN, ())
    for row in range(len(SHOWN)):
        axes = drawing.axes[row * len(rows[0])]
        axes.set_ylabel(SHOWN[row], rotation=0, ha="right", va="center")
    return drawing


@figure("decoding")
def decoding(found: Found, style: Style) -> Figure:
    """Share of faces among the points of several generators, and around codes and the mean."""
    drawing, (shares, around) = new_figure(style, aspect=0.36, ncols=2)
    measured = found.intervals("face_share", "generator").sort_values("estimate")
    heights = np.arange(len(measured))
    plot_intervals(shares, heights, measured, fmt=MARKERS[0], color=BLUE, horizontal=True)
    shares.set_yticks(heights, measured["generator"])
    shares.set_xlim(-0.03, 1.03)
    shares.set_xlabel("share of faces")
    curves = {
        "step_face_share": ("step", "steps from codes", ORANGE),
        "shell_face_share": ("radius", "shells around the mean", GREEN),
    }
    for place, (quantity, (key, label, colour)) in enumerate(curves.items()):
        curve = found.intervals(quantity, key)
        options: dict[str, Any] = {"linestyle": LINES[place], "color": colour, "label": label}
        plot_intervals(around, curve[key], curve, marker=MARKERS[place], **options)
    around.axhline(0.5, color=GREY, linewidth=0.8, linestyle=LINES[1])
    around.set_ylim(-0.03, 1.03)
    around.set_xlabel("distance")
    around.set_ylabel("share of faces")
    around.legend(loc="upper right", bbox_to_anchor=(1, 0.9))
    panel_letters(shares, around)
    return drawing
