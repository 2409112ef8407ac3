"""A manifold, and what affine and nonlinear decoders make of its coordinates."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import new_figure
from soapbubble.parts.declaration import figure


@figure("manifold")
def swiss_roll(found: Found, style: Style) -> Figure:
    """A circle and a swiss roll: the data, the best affine decoder, and a nonlinear decoder."""
    figure, _ = new_figure(style, aspect=0.6)
    figure.clear()
    columns = {"data": "data", "affine": "best affine decoder", "nonlinear": "nonlinear decoder"}
    for row, name in enumerate(("circle", "swiss roll")):
        shade = found.pictures[f"{name}, latents"][:, 0]
        for column, (kind, title) in enumerate(columns.items()):
            points = found.pictures[f"{name}, {kind}"]
            solid = points.shape[1] == 3
            axes: Any = figure.add_subplot(2, 3, 3 * row + column + 1, projection="3d" if solid else None)
            axes.scatter(*points.T, c=shade, cmap="viridis", s=4, linewidths=0, rasterized=True)
            axes.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), xticks=[], yticks=[])
            if solid:
                axes.set(zlim=(-1.25, 1.25), zticks=[])
                axes.view_init(elev=10, azim=-75)
                axes.set_box_aspect((1, 1, 1), zoom=1.3)
            else:
                axes.set_aspect("equal")
                axes.set_axis_off()
                axes.set_title(title)
    return figure
