"""What a decoder of one's own makes of random vectors."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import new_figure, only_words, show_picture
from soapbubble.numbers import significant
from soapbubble.parts.declaration import figure

DECODED = "decoded "
NOTHING = "No decoder was given, so nothing was decoded.\nSet faces: own: decoder to see yours."


@figure("own")
def own_decoded(found: Found, style: Style) -> Figure:
    """A row of images for the latents, each generator and the mean, with its distance from the latents' images."""
    if not found.measured("own_decoded_distance"):
        return only_words(style, NOTHING)
    strips = {name.removeprefix(DECODED): images for name, images in found.pictures.items()}
    distances = {_row(row): row["value"] for _, row in found.rows("own_decoded_distance").iterrows()}
    count = max(map(len, strips.values()))
    height, width = next(iter(strips.values())).shape[1:3]
    aspect = 0.85 * len(strips) * height / (count * width)
    drawing, axes = new_figure(style, aspect=aspect, nrows=len(strips), squeeze=False)
    for ax, (name, images) in zip(axes[:, 0], strips.items(), strict=True):
        blank = np.full((count - len(images), *images.shape[1:]), 255, dtype=np.uint8)
        show_picture(ax, np.concatenate([*images, *blank], axis=1))
        distance = f"\ndistance {significant(distances[name], 3)}" if name in distances else ""
        ax.set_anchor("W")  # beside its label, whose room is made for an image at the very left
        ax.set_ylabel(name + distance, rotation=0, ha="right", va="center")
    return drawing


def _row(measured: pd.Series) -> str:
    """The name of a generator's row of images."""
    name = str(measured["generator"])
    return f"{name}, b = {measured['b']:g}" if name == "uniform" else name
