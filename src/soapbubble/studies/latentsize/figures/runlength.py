"""The string coded by its runs: what it costs in bits, and when the code is shorter."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure
from soapbubble.stats.intervals import estimates_and_reach, of_mean

Data = Mapping[str, np.ndarray]
CODERS = {
    "text": "the string, 8 bits a character",
    "code": "its code, 8 bits a character",
    "separators of one bit": "separators of 1 bit",
    "no separators": "no separators",
    "no separators, digits of four bits": "and digits of 4 bits",
    "entropy of the digits": "entropy of the digits",
    "deflate": "deflate (zlib)",
}


@figure("runlength")
def run_length(data: Data, style: Style) -> Figure:
    """Bits of the printed example by coder; length of the code over that of the string by the mean run."""
    figure, (left, right) = new_figure(style, aspect=0.36, ncols=2, width_ratios=(1, 1))
    at = np.arange(len(data["coders"]))[::-1]
    ours = [coder not in ("entropy of the digits", "deflate") for coder in data["coders"]]
    colours = [COLOURS[1] if mine else "#B8B8B8" for mine in ours]
    left.barh(at, data["bits"], color=colours, hatch=["" if mine else "///" for mine in ours], edgecolor="white")
    for height, bits in zip(at, data["bits"], strict=True):
        left.text(bits + 3, height, f"{bits:.0f}", va="center", fontsize="small")
    left.set_yticks(at, [CODERS[coder] for coder in data["coders"]])
    left.set_xlabel("bits for the printed example")
    left.set_xlim(0, 1.12 * data["bits"].max())

    right.axhline(1, color=GREY, linewidth=0.8)
    right.plot(data["runs"], data["expected"], color=COLOURS[1], linewidth=1.2, label="expected")
    middle, reach = estimates_and_reach([of_mean(batches) for batches in data["measured"]])
    right.errorbar(
        data["measured_runs"], middle, reach, fmt=MARKERS[0], color=COLOURS[1], markersize=3.5, label="random strings"
    )
    right.plot(*data["example"], MARKERS[7], color=COLOURS[2], markersize=8, linestyle="none", label="printed example")
    right.annotate(
        f"break-even {float(data['break_even']):.2f}",
        (float(data["break_even"]), 1),
        (float(data["break_even"]) * 1.15, 1.9),
        color=GREY,
        fontsize="small",
        arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.8},
    )
    right.set_xscale("log")
    right.set_yscale("log")
    right.xaxis.set_major_locator(FixedLocator((1, 2, 3, 4, 6, 8, 10, 15)))
    right.set_xticklabels(["1", "2", "3", "4", "6", "8", "10", "15"])
    right.yaxis.set_major_locator(FixedLocator((0.3, 0.5, 1, 2, 4)))
    right.set_yticklabels(["0.3", "0.5", "1", "2", "4"])
    for axis in (right.xaxis, right.yaxis):
        axis.set_minor_locator(NullLocator())
    right.set_xlabel("mean length of a run")
    right.set_ylabel("length of code / length of string")
    right.legend(loc="lower left")
    panel_letters(left, right)
    return figure
