"""What training an autoencoder minimises: distortion and KL of a batch, and the same on the validation set."""

from __future__ import annotations

import torch

from soapbubble.models.autoencoder import AutoencoderNet, distortion, objective, rate

BATCH_SIZE = 512  # validation images at a time


class AutoencoderTask:
    """A network, the images (n, 1, side, side) that it learns from, and those that stop its training.

    All losses are in nats an image; "loss" is the distortion plus the effective beta times the KL.
    """

    def __init__(self, network: AutoencoderNet, train: torch.Tensor, validation: torch.Tensor, seed: int) -> None:
        self.network = network
        self.total = len(train)
        self._device = next(network.parameters()).device
        self._train, self._validation = (
            images.to(self._device, memory_format=torch.channels_last) for images in (train, validation)
        )
        self._seed = seed

    def loss(self, rows: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """What is minimised, which may weigh the terms in another way, and the loss."""
        lost, kl = self._terms(self._train[rows.to(self._device)], generator)
        return objective(self.network, lost, kl), (lost + self.network.spec.effective_beta * kl).mean()

    def validation(self) -> dict[str, float]:
        """Loss, distortion and KL of the validation images."""
        # The same noise at every call: the loss then changes with the weights alone.
        generator = torch.Generator().manual_seed(self._seed)
        terms = [self._terms(batch, generator) for batch in self._validation.split(BATCH_SIZE)]
        lost, kl = (float(torch.cat(term).mean()) for term in zip(*terms, strict=True))
        return {"loss": lost + self.network.spec.effective_beta * kl, "distortion": lost, "kl": kl}

    def _terms(self, images: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        mean, log_variance = self.network.encode(images)
        shown = self.network.decode(self.network.draw(mean, log_variance, generator))
        return distortion(self.network, shown, images), rate(mean, log_variance)
