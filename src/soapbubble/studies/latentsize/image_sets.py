"""Training and test images side by side, as many of each, and what a network makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.measuring.autoencoder import Codes, decode_digits, encode
from soapbubble.measuring.distributions import aggregate_posterior
from soapbubble.measuring.splits import first_of_each, spread_originals
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.stats.deviance import explained, nats

SETS = ("training", "test")


@dataclass(frozen=True)
class ImageSet:
    """An image of each original: `framed` (n, 1, side, side) for networks, `digits` (n, 28, 28), `labels` (n,)."""

    framed: torch.Tensor
    digits: np.ndarray
    labels: np.ndarray

    @classmethod
    def of_originals(
        cls,
        images: torch.Tensor,
        labels: np.ndarray,
        origin: np.ndarray,
        count: int,
        among: np.ndarray | None = None,
    ) -> ImageSet:
        """The first copy (of those `among`, bool (n,), if given) of at most `count` originals, spread evenly."""
        rows = spread_originals(origin, count, among)
        return cls(images[rows], digits_only(images[rows]), labels[rows])


@dataclass(frozen=True)
class Encoded:
    """The codes of images, a draw from the posterior of each (n, d), and the digits (n, 28, 28) decoded from it."""

    codes: Codes
    latents: np.ndarray
    digits: np.ndarray


def training_and_test(images: Pictures, seen: np.ndarray, count: int) -> dict[str, ImageSet]:
    """The two `SETS`, at most `count` originals each; of the training images those that were `seen` (n,)."""
    return {
        "training": ImageSet.of_originals(images.train, images.train_labels, images.train_origin, count, seen),
        "test": ImageSet.of_originals(images.test, images.test_labels, images.test_origin, count),
    }


def equal_count(images: Pictures, seen: np.ndarray, count: int) -> int:
    """At most `count`: as many originals as both `SETS` have."""
    return min(count, len(first_of_each(images.train_origin, seen)), len(first_of_each(images.test_origin)))


def encode_and_decode(network: AutoencoderNet, images: ImageSet, rng: np.random.Generator) -> Encoded:
    """Encode the images, draw once from the posterior of each, and decode the draws."""
    codes = encode(network, images.framed)
    latents = aggregate_posterior(codes, rng)
    return Encoded(codes, latents, decode_digits(network, latents))


def deviance_explained(images: ImageSet, encoded: Encoded, mean_image: np.ndarray, with_kl: bool = False) -> float:
    """Fraction of the images' deviance that the reconstructions explain; `with_kl` adds the KL of the codes to it."""
    cost = nats(encoded.digits, images.digits)
    if with_kl:
        cost = cost + encoded.codes.kl
    return explained(cost, mean_image, images.digits)


def mean_training_image(images: Pictures) -> np.ndarray:
    """The mean training image (28, 28): the best prediction of an image without any information about it."""
    return digits_only(images.train.mean(dim=0, keepdim=True))[0]
