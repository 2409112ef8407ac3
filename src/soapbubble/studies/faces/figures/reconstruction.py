"""Held-out faces, reconstructed, and the detail that is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, LINES, new_figure, panel_letters, show_picture
from soapbubble.parts.declaration import figure

KINDS = {"reconstructions": "reconstructions", "samples": "samples", "principal components": "PCA of equal error"}


@figure("reconstruction")
def reconstructed(found: Found, style: Style) -> Figure:
    """Faces, reconstructions, principal components of equal error; the power that is left at each frequency."""
    drawing, axes = new_figure(style, aspect=0.36, ncols=2, width_ratios=[1.25, 1])
    arrays = found.pictures
    models = list(arrays)
    rows = [arrays[models[0]][0], *(arrays[model][1] for model in models), arrays[models[-1]][2]]
    strips = [np.concatenate(list(row.transpose(0, 2, 3, 1)), axis=1) for row in rows]
    show_picture(axes[0], np.concatenate(strips))
    side = strips[0].shape[0]
    labels = ["held-out faces", *models, "PCA of equal error"]
    axes[0].set_yticks([side * (place + 0.5) for place in range(len(labels))], labels)
    for number, (kind, label) in enumerate(KINDS.items()):
        for line, model in zip(LINES, models, strict=False):
            ratios = found.intervals("power_ratio", "frequency", model=model, shown=kind).sort_values("frequency")
            options: dict[str, Any] = {
                "color": COLOURS[number + 1],
                "linestyle": line,
                "label": label if line == "-" else None,
            }
            axes[1].plot(ratios["frequency"], ratios["estimate"], **options)
    axes[1].set_xscale("log")
    axes[1].set_yscale("log")
    axes[1].set_xlabel("cycles an image")
    axes[1].set_ylabel("power / power of held-out faces")
    axes[1].legend()
    panel_letters(*axes)
    return drawing
