"""From what a part found to the SVG and PNG files of a figure."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found


def draw(function: Callable[..., Figure], found: Found, style: Style, files: Mapping[Path, Path]) -> None:
    """Draw a figure; `files` maps each final name to where it is written now.

    The same data and style give the same bytes: no dates, and fixed identifiers inside the SVG.
    """
    name = next(iter(files)).stem
    reads_table = "found" in inspect.signature(function).parameters
    figure = function(found if reads_table else found.arrays(name), style)
    # Laid out once, for the pixels of the PNG, where letters are widest: what fits there fits in the SVG, and to save a
    # figure that still has a layout engine draws it twice.
    layout = figure.get_layout_engine()
    if layout is not None:
        layout.execute(figure)
        figure.set_layout_engine(None)
    for final, part in files.items():
        kind = final.suffix.removeprefix(".")
        metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
        figure.savefig(part, format=kind, dpi=style.dots_per_inch, metadata=metadata)
