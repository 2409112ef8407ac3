"""Two ways of writing the loss of a VAE: sums of both terms with a weight, or the mean of each."""

from __future__ import annotations

import torch

from soapbubble.config.autoencoders import Autoencoder
from soapbubble.models.autoencoder import build, distortion, objective, rate


def gradient_mismatch(averaged: Autoencoder, beta: float, pictures: torch.Tensor, seed: int) -> float:
    """How far the gradients of the averaged loss are from being proportional to those of sums with the weight `beta`.

    Both losses see the same fresh weights, pictures (n, 1, side, side) and noise, in double precision. The largest
    difference of an element, once the averaged loss is multiplied by the number of pixels, over the largest element.
    """
    summed = averaged.model_copy(update={"loss": "sum", "beta": beta})
    a = averaged.side**2 * _gradient(averaged, pictures, seed)
    b = _gradient(summed, pictures, seed)
    return float((a - b).abs().max() / b.abs().max())


def _gradient(spec: Autoencoder, pictures: torch.Tensor, seed: int) -> torch.Tensor:
    """The gradient of the loss of `spec` in all weights of a fresh network, as one vector."""
    network = build(spec, seed).double()
    seen = pictures.double()
    mean, log_variance = network.encode(seen)
    latents = network.draw(mean, log_variance, torch.Generator().manual_seed(seed))
    loss = objective(network, distortion(network, network.decode(latents), seen), rate(mean, log_variance))
    return torch.cat([item.flatten() for item in torch.autograd.grad(loss, list(network.parameters()))])
