"""A network trained on ImageNet, and its untrained twin."""

from __future__ import annotations

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters, picture_grid, plot_intervals
from soapbubble.parts.declaration import figure
from soapbubble.studies.depth.figures.layers import as_shown

SHOWN = 3  # photographs
WEIGHTS = ("trained", "untrained")


@figure("trained")
def trained(found: Found, style: Style) -> Figure:
    """For each photograph a row of inversions of the trained network and one of the untrained network."""
    stages = list(dict.fromkeys(found.rows("trained_input_over_start")["stage"]))
    originals = as_shown(found.pictures["depth-trained/originals"])[:SHOWN]
    rows, labels = [], []
    for place, original in enumerate(originals):
        for weights in WEIGHTS:
            found_images = [as_shown(found.pictures[f"depth-trained/{weights} {stage}"])[place] for stage in stages]
            rows.append([original, *found_images])
            labels.append(weights)
    return picture_grid(style, rows, labels, ["photograph", *stages])


@figure("trained")
def trained_likeness(found: Found, style: Style) -> Figure:
    """Structural similarity and agreement of the fine pattern by stage, with their nulls."""
    figure, axes = new_figure(style, aspect=0.42, ncols=2)
    for panel, (measure, label) in zip(
        axes, (("ssim", "structural similarity"), ("fine pattern", "agreement of the fine pattern")), strict=True
    ):
        for place, weights in enumerate(WEIGHTS):
            for against, line in (("own image", "-"), ("other images", ":")):
                seen = found.intervals("trained_likeness", "depth", weights=weights, measure=measure, against=against)
                seen = seen.sort_values("depth")
                plot_intervals(
                    panel,
                    seen["depth"] + 0.06 * place,
                    seen,
                    fmt=MARKERS[place],
                    linestyle=line,
                    color=COLOURS[place + 1],
                    label=f"{weights}, {against}",
                )
        panel.set_xticks(range(1, 6), [f"Conv{depth}" for depth in range(1, 6)])
        panel.set_ylabel(label)
    axes[0].axhline(found.threshold("trained-early-layers-copy-input", "copy"), color=GREY, linestyle="--", linewidth=1)
    axes[0].legend(fontsize="x-small")
    panel_letters(*axes)
    return figure
