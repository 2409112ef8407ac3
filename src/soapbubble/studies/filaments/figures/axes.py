"""Codes along their axes and principal axes, and their lengths."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, LINES, new_figure, panel_letters
from soapbubble.parts.declaration import figure
from soapbubble.studies.filaments.figures.names import BLACK, BLUE, GREEN, ORANGE, SKY

BROADEST = 5


@figure("axes")
def axes(found: Found, style: Style) -> Figure:
    """Counts along all axes, of codes and of a Gaussian cloud; along the broadest; variance by component."""
    drawing, ((left, right), (broad, spectrum)) = new_figure(style, aspect=0.72, nrows=2, ncols=2)
    edges = found.pictures["axis edges"]
    middles = (edges[1:] + edges[:-1]) / 2
    order = np.argsort(-found.pictures["axis stds"], kind="stable")
    for panel, name, title in ((left, "data", "codes of faces"), (right, "gaussian", "Gaussian cloud")):
        counts = found.pictures[f"axis counts {name}"]
        panel.plot(middles, counts.T, color=BLUE if name == "data" else GREY, linewidth=0.4, alpha=0.5, rasterized=True)
        panel.set_title(title)
        panel.set_ylim(0, 1.05 * found.pictures["axis counts data"].max())
    counts = found.pictures["axis counts data"]
    for place, axis in enumerate(order[:BROADEST]):
        broad.plot(middles, counts[axis], color=COLOURS[place], linestyle=LINES[place], label=f"axis {axis}")
    broad.plot(middles, counts[order[len(order) // 2]], color=GREY, linewidth=0.8, label="a usual axis")
    broad.set_ylim(0, 2.1 * counts[order[:BROADEST]].max())
    broad.legend(title="broadest axes", loc="upper left", fontsize="x-small", borderaxespad=0.1)
    for panel in (left, right, broad):
        panel.set_xlabel("coordinate (rms length 16.5)")
        panel.set_ylabel("codes in 0.25")
    clouds = {
        "data": ("codes of faces", BLUE, "-"),
        "shuffled": ("axes shuffled", ORANGE, "--"),
        "untrained": ("before training", GREEN, ":"),
        "equal axes": ("equal axes", GREY, "-."),
    }
    for name, (label, colour, line) in clouds.items():
        shares = found.rows("explained_share", cloud=name).groupby("component")["value"].mean()
        spectrum.plot(shares.index, shares, line, color=colour, label=label)
    spectrum.set_xscale("log")
    spectrum.set_yscale("log")
    spectrum.set_ylim(1e-4, None)
    spectrum.set_xlabel("principal component")
    spectrum.set_ylabel("share of the variance")
    spectrum.legend(loc="lower left")
    panel_letters(left, right, broad, spectrum)
    return drawing


@figure("axes")
def lengths(found: Found, style: Style) -> Figure:
    """Lengths of codes in wide and in narrow intervals, and the clouds that share ever more with the codes."""
    drawing, (wide, narrow, ladder) = new_figure(style, aspect=0.36, ncols=3)
    own = found.pictures["lengths data"]
    low, high = own.min() - 0.5, own.max() + 0.5
    for panel, width in ((wide, 0.5), (narrow, 0.05)):
        edges = np.arange(np.floor(low), high + width, width)
        counts = np.histogram(own, edges)[0]
        panel.stairs(counts, edges, color=BLUE, linewidth=0.7)
        smooth = pd.Series(counts).rolling(max(1, round(1 / width)), center=True, min_periods=1).mean().to_numpy()
        reach = 2 * np.sqrt(smooth)
        panel.fill_between(
            (edges[1:] + edges[:-1]) / 2,
            np.maximum(smooth - reach, 0),
            smooth + reach,
            color=SKY,
            alpha=0.4,
            linewidth=0,
        )
        panel.set_ylabel(f"codes in {width:g}")
        panel.set_xlabel("length")
    _ladder(ladder, found)
    panel_letters(wide, narrow, ladder)
    return drawing


def _ladder(panel: Axes, found: Found) -> None:
    """Densities of the lengths of the codes and of the Gaussian clouds."""
    colours = {"equal axes": GREY, "with centres": GREEN, "with widths": ORANGE, "with covariance": BLACK, "data": BLUE}
    for place, (name, colour) in enumerate(colours.items()):
        values = found.pictures[f"lengths {name}"]
        edges = np.linspace(values.min(), values.max(), 40)
        density = np.histogram(values, edges, density=True)[0]
        label = "codes" if name == "data" else name
        panel.plot((edges[1:] + edges[:-1]) / 2, density, linestyle=LINES[place], color=colour, label=label)
    panel.set_xlabel("length")
    panel.set_ylabel("probability density")
    panel.set_ylim(0, 1.25 * panel.get_ylim()[1])
    panel.legend(loc="upper right", handlelength=2.2)


@figure("arithmetic")
def layers(found: Found, style: Style) -> Figure:
    """The layers of both stacks: side, channels and weights after each."""
    drawing, panels = new_figure(style, aspect=0.42, ncols=2)
    for panel, case in zip(panels, ("I", "II"), strict=True):
        rows = []
        for half in ("encoder", "decoder"):
            tables = {
                name: found.rows(f"layer_{name}", case=case, half=half).set_index("layer")["value"]
                for name in ("side", "channels", "weights")
            }
            for layer in tables["side"].index:
                side, channels = int(tables["side"][layer]), int(tables["channels"][layer])
                dense = side == 1
                kind = "dense" if dense else ("convolution" if half == "encoder" else "transposed conv.")
                shape = f"{channels:,}" if dense else f"{side} x {side} x {channels}"
                rows.append((half, kind, shape, f"{int(tables['weights'][layer]):,}"))
        panel.set_axis_off()
        table = panel.table(
            cellText=rows,
            colLabels=("half", "layer", "output", "weights"),
            loc="center",
            cellLoc="right",
            colWidths=(0.19, 0.33, 0.26, 0.22),
            edges="horizontal",
        )
        table.auto_set_font_size(False)
        table.set_fontsize(style.font_points - 1.5)
        table.scale(1, 1.25)
        for cell in table.get_celld().values():
            cell.set_linewidth(0.4)
        panel.set_title(f"stack {case}, {96} pixels", fontsize=style.font_points)
    panel_letters(*panels)
    return drawing
