"""Which points decode to faces."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import GREY, LINES, MARKERS, new_figure, panel_letter, plot_intervals, show_picture
from soapbubble.parts.declaration import figure
from soapbubble.studies.filaments.figures.names import BLUE, GREEN, ORANGE

SHOWN = ("held-out codes", "full Gaussian", "diagonal Gaussian", "cube", "wide cube", "box")
PICTURES = 5


@figure("decoding")
def decoding(found: Found, style: Style) -> Figure:
    """Decoded points of several generators, the share of faces among them, and around and between codes."""
    drawing, grid = new_figure(
        style, aspect=0.62, nrows=len(SHOWN), ncols=PICTURES + 1, width_ratios=[1] * PICTURES + [9]
    )
    for row, name in enumerate(SHOWN):
        pictures = found.pictures[f"faces {name}"]
        for column in range(PICTURES):
            show_picture(grid[row, column], pictures[column])
        grid[row, 0].set_ylabel(name, rotation=0, ha="right", va="center")
        grid[row, PICTURES].remove()
    cells = grid[0, 0].get_gridspec()
    half = len(SHOWN) // 2
    shares, around = drawing.add_subplot(cells[:half, PICTURES]), drawing.add_subplot(cells[half:, PICTURES])
    measured = found.intervals("face_share", "generator")
    order = measured.set_index("generator").loc[[*SHOWN]].reset_index()
    plot_intervals(shares, np.arange(len(order)), order, fmt=MARKERS[0], color=BLUE, horizontal=True)
    shares.set_yticks(range(len(order)), order["generator"])
    shares.invert_yaxis()
    shares.set_xlim(-0.03, 1.03)
    shares.set_xlabel("share of faces")
    curves = {
        "step_face_share": ("step", "steps from codes (distances to the next)", ORANGE),
        "shell_face_share": ("radius", "shells around the mean (rms distances)", GREEN),
    }
    for place, (quantity, (key, label, colour)) in enumerate(curves.items()):
        curve = found.intervals(quantity, key)
        around.plot(curve[key], curve["estimate"], linestyle=LINES[place], color=colour)
        plot_intervals(around, curve[key], curve, fmt=MARKERS[place], color=colour, label=label)
    around.axhline(0.5, color=GREY, linewidth=0.8, linestyle=LINES[1])
    around.set_ylim(-0.03, 1.35)
    around.set_xlabel("distance")
    around.set_ylabel("share of faces")
    around.legend(loc="upper left")
    panel_letter(grid[0, 0], "a")
    panel_letter(shares, "b")
    panel_letter(around, "c")
    return drawing
