"""Small autoencoders, variational or not, whose bottleneck is a grid of cells or a vector."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from soapbubble.config.autoencoders import Autoencoder
from soapbubble.errors import SoapbubbleError
from soapbubble.models.initialise import seeded
from soapbubble.models.layers import channels_last

TRUNK_GRID = {28: 7, 32: 8}  # two halvings


class AutoencoderNet(nn.Module):
    """Kingma and Welling (2014): pictures -> mean and log-variance of the latents -> a draw -> pictures.

    Latents are (n, channels, rows, columns); a dense bottleneck has one row and one column. Pictures are
    (n, 1, height, width) in [0, 1]; decoding gives log-odds (Bernoulli) or values (Gaussian).
    """

    def __init__(self, spec: Autoencoder) -> None:
        super().__init__()
        self.spec = spec
        self.latent_shape = (spec.channels, spec.grid, spec.grid)
        halvings = _halvings(spec)
        wide = 2 * spec.width
        self.encoder = nn.Sequential(*_down(spec, halvings))
        cells = TRUNK_GRID[spec.side] if spec.bottleneck == "dense" else spec.grid
        flat = wide * cells**2
        if spec.hidden:
            self.encoder.extend([nn.Conv2d(wide, spec.hidden, 1), nn.ReLU()])
            flat = spec.hidden * cells**2
        dense_in = spec.bottleneck in ("dense", "dense-encoder")
        dense_out = spec.bottleneck in ("dense", "dense-decoder")
        # Two heads rather than one that is cut in two: their outputs stay dense in memory.
        self.mean = _Flat(flat, self.latent_shape) if dense_in else nn.Conv2d(wide, spec.channels, 1)
        self.log_variance = _Flat(flat, self.latent_shape) if dense_in else nn.Conv2d(wide, spec.channels, 1)
        told = spec.channels + (2 if spec.coordinates else 0)
        if dense_out:
            inner = (spec.hidden or wide, cells, cells)
            first: list[nn.Module] = [_Flat(spec.latents, inner)]
            if spec.hidden:
                first += [nn.ReLU(), nn.Conv2d(spec.hidden, wide, 1)]
        else:
            first = [nn.Conv2d(told, wide, 1)]
        if spec.reach:
            first += [_Dilated(wide, dilation) for dilation in (1, 2, 4)]
        self.decoder = nn.Sequential(*first, *_up(spec, halvings))

    def encode(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log-variance of the latents of `pictures`.

        Raises:
            SoapbubbleError: the pictures do not have the size that a dense bottleneck was built for.
        """
        side = self.spec.side
        if self.spec.bottleneck != "grid" and pictures.shape[-2:] != (side, side):
            raise SoapbubbleError(
                f"pictures of {pictures.shape[-2]} x {pictures.shape[-1]} pixels do not fit a dense layer made for "
                f"{side} x {side}; use a model with a grid as its bottleneck."
            )
        seen = self.encoder(pictures)
        return self.mean(seen), self.log_variance(seen).clamp(-15, 15)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """What the latents (n, channels, rows, columns) look like."""
        if self.spec.coordinates:
            latents = torch.cat([latents, _coordinates(latents)], dim=1)
        return self.decoder(latents)

    def draw(self, mean: torch.Tensor, log_variance: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Latents as training draws them, with the model's own mistakes if it has any."""
        kind = self.spec.noise
        if kind == "none":
            return mean
        n, channels, rows, columns = mean.shape
        cells = (1, 1) if kind == "shared" else (rows, columns)
        # Drawn with the channels last, as the network's own numbers lie in memory.
        noise = torch.randn((n, *cells, channels), generator=generator).permute(0, 3, 1, 2).to(mean.device)
        return mean + torch.exp(log_variance if kind == "variance" else log_variance / 2) * noise

    def expected_images(self, latents: torch.Tensor) -> torch.Tensor:
        """The pictures in [0, 1] that the latents stand for: the expected ones."""
        shown = self.decode(latents)
        return torch.sigmoid(shown) if self.spec.likelihood == "bernoulli" else shown.clamp(0, 1)


def build(spec: Autoencoder, seed: int) -> AutoencoderNet:
    """An untrained network of `spec` whose weights come from `seed`."""
    with seeded(seed):
        network = AutoencoderNet(spec)
    if spec.likelihood == "bernoulli":
        # Most pixels are black: to start from there saves the steps in which only that is learnt.
        last = network.decoder[-1]
        assert isinstance(last.bias, torch.Tensor)
        nn.init.constant_(last.bias, -2.0)
    return channels_last(network)


def distortion(network: AutoencoderNet, shown: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
    """Nats a picture (n,) that describing `pictures` costs when `shown` was decoded."""
    if network.spec.likelihood == "bernoulli":
        lost = functional.binary_cross_entropy_with_logits(shown, pictures, reduction="none")
    else:
        lost = (shown - pictures).square() / (2 * network.spec.pixel_std**2)
    return lost.sum((1, 2, 3))


def rate(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """Nats a picture (n,) of the divergence of its latents' distribution from the prior N(0, I)."""
    return _Rate.apply(mean, log_variance)


def objective(network: AutoencoderNet, lost: torch.Tensor, kl: torch.Tensor) -> torch.Tensor:
    """What training minimises, from the distortion and the rate (n,) of a batch."""
    spec = network.spec
    weight = spec.beta / spec.grid**2 if spec.kl_reduction == "site-mean" else spec.beta
    if spec.loss == "mean":
        return (lost / spec.side**2 + weight * kl / spec.latents).mean()
    return (lost + weight * kl).mean()


def _halvings(spec: Autoencoder) -> int:
    cells = TRUNK_GRID[spec.side] if spec.bottleneck == "dense" else spec.grid
    return (spec.side // cells).bit_length() - 1


def _norm(spec: Autoencoder, channels: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels)] if spec.norm == "batch" else []


def _down(spec: Autoencoder, halvings: int) -> list[nn.Module]:
    """At least two convolutions, of which `halvings` halve the side."""
    layers: list[nn.Module] = []
    channels = 1
    for depth in range(max(2, halvings)):
        wider = spec.width if depth == 0 else 2 * spec.width
        halve = depth >= max(2, halvings) - halvings
        layers.append(nn.Conv2d(channels, wider, 4, 2, 1) if halve else nn.Conv2d(channels, wider, 3, 1, 1))
        layers += [*_norm(spec, wider), nn.ReLU()]
        channels = wider
    return layers


def _up(spec: Autoencoder, halvings: int) -> list[nn.Module]:
    """The mirror image of `_down`."""
    layers: list[nn.Module] = []
    depths = max(2, halvings)
    for depth in reversed(range(depths)):
        channels = 2 * spec.width
        narrower = 1 if depth == 0 else 2 * spec.width
        if depth == 0:
            channels = spec.width
        elif depth == 1:
            narrower = spec.width
        double = depth >= depths - halvings
        layers += [*_norm(spec, channels), nn.ReLU()]
        layers.append(
            nn.ConvTranspose2d(channels, narrower, 4, 2, 1) if double else nn.Conv2d(channels, narrower, 3, 1, 1)
        )
    return layers


def _coordinates(latents: torch.Tensor) -> torch.Tensor:
    """Row and column of each cell, from -1 to 1 (Liu et al. 2018)."""
    n, _, rows, columns = latents.shape
    row = torch.linspace(-1, 1, rows, device=latents.device).view(1, 1, rows, 1).expand(n, 1, rows, columns)
    column = torch.linspace(-1, 1, columns, device=latents.device).view(1, 1, 1, columns).expand(n, 1, rows, columns)
    return torch.cat([row, column], dim=1)


class _Flat(nn.Module):
    """A dense layer from all of one grid to all of another."""

    def __init__(self, inputs: int, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.shape = shape
        self.linear = nn.Linear(inputs, shape[0] * shape[1] * shape[2])

    def forward(self, cells: torch.Tensor) -> torch.Tensor:
        return self.linear(cells.flatten(1)).unflatten(1, self.shape)


class _Dilated(nn.Module):
    """A residual convolution whose taps lie `dilation` cells apart."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation)

    def forward(self, cells: torch.Tensor) -> torch.Tensor:
        return cells + self.convolution(functional.relu(cells))


class _Rate(torch.autograd.Function):
    """`rate` with its gradient written out: to the bit what autograd gives, in half the passes over 65,536 latents."""

    @staticmethod
    def forward(ctx: Any, mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
        grown = log_variance.expm1()
        ctx.save_for_backward(mean, grown)
        return 0.5 * mean.square().add_(grown).sub_(log_variance).sum((1, 2, 3))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean, grown = ctx.saved_tensors
        half = (0.5 * grad)[:, None, None, None]
        return (2 * mean).mul_(half), (grown + 1).mul_(half).sub_(half)
