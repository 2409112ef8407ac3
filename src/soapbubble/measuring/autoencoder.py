"""Autoencoders as NumPy sees them: images into codes, latents into images, a batch at a time.

Latents are float32 rows (n, d), flattened in the order channel, row, column. Any torch module will do that offers the
three members of `Autoencoder`, trained or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import torch

from soapbubble.measuring.kl import kl_to_prior
from soapbubble.measuring.pca import PrincipalComponents, principal_components

BATCH_SIZE = 128  # images: 65,536 latents of so many take 34 MB
DIGIT_SIDE = 28


class Encoder(Protocol):
    """Images (n, channels, height, width) to the mean and the log-variance of their latents, (n, *latent_shape)."""

    def encode(self, images: torch.Tensor, /) -> tuple[torch.Tensor, torch.Tensor]: ...


class Decoder(Protocol):
    """Latents (n, *latent_shape) to the images (n, channels, height, width) that are expected of them."""

    @property
    def latent_shape(self) -> tuple[int, ...]: ...

    def expected_images(self, latents: torch.Tensor, /) -> torch.Tensor: ...


class Autoencoder(Encoder, Decoder, Protocol):
    """Both sides."""


@dataclass(frozen=True)
class LowRank:
    """The means of codes by their first principal components: their scores (n, r), and the variance (d,) left out."""

    components: PrincipalComponents
    scores: np.ndarray
    left_out: np.ndarray


@dataclass(frozen=True)
class Codes:
    """The posterior of each image's latents: a Gaussian with `mean` and `std`, float32 (n, d), axes independent."""

    mean: np.ndarray
    std: np.ndarray

    def __len__(self) -> int:
        return len(self.mean)

    def __getitem__(self, rows: slice | np.ndarray) -> Codes:
        return Codes(self.mean[rows], self.std[rows])

    @property
    def kl(self) -> np.ndarray:
        """Divergence of each image's posterior from the prior, in nats (n,)."""
        return kl_to_prior(self.mean, self.std).sum(axis=1)

    def low_rank(self, rank: int) -> LowRank:
        """The means by their first `rank` principal components; worked out once for each rank."""
        if rank not in self._low_rank:
            components = principal_components(self.mean, rank)
            scores = components.scores(self.mean)
            left_out = np.square(self.mean - components.mean - scores @ components.axes).mean(axis=0)
            self._low_rank[rank] = LowRank(components, scores, left_out)
        return self._low_rank[rank]

    @cached_property
    def _low_rank(self) -> dict[int, LowRank]:
        return {}

    def as_points(self) -> Codes:
        """The same codes without noise, as an autoencoder that is not variational has them."""
        return Codes(self.mean, np.zeros_like(self.std))


@torch.inference_mode()
def encode(model: Encoder, images: torch.Tensor, batch_size: int = BATCH_SIZE) -> Codes:
    """The codes of `images` (n, channels, height, width)."""
    means, stds = [], []
    for batch in images.split(batch_size):
        mean, log_variance = model.encode(batch)
        means.append(mean.flatten(1).numpy())
        stds.append(torch.exp(log_variance / 2).flatten(1).numpy())
    return Codes(np.concatenate(means), np.concatenate(stds))


@torch.inference_mode()
def decode(model: Decoder, latents: np.ndarray, batch_size: int = BATCH_SIZE, crop: int | None = None) -> np.ndarray:
    """The images (n, channels, height, width) that the latents (n, d) stand for, float32; of `crop` only the middle.

    `crop` is the side of a square in pixels.
    """
    grid = torch.from_numpy(np.ascontiguousarray(latents, dtype=np.float32)).unflatten(1, model.latent_shape)
    batches = [model.expected_images(batch) for batch in grid.split(batch_size)]
    return np.concatenate([(batch if crop is None else centre_crop(batch, crop)).numpy() for batch in batches])


def decode_digits(model: Decoder, latents: np.ndarray, batch_size: int = BATCH_SIZE) -> np.ndarray:
    """The digits (n, 28, 28) that the latents (n, d) stand for, without the frame around them."""
    return decode(model, latents, batch_size, crop=DIGIT_SIDE)[:, 0]


def centre_crop(images: torch.Tensor, side: int) -> torch.Tensor:
    """The middle `side` x `side` pixels of images (..., height, width)."""
    top, left = (images.shape[-2] - side) // 2, (images.shape[-1] - side) // 2
    return images[..., top : top + side, left : left + side]
