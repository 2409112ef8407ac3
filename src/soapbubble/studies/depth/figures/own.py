"""Inversions of a network of one's own choice."""

from __future__ import annotations

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import picture_grid
from soapbubble.parts.declaration import figure
from soapbubble.studies.depth.figures.layers import as_shown


@figure("own")
def own(found: Found, style: Style) -> Figure:
    """A row for each image: the image, and what is found from each layer, with its structural similarity."""
    layers = list(dict.fromkeys(found.rows("own_input_over_start")["layer"]))
    columns = [as_shown(found.pictures["depth-own/originals"])]
    columns += [as_shown(found.pictures[f"depth-own/{layer}"]) for layer in layers]
    rows = [list(row) for row in zip(*columns, strict=True)]
    alike = [found.value("own_likeness", layer=layer, measure="ssim", against="own image") for layer in layers]
    titles = [f"{layer}\n{value:.2f}" for layer, value in zip(layers, alike, strict=True)]
    return picture_grid(style, rows, [""] * len(rows), ["image", *titles])
