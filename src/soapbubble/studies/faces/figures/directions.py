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
    new_figure,
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
    drawing, axes = new_figure(style, aspect=0.66, nrows=2, ncols=3)
    _out_and_between(found, axes[0, 0], axes[0, 1], models)
    for number, (move, label) in enumerate(MOVES.items()):
        for line, model in zip(LINES, models, strict=False):
            changes = found.intervals("decoded_change", "factor", model=model, move=move).sort_values("factor")
            options: dict[str, Any] = {"color": COLOURS[number + 1], "marker": MARKERS[number], "linestyle": line}
            axes[0, 2].plot(changes["factor"], changes["estimate"], label=label if line == "-" else None, **options)
    axes[0, 2].axhline(
        found.threshold("fii-length-and-angles-both-carry-information", "floor"), color=GREY, linestyle=":"
    )
    axes[0, 2].set_yscale("log")
    axes[0, 2].set_xlabel("length (or as far by a turn)")
    axes[0, 2].set_ylabel("change / reconstruction error")
    axes[0, 2].legend()
    for ax, kind, label in (
        (axes[1, 0], "outwards", "from the mean outwards"),
        (axes[1, 1], "between", "from one face to another"),
        (axes[1, 2], "length", "reconstruction, lengths, turns"),
    ):
        show_picture(ax, _block(found.pictures[f"{models[0]} {kind}"]), label)
    panel_letters(*axes.flat)
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
