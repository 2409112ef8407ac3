"""Figure on images of other sizes than a network was trained on."""

from __future__ import annotations

import seaborn as sns
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, new_subfigures, panel_letters, show_picture
from soapbubble.parts.declaration import figure
from soapbubble.studies.bottleneck.figures.axes import replicate_marks

ROWS = {"original": "tiled digits", "reconstruction": "reconstructed", "sample": "sample"}
CONTENTS = {"cut": "digits cut anywhere", "whole": "whole digits"}


@figure("canvas")
def canvas(found: Found, style: Style) -> Figure:
    """Images of several sizes at one scale; distortion per pixel by size; pixels that are lost."""
    figure, (upper, lower) = new_subfigures(style, 0.72, nrows=2, height_ratios=(1.55, 1))
    shown = [name.removeprefix("original ") for name in found.pictures if name.startswith("original ")]
    heights, widths = zip(*(found.pictures[f"original {size}"].shape for size in shown), strict=True)
    grid = upper.add_gridspec(len(ROWS), len(shown), width_ratios=widths)
    for row, (kind, label) in enumerate(ROWS.items()):
        for column, size in enumerate(shown):
            axes = upper.add_subplot(grid[row, column])
            show_picture(axes, found.pictures[f"{kind} {size}"])
            margin = (max(heights) - heights[column]) / 2
            axes.set_ylim(max(heights) - margin, -margin)
            if column == 0:
                axes.set_ylabel(label)
            if row == 0:
                axes.set_title(size.replace("x", "×"))
    ratios, changes = lower.subplots(1, 2, width_ratios=(1.25, 1))
    rows = found.rows("distortion_ratio")
    order = list(rows.loc[rows["content"] == "cut", "size"].unique())
    for number, (content, label) in enumerate(CONTENTS.items()):
        replicate_marks(ratios, rows[rows["content"] == content], order, "size", "x", number, 0.2 * number - 0.1, label)
    ratios.axhline(1, color=GREY, linewidth=0.8)
    cost = found.threshold("fcnn-vae-works-on-any-image-size", "cost")
    ratios.axhline(cost, color=GREY, linestyle="--", linewidth=1)
    ratios.set_xticks(range(len(order)), [size.replace("x", "×") for size in order], rotation=45, ha="right")
    ratios.set_xlabel("")
    ratios.set_ylabel("nats per pixel,\nrelative to 28×28")
    ratios.set_ylim(top=1.45)
    ratios.legend(loc="upper right", ncols=2)
    lost = found.rows("side_change")
    sns.barplot(lost, x="size", y="value", color=COLOURS[2], saturation=1, width=0.7, errorbar=None, ax=changes)
    changes.axhline(0, color=GREY, linewidth=0.8)
    names = [size.replace("x", "×") for size in lost["size"]]
    changes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    changes.set_xlabel("")
    changes.set_ylabel("pixels per side,\nout minus in")
    changes.set_yticks(range(int(min(0, lost["value"].min())), 1))
    panel_letters(ratios, changes)
    return figure
