"""Smallest widths of ReLU layers, at one input and for all inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, plot_intervals
from soapbubble.parts.declaration import figure

PROVEN = ((3.4, "proven: 3.4 at least"), (10.5, "10.5 at most"), (6.7, "computed: 6.7"))


@figure("relu")
def smallest_layers(found: Found, style: Style) -> Figure:
    """Smallest width of each layer by the share of active units; stacks of constant width that keep all directions."""
    drawing, (left, right) = new_figure(style, aspect=0.42, ncols=2)
    _by_share(found, left)
    depths = sorted(found.rows("all_directions_kept", activation="ReLU")["layers"].unique())
    for place, depth in enumerate((depths[0], depths[len(depths) // 2], depths[-1])):
        kept = found.intervals("all_directions_kept", "factor", activation="ReLU", layers=int(depth))
        label = f"{depth:g} layer{'s' if depth > 1 else ''}"
        options: dict[str, Any] = {
            "fmt": MARKERS[place],
            "linestyle": LINES[place],
            "color": COLOURS[place + 1],
            "label": label,
        }
        plot_intervals(right, kept["factor"], kept, **options)
    right.axvline(2, color=GREY, linestyle=":")
    right.set_xlabel("width of all layers / number of inputs")
    right.set_ylabel("share of networks that lose nothing")
    right.legend(loc="lower right")
    panel_letters(left, right)
    return drawing


def _by_share(found: Found, axes: Axes) -> None:
    rows = found.rows("smallest_width")
    layers = sorted(rows["layer"].unique())
    shares = np.linspace(rows["p"].min() - 0.02, 1, 100)
    for power in (1, 2, layers[-1]):
        axes.plot(shares, shares ** -float(power), color=GREY, linestyle=LINES[min(int(power), 4) - 1], linewidth=1)
        label = "$1/p$" if power == 1 else f"$1/p^{power:g}$"
        axes.annotate(label, (0.5, 0.5 ** -float(power)), xytext=(4, 4), textcoords="offset points", color=GREY)
    for place, layer in enumerate(layers):
        widths = found.intervals("smallest_width", "p", inputs="few", layer=int(layer))
        shift = 0.008 * (place - (len(layers) - 1) / 2)
        options: dict[str, Any] = {"fmt": MARKERS[place], "color": COLOURS[place + 1], "label": f"layer {layer:g}"}
        plot_intervals(axes, widths["p"] + shift, widths, **options)
    axes.set_yscale("log", base=2)
    axes.set_ylim(0.9, 40)
    axes.set_yticks([1, 2, 4, 8, 16, 32], ["1", "2", "4", "8", "16", "32"])
    axes.set_xlabel("share $p$ of active units")
    axes.set_ylabel("smallest width / number of inputs")
    axes.legend(loc="upper right")


@figure("injectivity")
def injective_widths(found: Found, style: Style) -> Figure:
    """Smallest widths of random ReLU layers that keep all inputs apart, against bounds from the literature."""
    drawing, axes = new_figure(style, width="column", aspect=0.8)
    for place, (kind, label) in enumerate((("exactly", "all directions tried"), ("search", "search: at least"))):
        widths = found.intervals("injective_width", "inputs", found=kind)
        plot_intervals(axes, widths["inputs"], widths, fmt=MARKERS[place], color=COLOURS[place + 1], label=label)
    for height, label in PROVEN:
        axes.axhline(height, color=GREY, linestyle=":" if height == 6.7 else "--", linewidth=1)
        axes.annotate(label, (2, height), xytext=(0, 2), textcoords="offset points", color=GREY, fontsize="small")
    axes.axhline(2, color=COLOURS[3], linewidth=1)
    axes.annotate("weights in pairs; one input", (2, 2), xytext=(0, 2), textcoords="offset points", fontsize="small")
    axes.set_xscale("log")
    axes.set_xticks([2, 4, 10, 20, 60])
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(0, 12)
    axes.set_xlabel("number of inputs")
    axes.set_ylabel("smallest width / number of inputs")
    axes.legend(loc="lower right")
    return drawing
