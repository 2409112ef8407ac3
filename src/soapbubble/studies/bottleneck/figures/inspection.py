"""Planted latent maps: what the eye sees in one of them, and what holds over all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letter, show_picture
from soapbubble.parts.declaration import figure

Data = Mapping[str, np.ndarray]
RANGE = 2.5  # of a site's value, from black to white


@figure("inspection")
def inspection(data: Data, style: Style) -> Figure:
    """Maps of both laws, decoded pictures with joint and with independent sites, and both scores."""
    figure, _ = new_figure(style, aspect=0.5)
    figure.clear()
    left, right = figure.subfigures(1, 2, width_ratios=(1.55, 1))
    laws, shown = data["maps"].shape[:2]
    kinds = {"maps": "maps", "joint": "decoded", "independent": "independent\nsites"}
    grid = left.subplots(len(kinds) * laws, shown)
    for law in range(laws):
        for row, (kind, label) in enumerate(kinds.items()):
            for column in range(shown):
                picture = data[kind][law, column]
                if kind == "maps":
                    picture = np.clip(0.5 + picture / (2 * RANGE), 0, 1)
                show_picture(grid[len(kinds) * law + row, column], picture)
            grid[len(kinds) * law + row, 0].set_ylabel(label, rotation=0, ha="right", va="center")
        grid[len(kinds) * law, shown // 2].set_title(f"{'ab'[law]}   {data['laws'][law]}", fontweight="bold")

    axes = right.subplots()
    for law in range(laws):
        axes.plot(
            data["morans_i"][law],
            data["total_correlation"][law].clip(0),
            MARKERS[law],
            color=COLOURS[1 + law],
            markersize=3.5,
            alpha=0.6,
            markeredgewidth=0,
        )
        name = str(data["laws"][law]).replace(", ", ",\n")
        middle = data["morans_i"][law].mean(), data["total_correlation"][law].mean()
        axes.annotate(
            name,
            middle,
            (22, 0) if law else (0, 10),
            textcoords="offset points",
            ha="left" if law else "center",
            va="center" if law else "bottom",
            color=COLOURS[1 + law],
        )
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_xlim(-0.3, 1)
    axes.set_ylim(-2, None)
    axes.set_xlabel("likeness within maps (Moran's $I$)")
    axes.set_ylabel("dependence over maps\n(total correlation, nats)")
    panel_letter(axes, "c")
    return figure
