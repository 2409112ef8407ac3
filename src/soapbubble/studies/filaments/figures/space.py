"""The dimension of the codes along scales, and what each statistic can see."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import GREY, LINES, MARKERS, ON_DARK, ON_LIGHT, new_figure, panel_letters, plot_intervals
from soapbubble.parts.declaration import figure
from soapbubble.studies.filaments.figures.names import CLOUD_COLOURS, CLOUD_NAMES

SHOWN = ("data", "gaussian", "copula", "20-D manifold", "5-D manifold", "sheet", "curve")
STRONGEST = 10  # excess from which on the colours no longer change


@figure("geometry")
def dimensions(found: Found, style: Style) -> Figure:
    """Intrinsic dimension by number of neighbours, and by number of points."""
    drawing, (left, right) = new_figure(style, aspect=0.42, ncols=2, width_ratios=[1.5, 1])
    for place, name in enumerate(SHOWN):
        curve = found.intervals("intrinsic_dimension", "neighbours", cloud=name)
        colour = CLOUD_COLOURS[name]
        left.plot(curve["neighbours"], curve["estimate"], linestyle=LINES[place], color=colour)
        plot_intervals(left, curve["neighbours"], curve, fmt=MARKERS[place], color=colour, label=CLOUD_NAMES[name])
    bound = found.threshold("cii-filament-hypothesis", "dimension")
    left.axhline(bound, color=GREY, linewidth=0.8, linestyle=LINES[1])
    left.set_xscale("log")
    left.set_xticks([2, 5, 10, 20, 50], ["2", "5", "10", "20", "50"])
    left.minorticks_off()
    left.set_xlabel("neighbours")
    left.legend(loc="upper left", bbox_to_anchor=(1, 1), borderaxespad=0.2)
    for name in ("data", "gaussian", "sheet", "curve"):
        place = SHOWN.index(name)
        sizes = found.rows("dimension_by_size", cloud=name).groupby("part")[["value", "n"]].mean()
        right.plot(sizes["n"], sizes["value"], marker=MARKERS[place], linestyle=LINES[place], color=CLOUD_COLOURS[name])
    right.set_xscale("log")
    right.set_xticks(sizes["n"], [f"{n:,.0f}" for n in sizes["n"]])
    right.minorticks_off()
    right.set_xlabel("points")
    for panel in (left, right):
        panel.set_yscale("log")
        panel.set_yticks([1, 2, 3, 5, 10, 20, 30], ["1", "2", "3", "5", "10", "20", "30"])
        panel.set_ylabel("intrinsic dimension")
    panel_letters(left, right)
    return drawing


@figure("power")
def power(found: Found, style: Style) -> Figure:
    """How far each statistic lies from that of Gaussian clouds, for every planted cloud."""
    drawing, (left, right) = new_figure(style, aspect=0.5, ncols=2)
    for panel, room, where in ((left, "space", {}), (right, "plane", {"plane": "PC 1, 2"})):
        rows = found.rows(f"{room}_power_excess", **where)
        table = rows.pivot_table(index="cloud", columns="statistic", values="value", sort=False)
        shown = panel.imshow(
            np.clip(table, -STRONGEST, STRONGEST), cmap="RdBu_r", vmin=-STRONGEST, vmax=STRONGEST, aspect="auto"
        )
        for (row, column), value in np.ndenumerate(table.to_numpy()):
            text = f"{round(value)}" if abs(value) < 1000 else f"{round(value / 1000)}k"
            text = text.replace("-", "\u2212")
            colour = ON_DARK if abs(value) > 0.6 * STRONGEST else ON_LIGHT
            panel.text(column, row, text, ha="center", va="center", fontsize="x-small", color=colour)
        panel.set_xticks(range(table.shape[1]), table.columns, rotation=40, ha="right")
        panel.set_yticks(range(table.shape[0]), [CLOUD_NAMES[name] for name in table.index])
        panel.tick_params(length=0)
        panel.set_title("in all dimensions" if room == "space" else "in the plane of PC 1, 2")
    right.set_yticklabels([])
    drawing.colorbar(shown, ax=right, label="excess over Gaussian clouds", shrink=0.8)
    panel_letters(left, right)
    return drawing
