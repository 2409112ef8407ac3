"""How many latents are worth having: what more of them bring, how many are in use, and how short a code they make."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure

BOTTLENECKS = {
    "dense": "dense bottleneck",
    "grid": "grid of 8×8 cells",
    "grid, averaged loss": "grid, averaged loss",
}
SWEEPS = ("dense", "grid")


@figure("features")
def elbo_by_size(found: Found, style: Style) -> Figure:
    """The ELBO, what a further latent adds to it, and how many latents are in use."""
    figure, axes = new_figure(style, aspect=0.4, ncols=3)
    _by_size(axes[0], found.rows("test_elbo", bottleneck=SWEEPS))
    axes[0].set_ylabel("ELBO of test digits (nat)")
    _gains(axes[1], found)
    _directions(axes[2], found)
    figure.legend(*axes[2].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    panel_letters(*axes)
    return figure


def _gains(axes: Axes, found: Found) -> None:
    gains = found.rows("elbo_gain_per_latent")
    gains["latents"] = np.sqrt(gains["from"] * gains["to"])
    axes.set_xscale("log", base=2)
    axes.set_yscale("symlog", linthresh=0.01)
    axes.axhline(0, color=GREY, linewidth=0.8)
    _networks_and_mean(axes, gains, 0)
    axes.set(xlabel="number of latents", ylabel="gain of a further latent (nat)")


def _directions(axes: Axes, found: Found) -> None:
    _by_size(axes, found.rows("active_units", bottleneck=SWEEPS))
    axes.plot([], [], color=GREY, linestyle=LINES[0], label="active latents (c)")
    others = {
        "active_components": "active principal components (c)",
        "effective_rank": "effective rank of the means (c)",
    }
    for line, (quantity, label) in zip(LINES[1:3], others.items(), strict=True):
        axes.plot([], [], color=GREY, linestyle=line, linewidth=1, label=label)
        for number, bottleneck in enumerate(SWEEPS, start=1):
            means = found.intervals(quantity, "latents", bottleneck=bottleneck)
            axes.plot(means["latents"], means["estimate"], color=COLOURS[number], linestyle=line, linewidth=1)
    threshold = found.threshold("about-a-hundred-meaningful-differences", "directions")
    axes.axhline(threshold, color=GREY, linewidth=0.8, linestyle=LINES[3])
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(0, 2500)
    axes.set_ylabel("directions")


@figure("features")
def description_length(found: Found, style: Style) -> Figure:
    """KL of grey digits and code length of black and white ones against the number of latents."""
    figure, axes = new_figure(style, aspect=0.44, ncols=2)
    kl = found.rows("test_kl")
    _by_size(axes[0], kl.assign(value=kl["value"] / np.log(2)))
    axes[0].set_ylabel("KL (bit a digit)")
    _by_size(axes[1], found.rows("description_bits"))
    axes[1].set_ylabel("code of a black and white digit (bit)")
    for line, (png, label) in zip(
        LINES[1:], {"own file": "PNG, a file each", "one file": "PNG, all in one file"}.items(), strict=False
    ):
        axes[1].axhline(found.value("png_bits", png=png), color=GREY, linestyle=line, linewidth=1, label=label)
    axes[1].axhline(784, color=GREY, linestyle=LINES[3], linewidth=1, label="a bit a pixel")
    for ax in axes:
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter("{x:,.0f}")
        ax.yaxis.set_minor_formatter(NullFormatter())
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    panel_letters(*axes)
    return figure


def _by_size(axes: Axes, rows: pd.DataFrame) -> None:
    """Networks and a line through their means for each bottleneck, against the number of latents."""
    for number, (bottleneck, label) in enumerate(BOTTLENECKS.items()):
        own = rows[rows["bottleneck"] == bottleneck]
        if not own.empty:
            _networks_and_mean(axes, own, number, label)
    axes.set_xscale("log", base=2)
    axes.set(xlabel="number of latents", ylabel="")


def _networks_and_mean(axes: Axes, rows: pd.DataFrame, number: int, label: str | None = None) -> None:
    look = {"data": rows, "x": "latents", "y": "value", "color": COLOURS[number + 1], "ax": axes, "legend": False}
    sns.scatterplot(**look, marker=MARKERS[number], s=20, alpha=0.5, linewidth=0)
    sns.lineplot(**look, errorbar=None, marker=MARKERS[number], markeredgewidth=0)
    axes.lines[-1].set_label(label or "_")
