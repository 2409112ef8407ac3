"""Programs that `torch.export` wrote: networks of other people, read without their code and without free pickle.

`torch.export.load` itself unpickles or runs compiled code where an archive says so, and evaluates sizes and guards as
Python. What is more than plain numbers, sizes and operations on tensors is therefore refused before.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import torch

from soapbubble.errors import SoapbubbleError

FORMAT = "archive_format"  # in every archive since torch 2.8; older ones hold pickles only
FILES = (FORMAT, "archive_version", "byteorder", ".data", "models", "data", "extra")
DATA = ("weights", "constants", "sample_inputs")
PLAIN = ("weight_", "tensor_")  # how the files begin in which torch keeps the numbers of tensors
SIZE = re.compile(  # of symbols, numbers, classes of sympy and sizes of inputs: it calls nothing of Python's own
    r"""(?: [A-Z]\w*(?=\() | [a-z]+\d+ | '[a-z]+\d+' | [a-z_]+=(?!=) | True | False | true | false | and | or | not
        | min | max | math\.[a-z]+ | L(?:\['\w+'\]|\[\d+\])+ | \.size\(\) | \[\d+\] | \d+(?:\.\d*)?(?:e[+-]?\d+)?
        | [\s+\-*/%(),<>=!&|~] )*+""",
    re.VERBOSE,
)
OPERATION = re.compile(  # but those of ATen that open files
    r"_operator\.\w+|math\.\w+|torch\.\w*sym_\w+|torch\.ops\.(aten\.(?!from_file|save)|prims\.|higher_order\.|torchvision\.).+"
)
IMPORTS = re.compile(r"__enum__|default_factory|\\u")  # in the layout of inputs and outputs: modules by their names


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
            f"{path}: cannot be read as an exported program ({reason(error)}); write it with torch.export.save."
        ) from error
    raise SoapbubbleError(
        f"{path}: holds {strange}, which could run code of its own; write it with torch.export.save of torch 2.8 or "
        "later, from a module of plain tensors."
    )


def reason(error: Exception) -> str:
    """The line in which torch says what is wrong, without its full stop, to be quoted within a sentence.

    It is the first one, but the last one of the traceback of a TorchScript network.
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[-1 if "TorchScript" in lines[0] else 0].rstrip(".:").removeprefix("RuntimeError: ")


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
            elif room == "models" and (code := next(_code(json.loads(archive.read(name))), "")):
                return f"the code {code!r}"
    return ""


def _code(graph: Any) -> Iterator[str]:
    """What in the description of a graph is more than operations on tensors and their sizes."""
    if isinstance(graph, dict):
        sizes = [*graph.get("guards_code", []), *([graph["expr_str"]] if "expr_str" in graph else [])]
        yield from (size for size in sizes if not SIZE.fullmatch(size))
        yield from (graph[key] for key in ("in_spec", "out_spec") if IMPORTS.search(str(graph.get(key))))
        if "target" in graph and "inputs" in graph and not OPERATION.fullmatch(graph["target"]):
            yield graph["target"]
    if isinstance(graph, (dict, list)):
        for item in graph.values() if isinstance(graph, dict) else graph:
            yield from _code(item)


def _is_plain(content: bytes) -> bool:
    """Whether a file of tensors can be read by the reader that makes nothing but tensors and containers of them."""
    try:
        torch.load(io.BytesIO(content), weights_only=True)
    except Exception:  # whatever it refuses torch.export.load would unpickle
        return not content
    return True
