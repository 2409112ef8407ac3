"""The theory of wide networks and what finite networks do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure

Data = Mapping[str, np.ndarray]


@figure("theory")
def theory(data: Data, style: Style) -> Figure:
    """Autocorrelation by distance: the prediction as a line, networks of each width as markers, a panel a case."""
    cases = data["cases"]
    figure, grid = new_figure(style, aspect=0.62, nrows=2, ncols=3, sharex=True, sharey=True)
    axes = grid.ravel()
    for axis in axes[len(cases) :]:
        axis.set_axis_off()
    lags = np.arange(1, data["predicted"].shape[1])
    for c, case in enumerate(cases):
        axes[c].axhline(0, color=GREY, linewidth=0.6)
        axes[c].plot(lags, data["predicted"][c, 1:], color=COLOURS[0], label="theory")
        for w, width in enumerate(data["widths"]):
            # Side by side, so that markers of different widths do not hide each other.
            at = data["lags"] * 1.04 ** (w - (len(data["widths"]) - 1) / 2)
            axes[c].errorbar(
                at,
                data["measured"][c, w],
                yerr=2 * data["error"][c, w],
                fmt=MARKERS[w],
                color=COLOURS[w + 1],
                markersize=3.5,
                elinewidth=0.8,
                label=f"{width} channels",
            )
        axes[c].set_xscale("log", base=2)
        axes[c].set_xticks(data["lags"], [str(lag) for lag in data["lags"]])
        axes[c].set_title(case)
    panel_letters(*axes[: len(cases)])
    handles, labels = axes[0].get_legend_handles_labels()
    axes[len(cases) % len(axes)].legend(handles, labels, loc="center")
    figure.supxlabel("distance along rows and columns (px)", fontsize=style.font_points)
    figure.supylabel("autocorrelation", fontsize=style.font_points)
    for axis in axes[len(cases) - 3 : 3]:
        axis.tick_params(labelbottom=True)
    return figure


@figure("theory")
def kurtosis(data: Data, style: Style) -> Figure:
    """Excess kurtosis of a pixel by width, with a line that falls as one over the width."""
    figure, axes = new_figure(style, width="column", aspect=0.75)
    widths, values = data["widths"], data["kurtosis"]
    guide = values[-1] * widths[-1] / widths
    axes.plot(widths, guide, "--", color=GREY, label="slope −1")
    axes.errorbar(widths, values, yerr=2 * data["error"], fmt="o", color=COLOURS[1], label="random decoders")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(widths, [str(width) for width in widths])
    axes.set_xlabel("channels")
    axes.set_ylabel("excess kurtosis of a pixel")
    axes.legend()
    return figure


@figure("theory")
def predicted(data: Data, style: Style) -> Figure:
    """Predicted against measured correlation of neighbours, a point an architecture."""
    figure, axes = new_figure(style, width="column", aspect=0.95)
    operators = list(dict.fromkeys(data["operators"]))
    axes.plot([-0.15, 1], [-0.15, 1], color=GREY, linewidth=0.8, zorder=0)
    for number, operator in enumerate(operators):
        chosen = data["operators"] == operator
        axes.errorbar(
            data["predicted"][chosen],
            data["measured"][chosen],
            yerr=2 * data["error"][chosen],
            fmt=MARKERS[number],
            color=COLOURS[number],
            markersize=4,
            elinewidth=0.8,
            label=operator,
        )
    axes.set_xlabel(r"predicted $\rho_1$ (infinite width)")
    axes.set_ylabel(r"measured $\rho_1$ (64 channels)")
    axes.legend()
    return figure
