"""Trained autoencoders of faces on disk: weights and latents in one safetensors file, and a card beside it as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from soapbubble.autoencoders.face_train import TrainedFaceNetwork
from soapbubble.config.face_autoencoders import FaceAutoencoder
from soapbubble.errors import SoapbubbleError
from soapbubble.measuring.training import Curve
from soapbubble.models.face_autoencoder import FaceAutoencoderNet, build_face_autoencoder
from soapbubble.models.initialise import parameter_count
from soapbubble.models.weights import load_tensor, load_weights

KIND = "face autoencoder"
LATENTS, UNTRAINED = "latents", "untrained latents"


@dataclass(frozen=True)
class FaceLatents:
    """The latents of the faces that a network was trained on, float32 (n, d), and of held-out faces (m, d).

    Those of replicate r are in the order of the images of `Dataset.of_replicate(r)`, by whose split it was trained.
    """

    train: np.ndarray
    test: np.ndarray

    @property
    def all(self) -> np.ndarray:
        """The latents of all faces (n + m, d), those trained on first."""
        return np.concatenate([self.train, self.test])


def save_face_model(
    name: str,
    spec: FaceAutoencoder,
    train: int,
    trained: Sequence[TrainedFaceNetwork],
    weights: Path,
    card: Path,
) -> None:
    """Write the networks of one model, the latents of all images, and its card.

    Each network has its own split of the images; in the order of each, the first `train` are for training.
    """
    tensors = {
        f"{replicate}/{key}": value.contiguous()
        for replicate, item in enumerate(trained)
        for key, value in item.network.state_dict().items()
    }
    for replicate, item in enumerate(trained):
        tensors[f"{LATENTS}/{replicate}"] = torch.from_numpy(item.latents)
        tensors[f"{UNTRAINED}/{replicate}"] = torch.from_numpy(item.untrained_latents)
    save_file(tensors, weights)
    about = {
        "kind": KIND,
        "name": name,
        "spec": spec.model_dump(),
        "side": trained[0].network.side,
        "train": train,
        "test": len(trained[0].latents) - train,
        "parameters": parameter_count(trained[0].network),
        "replicates": [{"seed": item.seed, "curve": asdict(item.curve)} for item in trained],
    }
    card.write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", encoding="utf-8")


class TrainedFaces:
    """One model: its specification, and its networks and latents, one a replicate, read when they are asked for.

    `train` and `test` say how many faces each was trained on and how many were held out: others for each replicate.
    """

    def __init__(self, weights: Path) -> None:
        card_file = weights.with_suffix(".json")
        try:
            self._card: dict[str, Any] = json.loads(card_file.read_text(encoding="utf-8"))
            self.name: str = self._card["name"]
            self.spec = FaceAutoencoder(**self._card["spec"])
            self.side: int = self._card["side"]
            self.train: int = self._card["train"]
            self.test: int = self._card["test"]
            self.parameters: int = self._card["parameters"]
            self.replicates = range(len(self._card["replicates"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SoapbubbleError(
                f"{card_file}: not the card of a model of faces; delete it and run snakemake again."
            ) from error
        self._weights = weights

    def network(self, replicate: int) -> FaceAutoencoderNet:
        """The trained network of one replicate, ready to be used.

        Raises:
            SoapbubbleError: the file of weights is missing, damaged or of another model.
        """
        network = build_face_autoencoder(self.spec, self.side, seed=0)
        load_weights(network, self._weights, f"{replicate}/")
        return network.eval()

    def untrained(self, replicate: int) -> FaceAutoencoderNet:
        """The network of one replicate as it was before its training."""
        return build_face_autoencoder(self.spec, self.side, self._card["replicates"][replicate]["seed"]).eval()

    def latents(self, replicate: int) -> FaceLatents:
        """What the trained encoder of one replicate makes of all faces, in the order of its split."""
        return self._latents(f"{LATENTS}/{replicate}")

    def untrained_latents(self, replicate: int) -> FaceLatents:
        """The same before its training."""
        return self._latents(f"{UNTRAINED}/{replicate}")

    def curve(self, replicate: int) -> Curve:
        """How the training of one replicate went; the validation losses are those of faces that it holds out."""
        return Curve(**self._card["replicates"][replicate]["curve"])

    def _latents(self, key: str) -> FaceLatents:
        rows = load_tensor(self._weights, key).numpy()
        return FaceLatents(rows[: self.train], rows[self.train :])
