"""The two bottlenecks on patches of photographs: the source first met the problem on satellite images."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from soapbubble.autoencoders.pictures import digits_only
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import decode_digits, encode
from soapbubble.measuring.evaluator import SampleEvaluator
from soapbubble.measuring.pca import principal_components
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.bottleneck.decomposition import fraction, prior_to_posterior


class Textures(Part):
    """The two main bottlenecks on patches of photographs."""

    seed: int = setting(26000, ge=0, doc="seed of the random numbers")
    images: int = setting(1000, smoke=60, ge=40, doc="real patches, and samples, that a distance compares")
    fit_images: int = setting(3000, smoke=80, ge=40, doc="patches to whose codes distributions are fitted")
    # as many as the features of the digit classifier
    components: int = setting(
        32, smoke=8, ge=2, doc="principal components of the pixels in which distances are measured"
    )
    shown: int = setting(6, smoke=2, ge=1, doc="patches of each kind in the figure")

    def reads(self) -> Reads:
        return Reads(
            data=["digits", "photos"],
            models=["photos-grid-7x7x4", "photos-dense-196", "grid-7x7x4", "dense-196"],
            memory_mb=1500,
        )


CELLS = (4, 7, 7)
LATENTS = ("prior", "diagonal Gaussian", "cells shuffled", "full Gaussian", "aggregate posterior")
MODELS = {"photos": ("photos-grid-7x7x4", "photos-dense-196"), "digits": ("grid-7x7x4", "dense-196")}


def measure(cfg: Textures, lab: Lab) -> Outcome:
    """Frechet distances in the principal components of the pixels, on photographs and, for comparison, on digits.

    Codes and reference images come from disjoint halves of the training images: with so few photographs, test images
    would differ in content. A replicate is a training seed with a split of its own.
    """
    out = Outcome()
    strips = []
    for dataset, names in MODELS.items():
        networks = {name: len(lab.models[name].replicates) for name in names}
        for replicate in progress(range(max(networks.values())), f"samples of {dataset}"):
            train = lab.models[names[0]].pictures(lab.data[dataset], replicate).train
            encoded, evaluator = _halves(cfg, train, np.random.default_rng((cfg.seed, replicate, 1)))
            shown = replicate == 0 and dataset == "photos"
            for name in (name for name in names if replicate < networks[name]):
                rng = np.random.default_rng((cfg.seed, replicate))
                network = lab.models[name].network(replicate)
                latents = prior_to_posterior(encode(network, encoded), CELLS, len(evaluator), rng)
                images = {key: decode_digits(network, latents[key]) for key in LATENTS}
                _record(out, name, replicate, evaluator, images)
                if shown:
                    strips.append([_strip(images[key], cfg.shown) for key in LATENTS])
            if shown:
                out.picture("real", _strip(digits_only(encoded), cfg.shown))
    out.picture("samples", np.array(strips))
    return out


def _halves(cfg: Textures, train: torch.Tensor, rng: np.random.Generator) -> tuple[torch.Tensor, SampleEvaluator]:
    """Training images to encode, and an evaluator on others, in the principal components of their pixels."""
    order = rng.permutation(len(train))
    half = len(order) // 2
    encoded, real = train[order[:half]][: cfg.fit_images], digits_only(train[order[half:]])
    scores = principal_components(real[: cfg.fit_images].astype(np.float64), cfg.components).scores
    return encoded, SampleEvaluator.on_random(scores, real, min(cfg.images, len(encoded)), rng)


def _record(
    out: Outcome, name: str, replicate: int, evaluator: SampleEvaluator, images: Mapping[str, np.ndarray]
) -> None:
    """The distance of the `images` of each latent distribution, and what the steps between them gain."""
    distance = {key: evaluator.frechet(item) for key, item in images.items()}
    for key, value in distance.items():
        out.add("patch_frechet_distance", value, {"model": name, "latents": key}, replicate, n=len(evaluator))
    dependence = fraction(distance, "cells shuffled", "aggregate posterior")
    out.add("patch_dependence_fraction", dependence, {"model": name}, replicate)
    ratio = distance["prior"] / distance["aggregate posterior"]
    out.add("patch_ratio", ratio, {"model": name}, replicate)


def _strip(images: np.ndarray, shown: int) -> np.ndarray:
    """A few images in a row, uint8."""
    return np.round(255 * np.clip(np.concatenate(images[:shown], axis=1), 0, 1)).astype(np.uint8)
