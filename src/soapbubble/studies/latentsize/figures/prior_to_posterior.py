"""Figures of the part `prior_to_posterior`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.parts.declaration import figure
from soapbubble.studies.latentsize.figures.names import LATENTS, model_name

CONTROLS = {"training digits": "*", "random phases": "x", "shuffled tiles": "+"}
COLUMNS = ("prior", "fitted, then sampled", "codes of training digits", "test digits, reconstructed")
ENDS = ("aggregate posterior", "prior")


@figure("prior_to_posterior")
def waterfall(found: Found, style: Style) -> Figure:
    """For each model, how each step from the prior to the aggregate posterior changes the distance of the samples."""
    models = found.pictures["models"]
    columns = -(-len(models) // 2)
    figure, axes = new_figure(style, aspect=0.72, nrows=2, ncols=columns, sharex=True)
    for ax, model in zip(axes.flat, models, strict=False):
        table = found.rows("frechet_distance", model=str(model), codes="training")
        _falls(ax, table.groupby("latents")["value"].agg(["mean", "min", "max"]).loc[list(LATENTS)])
        ax.axhline(found.value("frechet_distance", control="training digits"), color=GREY, linestyle="--", linewidth=1)
        ax.set_title(model_name(model))
        ax.set_ylim(bottom=0)
    for ax in axes.flat[len(models) :]:
        ax.set_axis_off()
    for ax in axes.flat[max(len(models) - columns, 0) : len(models)]:
        ax.tick_params(labelbottom=True)
        ax.set_xticks(range(len(LATENTS)), [name.replace("\n", " ") for name in LATENTS.values()], rotation=90)
    figure.supylabel("Fréchet distance", fontsize=style.font_points)
    return figure


def _falls(ax: Axes, steps: pd.DataFrame) -> None:
    """The first and the last as whole bars, between them what every step takes away or adds."""
    distances, last = steps["mean"].to_numpy(), len(steps) - 1
    for place, (value, low, high) in enumerate(steps.to_numpy()):
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
        ax.plot([place, place], [low, high], color=GREY, linewidth=1)
        if place < last:
            ax.plot([place + 0.35, place + 0.65], [value, value], color=GREY, linewidth=0.8)


@figure("prior_to_posterior")
def scales(found: Found, style: Style) -> Figure:
    """Distance at the scale of a patch against that of the whole image; and ink against stroke width."""
    figure, axes = new_figure(style, aspect=0.44, ncols=2)
    quantities = ("frechet_distance", "patch_frechet_distance", "ink_ratio", "stroke_ratio")
    for x, y, ax in ((*quantities[:2], axes[0]), (*quantities[2:], axes[1])):
        for number, name in enumerate(found.pictures["models"]):
            look = {"color": COLOURS[number % 7 + 1], "marker": MARKERS[number % 8]}
            where = {"model": str(name), "codes": "training"}
            xs, ys = ([found.value(of, latents=end, **where) for end in ENDS] for of in (x, y))
            ax.plot(xs, ys, color=look["color"], linewidth=0.8, alpha=0.7)
            ax.plot(xs[:1], ys[:1], linestyle="", markerfacecolor="white", **look)
            ax.plot(xs[1:], ys[1:], linestyle="", label=model_name(name), **look)
        for kind, marker in CONTROLS.items():
            at = found.value(x, control=kind), found.value(y, control=kind)
            ax.plot(*at, marker, color=COLOURS[0], markersize=6, label=kind)
    axes[0].set_xscale("log")
    axes[0].set_yscale("log")
    axes[0].margins(0.12)
    axes[1].margins(x=0.2)
    axes[0].xaxis.set_minor_formatter(NullFormatter())
    axes[0].set_xlabel("Fréchet distance of whole images\n(features)")
    axes[0].set_ylabel("Fréchet distance of patches\n(pixels)")
    low, high = (found.threshold("prior-samples-are-white-strokes-on-black", name) for name in ("low", "high"))
    axes[1].axhspan(low, high, color=GREY, alpha=0.12, linewidth=0)
    axes[1].axvspan(low, high, color=GREY, alpha=0.12, linewidth=0)
    axes[1].set_xlabel("ink, relative to real digits")
    axes[1].set_ylabel("stroke width,\nrelative to real digits")
    axes[1].plot([], [], "o", color=GREY, label="prior samples")
    axes[1].plot([], [], "o", color=GREY, markerfacecolor="white", label="decoded codes")
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside right center")
    panel_letters(*axes)
    return figure


@figure("prior_to_posterior")
def samples(found: Found, style: Style) -> Figure:
    """A row a model: prior and fitted samples, decoded codes, test digits reconstructed; below, these digits."""
    models, images = found.pictures["models"], found.pictures["samples"]
    count, columns = len(models), images.shape[1] - 1
    figure, axes = new_figure(style, aspect=0.058 * (count + 1) + 0.03, nrows=count + 1, ncols=columns, squeeze=False)
    for row, model in enumerate(models):
        for column in range(columns):
            show_picture(axes[row, column], _sheet(images[row, column]))
        axes[row, 0].set_ylabel(model_name(model).replace(", ", ",\n"), rotation=0, ha="right", va="center")
        fit = LATENTS[_best_fit(found, str(model))].replace("\n", " ")
        axes[row, 1].set_xlabel(fit, labelpad=1, fontsize=style.font_points - 2)
    for ax in axes[count, :-1]:
        ax.set_axis_off()
    show_picture(axes[count, -1], _sheet(images[0, -1]), "these digits")
    for column, head in enumerate(COLUMNS):
        axes[0, column].set_title(head, fontsize=style.font_points - 1)
    return figure


def _best_fit(found: Found, model: str) -> str:
    """The fitted distribution whose samples from the first network are nearest to validation digits."""
    table = found.rows("validation_frechet_distance", model=model)
    table = table[(table["replicate"] == 0) & ~table["latents"].isin(ENDS)]
    return str(table["latents"].iloc[table["value"].argmin()])


def _sheet(pictures: np.ndarray) -> np.ndarray:
    """Pictures (n, side, side) in a row, with a grey line between."""
    return np.concatenate([*np.pad(pictures, ((0, 0), (1, 1), (1, 1)), constant_values=110)], axis=1)
