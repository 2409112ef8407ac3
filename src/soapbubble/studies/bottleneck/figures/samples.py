"""Samples of the models, and how far they are from real digits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from scipy.stats import gmean

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.numbers import significant
from soapbubble.parts.declaration import figure
from soapbubble.studies.bottleneck.figures.axes import logarithmic, replicate_marks
from soapbubble.studies.bottleneck.figures.names import LATENTS, model_name

SHOWN = ("prior", "full Gaussian", "aggregate posterior", "aggregate posterior, test")
NAMES = LATENTS | {"full Gaussian": "fitted Gaussian"}
SHEET = " page"  # ends the names of the images of a model on the page


@figure("samples")
def pair(found: Found, style: Style) -> Figure:
    """Prior samples above, reconstructed test digits below; the fully convolutional model left, the dense one right."""
    figure, axes = new_figure(style, width="page", aspect=0.53, nrows=2, ncols=2)
    heads = {"grid-7x7x4": "fully convolutional, 7×7×4", "dense-196": "dense, 196"}
    rows = {"prior": "samples from the prior", "aggregate posterior, test": "test digits, reconstructed"}
    for column, (name, head) in enumerate(heads.items()):
        for row, (latents, what) in enumerate(rows.items()):
            distance = found.value("frechet_distance", model=name, latents=latents)
            sheet = _tiled(found.pictures[name][row])
            show_picture(axes[row, column], sheet, f"distance {significant(distance, 3)}")
            if column == 0:
                axes[row, 0].set_ylabel(what)
        axes[0, column].set_title(head)
    return figure


def _tiled(images: np.ndarray) -> np.ndarray:
    """Images (n, h, w) as one sheet, about twice as wide as high, black where the last row is not full."""
    wide = round(1.5 * len(images) ** 0.5)
    rows = -(-len(images) // wide)
    padded = np.pad(images, ((0, rows * wide - len(images)), (0, 0), (0, 0)))
    return np.concatenate([np.concatenate([*row], axis=1) for row in padded.reshape(rows, wide, *images.shape[1:])])


@figure("samples")
def page(found: Found, style: Style) -> Figure:
    """For each model a few images of each latent distribution, with their distance to real digits."""
    first = found.rows("frechet_distance", replicate=0).set_index(["model", "latents"])["value"]
    names = [name.removesuffix(SHEET) for name in found.pictures if name.endswith(SHEET)]
    figure, axes = new_figure(style, aspect=0.05 * len(names) + 0.04, nrows=len(names), ncols=len(SHOWN), squeeze=False)
    for row, name in enumerate(names):
        for column, latents in enumerate(SHOWN):
            show_picture(axes[row, column], found.pictures[name + SHEET][column])
            axes[row, column].text(
                1,
                1.04,
                significant(first[name, latents], 3),
                transform=axes[row, column].transAxes,
                ha="right",
                fontsize=style.font_points - 2,
                color=GREY,
            )
        axes[row, 0].set_ylabel(model_name(name), rotation=0, ha="right", va="center")
    for axis, latents in zip(axes[0], SHOWN, strict=True):
        axis.set_title(NAMES[latents], pad=13)
    return figure


@figure("samples")
def grid_size(found: Found, style: Style) -> Figure:
    """Distances by the side of the grid: one channel at three resolutions, and 64 latents in ever fewer cells."""
    figure, axes = new_figure(style, aspect=0.42, ncols=2, sharey=True)
    shapes = found.rows("log_prior_over_posterior").drop_duplicates("model").sort_values("grid")
    panels = (
        shapes[(shapes["side"] == 28) & (shapes["latents"] == shapes["grid"] ** 2)],
        shapes[shapes["side"] == 32],
    )
    for ax, models in zip(axes, panels, strict=True):
        names = list(models["model"])
        for number, (latents, colour) in enumerate(zip(SHOWN, (2, 1, 3, 4), strict=True)):
            rows = found.rows("frechet_distance", model=names, latents=latents)
            place = rows["model"].map({name: at + 0.12 * (number - 1.5) for at, name in enumerate(names)})
            sns.lineplot(
                x=place,
                y=rows["value"],
                estimator=gmean,
                errorbar=None,
                marker=MARKERS[number],
                markeredgewidth=0,
                color=COLOURS[colour],
                label=NAMES[latents],
                legend=False,
                ax=ax,
            )
            ax.plot(place, rows["value"], ".", color=COLOURS[colour], markersize=3, alpha=0.6)
        logarithmic(ax, "y")
        cells = models["grid"].astype(int)
        channels = models["latents"].astype(int) // cells**2
        ax.set_xticks(range(len(names)), [f"{g}×{g}×{c}" for g, c in zip(cells, channels, strict=True)])
        ax.set_xlabel("grid and channels of the latent")
    panel_letters(*axes)
    axes[0].set_ylabel("Fréchet distance to real digits")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


@figure("samples")
def matchings(found: Found, style: Style) -> Figure:
    """How many times farther the convolutional model's prior samples are, with one thing after another equal."""
    figure, ax = new_figure(style, width="column", aspect=0.85)
    rows = found.rows("grid_over_dense")
    names = list(rows["equal"].unique())
    replicate_marks(ax, rows, names, "equal", "y", 0)
    ax.axvline(1, color=GREY, linewidth=1)
    ax.axvline(
        1 / found.threshold("fc-and-fcnn-comparison-confounds-latent-size", "remaining"),
        color=GREY,
        linestyle=":",
        linewidth=1,
    )
    ax.invert_yaxis()
    ax.set_yticks(range(len(names)), [name.replace("beta", r"$\beta$").replace("kl", "KL") for name in names])
    logarithmic(ax, "x", numbers=(1, 1.5, 2, 3, 4))
    ax.set_xlabel("distance of prior samples:\nconvolutional over dense")
    return figure


@figure("samples")
def overfitting(found: Found, style: Style) -> Figure:
    """Gap between test and training loss against how much worse the prior is than the codes, a point a network."""
    figure, ax = new_figure(style, width="column", aspect=0.8)
    keys = ["model", "replicate"]
    gaps, ratios = found.rows("elbo_gap"), found.rows("prior_over_posterior")
    networks = pd.merge(gaps, ratios, on=keys, suffixes=("_gap", "_ratio"))
    networks["kind"] = np.where(networks["model"].str.startswith("dense"), "dense", "grid of cells")
    networks["percent"] = 100 * networks["value_gap"]
    kinds = ["grid of cells", "dense"]
    sns.scatterplot(
        networks,
        x="percent",
        y="value_ratio",
        hue="kind",
        style="kind",
        hue_order=kinds,
        style_order=kinds,
        palette=list(COLOURS[1:3]),
        markers=list(MARKERS[:2]),
        alpha=0.75,
        linewidth=0,
        s=22,
        ax=ax,
        legend="brief",
    )
    handles, labels = ax.get_legend_handles_labels()
    ax.get_legend().remove()
    max_gap = found.threshold("fcnn-vae-does-not-overfit-by-test-validation", "gap")
    worst = found.threshold("no-overfitting-implies-sampling-should-work", "ratio")
    ax.axvline(100 * max_gap, color=GREY, linestyle="--", linewidth=1)
    ax.axhline(worst, color=GREY, linestyle=":", linewidth=1)
    logarithmic(ax, "y")
    ax.set_xlabel("test loss above training loss (%)")
    ax.set_ylabel("distance to real digits:\nprior over own codes")
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return figure
