"""Late layers of several widths: distances after descents, and images."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import (
    COLOURS,
    LINES,
    MARKERS,
    new_figure,
    panel_letters,
    picture_grid,
    plot_intervals,
)
from soapbubble.parts.declaration import figure

CELLS = (("narrow", "narrow"), ("wide", "narrow"), ("narrow", "wide"), ("wide", "wide"))


@figure("late_width")
def late_layers(found: Found, style: Style) -> Figure:
    """Relative distance by the width of the last layer, published and tuned; exchanged singular values; one layer."""
    drawing, ((published, tuned), (exchanged, single)) = new_figure(style, aspect=0.75, nrows=2, ncols=2)
    kinds = found.rows("late_distance")[["activation", "factor", "late_layers"]].drop_duplicates()
    for place, (activation, factor, late) in enumerate(kinds.itertuples(index=False)):
        label = f"{activation}, {factor:g}" + (", two layers" if late > 1 else "")
        where = {"activation": activation, "factor": float(factor), "late_layers": int(late)}
        _by_multiple(published, found, "late_distance", place, label, where)
    for place, factor in enumerate(sorted(found.rows("late_distance_tuned")["factor"].unique())):
        where = {"factor": float(factor)}
        _by_multiple(tuned, found, "late_distance_tuned", place, f"linear, {factor:g}", where)
    tuned.set_ylabel("the same, normalised gradients")
    _exchanged(found, exchanged)
    for place, activation in enumerate(("linear", "ReLU")):
        curve = found.intervals("one_layer_distance", "factor", activation=activation)
        options: dict[str, Any] = {
            "fmt": MARKERS[place],
            "linestyle": LINES[place],
            "color": COLOURS[place + 1],
            "label": activation,
        }
        plot_intervals(single, curve["factor"], curve, **options)
    single.set_xlabel("width of the one layer / number of inputs")
    single.set_ylabel("remaining distance")
    single.legend()
    panel_letters(published, tuned, exchanged, single)
    return drawing


def _by_multiple(axes: Axes, found: Found, quantity: str, place: int, label: str, where: dict[str, Any]) -> None:
    curve = found.intervals(quantity, "multiple", **where)
    options: dict[str, Any] = {
        "fmt": MARKERS[place],
        "linestyle": LINES[place],
        "color": COLOURS[place + 1],
        "label": label,
    }
    plot_intervals(axes, curve["multiple"] * 1.03 ** (place - 2), curve, **options)
    axes.set_xscale("log", base=2)
    axes.set_xticks(curve["multiple"], [f"{multiple:g}" for multiple in curve["multiple"]])
    axes.set_xlabel("width of the last layer / of the others")
    axes.set_ylabel("remaining distance")
    axes.set_ylim(0, 1.1)
    axes.legend(fontsize="small", ncols=2, loc="upper right")


def _exchanged(found: Found, axes: Axes) -> None:
    """Each cell's distance over that of the narrow stack with its own singular values, by loss."""
    for place, loss in enumerate(("l1", "l2")):
        for position, (width, spectrum) in enumerate(CELLS):
            cell = found.intervals("swapped_distance", loss=loss, width=width, spectrum=spectrum)
            options: dict[str, Any] = {
                "fmt": MARKERS[place],
                "color": COLOURS[place + 1],
                "label": f"{loss.upper()} distance",
            }
            plot_intervals(
                axes,
                [position + 0.2 * (place - 0.5)],
                cell,
                **(options if position == 0 else {**options, "label": None}),
            )
    axes.set_xticks(range(len(CELLS)), [f"{width},\n{spectrum}" for width, spectrum in CELLS])
    axes.set_xlabel("last layer, and whose singular values")
    axes.set_ylabel("remaining distance")
    axes.legend()


@figure("late_width")
def late_pictures(found: Found, style: Style) -> Figure:
    """One photograph, and what comes back from stacks with a last layer of each width."""
    shown = found.rows("shown_distance").sort_values("multiple")
    labels = ["photograph"] + [
        f"{multiple:g}×: {left:.2f} remains" for multiple, left in zip(shown["multiple"], shown["value"], strict=True)
    ]
    return picture_grid(style, [list(found.pictures["recovered"])], [""], labels)
