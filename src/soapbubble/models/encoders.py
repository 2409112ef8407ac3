"""Image encoders that mirror a decoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import nn

from soapbubble.config.ingredients import Bias, Init, Norm
from soapbubble.errors import SoapbubbleError
from soapbubble.models.decoders import DENSE_STEM_SIDE, DecoderSpec
from soapbubble.models.initialise import initialise, seeded
from soapbubble.models.layers import Activation, activation, channels_last, normalisation

Bottleneck = Literal["spatial", "dense", "permuted"]


@dataclass(frozen=True)
class EncoderSpec:
    """All choices that make an encoder; plain values."""

    blocks: int = 4
    """number of blocks, each halving the side"""
    width: int = 64
    latent_channels: int = 64
    latent_size: int = 4
    """side of the latent grid; 1 means a vector"""
    bottleneck: Bottleneck = "spatial"
    """1x1 heads that keep the grid, dense heads of equal total size, or 1x1 heads and shuffled sites"""
    norm: Norm = "none"
    activation: Activation = "relu"
    bias: Bias = "default"
    init: Init = "default"
    gain: float = 1.0
    in_channels: int = 3

    def __post_init__(self) -> None:
        if self.bottleneck not in get_args(Bottleneck):
            raise SoapbubbleError(f"encoder: bottleneck is {self.bottleneck!r}; choose from {get_args(Bottleneck)}.")

    @property
    def grid(self) -> int:
        """Side of the last feature map."""
        return DENSE_STEM_SIDE if self.latent_size == 1 else self.latent_size


def mirror(decoder: DecoderSpec, bottleneck: Bottleneck = "spatial", norm: Norm | None = None) -> EncoderSpec:
    """The encoder from the images of `decoder` back to its latents, of the same width and initialiser."""
    return EncoderSpec(
        blocks=decoder.blocks,
        width=decoder.width,
        latent_channels=decoder.latent_channels,
        latent_size=decoder.latent_size,
        bottleneck="dense" if decoder.latent_size == 1 else bottleneck,
        norm=decoder.norm if norm is None else norm,
        bias=decoder.bias,
        init=decoder.init,
        gain=decoder.gain,
        in_channels=decoder.out_channels,
    )


class Encoder(nn.Module):
    """Stride-2 convolutions 4x4 with activation, then two heads: mean and log-variance of the latent.

    Takes images (n, channels, side, side), gives two tensors (n, latent channels, latent side, latent side).
    """

    def __init__(self, spec: EncoderSpec) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = spec.in_channels
        for _ in range(spec.blocks):
            layers += [
                nn.Conv2d(channels, spec.width, 4, stride=2, padding=1),
                normalisation(spec.norm, spec.width),
                activation(spec.activation),
            ]
            channels = spec.width
        self.features = nn.Sequential(*layers)
        self.mean = _head(spec)
        self.log_variance = _head(spec)
        sites = spec.latent_size**2
        order = torch.randperm(sites) if spec.bottleneck == "permuted" else torch.arange(sites)
        self.order: torch.Tensor
        self.register_buffer("order", order)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.features(images)
        return self._arrange(self.mean(features)), self._arrange(self.log_variance(features))

    def _arrange(self, latent: torch.Tensor) -> torch.Tensor:
        return latent.flatten(2)[:, :, self.order].reshape(latent.shape)


def _head(spec: EncoderSpec) -> nn.Module:
    if spec.bottleneck != "dense":
        return nn.Conv2d(spec.width, spec.latent_channels, 1)
    shape = (spec.latent_channels, spec.latent_size, spec.latent_size)
    size = spec.latent_channels * spec.latent_size**2
    return nn.Sequential(nn.Flatten(), nn.Linear(spec.width * spec.grid**2, size), nn.Unflatten(1, shape))


def build_encoder(spec: EncoderSpec, seed: int) -> Encoder:
    """An untrained encoder in training mode, its weights drawn on the CPU from `seed`."""
    with seeded(seed):
        network = initialise(Encoder(spec), spec.init, spec.gain, spec.bias)
    return channels_last(network)
