"""Optimisers with equally many gradients."""

from __future__ import annotations

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, MARKERS, new_figure, panel_letters, plot_intervals
from soapbubble.parts.declaration import figure


@figure("optimisers")
def optimisers(found: Found, style: Style) -> Figure:
    """What each leaves of the distance of images and of outputs, by stage."""
    figure, (left, right) = new_figure(style, aspect=0.36, ncols=2)
    stages = list(dict.fromkeys(found.rows("optimiser_input")["stage"]))
    names = list(dict.fromkeys(found.rows("optimiser_input")["optimiser"]))
    for axes, quantity, label in (
        (left, "optimiser_input", "$m_i$ / starting distance"),
        (right, "optimiser_output", "$m_g/m_r$"),
    ):
        for place, name in enumerate(names):
            values = found.intervals(quantity, "stage", optimiser=name).set_index("stage").loc[stages]
            at = [number + 0.14 * (place - 1.5) for number in range(len(stages))]
            plot_intervals(axes, at, values, fmt=MARKERS[place], color=COLOURS[place + 1], label=name)
        axes.set_xticks(range(len(stages)), stages)
        axes.set_ylabel(label)
    right.set_yscale("log")
    left.set_ylim(0)
    left.legend(fontsize="x-small")
    panel_letters(left, right)
    return figure
