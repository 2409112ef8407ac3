"""TorchScript archives (`torch.jit.save`): networks of other people, read without Python's pickle.

`torch.jit.load` reads pickles with a reader of its own, in C++, which builds nothing but tensors, containers and the
archive's own classes. The code of those classes can still open files: at once, where it says how a class is set up, or
when it runs. The former is refused before loading, the latter before running.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import torch

from soapbubble.errors import SoapbubbleError
from soapbubble.models.exported import reason

CONSTANTS = "constants.pkl"  # in every TorchScript archive, in no other of torch
FILES = (CONSTANTS, "data.pkl", "data", "constants", "code", "version", "byteorder", ".data", "extra")
TRACED = ("traced_inputs", "traced_inputs.pkl")  # what the network was traced with
CODE = (".py", ".debug_pkl")
ON_LOADING = b"__setstate__"  # a method that is run as soon as its class has been read
NAME = re.compile(r"\b\w+::\w+")
OPERATION = re.compile(  # but those that open files, and calls of what is not in the graph
    r"aten::(?!(save|from_file)$)\w+|torchvision::\w+|prim::(?!(rpc_\w+|PythonOp|IgnoredPythonOp|CallMethod|CallFunction)$)\w+"
)


def is_torchscript(path: Path) -> bool:
    """Whether a file is a TorchScript archive, by what it holds."""
    try:
        with ZipFile(path) as archive:
            return CONSTANTS in _inside(archive)
    except (OSError, BadZipFile):
        return False


def load_script(path: Path) -> torch.jit.ScriptModule:
    """The network in the TorchScript archive `path`, on the CPU and in evaluation mode.

    Raises:
        SoapbubbleError: the file is damaged, or holds more than a network of operations on tensors.
    """
    try:
        strange = _strange(path)
        if not strange:
            module = torch.jit.load(path, map_location="cpu").eval()
            names = set(NAME.findall(str(module.forward.inlined_graph)))
            strange = next((f"the code {name!r}" for name in sorted(names) if not OPERATION.fullmatch(name)), "")
    except Exception as error:  # its readers fail in many ways on what is no such file
        raise SoapbubbleError(
            f"{path}: cannot be read as TorchScript ({reason(error)}); write it with torch.jit.save."
        ) from error
    if strange:
        raise SoapbubbleError(
            f"{path}: holds {strange}, which could run code of its own; write it with torch.jit.save, from a module of "
            "plain tensors."
        )
    return module


def input_types(script: torch.jit.ScriptModule) -> list[str]:
    """The types of what a network has to be given."""
    forward: Any = script.forward
    return [str(given.type) for given in forward.schema.arguments[1:] if not given.has_default_value()]


def _inside(archive: ZipFile) -> list[str]:
    """The names of an archive's files below its one folder."""
    return [name.partition("/")[2] for name in archive.namelist()]


def _strange(path: Path) -> str:
    """What in an archive could run code while it is loaded, if anything could."""
    with ZipFile(path) as archive:
        inside = _inside(archive)
        if len(set(inside)) < len(inside):
            return "two files of one name"
        for name, place in zip(archive.namelist(), inside, strict=True):
            room = place.partition("/")[0]
            if room not in (*FILES, *TRACED) or (room == "code" and not place.endswith(CODE)):
                return place
            if room == "code" and ON_LOADING in archive.read(name):
                return f"the code {place}"
    return ""
