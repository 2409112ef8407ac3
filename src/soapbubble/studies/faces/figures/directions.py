"""Walks through the latent space of faces: shares of faces, changes of the image, and the images themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import (
    COLOURS,
    GREY,
    LINES,
    MARKERS,
    new_subfigures,
    panel_letters,
    plot_intervals,
    show_picture,
)
from soapbubble.parts.declaration import figure

MOVES = {"length": "longer or shorter", "turn to a face": "turned to a face", "random turn": "turned at random"}


@figure("directions")
def walks(found: Found, style: Style) -> Figure:
    """Shares of faces on the way out and between faces, changes by length and angle; below, walks of one network."""
    models = list(dict.fromkeys(found.rows("distance_face_share")["model"]))
    drawing, (upper, lower) = new_subfigures(style, 0.61, nrows=2, height_ratios=(1.9, 1))
    outwards, between, changed = upper.subplots(1, 3)
    _out_and_between(found, outwards, between, models)
    for number, (move, label) in enumerate(MOVES.items()):
        for line, model in zip(LINES, models, strict=False):
            changes = found.intervals("decoded_change", "factor", model=model, move=move)
            options: dict[str, Any] = {"color": COLOURS[number + 1], "marker": MARKERS[number], "linestyle": line}
            plot_intervals(changed, changes["factor"], changes, label=label if line == "-" else None, **options)
    changed.axhline(found.threshold("fii-length-and-angles-both-carry-information", "floor"), color=GREY, linestyle=":")
    changed.set_yscale("log")
    changed.set_ylim(top=20 * changed.get_ylim()[1])  # room for the legend
    changed.set_xlabel("length (or as far by a turn)")
    changed.set_ylabel("change / reconstruction error")
    changed.legend(loc="upper left")
    blocks = {
        "from the mean outwards": "outwards",
        "from one face to another": "between",
        "reconstruction, lengths, turns": "length",
    }
    pictures = [_block(found.pictures[f"{models[0]} {kind}"]) for kind in blocks.values()]
    # As wide as they have faces in a row, so that all faces are of one size.
    pages = lower.subplots(1, 3, width_ratios=[picture.shape[1] for picture in pictures])
    for ax, picture, label in zip(pages, pictures, blocks, strict=True):
        show_picture(ax, picture, label)
    panel_letters(outwards, between, changed, *pages)
    return drawing


def _out_and_between(found: Found, outwards: Axes, between: Axes, models: list[str]) -> None:
    for number, model in enumerate(models):
        options: dict[str, Any] = {"color": COLOURS[number + 1], "fmt": MARKERS[number] + "-", "label": model}
        shares = found.intervals("distance_face_share", "radius", model=model)
        plot_intervals(outwards, shares["radius"], shares, **options)
        shares = found.intervals("between_face_share", "step", model=model)
        plot_intervals(between, shares["step"], shares, **options)
    outwards.set_xlabel("distance from the mean / that of codes")
    outwards.set_ylabel("share of faces")
    outwards.legend()
    between.set_xlabel("way from one face to another")
    between.set_ylim(outwards.get_ylim())


def _block(walks_shown: np.ndarray) -> np.ndarray:
    """Walks (n, steps, 3, side, side) as one picture: a row a walk."""
    rows = [np.concatenate(list(walk.transpose(0, 2, 3, 1)), axis=1) for walk in walks_shown]
    return np.concatenate(rows)
