"""Programs that `torch.export` wrote: networks of other people, read without their code and without free pickle.

`torch.export.load` itself unpickles, or runs compiled code, where an archive says so. What it would not read as plain
numbers is therefore refused before.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from zipfile import ZipFile

import torch

from soapbubble.errors import SoapbubbleError

FORMAT = "archive_format"  # in every archive since torch 2.8; older ones hold pickles only
FILES = (FORMAT, "archive_version", "byteorder", ".data", "models", "data", "extra")
DATA = ("weights", "constants", "sample_inputs")
PLAIN = ("weight_", "tensor_")  # how the files begin in which torch keeps the numbers of tensors


def load_program(path: Path) -> torch.export.ExportedProgram:
    """The exported program in `path` (.pt2).

    Raises:
        SoapbubbleError: the file is none, or holds more than a graph and numbers.
    """
    try:
        strange = _strange(path)
        if not strange:
            return torch.export.load(path)
    except Exception as error:  # its readers fail in many ways on what is no such file
        raise SoapbubbleError(
            f"{path}: cannot be read as an exported program ({first_line(error)}); write it with torch.export.save."
        ) from error
    raise SoapbubbleError(
        f"{path}: holds {strange}, which could run code of its own; write it with torch.export.save of torch 2.8 or "
        "later, from a module of plain tensors."
    )


def first_line(error: Exception) -> str:
    """The first line of what torch says, without its full stop, to be quoted within a sentence."""
    return str(error).partition("\n")[0].rstrip(".")


def _strange(path: Path) -> str:
    """What in an archive is neither a graph nor numbers, if anything is."""
    with ZipFile(path) as archive:
        names = archive.namelist()
        inside = [name.partition("/")[2] for name in names]
        if FORMAT not in inside:
            return "an archive of an old format"
        if len(set(inside)) < len(inside):
            return "two files of one name"
        for name, place in zip(names, inside, strict=True):
            room, *rest = place.split("/")
            if room not in FILES or (room == "data" and rest[0] not in DATA):
                return place
            if room == "data" and place.endswith("_config.json"):
                for entry in json.loads(archive.read(name))["config"].values():
                    if entry["use_pickle"] or not entry["path_name"].startswith(PLAIN):
                        return f"the pickle {entry['path_name']}"
            elif room == "data" and place.endswith(".pt") and not _is_plain(archive.read(name)):
                return f"the pickle {place}"
    return ""


def _is_plain(content: bytes) -> bool:
    """Whether a file of tensors can be read by the reader that makes nothing but tensors and containers of them."""
    try:
        torch.load(io.BytesIO(content), weights_only=True)
    except Exception:  # whatever it refuses torch.export.load would unpickle
        return not content
    return True
