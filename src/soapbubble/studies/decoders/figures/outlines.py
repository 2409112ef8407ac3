"""What is left of a picture behind an untrained encoder and decoder."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.parts.declaration import figure
from soapbubble.stats.intervals import estimates_and_reach, of_mean
from soapbubble.studies.decoders.figures.names import readable

Data = Mapping[str, np.ndarray]


@figure("outlines")
def outline_pictures(data: Data, style: Style) -> Figure:
    """A row a picture: the picture, outputs for the mean, a sample and many samples, each with its edges."""
    rows, steps = data["pictures"].shape[:2]
    figure, axes = new_figure(style, aspect=1.08 * rows / (2 * steps), nrows=rows, ncols=2 * steps, squeeze=False)
    heads = ("picture", "output,\nmean of latents", "output,\none sample", f"mean of\n{int(data['draws'])} samples")
    for row in range(rows):
        for step in range(steps):
            show_picture(axes[row, 2 * step], data["pictures"][row, step])
            edges = data["edges"][row, step]
            show_picture(axes[row, 2 * step + 1], 1 - edges / edges.max())
            if row == 0:
                axes[row, 2 * step].set_title(heads[step])
                axes[row, 2 * step + 1].set_title("its edges")
    return figure


@figure("outlines")
def outline_by_snr(data: Data, style: Style) -> Figure:
    """Identification against the latents' signal-to-noise ratio, and the excess agreement of every kind of network."""
    figure, axes = new_figure(style, aspect=0.42, ncols=2, width_ratios=(1, 1.3))
    _identification(axes[0], data)
    _excess(axes[1], data)
    panel_letters(*axes)
    return figure


def _identification(axes: Axes, data: Data) -> None:
    for number, blocks in enumerate(data["levels"]):
        chosen = data["blocks"] == blocks
        sites = int(data["side"]) // 2 ** int(blocks)
        axes.plot(
            data["ratio"][chosen],
            data["share"][chosen],
            MARKERS[number],
            color=COLOURS[number + 1],
            markersize=3,
            alpha=0.45,
            markeredgewidth=0,
            rasterized=True,
            label=f"{sites}×{sites} latents",
        )
    axes.plot(data["grid"], data["curve"], color=COLOURS[1])
    axes.axhline(float(data["chance"]), color=GREY, linestyle="--", linewidth=1, label="chance")
    axes.set_xscale("log")
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("signal-to-noise ratio of the latents")
    axes.set_ylabel("share of faces identified")
    axes.legend(loc="upper left", handletextpad=0.2)


def _excess(axes: Axes, data: Data) -> None:
    """A group of points for each way of doubling and fineness of the latents, a point for each norm and noise."""
    excess = data["excess"]
    upsamplings, levels, norms = excess.shape[:3]
    names = []
    for u in range(upsamplings):
        for b in range(levels):
            place = u * levels + b
            sites = int(data["side"]) // 2 ** int(data["levels"][b])
            names.append(f"{sites}×{sites}")
            for k in range(norms):
                for end, filled in ((0, True), (1, False)):
                    interval = of_mean(excess[u, b, k, end])
                    at = place + 0.24 * (k - (norms - 1) / 2) + (0.05 if end else -0.05)
                    axes.errorbar(
                        at,
                        interval.estimate,
                        [[interval.estimate - interval.low], [interval.high - interval.estimate]],
                        fmt=MARKERS[k],
                        color=COLOURS[k + 1],
                        markerfacecolor=COLOURS[k + 1] if filled else "white",
                        markersize=4,
                        elinewidth=0.8,
                    )
        middle = (u * levels + (levels - 1) / 2, 0)
        offset = {"xytext": (0, -24), "textcoords": "offset points"}
        axes.annotate(
            readable(data["upsampling"][u]), middle, xycoords=("data", "axes fraction"), ha="center", **offset
        )
    for k in range(norms):
        axes.plot([], [], MARKERS[k], color=COLOURS[k + 1], label=f"normalisation: {data['norms'][k]}")
    axes.plot([], [], "o", color=GREY, label="mean of latents")
    axes.plot([], [], "o", color=GREY, markerfacecolor="white", label="one sample")
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.axhline(0.1, color=GREY, linestyle=LINES[1], linewidth=0.8)
    axes.set_xticks(range(len(names)), names)
    axes.set_ylabel("excess agreement of edges")
    axes.legend(loc="upper right", handletextpad=0.2)


@figure("bottleneck")
def bottleneck(data: Data, style: Style) -> Figure:
    """Outputs behind each bottleneck, and for each the excess agreement of edges and the shift equivariance."""
    ways = list(data["ways"])
    strip, shown = data["pictures"].shape[:2]
    figure, _ = new_figure(style, aspect=0.44)
    figure.clear()
    left, right = figure.subfigures(1, 2, width_ratios=(1.45, 1))
    grid = left.subplots(shown, strip, squeeze=False)
    for column, head in enumerate(
        ["picture", "grid of\nlatents", "dense\nlayer", "shuffled\nsites", "dense layer\n+ shortcuts"]
    ):
        grid[0, column].set_title(head)
        for row in range(shown):
            show_picture(grid[row, column], data["pictures"][column, row])
    axes = right.subplots(2, 1, sharex=True)
    quantities = (("bottleneck_excess", "excess agreement"), ("shift_equivariance", "equivariance"))
    for ax, (quantity, label) in zip(axes, quantities, strict=True):
        for number, name in enumerate(("faces", "photos")):
            middle, reach = estimates_and_reach([of_mean(values) for values in data[f"{name}_{quantity}"]])
            ax.bar(
                np.arange(len(ways)) + 0.38 * (number - 0.5),
                middle,
                0.36,
                yerr=reach,
                color=COLOURS[number + 1],
                hatch=("", "///")[number],
                edgecolor="white",
                error_kw={"elinewidth": 0.8},
                label=name,
            )
        ax.axhline(0, color=GREY, linewidth=0.8)
        ax.set_ylabel(label)
    panel_letters(grid[0, 0], *axes)
    axes[0].legend(loc="upper right")
    axes[1].set_xticks(range(len(ways)), ["grid", "dense", "shuffled", "dense +\nshortcuts"])
    return figure
