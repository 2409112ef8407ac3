"""t-SNE maps of the codes, and of clouds without structure."""

from __future__ import annotations

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import new_figure
from soapbubble.parts.declaration import figure
from soapbubble.studies.filaments.figures.names import CLOUD_COLOURS, CLOUD_NAMES

COLUMNS = {
    "post": "all axes, the post's",
    "all": "all axes, standard",
    "10": "10 components",
    "4": "4 components",
    "2": "2 components",
}


MANY = 3000  # points from which on a map is drawn as pixels


@figure("tsne")
def tsne(found: Found, style: Style) -> Figure:
    """Maps with the post's parameters, with standard ones, and after projection, of codes and of a Gaussian cloud."""
    drawing, panels = new_figure(style, aspect=0.46, nrows=2, ncols=len(COLUMNS))
    for row, kind in enumerate(("data", "gaussian")):
        for column, (key, label) in enumerate(COLUMNS.items()):
            panel = panels[row, column]
            points = found.pictures[f"{kind} {key}"]
            panel.plot(
                *points.T,
                ".",
                color=CLOUD_COLOURS[kind],
                markersize=max(0.4, 1.6 * min(1, (450 / len(points)) ** 0.5)),
                markeredgewidth=0,
                rasterized=len(points) > MANY,
            )
            panel.set_aspect("equal", adjustable="datalim")
            panel.set_xticks([])
            panel.set_yticks([])
            if key in {"post", "all"}:
                quantity = "post_map_dispersion" if key == "post" else "map_dispersion"
                where = {} if key == "post" else {"components": int(found.rows(quantity)["components"].max())}
            else:
                quantity, where = "map_dispersion", {"components": int(key)}
            panel.set_xlabel(f"unevenness {found.value(quantity, cloud=kind, **where):.2f}")
            if row == 0:
                panel.set_title(label)
        panels[row, 0].set_ylabel(CLOUD_NAMES[kind])
    return drawing
