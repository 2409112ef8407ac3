"""What is left of a picture behind an untrained encoder and decoder."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found, groups
from soapbubble.figures.style import (
    COLOURS,
    GREY,
    LINES,
    MARKERS,
    bars_with_intervals,
    new_figure,
    new_subfigures,
    panel_letters,
    plot_intervals,
    show_picture,
)
from soapbubble.parts.declaration import figure
from soapbubble.studies.decoders.figures.names import readable


@figure("outlines")
def outline_pictures(found: Found, style: Style) -> Figure:
    """A row a picture: the picture, outputs for the mean, a sample and many samples, each with its edges."""
    pictures, edges = (
        np.concatenate([found.pictures[f"{start}{data}"] for data in ("faces", "photos")])
        for start in ("", "edges of ")
    )
    draws = found.rows("outline_contrast_to_noise")["n"].iloc[0]
    heads = ("picture", "output,\nmean of latents", "output,\none sample", f"mean of\n{draws} samples")
    rows, columns = len(pictures), 2 * len(heads)
    figure, axes = new_figure(style, aspect=1.08 * rows / columns, nrows=rows, ncols=columns)
    for row, step in product(range(rows), range(len(heads))):
        show_picture(axes[row, 2 * step], pictures[row, step])
        show_picture(axes[row, 2 * step + 1], 1 - edges[row, step] / edges[row, step].max())
    for step, head in enumerate(heads):
        axes[0, 2 * step].set_title(head)
        axes[0, 2 * step + 1].set_title("its edges")
    return figure


@figure("outlines")
def outline_by_snr(found: Found, style: Style) -> Figure:
    """Identification against the latents' signal-to-noise ratio, and the excess agreement of every kind of network."""
    figure, axes = new_figure(style, aspect=0.42, ncols=2, width_ratios=(1, 1.3))
    _identification(axes[0], found)
    _excess(axes[1], found)
    panel_letters(*axes)
    return figure


def _identification(axes: Axes, found: Found) -> None:
    """A point a network and a level of noise; the ratio falls as the noise is turned up."""
    of_network = ["upsampling", "blocks", "norm", "replicate"]
    ratios = found.rows("latent_signal_to_noise", data="faces").rename(columns={"value": "ratio"})
    gains = found.rows("outline_gain", data="faces", centred=True)
    passed = gains[gains["noise"] > 0].merge(ratios[[*of_network, "sites", "ratio"]], on=of_network)
    for number, (_, own) in enumerate(passed.groupby("blocks", sort=False)):
        axes.plot(
            own["ratio"] / own["noise"] ** 2,
            own["value"] / own["n"],
            MARKERS[number],
            color=COLOURS[number + 1],
            markersize=3,
            alpha=0.45,
            markeredgewidth=0,
            rasterized=True,
            label="{0:g}×{0:g} latents".format(own["sites"].iloc[0]),
        )
    curve = found.rows("fitted_share_identified")
    axes.plot(curve["ratio"], curve["value"], color=COLOURS[1])
    axes.axhline(1 / passed["n"].iloc[0], color=GREY, linestyle="--", linewidth=1, label="chance")
    axes.set_xscale("log")
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("signal-to-noise ratio of the latents")
    axes.set_ylabel("share of faces identified")
    axes.legend(loc="upper left", handletextpad=0.2)


def _excess(axes: Axes, found: Found) -> None:
    """A group of points for each way of doubling and fineness of the latents, a point for each norm and noise."""
    sites = found.rows("latent_signal_to_noise", data="faces").drop_duplicates(["upsampling", "blocks"])
    norms = found.rows("latent_signal_to_noise")["norm"].unique()
    levels = found.rows("outline_excess")["noise"]
    ends = {float(levels.min()): "mean of latents", float(levels.max()): "one sample"}
    excess = found.intervals("outline_excess", "upsampling", "blocks", "norm", "noise", data="faces", centred=True)
    excess = excess.set_index(["norm", "noise", "upsampling", "blocks"])
    places = list(zip(sites["upsampling"], sites["blocks"], strict=True))
    for (k, norm), (end, noise) in product(enumerate(norms), enumerate(ends)):
        at = np.arange(len(places)) + 0.24 * (k - (len(norms) - 1) / 2) + (0.05 if end else -0.05)
        own = excess.loc[[(norm, noise, *place) for place in places]]
        look: dict[str, Any] = {"fmt": MARKERS[k], "color": COLOURS[k + 1], "markersize": 4, "elinewidth": 0.8}
        plot_intervals(axes, at, own, markerfacecolor="white" if end else COLOURS[k + 1], **look)
    offset: dict[str, Any] = {"xytext": (0, -24), "textcoords": "offset points"}
    for upsampling, own in groups(sites.reset_index(drop=True), "upsampling"):
        middle = (own.index.to_numpy().mean(), 0)
        axes.annotate(readable(upsampling), middle, xycoords=("data", "axes fraction"), ha="center", **offset)
    for k, norm in enumerate(norms):
        axes.plot([], [], MARKERS[k], color=COLOURS[k + 1], label=f"normalisation: {norm}")
    for fill, label in zip((GREY, "white"), ends.values(), strict=True):
        axes.plot([], [], "o", color=GREY, markerfacecolor=fill, label=label)
    axes.axhline(0, color=GREY, linewidth=0.8)
    line = found.threshold("real-face-through-untrained-vae-shows-outlines", "excess")
    axes.axhline(line, color=GREY, linestyle=LINES[1], linewidth=0.8)
    axes.set_xticks(range(len(places)), [f"{number:g}×{number:g}" for number in sites["sites"]])
    axes.set_ylabel("excess agreement of edges")
    axes.legend(loc="upper right", handletextpad=0.2)


@figure("bottleneck")
def bottleneck(found: Found, style: Style) -> Figure:
    """Outputs behind each bottleneck, and for each the excess agreement of edges and the shift equivariance."""
    ways = {"spatial": "grid", "dense": "dense", "permuted": "shuffled", "dense + skips": "dense +\nshortcuts"}
    columns = {
        "photographs": "picture",
        "spatial": "grid of\nlatents",
        "dense": "dense\nlayer",
        "permuted": "shuffled\nsites",
        "dense + skips": "dense layer\n+ shortcuts",
    }
    figure, (left, right) = new_subfigures(style, 0.44, ncols=2, width_ratios=(1.45, 1))
    grid = left.subplots(len(found.pictures["photographs"]), len(columns), squeeze=False)
    for column, (name, head) in zip(grid.T, columns.items(), strict=True):
        column[0].set_title(head)
        for ax, picture in zip(column, found.pictures[name], strict=True):
            show_picture(ax, picture)
    axes = right.subplots(2, 1, sharex=True)
    places = np.arange(len(ways))
    quantities = {"bottleneck_excess": "excess agreement", "shift_equivariance": "equivariance"}
    for ax, (quantity, label) in zip(axes, quantities.items(), strict=True):
        for number, data in enumerate(("faces", "photos")):
            own = found.intervals(quantity, "way", data=data).set_index("way").loc[list(ways)]
            look = {"color": COLOURS[number + 1], "hatch": ("", "///")[number], "label": data}
            bars_with_intervals(ax, places + 0.38 * (number - 0.5), own, 0.36, **look)
        ax.axhline(0, color=GREY, linewidth=0.8)
        ax.set_ylabel(label)
    panel_letters(grid[0, 0], *axes)
    axes[0].legend(loc="upper right")
    axes[1].set_xticks(places, ways.values())
    return figure
