"""Images recovered from stacks of several widths, at the page's size."""

from __future__ import annotations

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import new_figure, show_picture
from soapbubble.parts.declaration import figure


@figure("exactsize")
def pictures(found: Found, style: Style) -> Figure:
    """An image and what descent recovers of it from two layers, by their width."""
    recovered = found.pictures["recovered"]
    distances = found.intervals("exact_distance", "width")
    figure, panels = new_figure(style, aspect=0.26, ncols=1 + len(recovered))
    show_picture(panels[0], found.pictures["original"][0], "original")
    for panel, picture, width in zip(panels[1:], recovered, distances["width"], strict=True):
        share = float(distances.loc[distances["width"] == width, "estimate"].iloc[0])
        show_picture(panel, picture, f"width {width:g}\ndistance {share:.2f}")
    return figure
