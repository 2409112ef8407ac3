"""Figure on canvases of other sizes than a network was trained on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.parts.declaration import figure

Data = Mapping[str, np.ndarray]
ROWS = ("original", "rebuilt", "sample")


@figure("canvas")
def canvas(data: Data, style: Style) -> Figure:
    """Canvases of several sizes at one scale; nats a pixel by size; pixels that are lost."""
    figure, _ = new_figure(style, aspect=0.72)
    figure.clear()
    upper, lower = figure.subfigures(2, 1, height_ratios=(1.55, 1))
    shown = data["shown"]
    highest = int(shown[:, 1].max())
    grid = upper.add_gridspec(len(ROWS), len(shown), width_ratios=[int(width) for width in shown[:, 0]])
    for row, kind in enumerate(ROWS):
        for column, (width, height) in enumerate(shown):
            axes = upper.add_subplot(grid[row, column])
            show_picture(axes, data[f"{kind}_{column}"])
            axes.set_ylim(highest - (highest - height) / 2, -(highest - height) / 2)
            if column == 0:
                axes.set_ylabel({"original": "tiled digits", "rebuilt": "rebuilt", "sample": "sample"}[kind])
            if row == 0:
                axes.set_title(f"{width}×{height}")
    ratios, changes = lower.subplots(1, 2, width_ratios=(1.25, 1))
    names = [str(name) for name in data["ratio_sizes"]]
    sizes = [str(size) for size in data["sizes"] if f"{size}, cut" in names]
    for number, (digits, label) in enumerate({"cut": "digits cut anywhere", "whole": "whole digits"}.items()):
        found = [size for size in sizes if f"{size}, {digits}" in names]
        values = np.array([data["ratios"][names.index(f"{size}, {digits}")] for size in found])
        places = np.array([[sizes.index(size)] for size in found]) + np.linspace(-0.12, 0.12, values.shape[1])
        look = {"marker": MARKERS[number], "color": COLOURS[number + 1], "markersize": 3.5}
        ratios.plot(places.ravel(), values.ravel(), linestyle="", label=label, **look)
    ratios.axhline(1, color=GREY, linewidth=0.8)
    ratios.axhline(1.2, color=GREY, linestyle="--", linewidth=1)
    ratios.set_xticks(range(len(sizes)), [size.replace("x", "×") for size in sizes], rotation=45, ha="right")
    ratios.set_ylabel("nats a pixel,\nrelative to 28×28")
    ratios.set_ylim(top=1.45)
    ratios.legend(loc="upper right", ncols=2)
    at = np.arange(len(data["sizes"]))
    changes.bar(at, data["changes"], color=COLOURS[2], width=0.7)
    changes.axhline(0, color=GREY, linewidth=0.8)
    changes.set_xticks(at, [str(size).replace("x", "×") for size in data["sizes"]], rotation=45, ha="right")
    changes.set_ylabel("pixels a side,\nout minus in")
    changes.set_yticks(range(int(min(0, data["changes"].min())), 1))
    panel_letters(ratios, changes)
    return figure
