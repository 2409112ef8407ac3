"""Distances of exactly inverted neighbours, and rounding errors of exact inverses."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure

_, BLUE, ORANGE, GREEN, PINK, _, AMBER, _ = COLOURS
BINS = 60
TOP = 0.25  # of the axis of shares; all shifted images fall into one bin, which reaches beyond


@figure("preimages")
def inverses(found: Found, style: Style) -> Figure:
    """Histograms of distances from the image on one logarithmic axis; round-trip error by depth and precision."""
    figure, (left, right) = new_figure(style, aspect=0.42, ncols=2)
    groups = {"shifted": ("shifted images $a'$", BLUE), "3 layers": ("neighbours $a''$, 3 layers", ORANGE)}
    groups["4 layers"] = ("neighbours $a''$, 4 layers", GREEN)
    values = {name: np.log10(found.pictures[f"distances of {name}"].ravel()) for name in groups}
    edges = np.linspace(min(map(np.min, values.values())), max(map(np.max, values.values())), BINS + 1)
    for name, (label, colour) in groups.items():
        left.hist(
            values[name],
            edges,
            weights=np.full(len(values[name]), 1 / len(values[name])),
            color=colour,
            alpha=0.7,
            label=label,
        )
    descents = found.intervals("short_input_distance", "layers", rate=0.1)
    left.axvline(np.log10(descents["estimate"].mean()), color=PINK, linestyle=LINES[1], label="descent, 220 steps")
    stated = found.threshold("median-preimage-distance-40000", "least")
    left.axvline(np.log10(stated), color=GREY, linestyle=LINES[3])
    left.annotate(
        f"{stated:,.0f}", (np.log10(stated), TOP), (-3, -8), textcoords="offset points", ha="right", color=GREY
    )
    left.set_ylim(0, TOP)
    left.set_xlabel("$\\log_{10}$ of the distance from the image")
    left.set_ylabel("share")
    left.legend(loc="upper right", fontsize="x-small")

    for place, (scheme, bits) in enumerate((("default", 32), ("default", 64), ("orthogonal", 32), ("orthogonal", 64))):
        curve = found.intervals("round_trip_error", "layers", init=scheme, bits=bits)
        median = found.rows("round_trip_error", init=scheme, bits=bits).groupby("layers")["value"]
        colour = (BLUE, ORANGE, GREEN, AMBER)[place]
        right.plot(
            curve["layers"],
            median.median(),
            MARKERS[place],
            linestyle=LINES[place],
            color=colour,
            label=f"{scheme}, {bits} bits",
        )
        right.fill_between(curve["layers"], median.min(), median.max(), color=colour, alpha=0.2, linewidth=0)
    right.axhline(found.threshold("float32-inversion-insufficient", "fails"), color=GREY, linewidth=0.8, linestyle=":")
    right.set_yscale("log")
    right.set_xlabel("number of layers")
    right.set_ylabel("relative error of the recovered input")
    right.legend(loc="upper left", fontsize="x-small")
    panel_letters(left, right)
    return figure
