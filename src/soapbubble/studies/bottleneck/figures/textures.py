"""The two bottlenecks on patches of photographs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, show_picture
from soapbubble.parts.declaration import figure
from soapbubble.studies.bottleneck.figures.axes import logarithmic
from soapbubble.studies.bottleneck.figures.names import LAWS, model_name

SHOWN = {"prior": "prior", "full covariance": "fitted", "posterior": "own codes"}


@figure("textures")
def textures(data: Mapping[str, np.ndarray], style: Style) -> Figure:
    """Patches under three laws beside the distances relative to those of the model's own codes, a point a network."""
    figure, _ = new_figure(style, width="page", aspect=0.52)
    figure.clear()
    listed = [str(law) for law in data["laws"]]
    strips = [
        (f"{kind}, {shown}", data["sheets"][number, listed.index(law)])
        for number, kind in enumerate(("grid", "dense"))
        for law, shown in SHOWN.items()
    ]
    strips.append(("real", data["real"]))
    grid = figure.add_gridspec(len(strips), 2, width_ratios=(1, 1.1))
    for row, (name, strip) in enumerate(strips):
        ax = figure.add_subplot(grid[row, 0])
        show_picture(ax, strip)
        ax.set_ylabel(name, rotation=0, ha="right", va="center")
    ax = figure.add_subplot(grid[:, 1])
    place = np.arange(len(listed))[::-1]
    relative = data["distances"] / data["distances"][:, :, [listed.index("posterior")]]
    for number, (name, values) in enumerate(zip(data["models"], relative, strict=True)):
        photos = str(name).startswith("photos")
        kind = model_name(name) + (", photographs" if photos else ", digits")
        shift = 0.16 * (1.5 - number)
        look = {"linestyle": "", "marker": MARKERS[number], "color": COLOURS[1 + number % 2]}
        if not photos:
            look["markerfacecolor"] = "white"
        ax.plot(values.T, place[:, None] + shift, markersize=3, alpha=0.45, **look)
        middle = np.exp(np.log(values).mean(axis=0))
        ax.plot(middle, place + shift, label=kind, markeredgecolor="black" if photos else look["color"], **look)
    ax.axvline(1, color=GREY, linewidth=0.8)
    logarithmic(ax, "x")
    ax.set_yticks(place, [_wrapped(LAWS[law]) for law in listed])
    ax.set_xlabel("distance to real patches,\nrelative to that of own codes")
    figure.legend(loc="outside upper right", ncols=2)
    return figure


def _wrapped(text: str) -> str:
    for before, after in ((" of each", "\nof each"), (", ", ",\n"), (" between", "\nbetween")):
        text = text.replace(before, after)
    return text
