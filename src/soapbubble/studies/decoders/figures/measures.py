"""How structured the pictures of untrained networks are, and what that depends on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure
from soapbubble.studies.decoders.figures.names import readable

Data = Mapping[str, np.ndarray]
HATCHES = ("", "///", "|||")


@figure("structure")
def randomness(data: Data, style: Style) -> Figure:
    """Measures of randomness relative to white noise, a group of bars for each operator."""
    figure, axes = new_figure(style, aspect=0.42)
    values = data["values"]
    measures, operators, networks = values.shape
    width = 0.8 / measures
    for m in range(measures):
        at = np.arange(operators) + (m - (measures - 1) / 2) * width
        spread = values[m].std(axis=-1, ddof=1) if networks > 1 else None
        axes.bar(
            at,
            values[m].mean(axis=-1),
            width,
            yerr=spread,
            color=COLOURS[m + 1],
            hatch=HATCHES[m],
            edgecolor="white",
            error_kw={"elinewidth": 0.8},
            label=data["measures"][m],
        )
    axes.axhline(1, color=GREY, linestyle="--", linewidth=1)
    axes.annotate("white noise", (operators - 0.5, 1), ha="right", va="bottom", color=GREY)
    axes.set_xticks(range(operators), [name.replace(" ", "\n") for name in data["operators"]])
    axes.set_ylabel("relative to white noise")
    axes.set_ylim(0, 1.35)
    axes.legend(loc="upper left", ncols=measures)
    return figure


@figure("generators")
def published(data: Data, style: Style) -> Figure:
    """Correlation of neighbouring pixels of published networks, sorted, with the operator as marker."""
    order = np.argsort(data["correlation"], kind="stable")
    operators = sorted(set(data["operators"]))
    figure, axes = new_figure(style, aspect=0.62)
    for place, number in enumerate(order):
        kind = operators.index(data["operators"][number])
        axes.plot([data["low"][number], data["high"][number]], [place, place], color=GREY, linewidth=1)
        axes.plot(data["correlation"][number], place, MARKERS[kind], color=COLOURS[kind], clip_on=False)
    axes.axvline(float(data["threshold"]), color=GREY, linestyle="--", linewidth=1)
    labels = [f"{data['names'][number]} ({data['families'][number]})" for number in order]
    axes.set_yticks(range(len(order)), labels)
    axes.set_xlabel(r"correlation of neighbouring pixels $\rho_1$ (mean and range over networks)")
    for kind, operator in enumerate(operators):
        axes.plot([], [], MARKERS[kind], color=COLOURS[kind], label=readable(operator))
    axes.legend(title="doubling", loc="lower right")
    axes.set_xlim(-1, 1.02)
    return figure


@figure("inputs")
def encoder_or_decoder(data: Data, style: Style) -> Figure:
    """Correlation length for each source of the latent code and each thing behind it, a point a network."""
    figure, axes = new_figure(style, aspect=0.42)
    lengths = data["lengths"]
    networks, sources, decoders = lengths.shape
    for s in range(sources):
        at = np.arange(decoders) + 0.18 * (s - (sources - 1) / 2)
        scatter = np.linspace(-0.05, 0.05, networks)[:, None]
        axes.plot(
            at + scatter, lengths[:, s], MARKERS[s], color=COLOURS[s + 1], alpha=0.35, markersize=3, markeredgewidth=0
        )
        axes.plot(at, lengths[:, s].mean(axis=0), MARKERS[s], color=COLOURS[s + 1], label=data["sources"][s])
    axes.set_xticks(range(decoders), data["decoders"])
    axes.set_yscale("log")
    axes.set_yticks([0.5, 1, 2, 5, 10, 20], ["0.5", "1", "2", "5", "10", "20"])
    axes.minorticks_off()
    axes.set_ylabel("correlation length (px)")
    axes.legend(title="latent code", loc="lower left")
    return figure


@figure("cascade")
def pairs(data: Data, style: Style) -> Figure:
    """Structure of all pairs of weights and latent: histogram, and one table of networks by latents."""
    figure, axes = new_figure(style, aspect=0.36, ncols=2, width_ratios=(1.7, 1))
    bins = np.linspace(-1, 1, 81)
    handles = []
    for number, (operator, tables) in enumerate(zip(data["operators"], data["correlations"], strict=True)):
        look = {"color": COLOURS[number + 1], "hatch": HATCHES[number], "edgecolor": "white", "linewidth": 0.3}
        axes[0].hist(tables.ravel(), bins=bins, histtype="stepfilled", **look)
        handles.append(Patch(facecolor=look["color"], hatch=look["hatch"], edgecolor="white", label=readable(operator)))
    axes[0].axvline(float(data["threshold"]), color=GREY, linestyle="--", linewidth=1)
    axes[0].set_xlabel(r"correlation of neighbouring pixels $\rho_1$")
    axes[0].set_ylabel("pairs of weights and latent")
    axes[0].legend(handles=handles, loc="upper left")
    shown = axes[1].imshow(data["correlations"][0, 0], cmap="cividis", vmin=0.5, vmax=1)
    axes[1].set_xlabel("latent")
    axes[1].set_ylabel("network")
    axes[1].set_xticks([])
    axes[1].set_yticks([])
    figure.colorbar(shown, ax=axes[1], label=rf"$\rho_1$ ({data['operators'][0]})")
    panel_letters(*axes)
    return figure
