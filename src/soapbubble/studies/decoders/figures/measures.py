"""How structured the images of untrained networks are, and what that depends on."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found, groups
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure
from soapbubble.parts.declaration import figure
from soapbubble.studies.decoders.figures.names import OPERATORS, readable

HATCHES = ("", "///", "|||")


@figure("structure")
def randomness(found: Found, style: Style) -> Figure:
    """Measures of randomness relative to white noise, a group of bars for each operator."""
    figure, axes = new_figure(style, aspect=0.42)
    places = np.arange(len(OPERATORS))
    measures = {
        "flatness_relative": "spectral flatness",
        "patch_dimension_relative": "patch dimensions",
        "png_share_relative": "PNG bytes",
    }
    for number, (quantity, label) in enumerate(measures.items()):
        by_operator = found.rows(quantity, variant="plain").groupby("operator")["value"]
        axes.bar(
            places + 0.8 / 3 * (number - 1),
            by_operator.mean()[list(OPERATORS)],
            0.8 / 3,
            yerr=by_operator.std()[list(OPERATORS)],
            color=COLOURS[number + 1],
            hatch=HATCHES[number],
            edgecolor="white",
            error_kw={"elinewidth": 0.8},
            label=label,
        )
    axes.axhline(1, color=GREY, linestyle="--", linewidth=1)
    axes.annotate("white noise", (len(places) - 0.5, 1), ha="right", va="bottom", color=GREY)
    axes.set_xticks(places, [name.replace(" ", "\n") for name in OPERATORS.values()])
    axes.set_ylabel("relative to white noise")
    axes.set_ylim(0, 1.35)
    axes.legend(loc="upper left", ncols=len(measures))
    return figure


@figure("generators")
def published(found: Found, style: Style) -> Figure:
    """Correlation of adjacent pixels of published networks, sorted, with the operator as marker."""
    figure, axes = new_figure(style, aspect=0.62)
    by_network = found.rows("network_correlation").groupby(["network", "family", "operator"])["value"]
    networks = by_network.agg(["mean", "min", "max"]).sort_values("mean").reset_index()
    axes.hlines(networks.index, networks["min"], networks["max"], color=GREY, linewidth=1)
    for number, (operator, own) in enumerate(networks.groupby("operator")):
        look = {"linestyle": "", "marker": MARKERS[number], "color": COLOURS[number]}
        axes.plot(own["mean"], own.index, label=readable(operator), clip_on=False, **look)
    above = found.rows("published_structured")["above"].iloc[0]
    axes.axvline(above, color=GREY, linestyle="--", linewidth=1)
    axes.set_yticks(networks.index, networks["network"] + " (" + networks["family"] + ")")
    axes.set_xlabel(r"correlation of adjacent pixels $\rho_1$ (mean and range over networks)")
    axes.legend(title="upsampling", loc="lower right")
    axes.set_xlim(right=1.02)
    return figure


@figure("inputs")
def encoder_or_decoder(found: Found, style: Style) -> Figure:
    """Correlation length for each source of the latent code and each thing behind it, a point a network."""
    figure, axes = new_figure(style, aspect=0.42)
    lengths = found.rows("arm_length")
    decoders, sources = lengths["decoder"].unique(), lengths["source"].unique()
    middle = (len(sources) - 1) / 2
    lengths["at"] = lengths["decoder"].map({name: place for place, name in enumerate(decoders)})
    scatter = 0.1 * (lengths["replicate"] / lengths["replicate"].max() - 0.5)
    for number, source in enumerate(sources):
        own = lengths[lengths["source"] == source]
        look = {"marker": MARKERS[number], "color": COLOURS[number + 1], "linestyle": ""}
        at = own["at"] + 0.18 * (number - middle)
        axes.plot(at + scatter[own.index], own["value"], alpha=0.35, markersize=3, markeredgewidth=0, **look)
        means = own.groupby("at")["value"].mean()
        axes.plot(means.index + 0.18 * (number - middle), means, label=source, **look)
    axes.set_xticks(range(len(decoders)), decoders)
    axes.set_yscale("log")
    axes.set_yticks([0.5, 1, 2, 5, 10, 20], ["0.5", "1", "2", "5", "10", "20"])
    axes.minorticks_off()
    axes.set_ylabel("correlation length (px)")
    axes.legend(title="latent code", loc="lower left")
    return figure


@figure("cascade")
def pairs(found: Found, style: Style) -> Figure:
    """Structure of all pairs of weights and latent."""
    figure, axes = new_figure(style, aspect=0.36)
    bins = np.linspace(-1, 1, 81)
    handles = []
    correlations = found.rows("pair_correlation")
    for number, (operator, own) in enumerate(groups(correlations, "operator")):
        look: dict[str, Any] = {
            "color": COLOURS[number + 1],
            "hatch": HATCHES[number],
            "edgecolor": "white",
            "linewidth": 0.3,
        }
        axes.hist(own["value"], bins=bins, histtype="stepfilled", **look)
        handles.append(Patch(facecolor=look["color"], hatch=look["hatch"], edgecolor="white", label=readable(operator)))
    axes.axvline(found.rows("pairs_failing")["below"].iloc[0], color=GREY, linestyle="--", linewidth=1)
    axes.set_xlabel(r"correlation of adjacent pixels $\rho_1$")
    axes.set_ylabel("pairs of weights and latent")
    axes.legend(handles=handles, loc="upper left")
    return figure
