"""From a figure's data to its SVG and PNG files."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import numpy as np

from soapbubble.config.plot import Style


def draw(study: str, name: str, data: Path, style: Style, files: Mapping[Path, Path]) -> None:
    """Draw the figure `name` of `study` from its .npz file; `files` maps each final name to where it is written now.

    The same data and style give the same bytes: no dates, and fixed identifiers inside the SVG.
    """
    with np.load(data, allow_pickle=False) as arrays:
        figure = getattr(import_module(f"soapbubble.figures.{study}"), name.replace("-", "_"))(arrays, style)
    # Letters are widest as the pixels of a PNG: what is laid out for these fits in the SVG.
    for final, part in sorted(files.items(), key=lambda item: item[0].suffix):
        kind = final.suffix.removeprefix(".")
        metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
        figure.savefig(part, format=kind, dpi=style.dots_per_inch, metadata=metadata)
        figure.set_layout_engine("none")  # laid out by now: in every file the same, and half the work
