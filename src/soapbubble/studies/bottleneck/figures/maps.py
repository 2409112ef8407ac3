"""Latent maps of digits, and what can be predicted from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.numbers import significant
from soapbubble.parts.declaration import figure
from soapbubble.studies.bottleneck.figures.axes import show_map

SIDES = (7, 14, 28)
MODELS = {
    "convolutional": {f"grid-{side}x{side}x1": side for side in SIDES},
    "dense": {f"dense-{side**2}": side for side in SIDES},
}
INPUTS = {"pixels": "pixels", "convolutional": "convolutional latent", "dense": "dense latent"}
CHANCE = 0.1  # ten digits, and ten candidates


@figure("maps")
def latent_panel_7(found: Found, style: Style) -> Figure:
    """Ten digits and their codes on 7 x 7 cells."""
    return _latent_panel(found, style, 7)


@figure("maps")
def latent_panel_14(found: Found, style: Style) -> Figure:
    """Ten digits and their codes on 14 x 14 cells."""
    return _latent_panel(found, style, 14)


@figure("maps")
def latent_panel_28(found: Found, style: Style) -> Figure:
    """Ten digits and their codes on 28 x 28 cells."""
    return _latent_panel(found, style, 28)


def _latent_panel(found: Found, style: Style, side: int) -> Figure:
    """Rows: the input, and the mean, the standard deviation and the KL of each cell."""
    digits = found.pictures["digits"]
    maps = {key: found.pictures[f"grid-{side}x{side}x1 {key}"] for key in ("mean", "std", "KL")}
    figure, axes = new_figure(style, aspect=0.43, nrows=4, ncols=len(digits), squeeze=False)
    size = float(np.abs(maps["mean"]).max())
    rows = {
        "mean": ("mean", "RdBu_r", -size, size),
        "std": ("std", "viridis", 0.0, max(1.0, float(maps["std"].max()))),
        "KL": ("KL (nats)", "magma", 0.0, float(maps["KL"].max())),
    }
    for axis, digit in zip(axes[0], digits, strict=True):
        show_picture(axis, 255 - digit)
    axes[0, 0].set_ylabel("input")
    for row, (key, (label, colours, low, high)) in enumerate(rows.items(), start=1):
        for axis, values in zip(axes[row], maps[key], strict=True):
            image = show_map(axis, values, colours, low, high)
        axes[row, 0].set_ylabel(label)
        bar = figure.colorbar(image, ax=list(axes[row]), fraction=0.012, pad=0.008, aspect=9)
        bar.formatter = FuncFormatter(lambda value, _: significant(value, 2))
    return figure


@figure("maps")
def readability(found: Found, style: Style) -> Figure:
    """Accuracy of digits predicted by the side of the input: a with all examples, b with few of each digit."""
    figure, axes = new_figure(style, aspect=0.4, ncols=2, sharey=True)
    for axis, examples in zip(axes, ("all", "few"), strict=True):
        for number, (kind, label) in enumerate(INPUTS.items()):
            rows = found.rows("probe_accuracy", input=kind, examples=examples)
            _by_side(axis, rows["side"], rows["value"], label, number)
        if examples == "all":
            rows = found.rows("zero_shot_accuracy", model=list(MODELS["convolutional"]))
            sides = rows["model"].map(MODELS["convolutional"])
            _by_side(axis, sides, rows["value"], "convolutional, without labelled maps", 3)
        axis.axhline(CHANCE, color=GREY, linewidth=0.8, linestyle=":")
        axis.set_ylim(0, 1.02)
        axis.set_xticks(sorted(found.rows("probe_accuracy", input="pixels", examples=examples)["side"].unique()))
        axis.set_xlabel("side of the image or map")
        axis.set_title("all examples" if examples == "all" else "few examples")
    panel_letters(*axes)
    axes[0].set_ylabel("accuracy")
    axes[0].text(7, 0.115, "chance", color=GREY)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


@figure("maps")
def copying(found: Found, style: Style) -> Figure:
    """How much of a map is its image, its KL, retrieval of its image and spatial autocorrelation, by side."""
    figure, axes = new_figure(style, aspect=0.36, ncols=4)
    own = {"sites": "own order"}
    panels = {
        "map_r2_on_image": ("$R^2$ of maps regressed\non their images", {}),
        "map_kl": ("KL (nats per image)", {}),
        "map_retrieval": ("own image found among ten", own),
        "map_morans_i": ("Moran's $I$", own),
    }
    for axis, (quantity, (label, where)) in zip(axes, panels.items(), strict=True):
        for number, (kind, sides) in enumerate(MODELS.items(), start=1):
            rows = found.rows(quantity, model=list(sides), **where)
            _by_side(axis, rows["model"].map(sides), rows["value"], kind, number)
        axis.set_xlabel("side of the map")
        axis.set_ylabel(label)
        if quantity == "map_kl":
            axis.set_ylim(0)
        else:
            axis.set_ylim(-0.1, 1.05)
    panel_letters(*axes)
    axes[2].axhline(CHANCE, color=GREY, linewidth=0.8, linestyle=":")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure


def _by_side(axes: Axes, sides: pd.Series, values: pd.Series, label: str, number: int) -> None:
    """Mean over replicates as a line, the replicates as faint marks."""
    look: dict[str, Any] = {"color": COLOURS[number], "marker": MARKERS[number]}
    axes.plot(sides, values, linestyle="none", alpha=0.3, markeredgewidth=0, **look)
    line = {"linestyle": LINES[number], "label": label, "markeredgewidth": 0, "legend": False}
    sns.lineplot(x=sides, y=values, errorbar=None, ax=axes, **line, **look)
    axes.set_xticks(SIDES)


@figure("maps")
def folded_vector(found: Found, style: Style) -> Figure:
    """The dense vector of 784 as an image, in its own, a random and the best order, and the convolutional map."""
    digits = found.pictures["digits"][:8]
    rows = {
        "dense-784 mean": ("dense,\nfolded", "own order"),
        "dense-784 permuted": ("random\norder", "permuted"),
        "dense-784 placed": ("placed by\nintensity", "by intensity"),
        "grid-28x28x1 mean": ("convolu-\ntional", "own order"),
    }
    figure, axes = new_figure(style, aspect=0.68, nrows=1 + len(rows), ncols=len(digits), squeeze=False)
    for axis, digit in zip(axes[0], digits, strict=True):
        show_picture(axis, 255 - digit)
    axes[0, 0].set_ylabel("input", rotation=0, ha="right", va="center")
    for row, (name, (label, sites)) in enumerate(rows.items(), start=1):
        maps = found.pictures[name]
        size = float(np.quantile(np.abs(maps), 0.995))
        for axis, values in zip(axes[row], maps, strict=False):
            show_map(axis, values, "RdBu_r", -size, size)
        likeness = found.value("map_morans_i", model=name.split()[0], sites=sites)
        axes[row, 0].set_ylabel(f"{label}\n$I$ = {_signed(likeness)}", rotation=0, ha="right", va="center")
    return figure


def _signed(value: float) -> str:
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−")
