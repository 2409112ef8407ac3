"""Proofs that a network's draws and divergence are what theory says, by ways of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.distributions import Normal

from soapbubble.models.autoencoder import AutoencoderNet, rate


@dataclass(frozen=True)
class Proof:
    """What was found over some pictures; divergences in nats a picture.

    `noise_mean` and `noise_deviation` are those of (draw - mean) / deviation; `divergence` is KL in closed form and
    `sampled_divergence` the mean of its definition over draws.
    """

    noise_mean: float
    noise_deviation: float
    divergence: float
    sampled_divergence: float


@torch.inference_mode()
def prove(network: AutoencoderNet, images: torch.Tensor, draws: int, generator: torch.Generator) -> Proof:
    """Check `network` at `images` (n, 1, h, w) by `draws` draws of each."""
    mean, log_variance = network.encode(images)
    law, prior = Normal(mean, torch.exp(log_variance / 2)), Normal(0.0, 1.0)

    noise, ratios = np.zeros(2), []
    for _ in range(draws):
        latents = network.draw(mean, log_variance, generator)
        standard = (latents - law.loc) / law.scale
        noise += float(standard.mean()), float(standard.square().mean())
        ratios.append(float((law.log_prob(latents) - prior.log_prob(latents)).flatten(1).sum(1).double().mean()))
    return Proof(
        noise_mean=noise[0] / draws,
        noise_deviation=float(np.sqrt(noise[1] / draws)),
        divergence=float(rate(mean, log_variance).double().mean()),
        sampled_divergence=float(np.mean(ratios)),
    )
