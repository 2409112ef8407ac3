"""An image on its way through the first block of a ResNet."""

from __future__ import annotations

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letter, plot_intervals, show_picture
from soapbubble.parts.declaration import figure

STEPS = (
    ("convolution", "none", "convolution"),
    ("batch norm", "stored", "batch norm,\nstored"),
    ("ReLU", "stored", "ReLU,\nstored"),
    ("max pooling", "stored", "max pool,\nstored"),
    ("batch norm", "image", "batch norm,\nof image"),
    ("max pooling", "image", "max pool,\nof image"),
    ("max pooling alone", "none", "max pool\nalone"),
    ("max pooling, 128 filters", "stored", "max pool,\n128 filters"),
)


@figure("first_block")
def first_block(found: Found, style: Style) -> Figure:
    """The image found from each step's output, and the share of the distance that is left."""
    drawing, grid = new_figure(style, aspect=0.5, nrows=2, ncols=len(STEPS) + 1, height_ratios=[1, 2.2])
    show_picture(grid[0, 0], found.pictures["found/image"], "photograph")
    for place, (block, statistics, label) in enumerate(STEPS, start=1):
        show_picture(grid[0, place], found.pictures[f"found/{block}/{statistics}"], label)
    for axes in grid[1]:
        axes.remove()
    below = drawing.add_subplot(grid[0, 0].get_gridspec()[1, 1:])
    for place, (block, statistics, _) in enumerate(STEPS):
        left = found.intervals("stem_distance", block=block, statistics=statistics)
        plot_intervals(below, [place], left, fmt=MARKERS[0], color=COLOURS[1])
        if block == "batch norm" and statistics == "image":
            fitted = found.intervals("stem_distance_fitted", statistics="image")
            plot_intervals(
                below, [place], fitted, fmt=MARKERS[1], color=COLOURS[2], label="after a fit of contrast and colour"
            )
    line = found.threshold("conv1-before-bn-near-perfect", "left")
    below.axhline(line, color=GREY, linestyle="--", linewidth=1)
    below.set_yscale("log")
    below.set_xlim(-0.5, len(STEPS) - 0.5)
    below.set_xticks([])
    below.set_ylabel("remaining distance")
    below.legend(loc="upper left")
    panel_letter(grid[0, 0], "a")
    panel_letter(below, "b")
    return drawing
