"""The weights of a network, read from a safetensors file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from soapbubble.errors import SoapbubbleError


def load_tensor(file: Path, key: str) -> torch.Tensor:
    """The tensor `key` of `file`.

    Raises:
        SoapbubbleError: the file is missing or damaged, or has no such tensor.
    """
    with _opened(file) as opened:
        return opened.get_tensor(key)


def load_weights(network: nn.Module, file: Path, prefix: str = "") -> None:
    """Give `network` the tensors of `file` that are named as its own, after `prefix`.

    Raises:
        SoapbubbleError: the file is missing or damaged, or its tensors have other names or shapes.
    """
    with _opened(file) as opened:
        state = {key: opened.get_tensor(prefix + key) for key in network.state_dict()}
    for key, value in network.state_dict().items():
        if state[key].shape != value.shape:
            raise SoapbubbleError(
                f"{file}: {prefix}{key} has the shape {tuple(state[key].shape)}, its card asks for "
                f"{tuple(value.shape)}; delete it and run snakemake again."
            )
    network.load_state_dict(state)


@contextmanager
def _opened(file: Path) -> Iterator[safe_open]:
    try:
        with safe_open(file, framework="pt") as opened:
            yield opened
    except (OSError, SafetensorError) as error:
        raise SoapbubbleError(f"{file}: cannot be read ({error}); delete it and run snakemake again.") from error
