"""A variational autoencoder: an encoder and a decoder with a noisy latent between them."""

from __future__ import annotations

import torch
from torch import nn

from soapbubble.config.ingredients import Norm
from soapbubble.models.decoders import DecoderSpec, build_decoder
from soapbubble.models.encoders import Bottleneck, Encoder, build_encoder, mirror


class VAE(nn.Module):
    """Kingma and Welling (2014): images -> mean and log-variance -> a sample -> images."""

    def __init__(self, encoder: Encoder, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def encode(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log-variance of the latents of `images`."""
        return self.encoder(images)

    def sample(
        self,
        mean: torch.Tensor,
        log_variance: torch.Tensor,
        noise: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> torch.Tensor:
        """A latent around `mean`; `noise` scales the standard deviation (1 as in training, 0 for `mean`)."""
        if noise == 0:
            return mean
        drawn = torch.randn(mean.shape, generator=generator, dtype=mean.dtype)
        return mean + noise * torch.exp(log_variance / 2) * drawn.to(mean.device)

    def forward(
        self, images: torch.Tensor, noise: float = 1.0, generator: torch.Generator | None = None
    ) -> torch.Tensor:
        """Images through the whole network."""
        return self.decoder(self.sample(*self.encode(images), noise, generator))


def build_vae(
    spec: DecoderSpec, seed: int, bottleneck: Bottleneck = "spatial", encoder_norm: Norm | None = None
) -> VAE:
    """An untrained VAE around the decoder `spec`; encoder and decoder draw independent weights from `seed`."""
    encoder = build_encoder(mirror(spec, bottleneck, encoder_norm), seed=2 * seed)
    return VAE(encoder, build_decoder(spec, seed=2 * seed + 1))
