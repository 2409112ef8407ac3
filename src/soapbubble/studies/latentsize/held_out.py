"""Training pictures and unseen ones side by side, as many of each, and what a network makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from soapbubble.autoencoders import laws
from soapbubble.autoencoders.codes import Codes, decode, encode
from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.autoencoders.store import Models
from soapbubble.data.dataset import Dataset
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.stats.deviance import explained, nats
from soapbubble.stats.diagonal_gaussian import divergence_from_unit_noise

SETS = ("training", "held-out")


@dataclass(frozen=True)
class Shown:
    """Pictures, one of each original: canvases (n, 1, side, side), their ink (n, 28, 28) and their digits (n,)."""

    canvas: torch.Tensor
    ink: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Seen:
    """What a network makes of pictures: their codes, a draw from each (n, d), and the ink (n, 28, 28) of the draws."""

    codes: Codes
    draws: np.ndarray
    ink: np.ndarray


class Album:
    """The pictures of models: models that were trained with the same pictures share them in memory."""

    def __init__(self, models: Models, dataset: Dataset) -> None:
        self._models, self._dataset = models, dataset
        self._kept: dict[tuple[int, int | None], Pictures] = {}

    def of(self, name: str) -> Pictures:
        """The pictures that the model `name` was trained, stopped and is tested with."""
        model = self._models[name]
        key = (model.spec.side, model.spec.train_images)
        if key not in self._kept:
            self._kept[key] = model.pictures(self._dataset)
        return self._kept[key]


def one_each(
    pictures: torch.Tensor, labels: np.ndarray, origin: np.ndarray, count: int, among: np.ndarray | None = None
) -> Shown:
    """The first copy (of those `among`, bool (n,), if given) of at most `count` originals, spread evenly."""
    rows = np.arange(len(origin)) if among is None else np.flatnonzero(among)
    _, first = np.unique(origin[rows], return_index=True)
    chosen = rows[first[np.linspace(0, len(first) - 1, min(count, len(first))).round().astype(int)]]
    canvas = pictures[chosen]
    return Shown(canvas, digits_only(canvas), labels[chosen])


def training_and_held_out(pictures: Pictures, drawn: np.ndarray, count: int) -> dict[str, Shown]:
    """The two sets of `SETS`, at most `count` originals each: training pictures that were `drawn` (n,), unseen ones."""
    return {
        "training": one_each(pictures.train, pictures.train_labels, pictures.train_origin, count, drawn),
        "held-out": one_each(pictures.test, pictures.test_labels, pictures.test_origin, count),
    }


def equal_count(pictures: Pictures, drawn: np.ndarray, count: int) -> int:
    """At most `count`: as many originals as both of `SETS` have."""
    return min(count, *(len(np.unique(origin)) for origin in (pictures.train_origin[drawn], pictures.test_origin)))


def see(network: AutoencoderNet, shown: Shown, rng: np.random.Generator) -> Seen:
    """Encode the pictures, draw once from each code, and decode the draws."""
    codes = encode(network, shown.canvas)
    draws = laws.posterior(codes, rng)
    return Seen(codes, draws, decode(network, draws))


def explained_share(shown: Shown, seen: Seen, mean_picture: np.ndarray, with_rate: bool = False) -> float:
    """Share of the pictures' deviance that the draws explain; `with_rate` counts the rate of the codes as a cost."""
    cost = nats(seen.ink, shown.ink)
    if with_rate:
        shift = 0.5 * np.square(seen.codes.mean).sum(axis=1, dtype=np.float64)
        cost = cost + shift + divergence_from_unit_noise(seen.codes.deviation)
    return explained(cost, mean_picture, shown.ink)


def mean_picture(pictures: Pictures) -> np.ndarray:
    """The mean training picture (28, 28): what can be said of a picture without having seen it."""
    return digits_only(pictures.train.mean(dim=0, keepdim=True))[0]
