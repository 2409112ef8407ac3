"""Image networks on disk: the weights of all replicates in one safetensors file, and a card beside it as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import nn

from soapbubble.config.networks import EFFICIENTNET, Network, NetworkTraining
from soapbubble.data.dataset import Dataset
from soapbubble.errors import SoapbubbleError
from soapbubble.measuring.training import Curve
from soapbubble.models.efficientnet_lite import EfficientNetLite0, efficientnet_lite0
from soapbubble.models.small_vision import PatchNetwork, ResNet18, build_network
from soapbubble.models.weights import load_weights
from soapbubble.networks.images import TrainingImages, training_images

KIND = "image network"
ImageNetwork = EfficientNetLite0 | ResNet18 | PatchNetwork


def save_network(
    name: str,
    spec: Network | None,
    settings: NetworkTraining | None,
    trained: Sequence[tuple[int, nn.Module, Curve]],
    weights: Path,
    card: Path,
) -> None:
    """Write the networks of one model, given as (seed, network, curve), and its card; no spec: EfficientNet-Lite0."""
    tensors = {
        f"{replicate}/{key}": value.contiguous()
        for replicate, (_, network, _) in enumerate(trained)
        for key, value in network.state_dict().items()
    }
    save_file(tensors, weights)
    about = {
        "kind": KIND,
        "name": name,
        "spec": spec.model_dump() if spec is not None else None,
        "training": settings.model_dump() if settings is not None else None,
        "parameters": sum(value.numel() for value in trained[0][1].parameters()),
        "replicates": [{"seed": seed, "curve": asdict(curve)} for seed, _, curve in trained],
    }
    card.write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", encoding="utf-8")


class TrainedNetwork:
    """One model: its networks, one a replicate, read when they are asked for.

    Networks take images (n, 3, h, w) in [0, 1], are in evaluation mode, and nothing in them is to be trained; their
    `stages` name the modules at which stages end.
    """

    def __init__(self, weights: Path) -> None:
        card = _card(weights)
        try:
            self.name: str = card["name"]
            self.parameters: int = card["parameters"]
            self.replicates = range(len(card["replicates"]))
            self._spec = Network(**card["spec"]) if self.name != EFFICIENTNET else None
            self._training = NetworkTraining(**card["training"]) if self.name != EFFICIENTNET else None
            self._seeds: list[int] = [replicate["seed"] for replicate in card["replicates"]]
            self._curves: list[dict[str, Any]] = [replicate["curve"] for replicate in card["replicates"]]
        except (ValueError, KeyError, TypeError) as error:
            raise _not_a_card(weights) from error
        self._weights = weights

    def network(self, replicate: int = 0) -> ImageNetwork:
        """The trained network of one replicate.

        Raises:
            SoapbubbleError: the file of weights is missing, damaged or of another model.
        """
        network = self.untrained(replicate)
        load_weights(network, self._weights, f"{replicate}/")
        return network

    def untrained(self, replicate: int = 0) -> ImageNetwork:
        """A network as it was before training: of a replicate that we trained, its own; else one drawn from a seed."""
        if self._spec is None or self._training is None:
            return efficientnet_lite0(replicate)
        spec, training = self._spec, self._training
        seed = self._seeds[replicate]
        network = build_network(spec.architecture, training.side, spec.patch, spec.width, training.classes, seed)
        return network.eval().requires_grad_(False)

    @property
    def side(self) -> int | None:
        """Pixels a side of the images it was trained on; None for EfficientNet-Lite0, which takes any."""
        return None if self._training is None else self._training.side

    def final(self, replicate: int, key: str) -> float:
        """At the end of training, the `loss` or `accuracy` on the training images, or the `test_accuracy`."""
        return Curve(**self._curves[replicate]).validation[key][-1]

    def images(self, dataset: Dataset, replicate: int) -> TrainingImages:
        """What one replicate was trained and tested with; EfficientNet-Lite0 brings no images.

        Raises:
            SoapbubbleError: the photographs are not those that it was trained with.
        """
        if self._spec is None or self._training is None:
            raise SoapbubbleError(f"{self.name}: its training images are those of ImageNet, which are not here.")
        return training_images(dataset, self._spec.task, self._training, self._seeds[replicate])


def _card(weights: Path) -> dict[str, Any]:
    try:
        card = json.loads(weights.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _not_a_card(weights) from error
    if not isinstance(card, dict):
        raise _not_a_card(weights)
    return card


def _not_a_card(weights: Path) -> SoapbubbleError:
    return SoapbubbleError(
        f"{weights.with_suffix('.json')}: not the card of a model; delete it and run snakemake again."
    )
