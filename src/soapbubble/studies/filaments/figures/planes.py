"""Squares in planes: the codes, a Gaussian cloud and a planted curve side by side; and a line-up."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import new_figure
from soapbubble.parts.declaration import figure
from soapbubble.studies.filaments.figures.names import BLACK, CLOUD_COLOURS, CLOUD_NAMES

ROWS = ("data", "gaussian", "curve")


@figure("planes")
def planes(found: Found, style: Style) -> Figure:
    """An overview of the first plane, and the middle of every plane, of codes, a Gaussian cloud and a curve."""
    names = found.pictures["plane names"].tolist()
    drawing, panels = new_figure(style, aspect=0.62, nrows=len(ROWS), ncols=1 + len(names))
    for row, kind in enumerate(ROWS):
        overview = found.pictures[f"{kind} overview"]
        panels[row, 0].plot(*overview.T, ".", color=CLOUD_COLOURS[kind], markersize=1, markeredgewidth=0)
        panels[row, 0].set_aspect("equal", adjustable="datalim")
        panels[row, 0].set_ylabel(CLOUD_NAMES[kind])
        for column in range(len(names)):
            _square(panels[row, 1 + column], found.pictures[f"{kind} {column}"], CLOUD_COLOURS[kind])
        panels[row, 0].set_xticks([])
        panels[row, 0].set_yticks([])
    panels[0, 0].set_title("PC 1, 2, all")
    for column, name in enumerate(names):
        panels[0, 1 + column].set_title(name)
    return drawing


@figure("planes")
def line_up(found: Found, style: Style) -> Figure:
    """The middle of the plane of the codes among eight smooth surrogates: which is it?"""
    squares = found.pictures["line-up"]
    drawing, panels = new_figure(style, width="column", aspect=1.05, nrows=3, ncols=3)
    for number, (panel, square) in enumerate(zip(panels.flat, squares, strict=True), start=1):
        _square(panel, square, BLACK)
        panel.set_title(str(number), pad=2)
    return drawing


def _square(panel: Axes, points: np.ndarray, colour: str) -> None:
    panel.plot(points[:, 0], points[:, 1], ".", color=colour, markersize=2, markeredgewidth=0)
    panel.set_xlim(0, 1)
    panel.set_ylim(0, 1)
    panel.set_aspect("equal")
    panel.set_xticks([])
    panel.set_yticks([])
