"""Figures on bugs: injected into training and into the generator of latents, and other temperatures."""

from __future__ import annotations

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.parts.declaration import figure
from soapbubble.studies.bottleneck.figures.axes import replicate_marks
from soapbubble.studies.bottleneck.figures.names import KINDS

BUGS = {
    "clean": "no bug",
    "variance": "variance used\nas std",
    "no-noise": "no noise",
    "shared-noise": "one noise\nfor all cells",
    "site-mean": "KL averaged\nover cells",
}
LATENTS = {"prior": "samples", "reconstruction": "reconstructions"}
DISTANCE = "Fréchet distance to test digits"


@figure("injected_bugs")
def injected_bugs(found: Found, style: Style) -> Figure:
    """Samples with each bug, and below the distance from digits of samples and of reconstructions."""
    figure, _ = new_figure(style, aspect=0.62)
    figure.clear()
    grid = figure.add_gridspec(3, len(BUGS), height_ratios=(1, 1, 2.1), hspace=0.02)
    for column, (bug, label) in enumerate(BUGS.items()):
        for row, kind in enumerate(KINDS):
            axes = figure.add_subplot(grid[row, column])
            if f"{kind} {bug}" in found.pictures:
                show_picture(axes, _mosaic(found.pictures[f"{kind} {bug}"]))
            else:
                show_picture(axes, np.full((1, 2), 255, dtype=np.uint8))
                axes.images[0].set_visible(False)  # only its room is needed
                axes.text(0.5, 0, "no bug where\nthere is one cell", ha="center", va="center", color=GREY)
            if column == 0:
                axes.set_ylabel(KINDS[kind])
            if row == 0:
                axes.set_title(label)
    axes = figure.add_subplot(grid[2, :])
    for number, kind in enumerate(KINDS):
        for latents, what in LATENTS.items():
            trained_with = [bug for bug in BUGS if f"{kind} {bug}" in found.pictures]
            rows = found.rows("frechet_distance", bottleneck=kind, latents=latents, bug=trained_with)
            fill = COLOURS[number + 1] if latents == "prior" else "white"
            label = f"{KINDS[kind]}, {what}"
            look = {"markerfacecolor": fill, "markeredgecolor": COLOURS[number + 1]}
            replicate_marks(axes, rows, list(BUGS), "bug", "x", number, 0.24 * (number - 0.5), label, **look)
    _training_digits(axes, found, "y")
    axes.set_yscale("log")
    axes.set_xlim(-0.5, len(BUGS) - 0.5)
    axes.set_xticks(range(len(BUGS)), [])
    axes.set_ylabel(DISTANCE.replace(" to", "\nto"))
    figure.legend(loc="outside lower center", ncols=3)
    return figure


@figure("injected_bugs")
def temperature(found: Found, style: Style) -> Figure:
    """Distance of samples from digits by the temperature of the latents and by what a generator does wrong."""
    figure, (left, right) = new_figure(style, aspect=0.44, ncols=2)
    for number, kind in enumerate(KINDS):
        rows = found.rows("frechet_distance_by_generator", bottleneck=kind)
        look = {"marker": MARKERS[number], "color": COLOURS[number + 1]}
        sns.lineplot(
            rows[rows["generator"] == "normal"],
            x="temperature",
            y="value",
            errorbar=("pi", 100),
            linestyle=LINES[number],
            markeredgewidth=0,
            label=KINDS[kind],
            ax=left,
            **look,
        )
        at_one = rows[rows["temperature"] == 1]
        generators = ["normal", *sorted(set(at_one["generator"]) - {"normal"})]
        replicate_marks(right, at_one, generators, "generator", "y", number, 0.2 * (number - 0.5))
    panel_letters(left, right)
    left.axvline(1, color=GREY, linewidth=0.8, linestyle=":")
    _training_digits(left, found, "y")
    left.set_yscale("log")
    left.set_xlabel("temperature: standard deviation of the latents")
    left.set_ylabel(DISTANCE)
    left.legend(loc="best")
    _training_digits(right, found, "x")
    right.set_xscale("log")
    right.invert_yaxis()
    right.set_yticks(range(len(generators)), [name.replace(", ", ",\n") for name in generators])
    right.set_xlabel(DISTANCE)
    return figure


def _mosaic(samples: np.ndarray) -> np.ndarray:
    """Images (n, s, s), n even, in two rows, a dark grey line between them."""
    framed = np.pad(samples, ((0, 0), (0, 1), (0, 1)), constant_values=90)
    upper, lower = framed[: len(framed) // 2], framed[len(framed) // 2 :]
    return np.concatenate([np.concatenate(list(part), axis=1) for part in (upper, lower)], axis=0)


def _training_digits(axes: Axes, found: Found, which: str) -> None:
    """A line at the distance of training digits from test digits."""
    distance = found.value("frechet_distance", control="training digits, evenly spread")
    line = axes.axhline if which == "y" else axes.axvline
    line(distance, color=GREY, linestyle="--", linewidth=1, label="training digits")
