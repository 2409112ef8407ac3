"""Latent distributions between prior and aggregate posterior, and changes of the bottleneck."""

from __future__ import annotations

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found, groups
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure
from soapbubble.studies.bottleneck.figures.axes import logarithmic, replicate_marks
from soapbubble.studies.bottleneck.figures.names import LATENTS, model_name

MODELS = ("grid-7x7x4", "dense-196")
PARTS = {
    "moments": "mean and\nvariance\nof axes",
    "shape": "shape\nof axes",
    "within cells": "depen-\ndence\nwithin\ncells",
    "between cells": "depen-\ndence\nbetween\ncells",
}
CHANGES = {  # what is done to the grid of 7×7×4
    "dense-encoder-7x7x4": "dense layer in the encoder",
    "dense-decoder-7x7x4": "dense layer in the decoder",
    "dense-196": "in both",
    "grid-7x7x4-coordinates": "coordinates for the decoder",
    "grid-7x7x4-reach": "a decoder that sees all cells",
    "grid-7x7x1": "a quarter of the latents",
    "grid-7x7x16": "four times the latents",
}
ORDER = (
    "prior",
    "shifted prior",
    "diagonal Gaussian",
    "axes shuffled",
    "within-cell Gaussian",
    "cells shuffled",
    "channels shuffled",
    "full Gaussian",
    "mixture",
    "second-stage VAE",
    "aggregate posterior",
)


@figure("causes")
def latent_distributions(found: Found, style: Style) -> Figure:
    """Frechet distance to real digits for each latent distribution from the prior to the codes; a point a network."""
    figure, ax = new_figure(style, width="page", aspect=0.48)
    for number, name in enumerate(MODELS):
        rows = found.rows("intervention_frechet_distance", model=name)
        replicate_marks(ax, rows, ORDER, "latents", "y", number, 0.26 * (number - 0.5), model_name(name))
    ax.yaxis.grid(True, color=GREY, linewidth=0.4, alpha=0.4)
    ax.invert_yaxis()
    ax.set_yticks(range(len(ORDER)), [LATENTS[latents] for latents in ORDER])
    logarithmic(ax, "x")
    ax.set_xlabel("Fréchet distance to real digits")
    ax.set_ylabel("latents drawn from")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


@figure("causes")
def causes(found: Found, style: Style) -> Figure:
    """The excess distance of prior samples in parts, and what changes of the bottleneck do; 95 % intervals."""
    figure, (left, right) = new_figure(style, aspect=0.5, ncols=2, gridspec_kw={"width_ratios": (1, 1.05)})
    parts = found.intervals("excess_part", "model", "part")
    models = [*MODELS, "grid-7x7x4-coordinates"]
    place = np.arange(len(PARTS))
    for number, name in enumerate(models):
        rows = parts[parts["model"] == name].set_index("part").loc[list(PARTS)]
        left.bar(
            place + 0.27 * (number - 1),
            rows["estimate"],
            0.25,
            yerr=[rows["estimate"] - rows["low"], rows["high"] - rows["estimate"]],
            color=COLOURS[number + 1],
            hatch=("", "//", "\\\\")[number],
            edgecolor="white",
            error_kw={"elinewidth": 0.8},
            label=model_name(name).replace("\n", " "),
        )
    left.axhline(0, color=GREY, linewidth=0.8)
    left.set_xticks(place, PARTS.values())
    left.set_ylabel("part of the excess distance")
    figure.legend(loc="outside upper left", ncols=3)
    changes = np.exp(found.intervals("log_change", "model").set_index("model").loc[list(CHANGES)])
    middle = changes["estimate"]
    right.errorbar(
        middle,
        range(len(CHANGES)),
        xerr=[middle - changes["low"], changes["high"] - middle],
        fmt="o",
        color=COLOURS[1],
        elinewidth=1,
    )
    right.axvline(1, color=GREY, linewidth=0.8)
    right.set_yticks(range(len(CHANGES)), CHANGES.values())
    right.invert_yaxis()
    logarithmic(right, "x", numbers=(1, 2, 3, 5, 7))
    right.set_xlabel("distance of prior samples,\nrelative to the grid 7×7×4")
    panel_letters(left, right)
    return figure


@figure("causes")
def spectra(found: Found, style: Style) -> Figure:
    """Variance of the codes along principal components; the prior's show the sampling error of as many draws."""
    figure, ax = new_figure(style, width="column", aspect=0.8)
    variances = found.rows("code_variance")
    for number, (name, rows) in enumerate(groups(variances, "codes")):
        is_prior = name == "prior"
        dense, plain = name.startswith("dense"), name.endswith("-ae")
        sns.lineplot(
            rows,
            x="component",
            y="value",
            ax=ax,
            color=GREY if is_prior else COLOURS[2 if dense else 1],
            linestyle=":" if is_prior else "--" if plain else "-",
            marker=None if is_prior else MARKERS[number],
            markevery=(4 * number, 32),
            markeredgewidth=0,
            label=r"$N(0, I)$" if is_prior else model_name(name).replace("\n", " "),
            legend=False,
        )
    ax.set_yscale("log")
    ax.set_xlabel("principal component of the codes")
    ax.set_ylabel("variance")
    figure.legend(loc="outside upper center")
    return figure
