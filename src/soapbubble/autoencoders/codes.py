"""Pictures into latents and back, as NumPy arrays: a row a picture, flattened in the order channel, row, column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from soapbubble.autoencoders.pictures import digits_only
from soapbubble.models.autoencoder import AutoencoderNet

PART = 128  # pictures at a time: 65,536 latents of so many take 34 MB


@dataclass(frozen=True)
class Codes:
    """The laws of the latents of pictures: `mean` and `deviation`, float32 (n, d)."""

    mean: np.ndarray
    deviation: np.ndarray

    def __len__(self) -> int:
        return len(self.mean)

    def __getitem__(self, rows: slice | np.ndarray) -> Codes:
        return Codes(self.mean[rows], self.deviation[rows])

    @property
    def rates(self) -> np.ndarray:
        """Nats a picture (n,) of the divergence from the prior."""
        variance = np.square(self.deviation, dtype=np.float64)
        return 0.5 * (np.square(self.mean, dtype=np.float64) + variance - 1 - np.log(variance)).sum(axis=1)


@torch.inference_mode()
def encode(network: AutoencoderNet, images: torch.Tensor) -> Codes:
    """The codes of `images` (n, 1, side, side)."""
    means, deviations = [], []
    for part in images.split(PART):
        mean, log_variance = network.encode(part)
        means.append(mean.flatten(1).numpy())
        deviations.append(torch.exp(log_variance / 2).flatten(1).numpy())
    return Codes(np.concatenate(means), np.concatenate(deviations))


@torch.inference_mode()
def decode(network: AutoencoderNet, latents: np.ndarray) -> np.ndarray:
    """The ink (n, 28, 28) in [0, 1] that the latents (n, d) stand for."""
    grid = torch.from_numpy(np.ascontiguousarray(latents, dtype=np.float32)).unflatten(1, network.latent_shape)
    return np.concatenate([digits_only(network.ink(part)) for part in grid.split(PART)])
