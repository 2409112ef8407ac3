"""From what a part found to the SVG and PNG files of a figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from matplotlib.figure import Figure, SubFigure
from matplotlib.transforms import Bbox

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found


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
    for final, part in files.items():
        kind = final.suffix.removeprefix(".")
        metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
        figure.savefig(part, format=kind, dpi=style.dots_per_inch, metadata=metadata)


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
