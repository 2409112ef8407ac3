"""From a block of the configuration to a dataset on disk."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from soapbubble.config.data import Source
from soapbubble.data.dataset import save


def fetch(name: str, block: Source, npy: Path) -> None:
    """Make the dataset `name` (digits, photos or faces) as its `block` says, and write it to `npy` and beside it.

    Only the module that makes this dataset is imported, so that another one's edits do not concern it.

    Raises:
        SoapbubbleError: the images are missing or unsound, or cannot be downloaded.
    """
    builder = import_module(f"soapbubble.data.{block.builder(name)}")
    save(name, builder.build(block), npy)
