"""A small VAE on small grey pictures: how well it does after a short training."""

from __future__ import annotations

import torch
from torch.nn import functional

from soapbubble.measuring.training import fit, random_batches
from soapbubble.models.vae import VAE


def loss_per_picture(network: VAE, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Negative evidence lower bound in nats a picture, one draw of the latent each (Kingma and Welling 2014).

    `images` (n, 1, h, w) in [0, 1] are taken as probabilities of white; the decoder gives their log-odds.
    """
    mean, log_variance = network.encode(images)
    odds = network.decoder(network.sample(mean, log_variance, 1.0, generator))
    fidelity = functional.binary_cross_entropy_with_logits(odds, images, reduction="sum")
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum()
    return (fidelity + divergence) / len(images)


def train_and_test(
    network: VAE, train: torch.Tensor, test: torch.Tensor, steps: int, batch_size: int, lr: float, seed: int
) -> float:
    """Train `network` in place and return its loss on `test` in nats a picture; infinite where it diverged."""
    generator = torch.Generator().manual_seed(seed)
    rows = random_batches(len(train), batch_size, steps, seed)
    fit(network.parameters(), lambda step: loss_per_picture(network, train[rows[step]], generator), steps, lr)
    network.eval()
    with torch.inference_mode():
        loss = float(loss_per_picture(network, test, generator))
    return loss if loss == loss else float("inf")


def mean_picture_loss(train: torch.Tensor, test: torch.Tensor) -> float:
    """Nats a picture of the model that always prints the mean of `train`: what ignoring the latent can reach."""
    probability = train.mean(dim=0, keepdim=True).clamp(1e-3, 1 - 1e-3).expand_as(test)
    return float(functional.binary_cross_entropy(probability, test, reduction="sum")) / len(test)
