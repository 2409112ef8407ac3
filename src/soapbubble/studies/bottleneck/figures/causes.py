"""The law of the latents and the bottleneck, taken apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure
from soapbubble.stats.intervals import estimates_and_reach, of_mean
from soapbubble.studies.bottleneck.figures.axes import logarithmic
from soapbubble.studies.bottleneck.figures.names import LAWS, model_name

Data = Mapping[str, np.ndarray]
PARTS = {
    "moments": "mean and\nvariance\nof axes",
    "shape": "shape\nof axes",
    "within cells": "depen-\ndence\nwithin\ncells",
    "between cells": "depen-\ndence\nbetween\ncells",
}
ORDER = (
    "prior",
    "mean only",
    "diagonal",
    "axes shuffled",
    "within cells",
    "cells shuffled",
    "channels shuffled",
    "full covariance",
    "mixture",
    "second stage",
    "posterior",
)


@figure("causes")
def laws(data: Data, style: Style) -> Figure:
    """Distance to real digits under each law from the prior to the codes; a point a network."""
    figure, ax = new_figure(style, width="page", aspect=0.48)
    listed = [str(law) for law in data["laws"]]
    place = np.arange(len(ORDER))[::-1]
    rows = [listed.index(law) for law in ORDER]
    looks = zip(data["models"], data["distances"], (1, 2), ("o", "s"), (0.13, -0.13), strict=True)
    for name, distances, colour, marker, shift in looks:
        values = distances[rows]
        middle = np.exp(np.log(values).mean(axis=1))
        ax.plot(
            values, place[:, None] + shift, linestyle="", marker=marker, color=COLOURS[colour], alpha=0.4, markersize=3
        )
        ax.plot(
            middle,
            place + shift,
            linestyle="",
            marker=marker,
            color=COLOURS[colour],
            markersize=5.5,
            markeredgecolor="black",
            label=model_name(name),
        )
    for row in place:
        ax.axhline(row, color=GREY, linewidth=0.4, alpha=0.4, zorder=0)
    ax.set_yticks(place, [LAWS[law] for law in ORDER])
    logarithmic(ax, "x")
    ax.set_xlabel("distance to real digits")
    ax.set_ylabel("latents drawn from")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


@figure("causes")
def causes(data: Data, style: Style) -> Figure:
    """The excess distance of prior samples in parts, and what changes of the bottleneck do; 95 % intervals."""
    figure, axes = new_figure(style, width="page", aspect=0.5, ncols=2, gridspec_kw={"width_ratios": (1, 1.05)})
    parts = [str(part) for part in data["parts"]]
    models = len(data["models"])
    for number, (name, values) in enumerate(zip(data["models"], data["values"], strict=True)):
        _bars(
            axes[0],
            np.arange(len(parts)) + 0.27 * (number - (models - 1) / 2),
            [of_mean(item) for item in values.T],
            number,
            model_name(name).replace("\n", " "),
        )
    axes[0].axhline(0, color=GREY, linewidth=0.8)
    axes[0].set_xticks(range(len(parts)), [PARTS[part] for part in parts])
    axes[0].set_ylabel("part of the excess distance")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=3)
    names = [_change(str(name)) for name in data["changes"]]
    logs = data["log_change"]
    place = np.arange(len(names))[::-1]
    middle, reach = estimates_and_reach([of_mean(item) for item in logs])
    ends = np.exp(np.stack([middle - reach[0], middle, middle + reach[1]]))
    axes[1].errorbar(
        ends[1],
        place,
        xerr=[ends[1] - ends[0], ends[2] - ends[1]],
        fmt="o",
        color=COLOURS[1],
        elinewidth=1,
    )
    axes[1].axvline(1, color=GREY, linewidth=0.8)
    axes[1].set_yticks(place, names)
    logarithmic(axes[1], "x", numbers=(1, 2, 3, 5, 7))
    axes[1].set_ylim(-0.6, len(names) - 0.4)
    axes[1].set_xlabel("distance of prior samples,\nrelative to the grid 7×7×4")
    panel_letters(*axes)
    return figure


def _change(name: str) -> str:
    """What is done to the grid of 7×7×4, in words."""
    return {
        "dense-encoder-7x7x4": "dense layer in the encoder",
        "dense-decoder-7x7x4": "dense layer in the decoder",
        "dense-196": "in both",
        "grid-7x7x4-coordinates": "coordinates for the decoder",
        "grid-7x7x4-reach": "a decoder that sees all cells",
        "grid-7x7x1": "a quarter of the latents",
        "grid-7x7x16": "four times the latents",
    }[name]


def _bars(ax: Axes, place: np.ndarray, found: list, number: int, label: str) -> None:
    middle, reach = estimates_and_reach(found)
    ax.bar(
        place,
        middle,
        0.25,
        yerr=reach,
        color=COLOURS[number + 1],
        hatch=("", "//", "\\\\")[number],
        edgecolor="white",
        error_kw={"elinewidth": 0.8},
        label=label,
    )


@figure("causes")
def spectra(data: Data, style: Style) -> Figure:
    """Eigenvalues of the covariance of all codes; the prior's show what chance does to as many draws."""
    figure, ax = new_figure(style, width="column", aspect=0.8)
    rank = np.arange(1, len(data["prior"]) + 1)
    ax.plot(rank, data["prior"], color=GREY, linestyle=":", label=r"$N(0, I)$")
    for number, (name, values) in enumerate(zip(data["models"], data["spectra"], strict=True)):
        ax.plot(
            rank,
            values,
            color=COLOURS[2 if str(name).startswith("dense") else 1],
            linestyle="--" if str(name).endswith("-ae") else "-",
            marker=MARKERS[number],
            markevery=(4 * number, 32),
            label=model_name(name).replace("\n", " "),
        )
    ax.set_yscale("log")
    ax.set_xlabel("principal axis of the codes")
    ax.set_ylabel("variance along it")
    figure.legend(loc="outside upper center")
    return figure
