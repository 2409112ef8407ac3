"""From what a part found to the SVG and PNG files of a figure."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

from matplotlib.figure import Figure, SubFigure
from matplotlib.transforms import Bbox

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found

SMALLEST_CUT = 0.01  # inches: less is the width of a line


def draw(function: Callable[[Found, Style], Figure], found: Found, style: Style, files: Mapping[Path, Path]) -> None:
    """Draw a figure; `files` maps each final name to where it is written now.

    The same data and style give the same bytes: no dates, and fixed identifiers inside the SVG.
    """
    figure = function(found, style)
    # Laid out once, for the pixels of the PNG, where letters are widest: what fits there fits in the SVG, and to save a
    # figure that still has a layout engine draws it twice.
    layout = figure.get_layout_engine()
    if layout is not None:
        layout.execute(figure)
        figure.set_layout_engine(None)
        _snap(figure)
    if (cut := cut_off(figure)) > SMALLEST_CUT:
        warnings.warn(
            f"{function.__name__}: words or marks end {cut:.2f} inches beyond the figure's edge", stacklevel=2
        )
    for final, part in files.items():
        kind = final.suffix.removeprefix(".")
        metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
        figure.savefig(part, format=kind, dpi=style.dots_per_inch, metadata=metadata)


def cut_off(figure: Figure) -> float:
    """How far, in inches, what is drawn reaches beyond the edge of the figure, where it is cut off."""
    drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    return max(0.0, -drawn.x0, -drawn.y0, drawn.x1 - width, drawn.y1 - height)


def _snap(figure: Figure | SubFigure) -> None:
    """Round where axes and subfigures stand to a millionth: the solver of layouts leaves noise in the last digits.

    It sums in the order of addresses in memory, and the identifiers inside an SVG are digests of positions.
    """
    for part in figure.subfigs:
        part.bbox_relative.p0 = part.bbox_relative.p0.round(6)
        part.bbox_relative.p1 = part.bbox_relative.p1.round(6)
        _snap(part)
    if isinstance(figure, Figure):
        for axes in figure.axes:
            place = axes.get_position(original=True)
            axes.set_position(Bbox.from_bounds(*(round(number, 6) for number in place.bounds)))
