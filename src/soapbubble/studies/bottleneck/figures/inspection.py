"""Planted latent maps: what one of them looks like, and what holds over all."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_subfigures, panel_letter, show_picture
from soapbubble.parts.declaration import figure

RANGE = 2.5  # of a site's value, from black to white
KINDS = {"maps": "maps", "joint": "decoded", "independent": "independent\nsites"}


@figure("inspection")
def inspection(found: Found, style: Style) -> Figure:
    """Maps of both distributions, decoded images with joint and with independent sites, and both scores."""
    figure, (left, right) = new_subfigures(style, 0.5, ncols=2, width_ratios=(1.55, 1))
    names = list(found.rows("morans_i")["maps"].unique())
    shown = found.pictures["maps"].shape[1]
    grid = left.subplots(len(KINDS) * len(names), shown)
    for number, name in enumerate(names):
        for row, (kind, label) in enumerate(KINDS.items(), start=len(KINDS) * number):
            images = found.pictures[kind][number]
            if kind == "maps":
                images = np.clip(0.5 + images / (2 * RANGE), 0, 1)
            for axes, image in zip(grid[row], images, strict=True):
                show_picture(axes, image)
            grid[row, 0].set_ylabel(label, rotation=0, ha="right", va="center")
        grid[len(KINDS) * number, shown // 2].set_title(f"{'ab'[number]}   {name}", fontweight="bold")
    axes = right.subplots()
    for number, name in enumerate(names):
        look: dict[str, Any] = {"color": COLOURS[1 + number], "markersize": 3.5, "alpha": 0.6}
        likeness = found.rows("morans_i", maps=name)["value"]
        for shuffled, fill in ((False, COLOURS[1 + number]), (True, "none")):
            total = found.rows("total_correlation", maps=name, shuffled=shuffled)["value"].clip(lower=0)
            axes.plot(likeness, total, MARKERS[number], markerfacecolor=fill, **look)
        middle = likeness.mean(), found.value("total_correlation", maps=name, shuffled=False)
        axes.annotate(
            name.replace(", ", ",\n"),
            middle,
            (22, 0) if number else (0, 10),
            textcoords="offset points",
            ha="left" if number else "center",
            va="center" if number else "bottom",
            color=COLOURS[1 + number],
        )
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_xlim(-0.3, 1)
    axes.set_ylim(-2, None)
    axes.set_xlabel("likeness within maps (Moran's $I$)")
    axes.set_ylabel("dependence over maps\n(total correlation, nats)")
    panel_letter(axes, "c")
    return figure
