"""Figure of the part `dimensions`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import gmean

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found, groups
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure

ARMS = {"dense": "dense", "grid": "grid 8×8", "mean loss": "mean loss"}
DISTANCE, KL = "Fréchet distance of prior samples", "KL (nat per image)"


@figure("dimensions")
def dimensions(found: Found, style: Style) -> Figure:
    """Distance of prior samples and KL against the number of latents, and distance against the KL."""
    figure, axes = new_figure(style, aspect=0.4, ncols=3)
    key = ["model", "dimension", "replicate"]
    samples = found.rows("prior_frechet_distance").dropna(subset=["model"])
    kl = found.rows("training_kl")[[*key, "value"]]
    table = samples.merge(kl, on=key, suffixes=("", "_kl")).rename(columns={"value": DISTANCE, "value_kl": KL})
    for ax, quantity in ((axes[0], DISTANCE), (axes[1], KL)):
        _by_size(ax, table, quantity)
    swept = table.groupby(["sweep", "model", "dimension"], as_index=False)[[KL, DISTANCE]].mean()
    for number, (dimension, sweep) in enumerate(groups(swept, "dimension", sort=True)):
        look = {"color": COLOURS[number + 4], "marker": MARKERS[number + 3], "linestyle": LINES[number]}
        line = sweep.sort_values(KL)
        axes[2].plot(line[KL], line[DISTANCE], label=f"{int(dimension):,}", **look)
    matched = found.rows("matched_kl")["value"].mean()
    if np.isfinite(matched):
        axes[2].axvline(matched, color=GREY, linestyle=":", linewidth=1)
    floor = found.value("prior_frechet_distance", control="training digits")
    for ax in axes[::2]:
        ax.axhline(floor, color=GREY, linestyle="--", linewidth=1)
        ax.set_yscale("log")
        ax.set_ylabel(DISTANCE)
    for ax in axes[:2]:
        ax.set_xscale("log", base=2)
        ax.set_xlabel("number of latents")
    at_floor = {"xycoords": ("axes fraction", "data"), "ha": "right", "va": "bottom", "color": GREY}
    axes[0].annotate("real digits", (1, floor), **at_floor)
    axes[1].set_yscale("log")
    axes[1].legend(loc="best")
    axes[2].set_xscale("log")
    axes[2].set_xlabel(KL)
    axes[2].legend(loc="center left", title="latents")
    panel_letters(*axes)
    return figure


def _by_size(ax: Axes, table: pd.DataFrame, quantity: str) -> None:
    """The geometric mean of the networks of each size, arm by arm, and each network as a faint point."""
    arms = dict(zip(table["arm"].dropna().unique(), range(len(COLOURS)), strict=False))
    look: dict[str, Any] = {"palette": {arm: COLOURS[number + 1] for arm, number in arms.items()}}
    look |= {"markers": {arm: MARKERS[number] for arm, number in arms.items()}, "hue": "arm", "style": "arm"}
    dashes = {"dashes": {arm: ("", (3, 1.5), (4, 1, 1, 1))[number % 3] for arm, number in arms.items()}}
    given = {"data": table.dropna(subset=["arm"]), "x": "dimension", "y": quantity, "ax": ax, **look}
    sns.lineplot(**given, **dashes, estimator=gmean, errorbar=None, markeredgewidth=0, markersize=4)
    sns.scatterplot(**given, alpha=0.45, s=9, linewidth=0, legend=False)
    handles, labels = ax.get_legend_handles_labels()
    legend = ax.legend(handles, [ARMS.get(label, label) for label in labels])
    if quantity == DISTANCE:
        legend.remove()
