"""From a figure's data to its SVG and PNG files."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from soapbubble.config.plot import Style
from soapbubble.data.dataset import NPY_DAMAGES
from soapbubble.errors import SoapbubbleError


def draw(study: str, name: str, data: Path, style: Style, files: Mapping[Path, Path]) -> None:
    """Draw the figure `name` of `study` from its .npz file; `files` maps each final name to where it is written now.

    The same data and style give the same bytes: no dates, and fixed identifiers inside the SVG.

    Raises:
        SoapbubbleError: the data are damaged.
    """
    figure = getattr(import_module(f"soapbubble.figures.{study}"), name.replace("-", "_"))(_arrays(data), style)
    # Laid out once, for the pixels of the PNG, where letters are widest: what fits there fits in the SVG, and to save a
    # figure that still has a layout engine draws it twice.
    figure.get_layout_engine().execute(figure)
    figure.set_layout_engine(None)
    for final, part in files.items():
        kind = final.suffix.removeprefix(".")
        metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
        figure.savefig(part, format=kind, dpi=style.dots_per_inch, metadata=metadata)


def _arrays(data: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(data, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, BadZipFile, zlib.error, *NPY_DAMAGES) as error:
        raise SoapbubbleError(f"{data}: is not the data of a figure; delete it and run snakemake again.") from error
