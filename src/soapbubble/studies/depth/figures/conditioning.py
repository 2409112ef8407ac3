"""Where the error of an inversion lies, and what must remain of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters, plot_intervals
from soapbubble.parts.declaration import figure
from soapbubble.studies.depth.figures.layers import shown_name

SHARES = {"null": ("not seen", COLOURS[2]), "weak": ("weakly seen", COLOURS[6]), "strong": ("seen", COLOURS[5])}
TICKS = (0.5, 1, 2, 5, 10)
RESPONSES = {"top": "first direction", "error": "error of the inversion", "bottom": "last direction"}


@figure("conditioning")
def null_space(found: Found, style: Style) -> Figure:
    """Where the squared error lies; what remains, and what the start has unseen; responses of Conv5 to changes."""
    figure, (left, middle, right) = new_figure(style, aspect=0.4, ncols=3)
    table = found.rows("rank_share")
    places = list(dict.fromkeys(zip(table["network"], table["stage"], table["side"], strict=True)))
    labels = [stage if network == places[0][0] else f"{stage}\n{shown_name(network)}" for network, stage, _ in places]
    below = np.zeros(len(places))
    for directions, (label, colour) in SHARES.items():
        heights = np.array(
            [
                found.value("error_share", network=network, stage=stage, side=side, of="error", directions=directions)
                for network, stage, side in places
            ]
        )
        left.bar(range(len(places)), heights, bottom=below, color=colour, label=label)
        below += heights
    left.set_ylabel("share of the squared error")
    above = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.08), "ncols": 3}
    left.legend(fontsize="x-small", columnspacing=0.8, handlelength=1, **above)
    for place, (quantity, label) in enumerate(
        (("small_input_over_start", "remaining $m_i$"), ("unseen_over_start", "unseen at the image"))
    ):
        for number, (network, stage, side) in enumerate(places):
            interval = found.intervals(quantity, network=network, stage=stage, side=side)
            options: dict[str, Any] = {
                "fmt": MARKERS[place],
                "color": COLOURS[place + 1],
                "label": None if number else label,
            }
            plot_intervals(middle, [number + 0.2 * place - 0.1], interval, **options)
    middle.set_ylabel("share of the starting distance")
    middle.set_ylim(0, 1.6)
    middle.legend(fontsize="x-small", columnspacing=0.8, handlelength=1, **above)
    for axes in (left, middle):
        axes.set_xticks(range(len(places)), labels, rotation=50, ha="right", rotation_mode="anchor")
    network, stage, side = places[-1]
    for number, direction in enumerate(RESPONSES):
        rows = found.rows("response_over_random", network=network, stage=stage, side=side, direction=direction)
        right.plot(rows["value"], [number] * len(rows), MARKERS[number], color=COLOURS[number + 1])
    right.axvline(1, color=GREY, linestyle="--", linewidth=1)
    right.set_xscale("log")
    right.set_ylim(len(RESPONSES) - 0.5, -0.5)
    right.set_yticks(range(len(RESPONSES)), [label.replace(" of ", "\nof ") for label in RESPONSES.values()])
    right.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
    right.xaxis.set_minor_locator(NullLocator())
    right.set_xlabel("change of the output,\nover that for noise")
    panel_letters(left, middle, right)
    return figure
