"""The small parts that networks share: activations, normalisations, upsampling, attention."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, TypeGuard, TypeVar, get_args

import torch
from torch import nn
from torch.nn import functional

from soapbubble.config.ingredients import Doubling, Norm, Upsampling

Activation = Literal["identity", "relu", "leaky", "tanh", "silu", "gelu", "elu", "sine"]
Padding = Literal["zeros", "reflect", "circular"]
DOUBLING: tuple[Doubling, ...] = get_args(Doubling)
Interpolated = Literal["nearest", "bilinear", "bicubic"]
LEAKY_SLOPE = 0.2

Network = TypeVar("Network", bound=nn.Module)


def is_interpolated(upsampling: str) -> TypeGuard[Interpolated]:
    """Whether an upsampling operator is a fixed interpolation, without weights of its own."""
    return upsampling in ("nearest", "bilinear", "bicubic")


class Sine(nn.Module):
    """The sine of each value."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sin(x)


def activation(name: Activation) -> nn.Module:
    """The activation layer of that name; `leaky` has slope 0.2 below zero."""
    layers: dict[str, Callable[[], nn.Module]] = {
        "identity": nn.Identity,
        "relu": nn.ReLU,
        "leaky": lambda: nn.LeakyReLU(LEAKY_SLOPE),
        "tanh": nn.Tanh,
        "silu": nn.SiLU,
        "gelu": nn.GELU,
        "elu": nn.ELU,
        "sine": Sine,
    }
    return layers[name]()


def normalisation(name: Norm, channels: int) -> nn.Module:
    """The normalisation layer of that name; `group` has up to 8 groups, `layer` is one group of all channels."""
    layers: dict[str, Callable[[], nn.Module]] = {
        "none": nn.Identity,
        "batch": lambda: nn.BatchNorm2d(channels),
        "group": lambda: nn.GroupNorm(math.gcd(8, channels), channels),
        "instance": lambda: nn.InstanceNorm2d(channels),
        "layer": lambda: nn.GroupNorm(1, channels),
    }
    return layers[name]()


def channels_last(network: Network) -> Network:
    """The network with its weights in the order of memory in which convolutions on a CPU are fastest."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def convolution(channels_in: int, channels_out: int, kernel: int, padding: Padding = "zeros") -> nn.Conv2d:
    """A convolution with an odd kernel that keeps height and width."""
    return nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2, padding_mode=padding)


class Interpolate(nn.Module):
    """Double height and width by a fixed interpolation."""

    def __init__(self, mode: Interpolated) -> None:
        super().__init__()
        self.mode = mode

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        corners = {} if self.mode == "nearest" else {"align_corners": False}
        return functional.interpolate(x, scale_factor=2, mode=self.mode, **corners)


def upsample_and_convolve(
    upsampling: Upsampling, channels_in: int, channels_out: int, kernel: int, padding: Padding
) -> nn.Sequential:
    """The learned part of a decoder's block: double the side (unless `none`) and mix channels and neighbours.

    Interpolations come before an ordinary convolution. `transposed` has kernel 4 and stride 2, `transposed3`
    kernel 3 and stride 2, both with zero padding whatever `kernel` and `padding` say, as is usual.
    `pixelshuffle` convolves to four times the channels and deals them out over a 2x2 cell.
    """
    if upsampling == "transposed":
        return nn.Sequential(nn.ConvTranspose2d(channels_in, channels_out, 4, stride=2, padding=1))
    if upsampling == "transposed3":
        return nn.Sequential(nn.ConvTranspose2d(channels_in, channels_out, 3, stride=2, padding=1, output_padding=1))
    if upsampling == "pixelshuffle":
        return nn.Sequential(
            convolution(channels_in, 4 * channels_out, kernel, padding), nn.PixelShuffle(upscale_factor=2)
        )
    convolve = convolution(channels_in, channels_out, kernel, padding)
    if is_interpolated(upsampling):
        return nn.Sequential(Interpolate(upsampling), convolve)
    return nn.Sequential(convolve)


class SelfAttention(nn.Module):
    """Self-attention over the positions of a feature map, added to its input (Zhang et al. 2019, weight 1).

    Keys and values are pooled 2x2, as in the authors' code. The paper starts the weight of the attention at 0, where
    an untrained network would not show it at all.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(channels // 8, 1)
        self.query = nn.Conv2d(channels, inner, 1)
        self.key = nn.Conv2d(channels, inner, 1)
        self.value = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        key, value = (functional.max_pool2d(layer(x), 2).flatten(2).mT for layer in (self.key, self.value))
        attended = functional.scaled_dot_product_attention(self.query(x).flatten(2).mT, key, value)
        return x + attended.mT.reshape(x.shape)
