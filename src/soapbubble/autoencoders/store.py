"""Trained models on disk: the weights of all replicates in one safetensors file, and a card beside it as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from soapbubble.autoencoders.classifier import load_classifiers
from soapbubble.autoencoders.pictures import Pictures, pictures
from soapbubble.config.autoencoders import Autoencoder
from soapbubble.config.autoencoders import Pictures as PictureSettings
from soapbubble.data.dataset import Dataset
from soapbubble.errors import SoapbubbleError
from soapbubble.measuring.digit_classifier import DigitClassifier
from soapbubble.measuring.training import Curve
from soapbubble.models.autoencoder import AutoencoderNet, build
from soapbubble.models.weights import load_tensor, load_weights

CLASSIFIER = "classifier"
SEEN = "seen"


def card_path(weights: Path) -> Path:
    """Where the card of the model `weights` lies."""
    return weights.with_suffix(".json")


def save_model(
    name: str,
    spec: Autoencoder,
    settings: PictureSettings,
    trained: Sequence[tuple[int, AutoencoderNet, Curve, torch.Tensor]],
    weights: Path,
    card: Path,
) -> None:
    """Write the networks of one model, given as (seed, network, curve, images seen), and its card."""
    tensors = {
        f"{replicate}/{key}": value.contiguous()
        for replicate, (_, network, _, _) in enumerate(trained)
        for key, value in network.state_dict().items()
    }
    tensors |= {f"{SEEN}/{replicate}": seen for replicate, (*_, seen) in enumerate(trained)}
    save_file(tensors, weights)
    about = {
        "name": name,
        "spec": spec.model_dump(),
        "pictures": settings.model_dump(),
        "parameters": sum(value.numel() for value in trained[0][1].parameters()),
        "replicates": [{"seed": seed, "curve": asdict(curve)} for seed, _, curve, _ in trained],
    }
    card.write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", encoding="utf-8")


class Trained:
    """One model: its specification and its trained networks, one a replicate, read when they are asked for."""

    def __init__(self, weights: Path) -> None:
        try:
            self._card: dict[str, Any] = json.loads(card_path(weights).read_text(encoding="utf-8"))
            self.name: str = self._card["name"]
            self.spec = Autoencoder(**self._card["spec"])
            self.parameters: int = self._card["parameters"]
            self.replicates = range(len(self._card["replicates"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SoapbubbleError(
                f"{card_path(weights)}: not the card of a model; delete it and run snakemake again."
            ) from error
        self._weights = weights

    def network(self, replicate: int) -> AutoencoderNet:
        """The trained network of one replicate, ready to be used.

        Raises:
            SoapbubbleError: the file of weights is missing, damaged or of another model.
        """
        network = build(self.spec, seed=0)
        load_weights(network, self._weights, f"{replicate}/")
        return network.eval()

    def curve(self, replicate: int) -> Curve:
        """How the training of one replicate went."""
        return Curve(**self._card["replicates"][replicate]["curve"])

    def seen(self, replicate: int) -> np.ndarray:
        """Of each row of its training images, bool (n,), whether this network was trained on it."""
        return load_tensor(self._weights, f"{SEEN}/{replicate}").numpy()

    def pictures(self, dataset: Dataset, replicate: int) -> Pictures:
        """The pictures that the network of one replicate was trained, stopped and is tested with."""
        settings = PictureSettings(**self._card["pictures"])
        return pictures(dataset, self.spec.side, settings, self.spec.train_images, replicate)


class Models(Mapping[str, Trained]):
    """The trained models that a part was given, by name, and the digit classifiers."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = {file.stem: file for file in files}

    def __getitem__(self, name: str) -> Trained:
        return Trained(self._files[name])

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._files if name != CLASSIFIER)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @cached_property
    def classifiers(self) -> list[DigitClassifier]:
        """The digit classifiers, one a replicate, which no autoencoder trained with.

        With one of its own for each network, an interval over networks also contains what differs between classifiers.
        """
        weights = self._files[CLASSIFIER]
        return load_classifiers(weights, card_path(weights))
