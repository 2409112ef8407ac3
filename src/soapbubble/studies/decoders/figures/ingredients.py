"""Which ingredients of a decoder make structure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure
from soapbubble.parts.declaration import figure
from soapbubble.studies.decoders.figures.names import readables

Data = Mapping[str, np.ndarray]


@figure("factors")
def ingredients(data: Data, style: Style) -> Figure:
    """Share of the variance that lies between the levels of each ingredient, for the two measures of structure."""
    figure, axes = new_figure(style, aspect=0.55)
    names = data["ingredients"]
    order = np.argsort(data["shares"][-1], kind="stable")
    labels = {"correlation": r"correlation of neighbours $\rho_1$", "length": r"$\log_2$ of the correlation length"}
    for r, response in enumerate(data["responses"]):
        axes.barh(
            np.arange(len(names)) + 0.2 - 0.4 * r,
            data["shares"][r][order],
            0.38,
            xerr=2 * data["error"][r][order],
            color=COLOURS[r + 1],
            hatch=("", "////")[r],
            edgecolor="white",
            error_kw={"elinewidth": 0.8},
            label=labels[str(response)],
        )
    axes.axvline(0, color=GREY, linewidth=0.6)
    axes.set_yticks(range(len(names)), readables(names[order]))
    axes.set_xlabel(r"share of the variance between random decoders ($\omega^2$)")
    axes.legend(loc="lower right")
    return figure


@figure("factors")
def length_by_depth(data: Data, style: Style) -> Figure:
    """Correlation length by the number of doublings, with a line that doubles."""
    figure, axes = new_figure(style, width="column", aspect=0.8)
    depths = data["depths"]
    for number, (operator, lengths) in enumerate(zip(data["operators"], data["lengths"], strict=True)):
        error = 2 * lengths.std(axis=0, ddof=1) / np.sqrt(len(lengths))
        axes.errorbar(
            depths, lengths.mean(axis=0), yerr=error, marker=MARKERS[number], color=COLOURS[number + 1], label=operator
        )
    guide = data["lengths"][0].mean(axis=0)[1] * 2.0 ** (depths - depths[1])
    axes.plot(depths, guide, "--", color=GREY, label="doubles", zorder=0)
    axes.set_yscale("log", base=2)
    axes.set_yticks([0.5, 1, 2, 4, 8, 16, 32], ["0.5", "1", "2", "4", "8", "16", "32"])
    axes.set_xticks(depths)
    axes.set_xlabel("doublings of the side")
    axes.set_ylabel("correlation length (px)")
    axes.legend()
    return figure


@figure("factors")
def activations(data: Data, style: Style) -> Figure:
    """Heat map of the correlation length by activation and operator, with the correlation of neighbours written in."""
    figure, axes = new_figure(style, aspect=0.55)
    logs = np.log2(data["lengths"])
    shown = axes.imshow(logs, cmap="cividis", aspect="auto", vmin=-1, vmax=4)
    for (row, column), rho in np.ndenumerate(data["correlations"]):
        colour = "white" if logs[row, column] < 1.5 else "black"
        axes.text(column, row, f"{rho:.2f}".replace("-", "−"), ha="center", va="center", color=colour)
    axes.set_xticks(range(len(data["operators"])), data["operators"])
    axes.set_yticks(range(len(data["activations"])), readables(data["activations"]))
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    bar = figure.colorbar(shown, ax=axes, label="correlation length (px)")
    bar.set_ticks(range(-1, 5), labels=["0.5", "1", "2", "4", "8", "16"])
    return figure


@figure("factors")
def size(data: Data, style: Style) -> Figure:
    """Structure by the number of parameters, a line a depth, with the values for infinite width."""
    figure, axes = new_figure(style, width="column", aspect=0.8)
    for number, depth in enumerate(data["depths"]):
        axes.errorbar(
            data["parameters"][number],
            data["correlation"][number],
            yerr=data["spread"][number],
            fmt=MARKERS[number],
            linestyle=LINES[number],
            color=COLOURS[number + 1],
            elinewidth=0.8,
            label=f"{depth} doublings",
        )
        axes.axhline(data["asymptotes"][number], color=COLOURS[number + 1], linewidth=0.7, zorder=0)
    axes.set_xscale("log")
    axes.set_xlabel("parameters")
    axes.set_ylabel(r"correlation of neighbouring pixels $\rho_1$")
    axes.set_ylim(0, 1)
    axes.legend(loc="lower right")
    return figure
