"""What decoders of faces make of vectors from many generators: shares, distances, and the images themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters, plot_intervals, show_picture
from soapbubble.parts.declaration import figure

GENERATORS = {
    "isotropic Gaussian": "isotropic Gaussian",
    "axes shuffled": "codes, axes shuffled",
    "diagonal Gaussian": "diagonal Gaussian",
    "low-rank Gaussian": "low-rank Gaussian",
    "full Gaussian": "full Gaussian",
    "ellipsoid": "in the 95 % ellipsoid",
    "mixture": "mixture of Gaussians",
    "held-out codes": "codes of held-out faces",
}
PANELS = {
    "generator_face_share": "share of faces",
    "generator_frechet": "Fréchet distance",
    "generator_recall": "recall: share of real faces nearby",
}
SHIFT = 0.14  # of the second model against the first, in rows
BESIDE = {
    "codes of shuffled pixels": "codes of shuffled pixels",
    "untrained": "untrained network",
    "nearest training face": "training faces nearest\nto the full Gaussian's",
}
TELLING = (  # beside some widths, those whose images the paper shows
    "isotropic Gaussian",
    "diagonal Gaussian",
    "full Gaussian",
    "ellipsoid",
    "mixture",
    "held-out codes",
    "nearest training face",
)


@figure("generators")
def generators(found: Found, style: Style) -> Figure:
    """How many images of each generator are faces, how near to real ones, and how varied."""
    models = list(dict.fromkeys(found.rows("generator_face_share")["model"]))
    widths = sorted(found.rows("generator_face_share", generator="uniform")["b"].unique(), reverse=True)
    labels = [f"uniform, b = {width:g}" for width in widths] + list(GENERATORS.values())
    drawing, axes = new_figure(style, aspect=0.5, ncols=len(PANELS), sharey=True)
    for ax, (quantity, label) in zip(axes, PANELS.items(), strict=True):
        for number, model in enumerate(models):
            options: dict[str, Any] = {
                "fmt": MARKERS[number],
                "color": COLOURS[number + 1],
                "label": model,
                "horizontal": True,
            }
            uniform = found.intervals(quantity, "b", model=model, generator="uniform")
            places = [widths.index(width) for width in uniform["b"]]
            plot_intervals(ax, np.array(places) + SHIFT * number, uniform, **options)
            fitted = found.intervals(quantity, "generator", model=model, generator={"in": list(GENERATORS)})
            places = [len(widths) + list(GENERATORS).index(name) for name in fitted["generator"]]
            plot_intervals(ax, np.array(places) + SHIFT * number, fitted, **(options | {"label": None}))
        ax.set_xlabel(label)
    axes[0].axvline(found.threshold("fi-conventional-ae-can-generate-faces", "faces"), color=GREY, linestyle="--")
    axes[1].set_xscale("log")
    axes[0].set_xlim(-0.05, 1.05)
    axes[2].set_xlim(-0.05, 1.05)
    axes[0].set_yticks(range(len(labels)), labels)
    axes[0].invert_yaxis()
    axes[1].legend(loc="upper left")
    panel_letters(*axes)
    return drawing


@figure("generators")
def generated(found: Found, style: Style) -> Figure:
    """Decoded images of every second width of the cube and of the main generators, and what they are compared with."""
    return _images(found, style, lambda row, widths: row in TELLING or row in widths[::2])


@figure("generators")
def generated_others(found: Found, style: Style) -> Figure:
    """Decoded images of the other widths and generators, and of the controls."""
    others = (GENERATORS | BESIDE).keys() - set(TELLING)
    return _images(found, style, lambda row, widths: row in others or row in widths[1::2])


def _images(found: Found, style: Style, belongs: Callable[[str, list[str]], bool]) -> Figure:
    """A row a generator that belongs here, in one layout for all models."""
    arrays = found.pictures
    models = [name.removesuffix(" rows") for name in arrays if name.endswith(" rows")]
    rows = [str(row) for row in arrays[f"{models[0]} rows"]]
    widths = [row for row in rows if row.startswith("uniform")]
    shown = [row for row in rows if belongs(row, widths)]
    count = arrays[f"{models[0]} images"].shape[1]
    aspect = 0.04 + 0.81 * len(shown) / (len(models) * count)  # what is left of the width by the labels
    drawing, axes = new_figure(style, aspect=aspect, nrows=len(shown), ncols=len(models), squeeze=False)
    drawing.set_layout_engine("constrained", w_pad=0.02, h_pad=0.01, wspace=0, hspace=0, rect=(0.015, 0, 0.985, 1))
    for column, model in enumerate(models):
        for place, row in enumerate(shown):
            show_picture(axes[place, column], _strip(arrays[f"{model} images"][rows.index(row)]))
        axes[0, column].set_title(model)
    for place, row in enumerate(shown):
        label = GENERATORS.get(row) or BESIDE.get(row) or row.replace("uniform, ", "uniform, b = ")
        axes[place, 0].set_ylabel(label, rotation=0, ha="right", va="center")
    return drawing


def _strip(images: np.ndarray) -> np.ndarray:
    """Images (n, 3, side, side), uint8, beside each other, as (side, n side, 3)."""
    return np.concatenate(list(images.transpose(0, 2, 3, 1)), axis=1)
