"""Training an image network of the configuration with the shared loop."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from soapbubble.config.networks import Network, NetworkTraining
from soapbubble.measuring.training import Curve, Plan, warm_up_and_decay
from soapbubble.measuring.training import train as train_task
from soapbubble.models.small_vision import build_network
from soapbubble.networks.images import TrainingImages

BATCH_SIZE = 256  # images at a time where nothing is learned


class NamingTask:
    """A network that learns to name images; "loss" is its cross-entropy in evaluation mode, in nats an image."""

    def __init__(self, network: nn.Module, shown: TrainingImages) -> None:
        self.network = network
        self.total = len(shown.images)
        self._shown = shown
        self._images = shown.images.contiguous(memory_format=torch.channels_last)

    def loss(self, rows: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """The mean cross-entropy of these training images, twice."""
        loss = cross_entropy(self.network(self._images[rows]), self._shown.labels[rows])
        return loss, loss

    def validation(self) -> dict[str, float]:
        """Loss and accuracy on the training images, which nothing is stopped by, and accuracy on the held-out ones."""
        log_odds = self._log_odds(self._images)
        test = self._log_odds(self._shown.test)
        return {
            "loss": float(cross_entropy(log_odds, self._shown.labels)),
            "accuracy": _accuracy(log_odds, self._shown.labels),
            "test_accuracy": _accuracy(test, self._shown.test_labels),
        }

    def _log_odds(self, images: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.network(part) for part in images.split(BATCH_SIZE)])


def _accuracy(log_odds: torch.Tensor, labels: torch.Tensor) -> float:
    return float((log_odds.argmax(dim=1) == labels).float().mean())


def train(
    name: str, spec: Network, settings: NetworkTraining, shown: TrainingImages, seed: int
) -> tuple[nn.Module, Curve]:
    """Train the network of `spec`, whose weights and batches come from `seed`, and keep its last weights.

    Raises:
        SoapbubbleError: the loss is not finite any more, or tenfold that of the untrained network.
    """
    network = build_network(spec.architecture, settings.side, spec.patch, spec.width, settings.classes, seed)
    plan = Plan(
        steps=settings.steps,
        batch_size=settings.batch_size,
        lr=warm_up_and_decay(spec.lr, settings.steps, settings.warm_up, settings.decay),
        validate_every=settings.steps,
    )
    curve, _ = train_task(NamingTask(network, shown), plan, seed, f"networks.families.{name}")
    return network, curve
