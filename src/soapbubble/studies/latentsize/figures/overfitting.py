"""Figures on overfitting: learning curves, fit and identity, neighbours, and what pictures have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.parts.declaration import figure
from soapbubble.studies.latentsize.figures.names import model_name

Data = Mapping[str, np.ndarray]
TRAINING, HELD_OUT, SCRAMBLED = COLOURS[1], COLOURS[2], COLOURS[3]


def trained_name(name: str) -> str:
    """The name of a model, with the number of its training pictures if they are few."""
    kind, _, few = re.fullmatch(r"(.+?)(-n(\d+))?", str(name)).groups()
    return f"{model_name(kind)}, {few} pictures" if few else model_name(kind)


@figure("overfitting")
def curves(data: Data, style: Style) -> Figure:
    """Loss on training and on held-out pictures, a panel a model, a line a training."""
    count = len(data["models"])
    columns = -(-count // 2)
    figure, axes = new_figure(style, aspect=0.5, nrows=2, ncols=columns, squeeze=False)
    for ax, name, several, chosen in zip(axes.flat, data["models"], data["curves"], data["kept"], strict=False):
        for (steps, training, held_out), step in zip(several, chosen, strict=True):
            seen = np.isfinite(steps)
            ax.plot(steps[seen], training[seen], color=TRAINING, linewidth=0.9)
            ax.plot(steps[seen], held_out[seen], color=HELD_OUT, linestyle="--", linewidth=0.9)
            kept = steps == step
            ax.plot(steps[kept], held_out[kept], "o", color=HELD_OUT, markersize=3)
        ax.set_title(trained_name(name).replace(", ", "\n", 1))
        ax.margins(x=0.03)
    for ax in axes.flat[count:]:
        ax.set_axis_off()
    axes[0, 0].plot([], [], color=TRAINING, label="training pictures")
    axes[0, 0].plot([], [], color=HELD_OUT, linestyle="--", label="held-out pictures")
    axes[0, 0].plot([], [], "o", color=HELD_OUT, markersize=3, linestyle="", label="weights kept")
    figure.legend(loc="outside upper center", ncols=3)
    figure.supxlabel("optimiser steps", fontsize=style.font_points)
    figure.supylabel("loss (nat per picture)", fontsize=style.font_points)
    return figure


@figure("overfitting")
def overfitting(data: Data, style: Style) -> Figure:
    """Deviance explained of both sets against the number of originals, and how often draws find their own picture."""
    figure, axes = new_figure(style, aspect=0.44, ncols=2, width_ratios=(1, 1.15))
    families: dict[str, list[int]] = {}
    for number, name in enumerate(data["models"]):
        families.setdefault(re.sub(r"-n\d+$", "", str(name)), []).append(number)
    swept = [(kind, rows) for kind, rows in families.items() if len(rows) > 1]
    for number, (kind, rows) in enumerate(swept):
        rows = sorted(rows, key=lambda row: data["originals"][row])
        at = data["originals"][rows]
        for sets, line, fill in (("training", "-", COLOURS[number + 1]), ("held_out", "--", "white")):
            look = {"color": COLOURS[number + 1], "marker": MARKERS[number], "markerfacecolor": fill}
            label = model_name(kind) if sets == "training" else None
            axes[0].plot(at, _means(data[sets][rows]), linestyle=line, label=label, **look)
            axes[0].plot(at, data[sets][rows], linestyle="", alpha=0.4, **look)
    axes[0].plot([], [], "-", color=GREY, label="training pictures")
    axes[0].plot([], [], "--", color=GREY, label="held-out pictures")
    axes[0].set_xscale("log")
    axes[0].set_xlabel("originals in training")
    axes[0].set_ylabel("share of deviance explained")
    at = np.arange(len(data["models"]))[::-1]
    bars = (("training pictures", GREY, ""), ("held-out pictures", "#D8D8D8", "///"))
    for number, (values, (label, colour, hatch)) in enumerate(zip(data["identified"], bars, strict=True)):
        height = at + 0.2 - 0.4 * number
        axes[1].barh(height, _means(values), 0.38, color=colour, hatch=hatch, edgecolor="white", label=label)
        axes[1].plot(values, np.broadcast_to(height[:, None], values.shape), ".", color=COLOURS[0], markersize=2.5)
    axes[1].set_yticks(at, [trained_name(name) for name in data["models"]])
    axes[1].set_xlim(0, 1.02)
    axes[1].set_xlabel("draws that find their picture")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=3)
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside upper right")
    panel_letters(*axes)
    return figure


def _means(values: np.ndarray) -> np.ndarray:
    """Mean over replicates (rows,), of those that are numbers."""
    return np.ma.masked_invalid(values).mean(axis=1).filled(np.nan)


@figure("overfitting")
def neighbours(data: Data, style: Style) -> Figure:
    """Distribution of the distance to the nearest training code, a panel a model, with pixels as a control."""
    count = len(data["kinds"])
    columns = -(-count // 2)
    figure, axes = new_figure(style, aspect=0.5, nrows=2, ncols=columns, sharey=True, squeeze=False)
    for ax, kind, (training, held_out) in zip(axes.flat, data["kinds"], data["distances"], strict=False):
        ax.plot(training, data["shares"], color=TRAINING, label="training pictures, each left out")
        ax.plot(held_out, data["shares"], color=HELD_OUT, linestyle="--", label="held-out pictures")
        ax.axhline(0.5, color=GREY, linewidth=0.6, linestyle=":")
        ax.set_title(_kind_name(str(kind)))
        ax.set_xlim(left=0)
        ax.text(0.04, 0.9, f"ratio {np.median(held_out):.2f}", transform=ax.transAxes, va="top")
    for ax in axes.flat[count:]:
        ax.set_axis_off()
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    figure.supxlabel(
        "distance to the nearest training picture (in medians of training pictures)", fontsize=style.font_points
    )
    figure.supylabel("share of pictures", fontsize=style.font_points)
    return figure


def _kind_name(kind: str) -> str:
    if kind.startswith("pixels-n"):
        return f"pixels,\n{int(kind.removeprefix('pixels-n')):,} pictures"
    return trained_name(kind).replace(", ", "\n", 1)


@figure("overfitting")
def held_out_pictures(data: Data, style: Style) -> Figure:
    """Originals over what was rebuilt: training digits, unseen digits, unseen digits with their quarters exchanged."""
    models, pictures = data["models"], data["pictures"]
    sets, rows = pictures.shape[1], 2 * len(models)
    figure, axes = new_figure(style, aspect=0.04 + 0.052 * rows, nrows=rows, ncols=sets, squeeze=False)
    heads = ("training digits", "unseen digits", "unseen, quarters exchanged")
    for column in range(sets):
        axes[0, column].set_title(heads[column])
        for number, name in enumerate(models):
            for row, label in enumerate(("originals", trained_name(name).replace(", ", "\n"))):
                ax = axes[2 * number + row, column]
                show_picture(ax, np.hstack(list(pictures[number, column, row])))
                if column == 0:
                    ax.set_ylabel(label, rotation=0, ha="right", va="center")
    return figure


@figure("overfitting")
def global_features(data: Data, style: Style) -> Figure:
    """What is read from unseen codes, and how far a direction found on training codes carries over, against size."""
    figure, axes = new_figure(style, aspect=0.42, ncols=2)
    kinds = {
        "dense, all pictures": lambda name: name.startswith("dense") and "-n" not in name,
        "grid, all pictures": lambda name: name.startswith("grid") and "-n" not in name,
        "few pictures": lambda name: "-n" in name,
    }
    for ax, quantity, label in (
        (axes[0], "read", "unseen digits read from their codes"),
        (axes[1], "transfer", "change of unseen strokes\nover that of training strokes"),
    ):
        for number, (kind, chosen) in enumerate(kinds.items()):
            rows = [row for row, name in enumerate(data["models"]) if chosen(str(name))]
            _points(ax, data["latents"][rows], data[quantity][rows], number, kind)
        ax.set_xscale("log", base=2)
        ax.set_xlabel("latents")
        ax.set_ylabel(label)
    axes[0].set_ylim(0, 1.02)
    axes[0].axhline(0.1, color=GREY, linestyle="--", linewidth=1)
    axes[0].annotate("guessing", (2, 0.12), color=GREY)
    axes[1].axhline(1, color=GREY, linestyle="--", linewidth=1)
    axes[1].axhline(0.5, color=GREY, linestyle=":", linewidth=1)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    panel_letters(*axes)
    return figure


def _points(ax: Axes, at: np.ndarray, values: np.ndarray, number: int, label: str) -> None:
    look = {"color": COLOURS[number + 1], "marker": MARKERS[number], "linestyle": ""}
    ax.plot(at, _means(values), label=label, **look)
    ax.plot(at, values, alpha=0.35, markersize=3, **look)
