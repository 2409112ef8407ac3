"""Figures of the part `ladder`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.parts.declaration import figure
from soapbubble.studies.latentsize.figures.names import LAWS, model_name

Data = Mapping[str, np.ndarray]
CONTROLS = ("*", "x", "+")
CONTROL_NAMES = {"real": "real digits"}
COLUMNS = ("prior", "fitted, then sampled", "codes of training digits", "unseen digits, rebuilt")


@figure("ladder")
def waterfall(data: Data, style: Style) -> Figure:
    """For each model, how each step of the ladder of laws changes the distance of the samples."""
    count = len(data["models"])
    columns = -(-count // 2)
    figure, axes = new_figure(style, aspect=0.72, nrows=2, ncols=columns, sharex=True)
    for ax, name, *found in zip(
        axes.flat, data["models"], data["distances"], data["lowest"], data["highest"], strict=False
    ):
        _falls(ax, *found)
        ax.axhline(float(data["floor"]), color=GREY, linestyle="--", linewidth=1)
        ax.set_title(model_name(name))
        ax.set_ylim(bottom=0)
    for ax in axes.flat[count:]:
        ax.set_axis_off()
    for ax in axes.flat[max(count - columns, 0) : count]:
        ax.tick_params(labelbottom=True)
        ax.set_xticks(range(len(data["laws"])), [LAWS[law].replace("\n", " ") for law in data["laws"]], rotation=90)
    figure.supylabel("Fréchet distance", fontsize=style.font_points)
    return figure


def _falls(ax: Axes, distances: np.ndarray, lowest: np.ndarray, highest: np.ndarray) -> None:
    """The first and the last as whole bars, between them what every step takes away or adds."""
    last = len(distances) - 1
    for place, value in enumerate(distances):
        before = distances[place - 1] if place > 0 else 0.0
        ends = place in (0, last)
        ax.bar(
            place,
            value if ends else value - before,
            bottom=0 if ends else before,
            width=0.7,
            color=COLOURS[0] if ends else COLOURS[3] if value <= before else COLOURS[2],
            hatch=None if ends or value <= before else "////",
            edgecolor="white",
            linewidth=0,
        )
        ax.plot([place, place], [lowest[place], highest[place]], color=GREY, linewidth=1)
        if place < last:
            ax.plot([place + 0.35, place + 0.65], [value, value], color=GREY, linewidth=0.8)


@figure("ladder")
def scales(data: Data, style: Style) -> Figure:
    """Distance at the scale of a patch against that of the whole picture; and ink against the width of strokes."""
    figure, axes = new_figure(style, aspect=0.44, ncols=2)
    models = [name for name in dict.fromkeys(data["models"]) if name]
    for x, y, ax in (("whole", "patch", axes[0]), ("ink", "stroke", axes[1])):
        for number, name in enumerate(models):
            look = {"color": COLOURS[number % 7 + 1], "marker": MARKERS[number % 8]}
            ends = [(data["models"] == name) & (data["kinds"] == kind) for kind in ("codes", "prior")]
            xs, ys = (np.array([data[key][end][0] for end in ends]) for key in (x, y))
            ax.plot(xs, ys, color=look["color"], linewidth=0.8, alpha=0.7)
            ax.plot(xs[:1], ys[:1], linestyle="", markerfacecolor="white", **look)
            ax.plot(xs[1:], ys[1:], linestyle="", label=model_name(name), **look)
        for number, kind in enumerate(data["kinds"][data["models"] == ""]):
            chosen = (data["models"] == "") & (data["kinds"] == kind)
            look = {"color": COLOURS[0], "linestyle": "", "marker": CONTROLS[number % len(CONTROLS)], "markersize": 6}
            ax.plot(data[x][chosen][:1], data[y][chosen][:1], label=CONTROL_NAMES.get(str(kind), str(kind)), **look)
    axes[0].set_xscale("log")
    axes[0].set_yscale("log")
    axes[0].margins(0.12)
    axes[1].margins(x=0.2)
    axes[0].xaxis.set_minor_formatter(NullFormatter())
    axes[0].set_xlabel("Fréchet distance of whole pictures\n(features)")
    axes[0].set_ylabel("Fréchet distance of patches\n(pixels)")
    axes[1].axhspan(0.75, 1.25, color=GREY, alpha=0.12, linewidth=0)
    axes[1].axvspan(0.75, 1.25, color=GREY, alpha=0.12, linewidth=0)
    axes[1].set_xlabel("ink, as a share of that of real digits")
    axes[1].set_ylabel("width of strokes,\nas a share of that of real digits")
    axes[1].plot([], [], "o", color=GREY, label="prior samples")
    axes[1].plot([], [], "o", color=GREY, markerfacecolor="white", label="decoded codes")
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside right center")
    panel_letters(*axes)
    return figure


@figure("ladder")
def samples(data: Data, style: Style) -> Figure:
    """A row a model: prior and fitted samples, decoded codes, unseen digits rebuilt; and these digits themselves."""
    count, kinds = data["samples"].shape[:2]
    columns = kinds - 1
    figure, axes = new_figure(style, aspect=0.125 * (count + 1), nrows=count + 1, ncols=columns, squeeze=False)
    for row in range(count):
        for column in range(columns):
            show_picture(axes[row, column], _sheet(data["samples"][row, column]))
        label = model_name(data["models"][row]).replace(", ", ",\n")
        axes[row, 0].set_ylabel(label, rotation=0, ha="right", va="center")
        fit = LAWS[str(data["fits"][row])].replace("\n", " ")
        axes[row, 1].set_xlabel(fit, labelpad=1, fontsize=style.font_points - 2)
    for ax in axes[count, :-1]:
        ax.set_axis_off()
    show_picture(axes[count, -1], _sheet(data["samples"][0, -1]), "these digits")
    for column, head in enumerate(COLUMNS):
        axes[0, column].set_title(head, fontsize=style.font_points - 1)
    return figure


def _sheet(pictures: np.ndarray) -> np.ndarray:
    """Pictures (n, side, side) in two rows, with a grey line between."""
    framed = np.pad(pictures, ((0, 0), (1, 1), (1, 1)), constant_values=110)
    half = -(-len(framed) // 2)
    framed = np.pad(framed, ((0, 2 * half - len(framed)), (0, 0), (0, 0)))
    return np.concatenate([np.concatenate([*part], axis=1) for part in (framed[:half], framed[half:])])
