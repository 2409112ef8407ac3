"""Proofs that a network's draws, divergence and bound are what theory says, by ways of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import logsumexp
from torch.distributions import Normal

from soapbubble.models.autoencoder import AutoencoderNet, distortion, rate


@dataclass(frozen=True)
class Proof:
    """What was found over some pictures; divergences and logarithms of likelihoods in nats a picture.

    `noise_mean` and `noise_deviation` are those of (draw - mean) / deviation; `divergence` is KL in closed form and
    `sampled_divergence` the mean of its definition over draws; `bound` is the evidence lower bound, and `likelihood`
    the importance-weighted estimate of ln p(x), which lies between the bound and the truth on average.
    """

    noise_mean: float
    noise_deviation: float
    divergence: float
    sampled_divergence: float
    bound: float
    likelihood: float


@torch.inference_mode()
def prove(
    network: AutoencoderNet, images: torch.Tensor, draws: int, weighted: int, generator: torch.Generator
) -> Proof:
    """Check `network` at `images` (n, 1, h, w) by `draws` draws of each.

    `weighted` more are decoded for the importance-weighted likelihood (Burda et al. 2016).
    """
    mean, log_variance = network.encode(images)
    law, prior = Normal(mean, torch.exp(log_variance / 2)), Normal(0.0, 1.0)

    def log_ratio(latents: torch.Tensor) -> np.ndarray:
        return (law.log_prob(latents) - prior.log_prob(latents)).flatten(1).sum(1).double().numpy()

    noise, ratios = np.zeros(2), []
    for _ in range(draws):
        latents = network.draw(mean, log_variance, generator)
        standard = (latents - law.loc) / law.scale
        noise += float(standard.mean()), float(standard.square().mean())
        ratios.append(log_ratio(latents).mean())
    likelihoods, weights = [], []
    for _ in range(weighted):
        latents = network.draw(mean, log_variance, generator)
        likelihoods.append(-distortion(network, network.decode(latents), images).double().numpy())
        weights.append(likelihoods[-1] - log_ratio(latents))
    divergence = rate(mean, log_variance).double().numpy()
    return Proof(
        noise_mean=noise[0] / draws,
        noise_deviation=float(np.sqrt(noise[1] / draws)),
        divergence=float(divergence.mean()),
        sampled_divergence=float(np.mean(ratios)),
        bound=float(np.mean(likelihoods) - divergence.mean()),
        likelihood=float((logsumexp(weights, axis=0) - np.log(weighted)).mean()),
    )
