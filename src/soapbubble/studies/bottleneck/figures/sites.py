"""How the sites of a code depend on each other over images."""

from __future__ import annotations

import seaborn as sns
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure
from soapbubble.studies.bottleneck.figures.axes import replicate_marks

DIGIT_SIDE = 28
LATENTS = {"aggregate posterior": "codes", "cells shuffled": "sites shuffled", "prior": "prior"}


@figure("sites")
def site_dependence(found: Found, style: Style) -> Figure:
    """Correlation of sites by distance, total correlation, and distance to real digits, each against shuffled sites."""
    figure, (curves, nats, distances) = new_figure(style, aspect=0.4, ncols=3, width_ratios=(1.25, 0.9, 1.1))
    correlations = found.rows("site_correlation")
    names = list(correlations["model"].unique())
    labels = [name.removeprefix("grid-").replace("x", "×") for name in names]
    for number, (name, label) in enumerate(zip(names, labels, strict=True)):
        rows = correlations[correlations["model"] == name]
        rows = rows.assign(pixels=rows["distance"] * DIGIT_SIDE / rows["distance"].max())
        colour = (COLOURS[0], *COLOURS[4:])[number]  # the others tell latents apart in the panels beside this one
        look = {"x": "pixels", "y": "value", "errorbar": None, "color": colour, "ax": curves}
        own = {"marker": MARKERS[number + 1], "markersize": 3, "markeredgewidth": 0, "label": label}
        sns.lineplot(rows[~rows["shuffled"].astype(bool)], **own, **look)
        sns.lineplot(rows[rows["shuffled"].astype(bool)], linestyle=":", linewidth=1, **look)
    curves.plot([], [], color=GREY, linestyle=":", label="shuffled")
    curves.set_xlabel("distance (pixels)")
    curves.set_ylabel("mean absolute correlation")
    curves.set_ylim(0)
    curves.legend()
    for number, shuffled in enumerate((False, True)):
        rows = found.rows("total_correlation_test", shuffled=shuffled)
        sns.stripplot(
            x=rows["model"].map({name: place + 0.2 * (2 * number - 1) for place, name in enumerate(names)}),
            y=rows["value"],
            native_scale=True,
            jitter=False,
            color=COLOURS[number + 1],
            marker=MARKERS[number],
            size=4,
            alpha=0.7,
            ax=nats,
        )
    nats.axhline(0, color=GREY, linewidth=0.8, linestyle=":")
    nats.set_ylabel("total correlation,\nfitted and tested (nats)")
    for number, (latents, label) in enumerate(LATENTS.items()):
        rows = found.rows("shuffling_frechet_distance", latents=latents)
        replicate_marks(distances, rows, names, "model", "x", number, 0.25 * (number - 1), label)
    real = found.rows("shuffling_frechet_distance", control="training digits")["value"].mean()
    distances.axhline(real, color=GREY, linestyle="--", linewidth=1, label="real digits")
    distances.set_yscale("log")
    distances.set_ylabel("Fréchet distance to real digits")
    figure.legend(*distances.get_legend_handles_labels(), loc="outside upper right", ncols=4)
    panel_letters(curves, nats, distances)
    for axis in (nats, distances):
        axis.set_xticks(range(len(names)), labels, rotation=25, ha="right")
        axis.set_xlabel("")
    return figure
