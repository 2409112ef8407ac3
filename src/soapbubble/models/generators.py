"""Generators of adversarial networks as their papers draw them before training, at 64 x 64 pixels.

Each builder takes the number of channels at the highest resolution (the papers have 64 and more) and a seed, and
returns a network in training mode that takes latents (n, size, 1, 1).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from soapbubble.models.initialise import initialise, seeded
from soapbubble.models.layers import Interpolate, SelfAttention

STEM = 4
DOUBLINGS = 4


def _widths(width: int) -> list[int]:
    """Channels at 4, 8, 16, 32 and 64 pixels: 8, 8, 4, 2 and 1 times `width`."""
    return [8 * width, 8 * width, 4 * width, 2 * width, width]


class Stem(nn.Module):
    """A dense layer from the latent to a 4x4 grid of `channels`."""

    def __init__(self, size: int, channels: int) -> None:
        super().__init__()
        self.dense = nn.Linear(size, channels * STEM**2)
        self.channels = channels

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.dense(z.flatten(1)).unflatten(1, (self.channels, STEM, STEM))


def dcgan(width: int, seed: int, size: int = 100) -> nn.Module:
    """Radford et al. (2016): transposed convolutions 4x4, batch normalisation, ReLU; all weights N(0, 0.02^2)."""
    with seeded(seed):
        widths = _widths(width)[:-1]
        layers: list[nn.Module] = [nn.ConvTranspose2d(size, widths[0], 4, bias=False)]
        for before, after in zip(widths, [*widths[1:], 3], strict=True):
            layers += [nn.BatchNorm2d(before), nn.ReLU()]
            layers += [nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=False)]
        network = initialise(nn.Sequential(*layers, nn.Tanh()), "small", bias="zero")
        for layer in network.modules():
            if isinstance(layer, nn.BatchNorm2d):
                nn.init.normal_(layer.weight, 1.0, 0.02)
        return network


class ResidualUp(nn.Module):
    """Normalise, ReLU, double (nearest), convolve, normalise, ReLU, convolve; shortcut: double and convolve 1x1."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            *(nn.BatchNorm2d(before), nn.ReLU(), Interpolate("nearest"), nn.Conv2d(before, after, 3, padding=1)),
            *(nn.BatchNorm2d(after), nn.ReLU(), nn.Conv2d(after, after, 3, padding=1)),
        )
        self.shortcut = nn.Sequential(Interpolate("nearest"), nn.Conv2d(before, after, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.main(x) + self.shortcut(x)


def wgan_gp(width: int, seed: int, size: int = 128) -> nn.Sequential:
    """The ResNet of Gulrajani et al. (2017): nearest doubling inside residual blocks; He's initialiser."""
    with seeded(seed):
        widths = _widths(width)
        layers: list[nn.Module] = [Stem(size, widths[0])]
        layers += [ResidualUp(*pair) for pair in pairwise(widths)]
        layers += [nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, 3, 3, padding=1), nn.Tanh()]
        return initialise(nn.Sequential(*layers), "he", bias="zero")


class ConditionalNorm(nn.Module):
    """Batch normalisation whose gain and shift are linear in a part of the latent."""

    def __init__(self, size: int, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = nn.Linear(size, channels, bias=False)
        self.shift = nn.Linear(size, channels, bias=False)

    def forward(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        return self.norm(x) * (1 + self.gain(z)[..., None, None]) + self.shift(z)[..., None, None]


class ConditionalUp(nn.Module):
    """A residual block as in `ResidualUp` with conditional normalisation."""

    def __init__(self, size: int, before: int, after: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList([ConditionalNorm(size, before), ConditionalNorm(size, after)])
        self.convolutions = nn.ModuleList(
            [nn.Conv2d(before, after, 3, padding=1), nn.Conv2d(after, after, 3, padding=1)]
        )
        self.shortcut = nn.Conv2d(before, after, 1)
        self.grow = Interpolate("nearest")

    def forward(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        hidden = self.grow(functional.relu(self.norms[0](x, z)))
        hidden = functional.relu(self.norms[1](self.convolutions[0](hidden), z))
        return self.convolutions[1](hidden) + self.shortcut(self.grow(x))


class BigGAN(nn.Module):
    """Brock et al. (2019) without classes: the latent enters in parts, one at the stem and one at every block.

    Spectral normalisation divides by the largest singular value, which is 1 under the orthogonal initialiser, so
    it is left out. Self-attention sits at 32 x 32 with its learned weight at its start, 0, so it is left out too.
    """

    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        widths = _widths(width)
        self.part = size // (DOUBLINGS + 1)
        self.stem = Stem(self.part, widths[0])
        self.blocks = nn.ModuleList(ConditionalUp(self.part, *pair) for pair in pairwise(widths))
        self.head = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, 3, 3, padding=1), nn.Tanh())

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        first, *parts = z.flatten(1).split(self.part, dim=1)
        x = self.stem(first)
        for block, part in zip(self.blocks, parts, strict=True):
            x = block(x, part)
        return self.head(x)


def biggan(width: int, seed: int, size: int = 120) -> nn.Module:
    """BigGAN with its orthogonal initialiser."""
    with seeded(seed):
        return initialise(BigGAN(width, size), "orthogonal", bias="zero")


class Modulated(nn.Module):
    """StyleGAN2's convolution: weights scaled by a style per input channel, then normalised per output channel."""

    def __init__(self, style: int, before: int, after: int, kernel: int, demodulate: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(after, before, kernel, kernel))
        self.style = nn.Parameter(torch.randn(before, style))
        self.demodulate = demodulate

    def forward(self, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        styles = 1 + w @ self.style.T / math.sqrt(w.shape[1])
        weight = self.weight[None] * styles[:, None, :, None, None]
        if self.demodulate:
            weight = weight * (weight.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8).rsqrt()
        else:
            weight = weight / math.sqrt(self.weight[0].numel())
        grouped = functional.conv2d(
            x.reshape(1, -1, *x.shape[2:]), weight.flatten(0, 1), padding=weight.shape[-1] // 2, groups=len(x)
        )
        return grouped.unflatten(1, (len(x), -1))[0]


class StyleGAN2(nn.Module):
    """The synthesis of Karras et al. (2020): a learned constant, modulated convolutions, outputs added up.

    Doubling is bilinear, which is what transposing and filtering with [1, 3, 3, 1] amounts to away from borders.
    `noise` is the strength of the noise added to every layer; it starts at 0 in the paper.
    """

    def __init__(self, width: int, size: int, noise: float) -> None:
        super().__init__()
        widths = _widths(width)
        self.mapping = nn.ParameterList(torch.randn(size, size) for _ in range(8))
        self.constant = nn.Parameter(torch.randn(1, widths[0], STEM, STEM))
        pairs = [(widths[0], widths[0]), *pairwise(widths)]
        self.first = nn.ModuleList(Modulated(size, before, after, 3) for before, after in pairs)
        self.second = nn.ModuleList(Modulated(size, after, after, 3) for _, after in pairs[1:])
        self.colour = nn.ModuleList(Modulated(size, after, 3, 1, demodulate=False) for _, after in pairs)
        self.grow = Interpolate("bilinear")
        self.noise = noise
        # The noise of the first batch is drawn with the weights, so that a network and a latent fix an image.
        self.seed = int(torch.randint(2**31, ()))

    def _active(self, x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        drawn = torch.randn((len(x), 1, *x.shape[2:]), generator=generator)
        return functional.leaky_relu(x + self.noise * drawn, 0.2) * math.sqrt(2)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        generator = torch.Generator().manual_seed(self.seed)
        w = z.flatten(1)
        w = w * (w.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()
        for weight in self.mapping:
            w = functional.leaky_relu(w @ weight / math.sqrt(len(weight)), 0.2) * math.sqrt(2)
        x = self._active(self.first[0](self.constant.expand(len(z), -1, -1, -1), w), generator)
        image = self.colour[0](x, w)
        for first, second, colour in zip(self.first[1:], self.second, self.colour[1:], strict=True):
            x = self._active(self.grow(first(x, w)), generator)
            x = self._active(second(x, w), generator)
            image = self.grow(image) + colour(x, w)
        return image


def stylegan2(width: int, seed: int, size: int = 128, noise: float = 0.0) -> nn.Module:
    """StyleGAN2 with unit normal weights, scaled at run time as in the paper."""
    with seeded(seed):
        return StyleGAN2(width, size, noise)


def mlp_gan(width: int, seed: int, size: int = 100) -> nn.Module:
    """A dense generator in the manner of Goodfellow et al. (2014): three hidden ReLU layers, PyTorch's initialiser."""
    with seeded(seed):
        sizes = [size, 4 * width, 8 * width, 16 * width]
        layers: list[nn.Module] = [nn.Flatten()]
        for before, after in pairwise(sizes):
            layers += [nn.Linear(before, after), nn.ReLU()]
        side = STEM * 2**DOUBLINGS
        return nn.Sequential(*layers, nn.Linear(sizes[-1], 3 * side**2), nn.Unflatten(1, (3, side, side)), nn.Tanh())


def pixel_shuffle_gan(width: int, seed: int, size: int = 100) -> nn.Module:
    """A generator on sub-pixel convolutions (Shi et al. 2016) as in SRGAN: convolve, shuffle, PReLU."""
    with seeded(seed):
        widths = _widths(width)
        layers: list[nn.Module] = [Stem(size, widths[0])]
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, 4 * after, 3, padding=1), nn.PixelShuffle(2), nn.PReLU()]
        return nn.Sequential(*layers, nn.Conv2d(width, 3, 3, padding=1), nn.Tanh())


class PixelNorm(nn.Module):
    """Scale the channels at every place to a mean square of 1."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


def progressive_gan(width: int, seed: int, size: int = 128) -> nn.Module:
    """Karras et al. (2018), fully grown: nearest doubling, two convolutions, pixel normalisation; He's scaling."""
    with seeded(seed):
        widths = _widths(width)
        layers: list[nn.Module] = [PixelNorm(), Stem(size, widths[0]), nn.LeakyReLU(0.2), PixelNorm()]
        layers += [nn.Conv2d(widths[0], widths[0], 3, padding=1), nn.LeakyReLU(0.2), PixelNorm()]
        for before, after in pairwise(widths):
            layers.append(Interpolate("nearest"))
            for channels in (before, after):
                layers += [nn.Conv2d(channels, after, 3, padding=1), nn.LeakyReLU(0.2), PixelNorm()]
        return initialise(nn.Sequential(*layers, nn.Conv2d(width, 3, 1)), "he", bias="zero")


def self_attention_gan(width: int, seed: int, size: int = 128) -> nn.Module:
    """The WGAN-GP ResNet with self-attention at 32 x 32 (Zhang et al. 2019), its weight at 1 instead of 0."""
    with seeded(seed):
        network = wgan_gp(width, seed, size)
        attention = initialise(SelfAttention(_widths(width)[3]), "xavier", bias="zero")
        layers = list(network.children())
        return nn.Sequential(*layers[:DOUBLINGS], attention, *layers[DOUBLINGS:])


@dataclass(frozen=True)
class Generator:
    """A generator: how to build it, the size of its latent and how it doubles the side."""

    build: Callable[[int, int], nn.Module]
    latent: int
    operator: str


GENERATORS = {
    "DCGAN": Generator(dcgan, 100, "transposed"),
    "WGAN-GP ResNet": Generator(wgan_gp, 128, "nearest"),
    "BigGAN": Generator(biggan, 120, "nearest"),
    "StyleGAN2": Generator(stylegan2, 128, "bilinear"),
    "dense GAN": Generator(mlp_gan, 100, "dense"),
    "pixel-shuffle GAN": Generator(pixel_shuffle_gan, 100, "pixelshuffle"),
}
"""the six families that the question names or implies"""


def stylegan2_noisy(width: int, seed: int, size: int = 128) -> nn.Module:
    """StyleGAN2 with noise of strength 0.1 in every layer, as after some training."""
    return stylegan2(width, seed, size, noise=0.1)


MORE_GENERATORS = {
    "progressive GAN": Generator(progressive_gan, 128, "nearest"),
    "SAGAN": Generator(self_attention_gan, 128, "nearest"),
    "StyleGAN2 with noise": Generator(stylegan2_noisy, 128, "bilinear"),
}
