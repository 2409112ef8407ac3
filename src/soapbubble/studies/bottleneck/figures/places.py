"""What one latent sees, and where latents respond when a patch of the image is occluded."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, new_figure, show_picture
from soapbubble.parts.declaration import figure
from soapbubble.studies.bottleneck.figures.axes import show_map

PATCHES = ((1, 3), (3, 3), (5, 3))
NAMES = {"grid-7x7x4": "convolutional\n7×7×4", "dense-196": "dense\n196 latents"}


@figure("places")
def places(found: Found, style: Style) -> Figure:
    """Gradient of the middle site, and where the latents change when one patch is occluded; a row a model."""
    digit = found.pictures["digit"]
    grid = round(len(found.pictures["grid-7x7x4 response"]) ** 0.5)
    cell = len(digit) // grid
    figure, axes = new_figure(style, aspect=0.46, nrows=2, ncols=2 + len(PATCHES), squeeze=False)
    for row, (name, label) in enumerate(NAMES.items()):
        show_picture(axes[row, 0], 1 - digit)
        axes[row, 0].set_ylabel(label)
        gradient, responses = (found.pictures[f"{name} {what}"] for what in ("gradient", "response"))
        show_map(axes[row, 1], gradient, "magma", 0, gradient.max())
        for axis, patch in zip(axes[row, 2:], PATCHES, strict=True):
            response = responses[patch[0] * grid + patch[1]].reshape(grid, grid)
            show_map(axis, response, "magma", 0, max(response.max(), 1e-12))
            axis.add_patch(Rectangle((patch[1] - 0.5, patch[0] - 0.5), 1, 1, fill=False, edgecolor="#00e5ff"))
            corner = (patch[1] * cell - 0.5, patch[0] * cell - 0.5)
            axes[row, 0].add_patch(Rectangle(corner, cell, cell, fill=False, edgecolor=COLOURS[1], linewidth=1.2))
    titles = ["a digit, three\npatches to occlude", "gradient of the\nmiddle site", *["change when\noccluded"] * 3]
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title)
    return figure
