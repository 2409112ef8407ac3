"""Figures on overfitting: learning curves, fit and identity, neighbours, and what images have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import (
    COLOURS,
    GREY,
    MARKERS,
    new_figure,
    panel_letters,
    plot_intervals,
    show_picture,
)
from soapbubble.parts.declaration import figure
from soapbubble.studies.latentsize.figures.names import model_name

TRAINING, TEST = COLOURS[1], COLOURS[2]
FEW = r"-n(\d+)$"  # ends the name of a model that was trained with few images


def trained_name(name: object) -> str:
    """The name of a model, with the number of its training images if they are few."""
    kind, few = re.sub(FEW, "", str(name)), re.search(FEW, str(name))
    return f"{model_name(kind)}, {few[1]} images" if few else model_name(kind)


@figure("overfitting")
def curves(found: Found, style: Style) -> Figure:
    """Loss on training and on validation images, a panel a model, a line a training."""
    losses, kept = found.rows("training_loss"), found.rows("step_kept").set_index(["model", "replicate"])["value"]
    models = losses["model"].unique()
    columns = -(-len(models) // 2)
    figure, axes = new_figure(style, aspect=0.5, nrows=2, ncols=columns, squeeze=False)
    for ax, name in zip(axes.flat, models, strict=False):
        for replicate, own in losses[losses["model"] == name].groupby("replicate"):
            training, validation = (own[own["set"] == kind] for kind in ("training", "validation"))
            ax.plot(training["step"], training["value"], color=TRAINING, linewidth=0.9)
            ax.plot(validation["step"], validation["value"], color=TEST, linestyle="--", linewidth=0.9)
            best = validation[validation["step"] == kept[name, replicate]]
            ax.plot(best["step"], best["value"], "o", color=TEST, markersize=3)
        ax.set_title(trained_name(name).replace(", ", "\n", 1))
        ax.margins(x=0.03)
    for ax in axes.flat[len(models) :]:
        ax.set_axis_off()
    axes[0, 0].plot([], [], color=TRAINING, label="training images")
    axes[0, 0].plot([], [], color=TEST, linestyle="--", label="validation images")
    axes[0, 0].plot([], [], "o", color=TEST, markersize=3, linestyle="", label="weights kept")
    figure.legend(loc="outside upper center", ncols=3)
    figure.supxlabel("optimiser steps", fontsize=style.font_points)
    figure.supylabel("loss (nat per image)", fontsize=style.font_points)
    return figure


@figure("overfitting")
def overfitting(found: Found, style: Style) -> Figure:
    """Deviance explained of both sets against the number of originals, and the gap between them for every model."""
    figure, axes = new_figure(style, aspect=0.44, ncols=2, width_ratios=(1, 1.15))
    explained = found.rows("deviance_explained", of="reconstruction", set=["training", "test"])
    explained["family"] = explained["model"].str.replace(FEW, "", regex=True)
    swept = explained.groupby("family", sort=False).filter(lambda own: own["model"].nunique() > 1)
    for number, (family, own) in enumerate(swept.groupby("family", sort=False)):
        for kind, line, fill in (("training", "-", COLOURS[number + 1]), ("test", "--", "white")):
            look = {"color": COLOURS[number + 1], "marker": MARKERS[number], "markerfacecolor": fill}
            networks = own[own["set"] == kind]
            means = networks.groupby("originals")["value"].mean()
            label = model_name(str(family)) if kind == "training" else None
            axes[0].plot(means.index, means, linestyle=line, label=label, **look)
            axes[0].plot(networks["originals"], networks["value"], linestyle="", alpha=0.4, **look)
    axes[0].plot([], [], "-", color=GREY, label="training images")
    axes[0].plot([], [], "--", color=GREY, label="test images")
    axes[0].set_xscale("log")
    axes[0].set_xlabel("originals in training")
    axes[0].set_ylabel("share of deviance explained")
    _by_model(
        axes[1],
        found.rows("overfitting_gap", of="reconstruction"),
        found.intervals("overfitting_gap", "model", of="reconstruction"),
    )
    axes[1].axvline(0, color=GREY, linewidth=0.6, linestyle=":")
    axes[1].set_xlabel("gap in the share of deviance explained")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
    panel_letters(*axes)
    return figure


@figure("overfitting")
def neighbours(found: Found, style: Style) -> Figure:
    """How much farther test codes are from training codes than these from each other, a row a model, and of pixels."""
    figure, axes = new_figure(style, aspect=0.42)
    _by_model(axes, found.rows("neighbour_ratio"), found.intervals("neighbour_ratio", "model"))
    pixels = found.intervals("neighbour_ratio_of_pixels", "trained_on")
    axes.plot(pixels["estimate"], -1 - pixels.index, "D", color=GREY, markersize=4)
    axes.set_yticks(
        [*axes.get_yticks(), *(-1 - pixels.index)],
        [
            *(tick.get_text() for tick in axes.get_yticklabels()),
            *(f"pixels, {on} images" for on in pixels["trained_on"]),
        ],
    )
    axes.axvline(1, color=GREY, linewidth=0.6, linestyle=":")
    axes.set_xlabel("distance of test images to the nearest training image, over that of training images")
    return figure


@figure("overfitting")
def held_out_pictures(found: Found, style: Style) -> Figure:
    """Originals over reconstructions: training digits, test digits, test digits with their quarters exchanged."""
    rows = 2 * len(found.pictures)
    heads = ("training digits", "test digits", "test, quarters exchanged")
    figure, axes = new_figure(style, aspect=0.04 + 0.06 * rows, nrows=rows, ncols=len(heads), squeeze=False)
    for ax, head in zip(axes[0], heads, strict=True):
        ax.set_title(head)
    for number, (name, sets) in enumerate(found.pictures.items()):
        for row, label in enumerate(("originals", trained_name(name).replace(", ", "\n"))):
            for column, images in enumerate(sets):
                show_picture(axes[2 * number + row, column], np.hstack(list(images[row])))
            axes[2 * number + row, 0].set_ylabel(label, rotation=0, ha="right", va="center")
    return figure


@figure("overfitting")
def global_features(found: Found, style: Style) -> Figure:
    """What is read from test codes, and how far a direction found on training codes carries over, against size."""
    figure, axes = new_figure(style, aspect=0.42, ncols=2)
    quantities = {
        "digit_read_from_codes": "test digits read from their codes",
        "thickness_transfer": "change of test strokes\nover that of training strokes",
    }
    for ax, (quantity, label) in zip(axes, quantities.items(), strict=True):
        _by_size(ax, found.rows(quantity), ("dense, all images", "grid, all images", "few images"))
        ax.set_xscale("log", base=2)
        ax.set_xlabel("latents")
        ax.set_ylabel(label)
    axes[0].set_ylim(0, 1.02)
    axes[0].axhline(0.1, color=GREY, linestyle="--", linewidth=1)
    axes[0].annotate("guessing", (2, 0.12), color=GREY)
    axes[1].axhline(1, color=GREY, linestyle="--", linewidth=1)
    line = found.threshold("large-latent-prevents-learning-global-features", "transfer")
    axes[1].axhline(line, color=GREY, linestyle=":", linewidth=1)
    _cut_below(axes[1], found.rows("thickness_transfer"), -1)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    panel_letters(*axes)
    return figure


def _by_size(ax: Axes, rows: pd.DataFrame, kinds: Sequence[str]) -> None:
    """Networks and their means against the number of latents, for dense models, grids, and models with few images."""
    few = rows["model"].str.contains("-n")
    rows["kind"] = np.select([few, rows["model"].str.startswith("grid")], [kinds[2], kinds[1]], kinds[0])
    for number, kind in enumerate(kinds):
        own = rows[rows["kind"] == kind]
        look: dict[str, Any] = {"color": COLOURS[number + 1], "marker": MARKERS[number], "linestyle": ""}
        means = own.groupby("model")[["latents", "value"]].mean()
        ax.plot(means["latents"], means["value"], label=kind, **look)
        ax.plot(own["latents"], own["value"], alpha=0.35, markersize=3, **look)


def _cut_below(ax: Axes, rows: pd.DataFrame, lowest: float) -> None:
    """End the axis at `lowest` where networks lie below it: an arrow and their value stand for them."""
    below = rows.loc[rows["value"] < lowest, ["latents", "value"]]
    if not below.empty:
        ax.set_ylim(bottom=lowest)
    for latents, value in below.itertuples(index=False):
        ax.annotate(
            f"{value:.1f}".replace("-", "\u2212"),
            (latents, lowest),
            (16, 18),
            textcoords="offset points",
            color=GREY,
            arrowprops={"arrowstyle": "->", "color": GREY, "relpos": (0, 0)},
        )


def _by_model(ax: Axes, networks: pd.DataFrame, intervals: pd.DataFrame) -> None:
    """A row a model: its networks, and from three of them on their mean with the interval that verdicts use."""
    models = networks["model"].unique()
    height = pd.Series(range(len(models))[::-1], models)
    ax.plot(networks["value"], networks["model"].map(height), "o", color=COLOURS[1], alpha=0.4, markersize=3)
    several = intervals[intervals["n"] > 2]
    plot_intervals(
        ax, several["model"].map(height), several, horizontal=True, fmt="|", color=COLOURS[0], elinewidth=0.9
    )
    ax.set_yticks(height, [trained_name(name) for name in height.index])
