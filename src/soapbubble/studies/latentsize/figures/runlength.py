"""The string coded by its runs: what it costs in bits, and when the code is shorter."""

from __future__ import annotations

from typing import Any

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure

CODERS = {
    "text": "the string, 8 bits a character",
    "code": "its code, 8 bits a character",
    "separators of one bit": "separators of 1 bit",
    "no separators": "no separators",
    "no separators, digits of four bits": "and digits of 4 bits",
    "entropy of the digits": "entropy of the digits",
    "deflate": "deflate (zlib)",
}
STANDARDS = ("entropy of the digits", "deflate")


@figure("runlength")
def run_length(found: Found, style: Style) -> Figure:
    """Bits of the printed example by coder; length of the code over that of the string by the mean run."""
    figure, (left, right) = new_figure(style, aspect=0.36, ncols=2)
    _bits(left, found)
    _ratio(right, found)
    panel_letters(left, right)
    return figure


def _bits(axes: Axes, found: Found) -> None:
    rows = found.rows("bits")
    sns.barplot(rows, x="value", y="coder", color=COLOURS[1], saturation=1, edgecolor="white", ax=axes)
    for bar, coder in zip(axes.patches, rows["coder"], strict=True):
        if coder in STANDARDS:
            bar.set(facecolor="#B8B8B8", hatch="///")
    (bars,) = axes.containers
    assert isinstance(bars, BarContainer)
    axes.bar_label(bars, fmt="%.0f", padding=3, fontsize="small")
    axes.set_yticks(axes.get_yticks(), [CODERS[coder] for coder in rows["coder"]])
    axes.set(xlabel="bits for the printed example", ylabel="", xlim=(0, 1.12 * rows["value"].max()))


def _ratio(axes: Axes, found: Found) -> None:
    expected = found.rows("code_to_string", runs="expected")
    axes.axhline(1, color=GREY, linewidth=0.8)
    sns.lineplot(expected, x="mean_run", y="value", color=COLOURS[1], linewidth=1.2, label="expected", ax=axes)
    for runs, label in {"geometric": "random strings", "independent digits": None}.items():
        points = found.intervals("code_to_string", "mean_run", runs=runs)
        reach = points["estimate"] - points["low"], points["high"] - points["estimate"]
        axes.errorbar(
            points["mean_run"], points["estimate"], reach, fmt=MARKERS[0], color=COLOURS[1], markersize=3.5, label=label
        )
    example = found.rows("code_to_string", runs="printed example")
    look: dict[str, Any] = {"color": COLOURS[2], "markersize": 8, "linestyle": "none"}
    axes.plot(example["mean_run"], example["value"], MARKERS[7], label="printed example", **look)
    even = found.value("break_even_run")
    axes.annotate(
        f"break-even {even:.2f}",
        (even, 1),
        (even * 1.15, 1.9),
        color=GREY,
        fontsize="small",
        arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.8},
    )
    axes.set(xscale="log", yscale="log", xlabel="mean length of a run", ylabel="length of code / length of string")
    for axis, ticks in ((axes.xaxis, (1, 2, 3, 4, 6, 8, 10, 15)), (axes.yaxis, (0.3, 0.5, 1, 2, 4))):
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_major_formatter(lambda value, _: f"{value:g}")
        axis.set_minor_locator(NullLocator())
    axes.legend(loc="lower left")
