"""The two bottlenecks on patches of photographs."""

from __future__ import annotations

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found, groups
from soapbubble.figures.style import COLOURS, GREY, new_figure, show_picture
from soapbubble.parts.declaration import figure
from soapbubble.studies.bottleneck.figures.axes import logarithmic, replicate_marks
from soapbubble.studies.bottleneck.figures.names import LATENTS, model_name

ROWS = {
    "prior": "prior",
    "diagonal Gaussian": "mean and variance\nof each axis",
    "cells shuffled": "cells of the codes,\nshuffled",
    "full Gaussian": "+ covariance\nbetween cells",
    "aggregate posterior": LATENTS["aggregate posterior"],
}
SHOWN = {"prior": "prior", "full Gaussian": "fitted", "aggregate posterior": "own codes"}


@figure("textures")
def textures(found: Found, style: Style) -> Figure:
    """Patches of three latent distributions; distances relative to the model's own codes, a point a network."""
    figure, _ = new_figure(style, width="page", aspect=0.52)
    figure.clear()
    strips = [
        (f"{kind}, {shown}", found.pictures["samples"][number, list(ROWS).index(latents)])
        for number, kind in enumerate(("grid", "dense"))
        for latents, shown in SHOWN.items()
    ]
    strips.append(("real", found.pictures["real"]))
    grid = figure.add_gridspec(len(strips), 2, width_ratios=(1, 1.1))
    for row, (name, strip) in enumerate(strips):
        ax = figure.add_subplot(grid[row, 0])
        show_picture(ax, strip)
        ax.set_ylabel(name, rotation=0, ha="right", va="center")
    ax = figure.add_subplot(grid[:, 1])
    distances = found.rows("patch_frechet_distance")
    for number, (name, rows) in enumerate(groups(distances, "model")):
        own = rows[rows["latents"] == "aggregate posterior"].set_index("replicate")["value"]
        relative = rows.assign(value=rows["value"] / rows["replicate"].map(own))
        photos = name.startswith("photos")
        label = model_name(name) + (", photographs" if photos else ", digits")
        look = {"color": COLOURS[1 + number % 2], "markerfacecolor": COLOURS[1 + number % 2] if photos else "white"}
        edge = {} if photos else {"markeredgecolor": COLOURS[1 + number % 2]}
        replicate_marks(ax, relative, list(ROWS), "latents", "y", number, 0.16 * (number - 1.5), label, **look, **edge)
    ax.axvline(1, color=GREY, linewidth=0.8)
    ax.invert_yaxis()
    logarithmic(ax, "x")
    ax.set_yticks(range(len(ROWS)), ROWS.values())
    ax.set_xlabel("distance to real patches,\nrelative to that of own codes")
    figure.legend(loc="outside upper right", ncols=2)
    return figure
