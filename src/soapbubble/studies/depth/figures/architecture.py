"""The networks: their stages, and one residual block."""

from __future__ import annotations

from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, new_figure, panel_letters
from soapbubble.parts.declaration import figure
from soapbubble.studies.depth.figures.layers import shown_name

STAGES = ("Conv1", "Conv1 pooled", "Conv2", "Conv3", "Conv4", "Conv5")


@figure("definitions")
def architecture(found: Found, style: Style) -> Figure:
    """Values of each stage over those of the image, with the number of blocks; and a residual block."""
    figure, (left, right) = new_figure(style, aspect=0.42, ncols=2, width_ratios=[1.5, 1])
    shares = found.rows("stage_share_of_input")
    blocks = found.rows("stage_blocks").set_index(["network", "stage"])["value"]
    networks = list(dict.fromkeys(shares["network"]))
    for place, network in enumerate(networks):
        values = shares[shares["network"] == network].set_index("stage")["value"]
        at = [number + (place - 1) * 0.27 for number in range(len(STAGES))]
        heights = [values[stage] - 1 for stage in STAGES]
        left.bar(at, heights, 0.25, bottom=1, color=COLOURS[place + 1], label=shown_name(network))
        for x, stage in zip(at, STAGES, strict=True):
            if (network, stage) in blocks.index:
                label = f"{blocks[network, stage]:.0f}"
                above = values[stage] > 1
                at_end = values[stage] * (1.05 if above else 1 / 1.05)
                left.text(x, at_end, label, ha="center", va="bottom" if above else "top", fontsize="x-small")
    left.axhline(1, color=GREY, linestyle="--", linewidth=1)
    left.set_yscale("log", base=2)
    left.margins(y=0.08)
    left.set_xticks(range(len(STAGES)), [stage.replace(" ", "\n") for stage in STAGES])
    left.set_ylabel("values of a stage / values of the image")
    left.legend(loc="upper right")
    _block(right)
    panel_letters(left, right)
    return figure


def _block(axes: Axes) -> None:
    """Boxes and arrows: three convolutions, and the way past them."""
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    box = {"boxstyle": "round", "facecolor": "white", "edgecolor": COLOURS[1]}
    texts = ("input $x$", "1 × 1, ReLU", "3 × 3, ReLU", "1 × 1", "+", "ReLU: output")
    heights = [0.95 - 0.18 * place for place in range(len(texts))]
    for text, height in zip(texts, heights, strict=True):
        axes.text(0.4, height, text, ha="center", va="center", bbox=box)
    for above, below in pairwise(heights):
        axes.annotate("", (0.4, below + 0.055), (0.4, above - 0.055), arrowprops={"arrowstyle": "->"})
    axes.plot([0.55, 0.85, 0.85], [heights[0], heights[0], heights[4]], color=COLOURS[2])
    axes.annotate("", (0.46, heights[4]), (0.85, heights[4]), arrowprops={"arrowstyle": "->", "color": COLOURS[2]})
    axes.text(0.88, (heights[0] + heights[4]) / 2, "shortcut", rotation=270, va="center", color=COLOURS[2])
