"""Latents of one's own: maps beside those of clouds without and with lines, and what the statistics say."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import GREY, MARKERS, new_figure, only_words, panel_letters
from soapbubble.parts.declaration import figure
from soapbubble.studies.filaments.figures.names import CLOUD_COLOURS, CLOUD_NAMES

NAMES = {**CLOUD_NAMES, "data": "latents"}
SHOWN = ("data", "gaussian", "curve")
NOTHING = "No latents were given, so nothing was measured.\nSet filaments: own: latents to see yours."
MOST_DECADES = 3  # from here on not each has a tick
LINEAR = 3  # standard deviations, up to which the axis is linear: what chance makes of surrogates


@figure("own")
def own_maps(found: Found, style: Style) -> Figure:
    """t-SNE maps of the latents, of a Gaussian cloud of the same covariance, and of a planted curve."""
    if not found.measured("own_map_statistic"):
        return only_words(style, NOTHING)
    drawing, panels = new_figure(style, aspect=0.37, ncols=len(SHOWN))
    for panel, name in zip(panels, SHOWN, strict=True):
        points = found.pictures[f"{name} map"]
        size = max(0.8, 3 * min(1, (450 / len(points)) ** 0.5))
        panel.plot(*points.T, ".", color=CLOUD_COLOURS[name], markersize=size, markeredgewidth=0)
        panel.set_aspect("equal", adjustable="datalim")
        panel.set_xticks([])
        panel.set_yticks([])
        panel.set_title(NAMES[name])
        shown = found.rows("own_map_statistic", cloud=name, replicate=0).set_index("statistic")["value"]
        panel.set_xlabel(f"unevenness {shown['unevenness']:.2f}, {shown['empty area']:.0%} empty")
    return drawing


@figure("own")
def own_statistics(found: Found, style: Style) -> Figure:
    """How far every statistic lies from its surrogates, in the whole space and in the plane of two components."""
    if not found.measured("own_excess"):
        return only_words(style, NOTHING)
    drawing, (left, right) = new_figure(style, aspect=0.4, ncols=2)
    _excess(left, found, "own_excess", "in all dimensions")
    _excess(right, found, "own_plane_excess", "in the plane of PC 1, 2")
    right.legend(loc="upper left", bbox_to_anchor=(1, 1), borderaxespad=0.2)
    panel_letters(left, right)
    return drawing


def _excess(panel: Axes, found: Found, quantity: str, title: str) -> None:
    rows = found.rows(quantity)
    statistics = list(dict.fromkeys(rows["statistic"]))
    for number, name in enumerate(SHOWN):
        own = rows[rows["cloud"] == name]
        places = [statistics.index(statistic) + 0.2 * (number - 1) for statistic in own["statistic"]]
        panel.plot(own["value"], places, MARKERS[number], color=CLOUD_COLOURS[name], label=NAMES[name])
    panel.axvspan(-LINEAR, LINEAR, color=GREY, alpha=0.15, linewidth=0)
    panel.set_xscale("symlog", linthresh=LINEAR)
    ticks = _ticks(max(map(abs, panel.get_xlim())))
    panel.xaxis.set_major_locator(FixedLocator(ticks))
    panel.xaxis.set_major_formatter("{x:.0f}")
    panel.xaxis.set_minor_locator(NullLocator())
    panel.set_yticks(range(len(statistics)), statistics)
    panel.invert_yaxis()
    panel.set_xlabel("excess over surrogates,\nstandard deviations")
    panel.set_title(title)


def _ticks(farthest: float) -> list[float]:
    """0, the ends of the linear scale, and ten times as far and so on, up to `farthest`."""
    decades = int(np.log10(farthest / LINEAR))
    beside = LINEAR * 10.0 ** np.arange(0, decades + 1, 1 + decades // MOST_DECADES)
    return [0.0, *beside, *-beside]
