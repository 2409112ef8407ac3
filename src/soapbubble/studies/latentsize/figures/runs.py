"""Rows with runs, rebuilt from four numbers by an autoencoder and by principal components."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.parts.declaration import figure

Data = Mapping[str, np.ndarray]


@figure("runs")
def runs(data: Data, style: Style) -> Figure:
    """Rows, their reconstructions, and true against predicted boundaries of runs."""
    figure, axes = new_figure(style, aspect=0.3, ncols=4, width_ratios=(1, 1, 1, 1.25))
    heads = ("rows", "autoencoder", "principal components")
    for panel, key, head in zip(axes, ("rows", "rebuilt", "projected"), heads, strict=False):
        show_picture(panel, data[key], head)
        panel.set_aspect("auto")
    last = axes[-1]
    pixels = data["rows"].shape[1]
    last.plot((0, pixels), (0, pixels), color=GREY, linewidth=0.8)
    for place in range(data["boundaries"].shape[1]):
        last.plot(
            data["boundaries"][:, place],
            data["predicted"][:, place],
            MARKERS[place % len(MARKERS)],
            color=COLOURS[1 + place % 6],
            markersize=2,
            alpha=0.5,
            markeredgewidth=0,
            label=f"{place + 1}",
        )
    last.set_xlabel("true boundary (pixels)")
    last.set_ylabel("read off from the latents (pixels)")
    last.set_aspect("equal")
    last.legend(loc="upper left", title="boundary", ncols=2, markerscale=2, handletextpad=0.1, columnspacing=0.6)
    panel_letters(*axes)
    return figure
