"""Rows with runs, reconstructed from four numbers by an autoencoder and by PCA."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.parts.declaration import figure


@figure("runs")
def runs(found: Found, style: Style) -> Figure:
    """Rows, their reconstructions, and true against predicted boundaries of runs."""
    figure, axes = new_figure(style, aspect=0.3, ncols=4, width_ratios=(1, 1, 1, 1.25))
    for panel, name in zip(axes, ("rows", "autoencoder", "PCA"), strict=False):
        show_picture(panel, found.pictures[name], name)
        panel.set_aspect("auto")
    truth = found.pictures["true boundaries"]
    points = pd.DataFrame(
        {
            "true": truth.ravel(),
            "predicted": found.pictures["predicted boundaries"].ravel(),
            "boundary": np.tile(np.arange(1, truth.shape[1] + 1), len(truth)),
        }
    )
    kinds = points["boundary"].nunique()
    sns.scatterplot(
        points,
        x="true",
        y="predicted",
        hue="boundary",
        style="boundary",
        palette=list(COLOURS[1 : 1 + kinds]),
        markers=list(MARKERS[:kinds]),
        s=6,
        alpha=0.5,
        linewidth=0,
        ax=axes[-1],
    )
    pixels = found.pictures["rows"].shape[1]
    axes[-1].plot((0, pixels), (0, pixels), color=GREY, linewidth=0.8, zorder=0)
    axes[-1].set(xlabel="true boundary (pixels)", ylabel="predicted boundary (pixels)", aspect="equal")
    axes[-1].legend(loc="upper left", title="boundary", ncols=2, markerscale=2, handletextpad=0.1, columnspacing=0.6)
    panel_letters(*axes)
    return figure
