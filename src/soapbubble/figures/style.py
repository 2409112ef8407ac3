"""What all figures share: sizes, fonts, colours that colour-blind readers can tell apart, and how to show pictures."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase
from typing import Any, Literal

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from numpy.typing import ArrayLike

from soapbubble.config.plot import Style

# Okabe and Ito (2008), "Color Universal Design": black first, yellow last because it is faint on white.
COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)), (0, (3, 4)))
GREY = "#767676"
BAND = "#76767630"  # translucent, so that words on it can be read on paper of any colour
# In a web page, black and white become its ink and paper. Words on a colour of their own must keep theirs.
ON_LIGHT, ON_DARK = "#000001", "#FFFFFE"


def new_figure(
    style: Style,
    width: Literal["column", "page"] = "page",
    aspect: float = 0.5,
    nrows: int = 1,
    ncols: int = 1,
    **subplots: Any,
) -> tuple[Figure, Any]:
    """A figure whose height is `aspect` times its width, and its axes (as `plt.subplots` gives them)."""
    matplotlib.use("agg")
    matplotlib.rcParams.update(
        {
            "font.family": "DejaVu Sans",
            "mathtext.fontset": "dejavusans",
            "font.size": style.font_points,
            "axes.labelsize": style.font_points,
            "axes.titlesize": style.font_points,
            "xtick.labelsize": style.font_points - 1,
            "ytick.labelsize": style.font_points - 1,
            "legend.fontsize": style.font_points - 1,
            "legend.frameon": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "lines.linewidth": 1.4,
            "lines.markersize": 4.5,
            "svg.fonttype": "none",
            "svg.hashsalt": "soapbubble",
        }
    )
    inches = style.column_inches if width == "column" else style.page_inches
    figure = Figure(figsize=(inches, inches * aspect), dpi=style.dots_per_inch, layout="constrained")
    return figure, figure.subplots(nrows, ncols, **subplots)


def new_subfigures(
    style: Style, aspect: float, nrows: int = 1, ncols: int = 1, **ratios: Any
) -> tuple[Figure, list[SubFigure]]:
    """A figure of a page's width, and the parts into which it is cut, row by row, each laid out by itself."""
    figure, _ = new_figure(style, aspect=aspect)
    figure.clear()
    return figure, list(figure.subfigures(nrows, ncols, squeeze=False, **ratios).flat)


def panel_letter(axes: Axes, letter: str) -> None:
    """Put a bold panel letter above the upper left corner of `axes`."""
    axes.set_title(letter, loc="left", fontweight="bold")


def panel_letters(*panels: Axes) -> None:
    """Put the panel letters a, b, c and so on above these axes."""
    for axes, letter in zip(panels, ascii_lowercase, strict=False):
        panel_letter(axes, letter)


def plot_intervals(
    axes: Axes, positions: ArrayLike, intervals: pd.DataFrame, *, horizontal: bool = False, **options: Any
) -> None:
    """Plot estimates with the intervals that verdicts use (`Found.intervals`) at these positions.

    With `horizontal` the positions are heights. `options` are those of `Axes.errorbar` (fmt, color, label ...).
    """
    estimate = intervals["estimate"]
    error = [estimate - intervals["low"], intervals["high"] - estimate]
    if horizontal:
        axes.errorbar(estimate, positions, xerr=error, **options)
    else:
        axes.errorbar(positions, estimate, yerr=error, **options)


def bars_with_intervals(
    axes: Axes, positions: ArrayLike, intervals: pd.DataFrame, width: float, **options: Any
) -> None:
    """Bars of a width at these positions, with the intervals that verdicts use; `options` are those of `Axes.bar`."""
    axes.bar(positions, intervals["estimate"], width, edgecolor="white", **options)
    plot_intervals(axes, positions, intervals, fmt="none", ecolor=COLOURS[0], elinewidth=0.8)


def show_picture(axes: Axes, picture: np.ndarray, label: str = "") -> None:
    """Show a picture (h, w) or (h, w, 3), uint8, or floats in [0, 1], without ticks, with a label below it."""
    axes.imshow(picture, cmap="gray" if picture.ndim == 2 else None, interpolation="none", **_limits(picture))
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    if label:
        axes.set_xlabel(label)


def _limits(picture: np.ndarray) -> dict[str, Any]:
    return {"vmin": 0, "vmax": 255 if picture.dtype == np.uint8 else 1} if picture.ndim == 2 else {}


def picture_grid(
    style: Style,
    rows: Sequence[Sequence[np.ndarray]],
    row_labels: Sequence[str],
    column_labels: Sequence[str],
) -> Figure:
    """A grid of pictures with a label at the left of each row and above each column."""
    columns = max(len(row) for row in rows)
    figure, axes = new_figure(style, aspect=1.02 * len(rows) / columns, nrows=len(rows), ncols=columns, squeeze=False)
    for r, row in enumerate(rows):
        for c in range(columns):
            if c < len(row):
                show_picture(axes[r, c], row[c])
            else:
                axes[r, c].set_axis_off()
        axes[r, 0].set_ylabel(row_labels[r])
    for c, label in enumerate(column_labels):
        axes[0, c].set_title(label)
    return figure


def only_words(style: Style, words: str) -> Figure:
    """A figure that says why there is nothing to show."""
    figure, axes = new_figure(style, width="column", aspect=0.25)
    axes.set_axis_off()
    axes.text(0.5, 0.5, words, ha="center", va="center")
    return figure
