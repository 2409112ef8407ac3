"""Figures on mistakes in the code: planted in training, in the generator of latents, and other temperatures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.parts.declaration import figure

Data = Mapping[str, np.ndarray]
KINDS = {"grid": "convolutional", "dense": "dense"}
FAULTS = {
    "clean": "no mistake",
    "variance": "variance taken\nfor deviation",
    "no-noise": "no noise",
    "shared-noise": "one noise\nfor all cells",
    "site-mean": "divergence averaged\nover cells",
}


@figure("faults")
def faults(data: Data, style: Style) -> Figure:
    """Samples under each mistake, and below how far from digits they, and digits that were rebuilt, are."""
    figure, _ = new_figure(style, aspect=0.62)
    figure.clear()
    mistakes = len(data["faults"])
    grid = figure.add_gridspec(3, mistakes, height_ratios=(1, 1, 2.1), hspace=0.02)
    for column, fault in enumerate(data["faults"]):
        for row, kind in enumerate(data["bottlenecks"]):
            axes = figure.add_subplot(grid[row, column])
            if data["cured"][row, column]:
                show_picture(axes, np.full((1, 2), 255, dtype=np.uint8))
                axes.text(0.5, 0, "no mistake where\nthere is one cell", ha="center", va="center", color=GREY)
            else:
                show_picture(axes, _mosaic(data["examples"][row, column]))
            if column == 0:
                axes.set_ylabel(KINDS[str(kind)])
            if row == 0:
                axes.set_title(FAULTS[str(fault)])
    axes = figure.add_subplot(grid[2, :])
    for row, kind in enumerate(data["bottlenecks"]):
        retrained = ~data["cured"][row]
        look = {"marker": MARKERS[row], "color": COLOURS[row + 1], "linestyle": ""}
        at = np.arange(mistakes)[retrained] + 0.24 * (row - 0.5)
        for name, fill, what in (("distances", COLOURS[row + 1], "samples"), ("rebuilt", "white", "rebuilt digits")):
            label = f"{KINDS[str(kind)]}, {what}"
            _replicates(axes, at, data[name][row][retrained], {**look, "markerfacecolor": fill}, label)
    _floor(axes, data["real"])
    axes.set_yscale("log")
    axes.set_xlim(-0.5, mistakes - 0.5)
    axes.set_xticks(range(mistakes), [])
    axes.set_ylabel("Fréchet distance\nto test digits")
    figure.legend(loc="outside lower center", ncols=3)
    return figure


@figure("faults")
def temperature(data: Data, style: Style) -> Figure:
    """How far samples are from digits, by the temperature of the latents and by what a generator does wrong."""
    figure, axes = new_figure(style, aspect=0.44, ncols=2, width_ratios=(1, 1))
    generators = [str(name) for name in data["generators"]]
    height = np.arange(len(generators))[::-1]
    for row, kind in enumerate(data["bottlenecks"]):
        look = {"marker": MARKERS[row], "color": COLOURS[row + 1]}
        runs = data["by_temperature"][row]
        label = KINDS[str(kind)]
        axes[0].plot(data["temperatures"], runs.mean(axis=1), linestyle=LINES[row], **look, label=label)
        axes[0].fill_between(data["temperatures"], runs.min(axis=1), runs.max(axis=1), color=look["color"], alpha=0.18)
        values = data["by_generator"][row]
        offset = height + 0.16 * (0.5 - row)
        axes[1].plot(values, offset, linestyle="", markersize=3.5, alpha=0.7, **look)
    panel_letters(*axes)
    axes[0].axvline(1, color=GREY, linewidth=0.8, linestyle=":")
    _floor(axes[0], data["real"])
    axes[0].set_yscale("log")
    axes[0].set_xlabel("temperature: deviation of the latents")
    axes[0].set_ylabel("Fréchet distance to test digits")
    axes[0].legend(loc="best")
    axes[1].axvline(float(data["real"].mean()), color=GREY, linestyle="--", linewidth=1)
    axes[1].set_xscale("log")
    axes[1].set_yticks(height, [name.replace(", ", ",\n") for name in generators])
    axes[1].set_xlabel("Fréchet distance to test digits")
    return figure


def _mosaic(samples: np.ndarray) -> np.ndarray:
    """Pictures (n, s, s), n even, in two rows, a dark grey line between them."""
    framed = np.pad(samples, ((0, 0), (0, 1), (0, 1)), constant_values=90)
    upper, lower = framed[: len(framed) // 2], framed[len(framed) // 2 :]
    return np.concatenate([np.concatenate(list(part), axis=1) for part in (upper, lower)], axis=0)


def _replicates(axes: Axes, at: np.ndarray, values: np.ndarray, look: Mapping[str, object], label: str) -> None:
    """One point a replicate, values (places, replicates)."""
    places = np.repeat(at, values.shape[1])
    spread = np.tile(np.linspace(-0.05, 0.05, values.shape[1]), len(at))
    axes.plot(places + spread, values.ravel(), **look, label=label)


def _floor(axes: Axes, real: np.ndarray) -> None:
    axes.axhline(float(real.mean()), color=GREY, linestyle="--", linewidth=1, label="training digits")
