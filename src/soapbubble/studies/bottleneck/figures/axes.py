"""Axes and marks that several figures of this study share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from scipy.stats import gmean

from soapbubble.figures.style import COLOURS, MARKERS


def logarithmic(axes: Axes, which: Literal["x", "y"], numbers: Sequence[float] = (1, 2, 5)) -> None:
    """A logarithmic axis with these numbers of each decade written out."""
    if which == "x":
        axes.set_xscale("log")
    else:
        axes.set_yscale("log")
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(subs=numbers))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def replicate_marks(
    axes: Axes,
    rows: pd.DataFrame,
    categories: Sequence[object],
    by: str,
    which: Literal["x", "y"],
    number: int,
    shift: float = 0.0,
    label: str | None = None,
    **look: Any,
) -> None:
    """Values along an axis of `categories` of the column `by`: a faint mark each, a full one for the geometric mean.

    `which` is the axis of the categories, `number` chooses colour and marker, `shift` moves the marks aside.
    """
    place = {category: position + shift for position, category in enumerate(categories)}
    chosen = rows[rows[by].isin(list(categories))]
    means = chosen.groupby(by)["value"].apply(gmean)
    style: dict[str, Any] = {"linestyle": "none", "marker": MARKERS[number], "color": COLOURS[number + 1], **look}
    faint, full = {"markersize": 3, "alpha": 0.4, **style}, {"markersize": 5.5, "markeredgecolor": "black", **style}
    for at, values, marks in (
        (chosen[by].map(place), chosen["value"], faint),
        (means.index.map(place), means, {**full, "label": label}),
    ):
        axes.plot(*((at, values) if which == "x" else (values, at)), **marks)
    getattr(axes, f"set_{which}ticks")(range(len(categories)))


def show_map(axes: Axes, values: np.ndarray, colours: str, low: float, high: float) -> AxesImage:
    """Values (h, w) as colours, without ticks and frame."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return axes.imshow(values, cmap=colours, vmin=low, vmax=high, interpolation="none")
