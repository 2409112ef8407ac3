"""What the models print, and how far it is from real digits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.numbers import significant
from soapbubble.parts.declaration import figure
from soapbubble.studies.bottleneck.figures.axes import logarithmic
from soapbubble.studies.bottleneck.figures.names import LAWS, model_name

Data = Mapping[str, np.ndarray]
RATIO_LINE = 8.0  # from here on a model counts as one that cannot be sampled
GAP_LINE = 0.03  # below, a model does not overfit


@figure("samples")
def pair(data: Data, style: Style) -> Figure:
    """Prior samples above, decoded held-out digits below; the fully convolutional model left, the dense one right."""
    figure, axes = new_figure(style, width="page", aspect=0.95, nrows=2, ncols=2)
    heads = ("fully convolutional, 7×7×4", "dense, 196")
    for column in range(2):
        for row, what in enumerate(("samples from the prior", "held-out digits, decoded")):
            distance = data["distances"][column, row].mean()
            show_picture(
                axes[row, column], _tiled(data["pictures"][column, row]), f"distance {significant(distance, 3)}"
            )
            if column == 0:
                axes[row, 0].set_ylabel(what)
        axes[0, column].set_title(heads[column])
    return figure


def _tiled(pictures: np.ndarray) -> np.ndarray:
    """Pictures (k * k, h, w) as one sheet of k rows."""
    side = round(len(pictures) ** 0.5)
    rows = pictures.reshape(side, side, *pictures.shape[1:])
    return np.concatenate(list(np.concatenate(list(rows.transpose(1, 0, 2, 3)), axis=2)), axis=0)


@figure("samples")
def page(data: Data, style: Style) -> Figure:
    """For each model a few pictures under each law, with their distance to real digits."""
    models, laws = data["sheets"].shape[:2]
    figure, axes = new_figure(style, aspect=0.05 * models + 0.04, nrows=models, ncols=laws, squeeze=False)
    for row in range(models):
        for column in range(laws):
            show_picture(axes[row, column], data["sheets"][row, column])
            axes[row, column].text(
                1,
                1.04,
                significant(data["distances"][row, column], 3),
                transform=axes[row, column].transAxes,
                ha="right",
                fontsize=style.font_points - 2,
                color=GREY,
            )
        name = model_name(data["names"][row])
        axes[row, 0].set_ylabel(name, rotation=0, ha="right", va="center")
    for column, law in enumerate(data["laws"]):
        axes[0, column].set_title(LAWS[str(law)], pad=13)
    return figure


@figure("samples")
def grid_size(data: Data, style: Style) -> Figure:
    """Distances by the side of the grid: one channel at three resolutions, and 64 latents in ever fewer cells."""
    figure, axes = new_figure(style, aspect=0.42, ncols=2, sharey=True)
    panels = (
        (data["side"] == 28) & (data["latents"] == data["grid"] ** 2),
        data["side"] == 32,
    )
    looks = {"prior": 2, "refitted": 1, "posterior": 3, "held_out": 4}
    for ax, chosen in zip(axes, panels, strict=True):
        order = np.flatnonzero(chosen)[np.argsort(data["grid"][chosen])]
        place = np.arange(len(order))
        for number, (law, colour) in enumerate(looks.items()):
            values = data[law][order]
            shift = 0.12 * (number - 1.5)
            ax.plot(
                place + shift,
                np.exp(np.log(values).mean(axis=1)),
                marker=MARKERS[number],
                color=COLOURS[colour],
                label=LAWS[law.replace("_", " ")],
            )
            ax.plot(place[:, None] + shift, values, ".", color=COLOURS[colour], markersize=3, alpha=0.6)
        logarithmic(ax, "y")
        cells = data["grid"][order]
        channels = data["latents"][order] // cells**2
        ax.set_xticks(place, [f"{g}×{g}×{c}" for g, c in zip(cells, channels, strict=True)])
        ax.set_xlabel("grid and channels of the latent")
    panel_letters(*axes)
    axes[0].set_ylabel("distance to real digits")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


@figure("samples")
def matchings(data: Data, style: Style) -> Figure:
    """How many times farther the convolutional model's prior samples are, with one thing after another equal."""
    figure, ax = new_figure(style, width="column", aspect=0.85)
    _ratios(ax, [str(name).replace("beta", r"$\beta$") for name in data["names"]], data["ratios"])
    ax.axvline(2, color=GREY, linestyle=":", linewidth=1)
    ax.set_xlabel("distance of prior samples:\nconvolutional over dense")
    return figure


def _ratios(ax: Axes, names: list[str], ratios: np.ndarray) -> None:
    """Ratios (names, replicates), some missing, on a logarithmic axis: a point each, a bar for their mean."""
    place = np.arange(len(names))[::-1]
    ax.axvline(1, color=GREY, linewidth=1)
    ax.plot(ratios, place[:, None], "o", color=COLOURS[1], alpha=0.5, markersize=4, markeredgewidth=0)
    measured = np.isfinite(ratios).any(axis=1)
    middle = np.exp(np.nanmean(np.log(ratios[measured]), axis=1))
    ax.plot(middle, place[measured], "|", color=COLOURS[0], markersize=11, markeredgewidth=1.6)
    ax.set_yticks(place, names)
    logarithmic(ax, "x", numbers=(1, 1.5, 2, 3, 4))
    ax.set_ylim(-0.6, len(names) - 0.4)


@figure("samples")
def overfitting(data: Data, style: Style) -> Figure:
    """Gap between test and training loss against how much worse the prior is than the codes, a point a network."""
    figure, ax = new_figure(style, width="column", aspect=0.8)
    kinds = np.array([str(name).startswith("dense") for name in data["names"]])
    for dense, label, colour, marker in ((False, "grid of cells", 1, "o"), (True, "dense", 2, "s")):
        chosen = kinds == dense
        ax.plot(
            100 * data["gaps"][chosen].ravel(),
            data["ratios"][chosen].ravel(),
            linestyle="",
            marker=marker,
            color=COLOURS[colour],
            alpha=0.75,
            markeredgewidth=0,
            label=label,
        )
    ax.axvline(100 * GAP_LINE, color=GREY, linestyle="--", linewidth=1)
    ax.axhline(RATIO_LINE, color=GREY, linestyle=":", linewidth=1)
    logarithmic(ax, "y")
    ax.set_xlabel("test loss above training loss (%)")
    ax.set_ylabel("distance to real digits:\nprior over own codes")
    figure.legend(loc="outside upper center", ncols=2)
    return figure
