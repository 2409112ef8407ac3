"""The closing questions: does it mean anything, is it pareidolia, is it a sign of quality, did others ask before?"""

from __future__ import annotations

from collections.abc import Mapping
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
    LINES,
    MARKERS,
    new_figure,
    new_subfigures,
    panel_letters,
    plot_intervals,
    show_picture,
)
from soapbubble.parts.declaration import figure
from soapbubble.studies.decoders.figures.names import readable

INTERPOLATING = {True: "interpolating", False: "other operators"}
COPIES = {
    "permuted": "shuffled pixels",
    "phase-randomised": "random phases",
    "Gaussian, same spectrum": "Gaussian, same spectrum",
}
BIASES = {"zero": "no biases", "normal": "random biases"}


@figure("semantics")
def semantics(found: Found, style: Style) -> Figure:
    """Examples of each kind of picture beside its Fréchet distance to digits, a point a set of pictures."""
    examples = found.pictures["examples"]
    distances = found.rows("frechet_to_digits")
    names = distances["images"].unique()
    kinds, shown = examples.shape[:2]
    figure, _ = new_figure(style, aspect=0.5)
    figure.clear()
    # One grid for both sides, so that each row of pictures stands beside its distances.
    grid = figure.add_gridspec(kinds, shown + 1, width_ratios=[1] * shown + [shown])
    for row in range(kinds):
        for column in range(shown):
            show_picture(figure.add_subplot(grid[row, column]), examples[row, column])
    axes = figure.add_subplot(grid[:, -1])
    places = pd.Series(range(kinds)[::-1], names)
    at = distances["images"].map(places)
    axes.plot(distances["value"], at, "o", color=COLOURS[1], alpha=0.35, markersize=3.5, markeredgewidth=0)
    means = distances.groupby("images")["value"].mean()[names]
    axes.plot(means, places, "|", color=COLOURS[0], markersize=12, markeredgewidth=1.6)
    axes.set_yticks(places, [name.replace(", phase-randomised", ",\nphase-randomised") for name in names])
    axes.set_ylim(-0.5, kinds - 0.5)
    axes.set_xscale("log")
    axes.set_xlabel("Fréchet distance to digits")
    return figure


@figure("observer")
def observer(found: Found, style: Style) -> Figure:
    """A real picture and its copies for each source, and how often the observer picks the real one."""
    strips = found.pictures["output and copies"]
    sources = found.rows("observer_correct")["source"].unique()
    names = [
        readable(source).replace("stationary Gaussian field", "Gaussian field").replace(" ", "\n") for source in sources
    ]
    figure, (left, right) = new_subfigures(style, 0.48, ncols=2, width_ratios=(1.15, 1))
    grid = left.subplots(*strips.shape[:2], squeeze=False)
    for axes, head in zip(grid[0], ("output", *COPIES.values()), strict=True):
        axes.set_title(head.replace(" ", "\n", 1))
    for axes, name, strip in zip(grid, names, strips, strict=True):
        axes[0].set_ylabel(name)
        for ax, picture in zip(axes, strip, strict=True):
            show_picture(ax, picture)
    axes = right.subplots()
    places = np.arange(len(sources))
    for number, (copy, label) in enumerate(COPIES.items()):
        correct = found.intervals("observer_correct", "source", copy=copy).set_index("source").loc[sources]
        look: dict[str, Any] = {"fmt": MARKERS[number], "color": COLOURS[number + 1], "label": label}
        plot_intervals(axes, places + 0.2 * (number - 1), correct, **look)
    axes.axhline(0.5, color=GREY, linestyle="--", linewidth=1, label="guessing")
    axes.set_ylim(0.35, 1.3)
    axes.set_yticks([0.4, 0.6, 0.8, 1])
    axes.set_xticks(places, names)
    axes.set_ylabel("share of pairs judged correctly")
    axes.legend(loc="upper right")
    return figure


@figure("quality")
def quality(found: Found, style: Style) -> Figure:
    """Loss after training against two statistics of the untrained output, a point a kind of decoder."""
    figure, axes = new_figure(style, aspect=0.44, ncols=2, sharey=True)
    losses = found.rows("trained_loss")
    kinds = losses.drop_duplicates("decoder").set_index("decoder")
    kinds["loss"] = losses.groupby("decoder")["value"].mean()
    statistics = ("kind_slope_mismatch", "kind_neighbour_correlation")
    for quantity in statistics:
        kinds[quantity] = found.rows(quantity).set_index("decoder")["value"]
    groups = kinds.groupby(kinds["upsampling"].isin(["nearest", "bilinear", "bicubic"]), sort=False)
    for number, (interpolating, alike) in enumerate(groups):
        look = {"linestyle": "", "marker": MARKERS[number], "color": COLOURS[number + 1]}
        for norm, own in alike.groupby("norm", sort=False):
            fill = "white" if norm == "none" else COLOURS[number + 1]
            for ax, quantity in zip(axes, statistics, strict=True):
                ax.plot(own[quantity], own["loss"], markerfacecolor=fill, **look)
        axes[1].plot([], [], label=INTERPOLATING[bool(interpolating)], **look)
    axes[1].plot([], [], "o", color=GREY, label="batch normalisation")
    axes[1].plot([], [], "o", color=GREY, markerfacecolor="white", label="no normalisation")
    digits = found.value("digits_neighbour_correlation")
    axes[1].axvline(digits, color=GREY, linestyle="--", linewidth=1)
    place = (digits, 1)
    offset = {"xytext": (0, 2), "textcoords": "offset points"}
    axes[1].annotate(
        "digits", place, xycoords=("data", "axes fraction"), ha="center", va="bottom", color=GREY, **offset
    )
    axes[0].set_xlabel("untrained: mismatch of spectral slope")
    axes[1].set_xlabel(r"untrained: correlation of adjacent pixels $\rho_1$")
    axes[0].set_ylabel("loss after training (nat per digit)")
    figure.legend(loc="outside right center")
    panel_letters(*axes)
    return figure


@figure("initialisation")
def initialisation(found: Found, style: Style) -> Figure:
    """Structure and loss against the gain, and how well each diagnostic predicts training."""
    figure, axes = new_figure(style, aspect=0.42, ncols=3)
    labels = {
        "untrained_neighbour_correlation": r"untrained: $\rho_1$",
        "initialised_loss": "trained: loss (nat per digit)",
    }
    for ax, (quantity, label) in zip(axes, labels.items(), strict=False):
        rows = found.rows(quantity)
        for i, (init, own) in enumerate(rows.groupby("init", sort=False)):
            for b, (bias, ways) in enumerate(own.groupby("bias", sort=False)):
                by_gain = ways.groupby("gain")["value"].mean()
                look = {"marker": MARKERS[i], "color": COLOURS[i + 1], "linestyle": LINES[b]}
                fill = "white" if bias == "zero" else COLOURS[i + 1]
                name = f"{readable(init)}, {BIASES[str(bias)]}" if ax is axes[1] else None
                ax.plot(by_gain.index, by_gain, markerfacecolor=fill, label=name, **look)
        ax.set_xscale("log", base=2)
        ax.set_xlabel("gain of the weights")
        ax.set_xticks(by_gain.index, [f"{gain:g}" for gain in by_gain.index])
        ax.set_ylabel(label)
    axes[1].set_yscale("log")
    axes[1].axhline(found.value("mean_digit_loss"), color=GREY, linestyle="--", linewidth=1)
    ticks = [60, 80, 100, 150]
    axes[1].set_yticks(ticks, [str(tick) for tick in ticks])
    axes[1].minorticks_off()
    diagnostics = found.rows("initialisation_auc")["diagnostic"].unique()
    auc = found.intervals("initialisation_auc", "diagnostic").set_index("diagnostic").loc[diagnostics]
    plot_intervals(axes[2], range(len(auc)), auc, fmt="o", color=COLOURS[1])
    axes[2].set_xlim(-0.5, len(auc) - 0.5)
    axes[2].axhline(0.5, color=GREY, linestyle="--", linewidth=1)
    for end in ("low", "high"):
        line = found.threshold("untrained-structure-indicates-weight-initialisation-quality", end)
        axes[2].axhline(line, color=GREY, linestyle=":", linewidth=1)
    axes[2].set_ylim(0, 1.05)
    axes[2].set_xticks(range(len(auc)), [name.replace(" ", "\n") for name in diagnostics])
    axes[2].set_ylabel("AUC for predicting trainability")
    figure.legend(loc="outside upper center", ncols=3)
    panel_letters(*axes)
    return figure


@figure("priorart")
def prior_art(found: Found, style: Style) -> Figure:
    """Six observations of others, a panel each."""
    figure, axes = new_figure(style, aspect=0.62, nrows=2, ncols=3)
    panels = (
        (_selectivity, "Saxe 2011"),
        (_fits, "Ulyanov 2018, Heckel 2019"),
        (_kurtosis, "Cheng 2019: Gaussian"),
        (_stationarity, "Cheng 2019: stationary"),
        (_correlation, "Poole 2016"),
        (_checkerboard, "Odena 2016"),
    )
    for ax, (draw, name) in zip(axes.flat, panels, strict=True):
        draw(ax, found)
        ax.set_title(name)
    panel_letters(*axes.flat)
    return figure


def _points(axes: Axes, rows: pd.DataFrame, along: str, names: Mapping[str, str]) -> None:
    """A column of points for each value of the condition `along`, with a bar at its mean; `names` orders and labels."""
    for number, kind in enumerate(names):
        values = rows.loc[rows[along] == kind, "value"]
        axes.plot(np.full(len(values), number), values, MARKERS[number], color=COLOURS[number + 1], alpha=0.5)
        axes.plot(number, values.mean(), "_", color=COLOURS[0], markersize=16, markeredgewidth=1.6)
    axes.set_xticks(range(len(names)), names.values())
    axes.set_xlim(-0.6, len(names) - 0.4)


def _selectivity(axes: Axes, found: Found) -> None:
    names = {"shared": "shared\nweights", "own at each place": "own weights\nat each place"}
    _points(axes, found.rows("wave_share"), "weights", names)
    axes.set_ylim(0, 1.05)
    axes.set_ylabel("energy in a single wave")
    for number, weights in enumerate(names):
        inset = axes.inset_axes((0.36, 0.56 - 0.5 * number, 0.28, 0.4))
        inset.imshow(found.pictures[f"favourite, {weights}"], cmap="gray")
        inset.set_axis_off()


def _fits(axes: Axes, found: Found) -> None:
    for colour, kernel in zip(COLOURS[1:], (3, 1), strict=False):
        for line, target in zip(LINES, ("picture", "shuffled pixels"), strict=False):
            curve = found.rows("mean_fit_unexplained", kernel=kernel, target=target)
            label = f"{kernel}×{kernel}, {target.removesuffix(' pixels')}"
            axes.plot(curve["step"], curve["value"], color=colour, linestyle=line, label=label)
    goal = found.rows("fit_reached")["goal"].iloc[0]
    axes.axhline(goal, color=GREY, linewidth=0.8, linestyle=":")
    axes.set_ylim(0, 1.9)
    axes.set_xlabel("steps")
    axes.set_ylabel("variance unexplained")
    axes.legend(loc="upper right", ncols=2, columnspacing=0.6, handlelength=1.1, handletextpad=0.4, borderpad=0)


def _kurtosis(axes: Axes, found: Found) -> None:
    _points(axes, found.rows("pixel_kurtosis"), "width", {"narrow": "narrow", "wide": "wide"})
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_ylabel("excess kurtosis of a pixel")


def _stationarity(axes: Axes, found: Found) -> None:
    rows = found.rows("position_dependence")
    _points(axes, rows, "fields", {"as they are": "as they\nare", "moved at random": "moved\nat random"})
    axes.set_ylim(0, 1.1 * rows["value"].max())
    axes.set_ylabel("scatter over places")


def _correlation(axes: Axes, found: Found) -> None:
    for number, phase in enumerate(("ordered", "chaotic")):
        colour = COLOURS[number + 1]
        theory = found.rows("layer_correlation_predicted", phase=phase)
        measured = found.intervals("layer_correlation", "layer", phase=phase)
        axes.plot(theory["layer"], theory["value"], color=colour, linestyle=LINES[number])
        axes.plot(measured["layer"], measured["estimate"], MARKERS[number], color=colour)
        place = tuple(theory[["layer", "value"]].iloc[-1])
        axes.annotate(phase, place, xytext=(0, -14), textcoords="offset points", ha="right", color=colour)
    axes.set_ylim(0, 1.05)
    axes.set_xlabel("layer")
    axes.set_ylabel("correlation of two inputs")


def _checkerboard(axes: Axes, found: Found) -> None:
    names = {"nearest": "nearest", "transposed": "transp.\n4×4", "transposed3": "transp.\n3×3"}
    _points(axes, found.rows("checkerboard_contrast"), "upsampling", names)
    axes.axhline(1, color=GREY, linewidth=0.8)
    axes.set_ylabel("contrast within a 2×2 cell")
