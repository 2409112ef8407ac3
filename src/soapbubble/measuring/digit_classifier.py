"""A small classifier of digits that no autoencoder trains with; its features are what distances are measured in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from soapbubble.errors import SoapbubbleError
from soapbubble.measuring.batches import batched
from soapbubble.measuring.training import fit, linear_decay
from soapbubble.models.digit_classifier import build_classifier

CLASSES = 10
BATCH_SIZE = 1000  # images that go through a classifier at a time
UNLABELLED = "data.digits: the digit classifier needs labels; give `labels` beside `path`."


@dataclass(frozen=True)
class DigitClassifier:
    """A trained network for images (n, side, side) of ink in [0, 1]; all but its last layer gives the features.

    `accuracy` is that on `tested` test images.
    """

    network: nn.Sequential
    accuracy: float = float("nan")
    tested: int = 0

    def features(self, images: np.ndarray) -> np.ndarray:
        """The last hidden layer, float64 (n, features)."""
        return self._through(self.network[:-1], images)

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Probability of each digit, float64 (n, 10)."""
        logits = torch.from_numpy(self._through(self.network, images))
        return functional.softmax(logits, dim=1).numpy()

    def predict(self, images: np.ndarray) -> np.ndarray:
        """The most probable digit (n,)."""
        return self.probabilities(images).argmax(axis=1)

    def label_accuracy(self, images: np.ndarray, labels: np.ndarray) -> float:
        """Share of the images that are classified as their `labels` (n,)."""
        return float((self.predict(images) == labels).mean())

    def confidence(self, images: np.ndarray) -> np.ndarray:
        """Probability of the most probable digit (n,)."""
        return self.probabilities(images).max(axis=1)

    def tested_on(self, images: np.ndarray, labels: np.ndarray) -> DigitClassifier:
        """The same classifier with its accuracy on these test images."""
        return DigitClassifier(self.network, self.label_accuracy(images, labels), len(images))

    def _through(self, layers: nn.Module, images: np.ndarray) -> np.ndarray:
        inputs = torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))[:, None]
        return batched(layers, inputs, BATCH_SIZE).double().numpy()


def train_digit_classifier(
    images: torch.Tensor,
    labels: np.ndarray,
    *,
    width: int,
    features: int,
    steps: int,
    batch_size: int,
    lr: float,
    seed: int,
) -> DigitClassifier:
    """Train on images (n, 1, side, side) and their labels (n,); weights and batches come from `seed`.

    Raises:
        SoapbubbleError: the digits have no labels.
    """
    if min(labels) < 0:
        raise SoapbubbleError(UNLABELLED)
    network = build_classifier(images.shape[-1], width, features, CLASSES, seed)
    truth = torch.from_numpy(labels.astype(np.int64))
    generator = torch.Generator().manual_seed(seed)

    def loss(step: int) -> torch.Tensor:
        rows = torch.randint(len(truth), (batch_size,), generator=generator)
        return functional.cross_entropy(network(images[rows]), truth[rows])

    fit(network.parameters(), loss, steps, linear_decay(lr, steps), doing="training the digit classifier")
    return DigitClassifier(network.eval())
