"""Gradients on the pixels, by stage and network."""

from __future__ import annotations

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, plot_intervals
from soapbubble.parts.declaration import figure
from soapbubble.studies.depth.figures.layers import shown_name

STATISTICS = {"largest over sd": "largest / standard deviation", "near zero": "share near zero"}
BESIDE = 0.06  # of a stage, between one network and the next
MODES = {"running": "running statistics", "image": "batch statistics"}


@figure("gradients")
def gradients(found: Found, style: Style) -> Figure:
    """Their standard deviation by stage, and statistics at the last stage over those at the first."""
    figure, (left, right) = new_figure(style, aspect=0.42, ncols=2)
    table = found.rows("gradient_sd")
    networks = list(dict.fromkeys(table["network"]))
    for place, network in enumerate(networks):
        for line, mode in enumerate(MODES):
            means = found.intervals("gradient_sd", "depth", network=network, batch_norm=mode)
            plot_intervals(
                left,
                means["depth"] + BESIDE * (place - (len(networks) - 1) / 2),
                means,
                marker=MARKERS[place],
                linestyle=LINES[line],
                color=COLOURS[place + 1],
                label=shown_name(network) if line == 0 else None,
            )
    for line, label in enumerate(MODES.values()):
        left.plot([], [], color=GREY, linestyle=LINES[line], label=label)
    left.set_yscale("log")
    depths = sorted(table["depth"].unique())
    left.set_xticks(depths, [f"Conv{depth:.0f}" for depth in depths])
    left.set_ylabel("standard deviation of the gradient")
    left.legend(fontsize="x-small", loc="upper left")

    factor = found.threshold("erratum-unit-bn-averts-gradient-scaling", "factor")
    right.axvspan(0.5, factor, color=GREY, alpha=0.15, linewidth=0)
    for place, (mode, label) in enumerate(MODES.items()):
        ratios = found.intervals("gradient_statistic_ratio", "statistic", network="resnet50", batch_norm=mode)
        heights = [number - 0.1 + 0.2 * place for number in range(len(ratios))]
        plot_intervals(
            right, heights, ratios, fmt=MARKERS[place], color=COLOURS[place + 1], label=label, horizontal=True
        )
    right.set_yticks(range(len(ratios)), [STATISTICS.get(name, name) for name in ratios["statistic"]])
    right.set_xscale("log")
    right.set_xlabel("Conv5 / Conv2, ResNet-50")
    right.legend(loc="best", fontsize="x-small")
    panel_letters(left, right)
    return figure
