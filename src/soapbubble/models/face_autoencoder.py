"""The plain convolutional autoencoder of two posts on the latent space of faces."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from soapbubble.config.face_autoencoders import FaceAutoencoder
from soapbubble.errors import SoapbubbleError
from soapbubble.models.initialise import seeded
from soapbubble.models.layers import channels_last

COLOURS = 3


class FaceAutoencoderNet(nn.Module):
    """Images (n, 3, side, side) in [0, 1] to `z_dim` latents without noise, and back to log-odds of each colour.

    Every convolution of the encoder halves the side and every one of the decoder doubles it; leaky ReLUs follow all but
    the last. The two dense layers have no activation.
    """

    def __init__(self, spec: FaceAutoencoder, side: int) -> None:
        super().__init__()
        grid, rest = divmod(side, 2 ** len(spec.filters))
        if rest or grid < 1:
            raise SoapbubbleError(
                f"data.faces: images of {side} x {side} pixels cannot be halved {len(spec.filters)} times; set "
                f"data.faces.size to a multiple of {2 ** len(spec.filters)}."
            )
        self.spec, self.side = spec, side
        self.latent_shape = (spec.z_dim, 1, 1)
        down: list[nn.Module] = []
        channels = COLOURS
        for wide, kernel in zip(spec.filters, spec.kernels, strict=True):
            down += [nn.Conv2d(channels, wide, kernel, 2, kernel // 2), nn.LeakyReLU(spec.slope)]
            channels = wide
        shape = (channels, grid, grid)
        self.encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(channels * grid**2, spec.z_dim))
        up: list[nn.Module] = [nn.Linear(spec.z_dim, channels * grid**2), nn.Unflatten(1, shape)]
        for wide, kernel in zip((*spec.decoder_filters, COLOURS), spec.decoder_kernels, strict=True):
            # One row and one column more make the side exactly twice as long for every odd kernel.
            up += [nn.ConvTranspose2d(channels, wide, kernel, 2, kernel // 2, 1), nn.LeakyReLU(spec.slope)]
            channels = wide
        self.decoder = nn.Sequential(*up[:-1])

    def encode(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The latents (n, z_dim, 1, 1), as means of distributions without width: the log-variances are -inf."""
        latents = self.encoder(images).unflatten(1, self.latent_shape)
        return latents, torch.full_like(latents, -torch.inf)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """The log-odds (n, 3, side, side) that the latents (n, z_dim, 1, 1) stand for."""
        return self.decoder(latents.flatten(1))

    def expected_images(self, latents: torch.Tensor) -> torch.Tensor:
        """The images (n, 3, side, side) in [0, 1] that the latents (n, z_dim, 1, 1) stand for."""
        return torch.sigmoid(self.decode(latents))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The log-odds after encoding and decoding `images`."""
        return self.decoder(self.encoder(images))


def build_face_autoencoder(spec: FaceAutoencoder, side: int, seed: int) -> FaceAutoencoderNet:
    """An untrained network for images of `side` pixels a side; its weights come from `seed`."""
    with seeded(seed):
        network = FaceAutoencoderNet(spec, side)
    return channels_last(network)


def reconstruction_loss(network: FaceAutoencoderNet, log_odds: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """What the network is trained to make small: an average over images, pixels and colours."""
    if network.spec.loss == "bce":
        return functional.binary_cross_entropy_with_logits(log_odds, images)
    return (torch.sigmoid(log_odds) - images).square().mean()
