"""Which pictures the parts that sample take, and their codes."""

from __future__ import annotations

import numpy as np
import torch

from soapbubble.autoencoders.codes import Codes, encode
from soapbubble.models.autoencoder import AutoencoderNet


def one_each(origin: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of at most `count` pictures in random order, no two of them copies of the same original (n,)."""
    mixed = rng.permutation(len(origin))
    _, first = np.unique(origin[mixed], return_index=True)
    return rng.permutation(mixed[first])[:count]


def codes_of(network: AutoencoderNet, images: torch.Tensor, rows: np.ndarray) -> Codes:
    """The codes of these rows of `images`."""
    return encode(network, images[torch.from_numpy(rows)])
