"""Condition numbers by depth, and the training of stacks that can or cannot be inverted."""

from __future__ import annotations

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, plot_intervals
from soapbubble.parts.declaration import figure

LABELS = {
    "default": "PyTorch's default",
    "kaiming_normal": "Kaiming normal",
    "xavier_uniform": "Xavier uniform",
    "identity plus noise": "identity + noise",
    "orthogonal": "orthogonal",
}


@figure("conditioning")
def condition(found: Found, style: Style) -> Figure:
    """log10 of the condition number by depth for several initialisations; loss after training against inversion."""
    figure, (left, right) = new_figure(style, aspect=0.42, ncols=2)
    for place, (scheme, label) in enumerate(LABELS.items()):
        curve = found.intervals("condition_log10", "layers", init=scheme, inputs="many")
        plot_intervals(
            left,
            curve["layers"],
            curve,
            fmt=MARKERS[place],
            linestyle=LINES[place],
            color=COLOURS[place + 1],
            label=label,
        )
    left.set_xlabel("number of layers")
    left.set_ylabel("$\\log_{10}$ of the condition number")
    left.legend(loc="upper left")

    for place, activation in enumerate(("linear", "ReLU")):
        distance = found.intervals("spread_inversion", "spread", activation=activation)
        loss = found.intervals("spread_loss", "spread", activation=activation)
        colour = COLOURS[place + 1]
        right.plot(distance["estimate"], loss["estimate"], color=GREY, linewidth=0.7, zorder=0)
        plot_intervals(
            right, distance["estimate"], loss, fmt=MARKERS[place], color=colour, label=f"{activation} stacks"
        )
    right.set_yscale("log")
    right.set_xlabel("relative distance of the input after inversion")
    right.set_ylabel("relative loss after training")
    right.legend(loc="lower right")
    panel_letters(left, right)
    return figure
