"""The theory of wide networks and what finite networks do."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found, groups
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters, plot_intervals
from soapbubble.parts.declaration import figure
from soapbubble.studies.decoders.figures.names import OPERATORS


@figure("theory")
def theory(found: Found, style: Style) -> Figure:
    """Autocorrelation by distance: the prediction as a line, networks of each width as markers, a panel a case."""
    measured = found.rows("autocorrelation")
    cases, widths, lags = (measured[key].unique() for key in ("case", "width", "lag"))
    figure, grid = new_figure(style, aspect=0.62, nrows=2, ncols=3, sharex=True, sharey=True)
    axes = grid.ravel()
    for axis in axes[len(cases) :]:
        axis.set_axis_off()
    for ax, case in zip(axes, cases, strict=False):
        theory = found.rows("autocorrelation_predicted", case=case)
        ax.axhline(0, color=GREY, linewidth=0.6)
        ax.plot(theory["lag"], theory["value"], color=COLOURS[0], label="theory")
        for w, width in enumerate(widths):
            networks = found.intervals("autocorrelation", "lag", case=case, width=int(width))
            # Side by side, so that markers of different widths do not hide each other.
            at = networks["lag"] * 1.04 ** (w - (len(widths) - 1) / 2)
            look: dict[str, Any] = {"fmt": MARKERS[w], "color": COLOURS[w + 1], "markersize": 3.5, "elinewidth": 0.8}
            plot_intervals(ax, at, networks, label=f"{width:g} channels", **look)
        ax.set_xscale("log", base=2)
        ax.set_xticks(lags, [f"{lag:g}" for lag in lags])
        ax.set_title(case)
    panel_letters(*axes[: len(cases)])
    handles, labels = axes[0].get_legend_handles_labels()
    axes[len(cases) % len(axes)].legend(handles, labels, loc="center")
    figure.supxlabel("distance along rows and columns (px)", fontsize=style.font_points)
    figure.supylabel("autocorrelation", fontsize=style.font_points)
    for axis in axes[len(cases) - 3 : 3]:
        axis.tick_params(labelbottom=True)
    return figure


@figure("theory")
def kurtosis(found: Found, style: Style) -> Figure:
    """Excess kurtosis of a pixel by width, with a line that falls as one over the width."""
    figure, axes = new_figure(style, width="column", aspect=0.75)
    networks = found.intervals("kurtosis_over_networks", "width")
    widths, widest = networks["width"], networks.iloc[-1]
    axes.plot(widths, widest["estimate"] * widest["width"] / widths, "--", color=GREY, label="slope −1")
    plot_intervals(axes, widths, networks, fmt="o", color=COLOURS[1], label="random decoders")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(widths, [f"{width:g}" for width in widths])
    axes.set_xlabel("channels")
    axes.set_ylabel("excess kurtosis of a pixel")
    axes.legend()
    return figure


@figure("theory")
def predicted(found: Found, style: Style) -> Figure:
    """Predicted against measured differences from the mean of an upsampling operator, a point an activation."""
    figure, axes = new_figure(style, width="column", aspect=0.95)
    keys = ["operator", "activation"]
    small = found.rows("small_predicted").merge(found.intervals("small_measured", *keys), on=keys)
    axes.axline((0, 0), slope=1, color=GREY, linewidth=0.8, zorder=0)
    for number, (operator, own) in enumerate(groups(small, "operator")):
        look: dict[str, Any] = {"fmt": MARKERS[number], "color": COLOURS[number], "markersize": 4, "elinewidth": 0.8}
        own[["estimate", "low", "high"]] -= own["estimate"].mean()
        plot_intervals(axes, own["value"] - own["value"].mean(), own, label=OPERATORS[str(operator)], **look)
    axes.set_xlabel(r"$\rho_1$ minus the operator's mean, predicted")
    axes.set_ylabel(r"$\rho_1$ minus the operator's mean, measured")
    axes.legend()
    return figure
