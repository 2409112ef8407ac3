"""Figure on what samples from the prior look like while the networks learn."""

from __future__ import annotations

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_subfigures, panel_letters, show_picture
from soapbubble.parts.declaration import figure
from soapbubble.studies.bottleneck.figures.names import KINDS

PANELS = {
    "frechet_distance": ("Fréchet distance\nof whole images", True),
    "patch_frechet_distance": ("Fréchet distance\nof patches", True),
    "long_range_correlation": ("long-range correlation,\nrelative to digits", False),
    "correlation_length": ("correlation length\n(pixels)", False),
}


@figure("growth")
def growth(found: Found, style: Style) -> Figure:
    """Two latents along the training of each network, and four measures of the samples, a band over replicates."""
    figure, (upper, lower) = new_subfigures(style, 0.5, nrows=2, height_ratios=(1, 1.35))
    steps = dict(found.rows("step").set_index("stage")["value"].astype(int))
    films = upper.subplots(len(KINDS), len(steps), squeeze=False)
    for row, (kind, label) in enumerate(KINDS.items()):
        for axes, frame in zip(films[row], found.pictures[kind], strict=True):
            show_picture(axes, _side_by_side(frame))
        films[row, 0].set_ylabel(label, rotation=0, ha="right", va="center")
    for axes, step in zip(films[0], steps.values(), strict=True):
        axes.set_title("untrained" if step == 0 else f"{step} steps")
    panels = lower.subplots(1, len(PANELS))
    place = {stage: number for number, stage in enumerate(steps)}
    for panel, (axes, (quantity, (label, logarithmic))) in enumerate(zip(panels, PANELS.items(), strict=True)):
        for number, (kind, name) in enumerate(KINDS.items()):
            rows = found.rows(quantity, bottleneck=kind)
            sns.lineplot(
                x=rows["stage"].map(place),
                y=rows["value"],
                errorbar=("pi", 100),
                color=COLOURS[number + 1],
                linestyle=LINES[number],
                marker=MARKERS[number],
                markeredgewidth=0,
                label=name if panel == 0 else None,
                legend=False,
                ax=axes,
            )
        digits = found.value(quantity, control="training digits")
        axes.axhline(digits, color=GREY, linestyle="--", linewidth=1, label="digits" if panel == 0 else None)
        if logarithmic:
            axes.set_yscale("log")
        axes.set_xticks(range(len(steps)), [str(step) for step in steps.values()], rotation=45, ha="right")
        axes.set_xlabel("")
        axes.set_ylabel(label)
    panel_letters(*panels)
    lower.supxlabel("training steps", fontsize=style.font_points)
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def _side_by_side(images: np.ndarray) -> np.ndarray:
    """Images (n, s, s) in one row, each from its darkest to its brightest pixel, a light line between them."""
    low, high = images.min(axis=(1, 2), keepdims=True), images.max(axis=(1, 2), keepdims=True)
    stretched = np.uint8(255 * ((images - low) / np.maximum(high - low, 1)))
    return np.concatenate(list(np.pad(stretched, ((0, 0), (0, 0), (0, 1)), constant_values=255)), axis=1)[:, :-1]
