"""Independent checks that a network's draws and KL are what theory says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.distributions import Normal

from soapbubble.models.autoencoder import AutoencoderNet, rate


@dataclass(frozen=True)
class Check:
    """What was found over some images; KL in nats per image.

    `noise_mean` and `noise_std` are those of (draw - mean) / std; `kl` is in closed form and `monte_carlo_kl` the mean
    of the log density ratio over draws.
    """

    noise_mean: float
    noise_std: float
    kl: float
    monte_carlo_kl: float


@torch.inference_mode()
def check(network: AutoencoderNet, images: torch.Tensor, draws: int, generator: torch.Generator) -> Check:
    """Check `network` at `images` (n, 1, h, w) by `draws` draws of each."""
    mean, log_variance = network.encode(images)
    posterior, prior = Normal(mean, torch.exp(log_variance / 2)), Normal(0.0, 1.0)

    noise, ratios = np.zeros(2), []
    for _ in range(draws):
        latents = network.draw(mean, log_variance, generator)
        standard = (latents - posterior.loc) / posterior.scale
        noise += float(standard.mean()), float(standard.square().mean())
        ratios.append(float((posterior.log_prob(latents) - prior.log_prob(latents)).flatten(1).sum(1).double().mean()))
    return Check(
        noise_mean=noise[0] / draws,
        noise_std=float(np.sqrt(noise[1] / draws)),
        kl=float(rate(mean, log_variance).double().mean()),
        monte_carlo_kl=float(np.mean(ratios)),
    )
