"""The judge of digits: a small classifier that no autoencoder trains with, in whose features distances are measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

from soapbubble.autoencoders.pictures import DIGIT_SIDE, Pictures, digits_only
from soapbubble.autoencoders.weights import load_weights
from soapbubble.config.autoencoders import Classifier
from soapbubble.errors import SoapbubbleError
from soapbubble.models.digit_classifier import build_classifier, in_pieces
from soapbubble.progress import progress

CLASSES = 10


def untrained_classifier(settings: Classifier) -> nn.Sequential:
    """The judge before it has learnt anything; all but its last layer gives the features."""
    return build_classifier(DIGIT_SIDE, settings.width, settings.features, CLASSES, settings.seed)


def train_classifier(settings: Classifier, pictures: Pictures) -> nn.Sequential:
    """Train the judge on the training pictures (28 x 28) and their labels.

    Raises:
        SoapbubbleError: the digits have no labels.
    """
    if min(pictures.train_labels) < 0:
        raise SoapbubbleError("data.digits: the judge of digits needs labels; give `labels` beside `path`.")
    network = untrained_classifier(settings)
    labels = torch.from_numpy(pictures.train_labels.astype(np.int64))
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.rate, fused=True)
    generator = torch.Generator().manual_seed(settings.seed)
    for step in progress(range(settings.steps), "training the judge of digits"):
        for group in optimiser.param_groups:
            group["lr"] = settings.rate * (1 - step / settings.steps)
        rows = torch.randint(len(labels), (settings.batch,), generator=generator)
        loss = functional.cross_entropy(network(pictures.train[rows]), labels[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return network.eval()


class Judge:
    """A trained classifier, for images (n, 28, 28) of ink in [0, 1]."""

    def __init__(self, network: nn.Sequential, accuracy: float, pictures: int) -> None:
        self.network = network
        self.accuracy = accuracy
        self.pictures = pictures

    def features(self, images: np.ndarray) -> np.ndarray:
        """Its last hidden layer, float64 (n, features)."""
        return self._through(self.network[:-1], images)

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """How likely it takes each digit to be, (n, 10)."""
        logits = torch.from_numpy(self._through(self.network, images))
        return functional.softmax(logits, dim=1).numpy()

    def _through(self, layers: nn.Module, images: np.ndarray) -> np.ndarray:
        inputs = torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))[:, None]
        return in_pieces(layers, inputs).double().numpy()


def judge_of(network: nn.Sequential, pictures: Pictures) -> Judge:
    """The judge with its accuracy on the test pictures."""
    judge = Judge(network, 0.0, len(pictures.test))
    guesses = judge.probabilities(digits_only(pictures.test)).argmax(axis=1)
    return Judge(network, float((guesses == pictures.test_labels).mean()), len(pictures.test))


def save_classifier(judge: Judge, settings: Classifier, weights: Path, card: Path) -> None:
    """Write the weights and, as JSON, what they belong to."""
    save_file({key: value.contiguous() for key, value in judge.network.state_dict().items()}, weights)
    about = {"settings": settings.model_dump(), "accuracy": judge.accuracy, "pictures": judge.pictures}
    card.write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def load_classifier(weights: Path, card: Path) -> Judge:
    """Read what `save_classifier` wrote.

    Raises:
        SoapbubbleError: a file is missing or damaged, or the two do not belong together.
    """
    try:
        about = json.loads(card.read_text(encoding="utf-8"))
        network = untrained_classifier(Classifier(**about["settings"]))
        accuracy, pictures = float(about["accuracy"]), int(about["pictures"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SoapbubbleError(f"{card}: not the card of a classifier; delete it and run snakemake again.") from error
    load_weights(network, weights)
    return Judge(network.eval(), accuracy, pictures)
