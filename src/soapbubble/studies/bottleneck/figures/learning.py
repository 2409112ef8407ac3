"""Figure on what samples from the prior look like while the networks learn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.parts.declaration import figure

Data = Mapping[str, np.ndarray]
KINDS = {"grid": "convolutional", "dense": "dense"}
PANELS = {
    "picture_distance": ("Fréchet distance\nof whole pictures", True),
    "patch_distance": ("Fréchet distance\nof patches", True),
    "long_range_share": ("far ink: share of\ndigits' correlation", False),
    "ink_length": ("correlation length\n(pixels)", False),
}


@figure("growth")
def growth(data: Data, style: Style) -> Figure:
    """Two latents along the training of each network, and four measures of the samples, a band over replicates."""
    figure, _ = new_figure(style, aspect=0.5)
    figure.clear()
    upper, lower = figure.subfigures(2, 1, height_ratios=(1, 1.35))
    kinds, looks = data["film"].shape[:2]
    films = upper.subplots(kinds, looks, squeeze=False)
    for row, kind in zip(range(kinds), data["bottlenecks"], strict=True):
        for column in range(looks):
            show_picture(films[row, column], _side_by_side(data["film"][row, column]))
        films[row, 0].set_ylabel(KINDS[str(kind)], rotation=0, ha="right", va="center")
    for column, step in enumerate(data["steps"]):
        films[0, column].set_title("untrained" if step == 0 else f"{step} steps")
    panels = lower.subplots(1, len(PANELS))
    at = np.arange(looks)
    for panel, (axes, (name, (label, logarithmic))) in enumerate(zip(panels, PANELS.items(), strict=True)):
        for number, kind in enumerate(data["bottlenecks"]):
            values = data[name][number]
            axes.fill_between(at, values.min(axis=0), values.max(axis=0), color=COLOURS[number + 1], alpha=0.18)
            axes.plot(
                at,
                values.mean(axis=0),
                color=COLOURS[number + 1],
                linestyle=LINES[number],
                marker=MARKERS[number],
                label=KINDS[str(kind)] if panel == 0 else None,
            )
        axes.axhline(
            float(data[f"real_{name}"]), color=GREY, linestyle="--", linewidth=1, label="digits" if panel == 0 else None
        )
        if logarithmic:
            axes.set_yscale("log")
        axes.set_xticks(at, [str(step) for step in data["steps"]], rotation=45, ha="right")
        axes.set_ylabel(label)
    panel_letters(*panels)
    lower.supxlabel("training steps", fontsize=style.font_points)
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def _side_by_side(pictures: np.ndarray) -> np.ndarray:
    """Pictures (n, s, s) in one row, each from its darkest to its brightest pixel, a light line between them."""
    low, high = pictures.min(axis=(1, 2), keepdims=True), pictures.max(axis=(1, 2), keepdims=True)
    stretched = np.uint8(255 * ((pictures - low) / np.maximum(high - low, 1)))
    return np.concatenate(list(np.pad(stretched, ((0, 0), (0, 0), (0, 1)), constant_values=255)), axis=1)[:, :-1]
