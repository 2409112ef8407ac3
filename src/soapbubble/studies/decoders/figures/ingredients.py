"""Which ingredients of a decoder make structure."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, ON_DARK, ON_LIGHT, new_figure, plot_intervals
from soapbubble.parts.declaration import figure
from soapbubble.studies.decoders.figures.names import OPERATORS, readables


@figure("factors")
def ingredients(found: Found, style: Style) -> Figure:
    """Share of the variance that lies between the levels of each ingredient, for the two measures of structure."""
    figure, axes = new_figure(style, aspect=0.55)
    labels = {
        "correlation": r"correlation of adjacent pixels $\rho_1$",
        "length": r"$\log_2$ of the correlation length",
    }
    shares = found.intervals("ingredient_omega_squared", "response", "ingredient").set_index("ingredient")
    order = shares[shares["response"] == "length"]["estimate"].sort_values().index
    for number, (response, label) in enumerate(labels.items()):
        own = shares[shares["response"] == response].loc[order]
        at = np.arange(len(own)) + 0.2 - 0.4 * number
        look = {"color": COLOURS[number + 1], "hatch": ("", "////")[number], "edgecolor": "white", "label": label}
        axes.barh(at, own["estimate"], 0.38, **look)
        plot_intervals(axes, at, own, horizontal=True, fmt="none", ecolor=COLOURS[0], elinewidth=0.8)
    axes.axvline(0, color=GREY, linewidth=0.6)
    axes.set_yticks(range(len(order)), readables(order))
    axes.set_xlabel(r"share of the variance between random decoders ($\omega^2$)")
    axes.legend(loc="lower right")
    return figure


@figure("factors")
def length_by_depth(found: Found, style: Style) -> Figure:
    """Correlation length by the number of upsampling steps, with a line that doubles."""
    figure, axes = new_figure(style, width="column", aspect=0.8)
    for number, operator in enumerate(found.rows("depth_length")["operator"].unique()):
        lengths = found.intervals("depth_length", "blocks", operator=operator)
        depths = lengths["blocks"]
        look: dict[str, Any] = {"marker": MARKERS[number], "color": COLOURS[number + 1], "label": OPERATORS[operator]}
        plot_intervals(axes, depths, lengths, **look)
        if number == 0:
            doubling = lengths["estimate"][1] * 2.0 ** (depths - depths[1])
    axes.plot(depths, doubling, "--", color=GREY, label="doubles", zorder=0)
    axes.set_yscale("log", base=2)
    axes.set_yticks([0.5, 1, 2, 4, 8, 16, 32], ["0.5", "1", "2", "4", "8", "16", "32"])
    axes.set_xticks(depths)
    axes.set_xlabel("upsampling steps")
    axes.set_ylabel("correlation length (px)")
    axes.legend()
    return figure


@figure("factors")
def activations(found: Found, style: Style) -> Figure:
    """Heat map of the correlation length by activation and operator, with the correlation of neighbours written in."""
    figure, axes = new_figure(style, aspect=0.55)
    lengths, correlations = (
        found.rows(quantity).pivot_table("value", "activation", "operator", sort=False)
        for quantity in ("activation_length", "activation_correlation")
    )
    logs = np.log2(lengths.to_numpy())
    shown = axes.imshow(logs, cmap="cividis", aspect="auto", vmin=-1, vmax=4)
    for (row, column), rho in np.ndenumerate(correlations.to_numpy()):
        colour = ON_DARK if logs[row, column] < 1.5 else ON_LIGHT
        axes.text(column, row, f"{rho:.2f}".replace("-", "−"), ha="center", va="center", color=colour)
    axes.set_xticks(range(lengths.shape[1]), [OPERATORS[operator] for operator in lengths.columns])
    axes.set_yticks(range(lengths.shape[0]), readables(lengths.index))
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    bar = figure.colorbar(shown, ax=axes, label="correlation length (px)")
    bar.set_ticks(range(-1, 5), labels=["0.5", "1", "2", "4", "8", "16"])
    return figure


@figure("factors")
def size(found: Found, style: Style) -> Figure:
    """Structure by the number of parameters, a line a depth, with the values for infinite width."""
    figure, axes = new_figure(style, width="column", aspect=0.8)
    depths = found.rows("size_asymptote")
    for number, (blocks, asymptote) in enumerate(zip(depths["blocks"], depths["value"], strict=True)):
        by_width = found.rows("size_correlation", blocks=blocks).groupby("width")["value"]
        axes.errorbar(
            found.rows("size_parameters", blocks=blocks)["value"],
            by_width.mean(),
            yerr=by_width.std(),
            fmt=MARKERS[number],
            linestyle=LINES[number],
            color=COLOURS[number + 1],
            elinewidth=0.8,
            label=f"{blocks:g} upsampling steps",
        )
        axes.axhline(asymptote, color=COLOURS[number + 1], linewidth=0.7, zorder=0)
    axes.set_xscale("log")
    axes.set_xlabel("parameters")
    axes.set_ylabel(r"correlation of neighbouring pixels $\rho_1$")
    axes.set_ylim(0, 1)
    axes.legend(loc="lower right")
    return figure
