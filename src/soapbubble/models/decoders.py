"""Image decoders of many kinds, each built from a plain specification and a seed."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import nn

from soapbubble.config.ingredients import Bias, Init, Norm, Upsampling
from soapbubble.errors import SoapbubbleError
from soapbubble.models.initialise import initialise, seeded
from soapbubble.models.layers import (
    Activation,
    Interpolate,
    Padding,
    SelfAttention,
    activation,
    channels_last,
    convolution,
    is_interpolated,
    normalisation,
    upsample_and_convolve,
)

Output = Literal["none", "tanh", "sigmoid"]
DENSE_STEM_SIDE = 4
LATENT_STREAM = 1 << 30
"""added to the seed of latents: the same seed would draw weights and latents from the same random numbers"""


@dataclass(frozen=True)
class DecoderSpec:
    """All choices that make a decoder; plain values, so that they can stand as a measurement's condition."""

    upsampling: Upsampling = "nearest"
    blocks: int = 4
    """number of blocks, each doubling the side (except with upsampling `none`)"""
    width: int = 64
    """channels of every block"""
    latent_channels: int = 64
    latent_size: int = 4
    """side of the latent grid; 1 means a vector, which a dense layer turns into a 4x4 grid"""
    kernel: int = 3
    activation: Activation = "relu"
    norm: Norm = "none"
    residual: bool = False
    attention: bool = False
    """self-attention once, after the middle block"""
    padding: Padding = "zeros"
    bias: Bias = "default"
    init: Init = "default"
    gain: float = 1.0
    output: Output = "none"
    out_channels: int = 3

    def __post_init__(self) -> None:
        for key, kind in {
            "upsampling": Upsampling,
            "activation": Activation,
            "norm": Norm,
            "padding": Padding,
            "bias": Bias,
            "init": Init,
            "output": Output,
        }.items():
            if getattr(self, key) not in get_args(kind):
                raise SoapbubbleError(f"decoder: {key} is {getattr(self, key)!r}; choose from {get_args(kind)}.")
        for key in ("blocks", "width", "latent_channels", "latent_size", "out_channels"):
            if getattr(self, key) < 1:
                raise SoapbubbleError(f"decoder: {key} is {getattr(self, key)}; it must be at least 1.")
        if self.kernel < 1 or self.kernel % 2 == 0:
            raise SoapbubbleError(f"decoder: kernel is {self.kernel}; it must be odd.")

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """Shape of one latent: channels, height, width."""
        return self.latent_channels, self.latent_size, self.latent_size

    @property
    def image_side(self) -> int:
        """Side of the square image in pixels."""
        grid = DENSE_STEM_SIDE if self.latent_size == 1 else self.latent_size
        return grid if self.upsampling == "none" else grid * 2**self.blocks


class DecoderBlock(nn.Module):
    """Upsample, convolve, normalise, activate; with a shortcut around all of it if `residual`."""

    def __init__(self, spec: DecoderSpec, channels_in: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            upsample_and_convolve(spec.upsampling, channels_in, spec.width, spec.kernel, spec.padding),
            normalisation(spec.norm, spec.width),
            activation(spec.activation),
        )
        self.shortcut = _shortcut(spec, channels_in) if spec.residual else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.main(x) if self.shortcut is None else self.main(x) + self.shortcut(x)


def _shortcut(spec: DecoderSpec, channels_in: int) -> nn.Sequential:
    """What brings a block's input to its output's shape; around learned upsampling it is the nearest one."""
    layers: list[nn.Module] = []
    if spec.upsampling != "none":
        layers.append(Interpolate(spec.upsampling if is_interpolated(spec.upsampling) else "nearest"))
    if channels_in != spec.width:
        layers.append(nn.Conv2d(channels_in, spec.width, 1))
    return nn.Sequential(*layers)


class DenseStem(nn.Module):
    """Turn a latent vector (n, channels, 1, 1) into a small grid (n, width, 4, 4) by a dense layer."""

    def __init__(self, spec: DecoderSpec) -> None:
        super().__init__()
        self.dense = nn.Linear(spec.latent_channels, spec.width * DENSE_STEM_SIDE**2)
        self.shape = (spec.width, DENSE_STEM_SIDE, DENSE_STEM_SIDE)
        self.after = nn.Sequential(normalisation(spec.norm, spec.width), activation(spec.activation))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.after(self.dense(z.flatten(1)).unflatten(1, self.shape))


def output_layer(name: Output) -> nn.Module:
    """The squashing of the image at the end of a decoder."""
    return {"none": nn.Identity, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}[name]()


def build_decoder(spec: DecoderSpec, seed: int) -> nn.Sequential:
    """An untrained decoder (n, latent channels, side, side) -> (n, channels, image side, image side).

    The weights are drawn on the CPU from `seed`. The network is in training mode, as it is after being made:
    batch normalisation then uses the statistics of the batch; call `.eval()` for the running ones.
    """
    with seeded(seed):
        channels = spec.latent_channels
        layers: list[nn.Module] = []
        if spec.latent_size == 1:
            layers.append(DenseStem(spec))
            channels = spec.width
        for number in range(spec.blocks):
            layers.append(DecoderBlock(spec, channels))
            channels = spec.width
            if spec.attention and number == spec.blocks // 2 - 1:
                layers.append(SelfAttention(spec.width))
        layers.append(convolution(channels, spec.out_channels, spec.kernel, spec.padding))
        layers.append(output_layer(spec.output))
        network = initialise(nn.Sequential(*layers), spec.init, spec.gain, spec.bias)
    # Twice as fast on one CPU thread; the numbers are the same up to rounding.
    return channels_last(network)


def dense_decoder(spec: DecoderSpec, seed: int, hidden: int = 256, layers: int = 2) -> nn.Sequential:
    """The control that knows no neighbourhood: a dense network with the latent and image shapes of `spec`.

    `layers` hidden layers of `hidden` units; activation, initialiser and output are those of `spec`.
    """
    side = spec.image_side
    sizes = [spec.latent_channels * spec.latent_size**2] + layers * [hidden]
    with seeded(seed):
        parts: list[nn.Module] = [nn.Flatten()]
        for size_in, size_out in itertools.pairwise(sizes):
            parts += [nn.Linear(size_in, size_out), activation(spec.activation)]
        parts += [
            nn.Linear(sizes[-1], spec.out_channels * side * side),
            nn.Unflatten(1, (spec.out_channels, side, side)),
            output_layer(spec.output),
        ]
        return initialise(nn.Sequential(*parts), spec.init, spec.gain, spec.bias)


def draw_latents(spec: DecoderSpec, count: int, seed: int) -> torch.Tensor:
    """Standard normal latents (count, channels, side, side), drawn on the CPU from `seed`.

    They are independent of the weights of a network that was built from the same seed.
    """
    return torch.randn((count, *spec.latent_shape), generator=torch.Generator().manual_seed(LATENT_STREAM + seed))
