"""Programs that `torch.export` wrote: networks of other people, read without their code and without pickle."""

from __future__ import annotations

from pathlib import Path

import torch

from soapbubble.errors import SoapbubbleError


def load_program(path: Path) -> torch.export.ExportedProgram:
    """The exported program in `path` (.pt2).

    Raises:
        SoapbubbleError: the file is none.
    """
    try:
        return torch.export.load(path)
    except Exception as error:  # its readers fail in many ways on what is no such file
        raise SoapbubbleError(
            f"{path}: cannot be read as an exported program ({first_line(error)}); write it with torch.export.save."
        ) from error


def first_line(error: Exception) -> str:
    """The first line of what torch says, without its full stop, to be quoted within a sentence."""
    return str(error).partition("\n")[0].rstrip(".")
