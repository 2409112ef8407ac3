"""Is there anything of a digit in what untrained decoders print, for a network that knows digits?"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from soapbubble.config.ingredients import Doubling
from soapbubble.errors import SoapbubbleError
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.batches import batched
from soapbubble.measuring.digit_classifier import BATCH_SIZE, CLASSES
from soapbubble.measuring.evaluator import SampleEvaluator
from soapbubble.measuring.nulls import phase_randomised
from soapbubble.measuring.training import fit, random_batches
from soapbubble.models.decoders import DecoderSpec, build_decoder, draw_latents
from soapbubble.models.digit_classifier import build_classifier
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.labels import between_groups
from soapbubble.studies.decoders.pictures import grey


class Semantics(Part):
    """Untrained outputs seen by a small classifier of digits."""

    seed: int = setting(9000, ge=0, doc="first seed of the classifiers and of the networks")
    # some 16 passes over the digits, where a classifier is right on 95 % of unseen ones
    steps: int = setting(400, smoke=40, ge=1, doc="training steps of a classifier")
    batch_size: int = setting(64, ge=1, doc="digits in a training step")
    lr: float = setting(0.002, gt=0, doc="learning rate of a classifier")
    upsampling: tuple[Doubling, ...] = setting(
        ["nearest", "transposed"], min_length=1, doc="kinds of untrained decoders"
    )
    blocks: int = setting(3, ge=1, doc="doublings of the side")
    width: int = setting(32, smoke=8, ge=1, doc="channels of every layer and of the latent grid")
    batches: int = setting(
        10, smoke=2, ge=2, doc="replicates, each with a classifier, held-out digits and networks of its own"
    )
    # 250 networks of each kind in all
    networks: int = setting(25, smoke=6, ge=2, doc="networks in a set")
    latents: int = setting(8, smoke=6, ge=2, doc="pictures from each network")
    shown: int = setting(6, smoke=3, ge=1, doc="pictures of each kind in the figure")

    def reads(self) -> Reads:
        return Reads(data=["digits"], memory_mb=1000)


WIDTH, FEATURES = 16, 32  # of a classifier


def measure(cfg: Semantics, lab: Lab) -> Outcome:
    """Frechet distances to real digits in a classifier's features over their variance, and what decides the digit.

    A replicate is a batch: a classifier of its own, digits held out from it and from no other (as in
    cross-validation), and untrained networks of its own.
    """
    out = Outcome()
    digits = lab.data["digits"]
    if "labels" not in digits.extras:
        raise SoapbubbleError("lab.data.digits: a classifier needs labels; give `labels` beside `path`.")
    side = digits.images.shape[1]
    pictures = grey(digits.images, side)
    labels = torch.from_numpy(digits.extras["labels"].astype(np.int64))
    folds = np.array_split(np.random.default_rng(cfg.seed).permutation(len(pictures)), cfg.batches)
    for batch, held_out in enumerate(progress(folds, "untrained outputs seen by classifiers")):
        rng = np.random.default_rng((cfg.seed, batch))
        train, unseen = np.delete(np.arange(len(pictures)), held_out), pictures[held_out]
        classifier = _trained_classifier(cfg, pictures[train], labels[train], cfg.seed + batch)
        right = (batched(classifier, unseen, BATCH_SIZE).argmax(dim=1) == labels[held_out]).float().mean()
        features = partial(_features, classifier)
        evaluator = SampleEvaluator.on(features, pictures[train].numpy())
        out.add("classifier_accuracy", float(right), replicate=batch, unit="proportion", n=len(unseen))
        mean, spread = float(pictures[train].mean()), float(pictures[train].std())
        # A Frechet distance falls with the number of pictures, so that all kinds are given equally many.
        real = unseen.numpy()[: cfg.networks * cfg.latents]
        kinds = {
            "held-out digits": real,
            "phase-randomised digits": phase_randomised(real, rng),
            "white noise": rng.normal(mean, spread, real.shape),
        }
        for upsampling in cfg.upsampling:
            outputs = _untrained(cfg, upsampling, batch, side)
            kinds[f"untrained, {upsampling}"] = mean + spread * outputs
            kinds[f"untrained, {upsampling}, phase-randomised"] = mean + spread * phase_randomised(outputs, rng)
        for kind, images in kinds.items():
            found = features(images)
            seen = batched(classifier[-1], torch.from_numpy(found), BATCH_SIZE).argmax(dim=1).numpy()
            distance = evaluator.frechet_of(found[: len(real)])
            out.add("frechet_to_digits", distance, {"images": kind}, batch, n=len(real))
            if kind in {f"untrained, {upsampling}" for upsampling in cfg.upsampling}:
                share = between_groups(seen.reshape(cfg.networks, cfg.latents))
                out.add("label_share_of_network", share, {"images": kind}, batch)
        if batch == 0:
            shown = np.stack([images[:: cfg.latents, 0][: cfg.shown] for images in kinds.values()])
            out.picture("examples", np.clip(255 * shown, 0, 255).astype(np.uint8))
    return out


def _features(classifier: nn.Sequential, images: np.ndarray) -> np.ndarray:
    """What the last layer of the classifier is given for images (n, 1, side, side): float32 (n, features)."""
    return batched(classifier[:-1], torch.from_numpy(images).float(), BATCH_SIZE).numpy()


def _trained_classifier(cfg: Semantics, images: torch.Tensor, labels: torch.Tensor, seed: int) -> nn.Sequential:
    """One with the learning rate of the settings throughout, on batches that are drawn with replacement."""
    network = build_classifier(images.shape[-1], WIDTH, FEATURES, CLASSES, seed)
    rows = random_batches(len(images), cfg.batch_size, cfg.steps, seed)

    def loss(step: int) -> torch.Tensor:
        return functional.cross_entropy(network(images[rows[step]]), labels[rows[step]])

    fit(network.parameters(), loss, cfg.steps, cfg.lr)
    return network.eval()


def _untrained(cfg: Semantics, upsampling: Doubling, batch: int, side: int) -> np.ndarray:
    """Outputs (networks * latents, 1, side, side) of fresh networks, each with mean 0 and variance 1."""
    spec = DecoderSpec(
        upsampling=upsampling,
        blocks=cfg.blocks,
        width=cfg.width,
        latent_channels=cfg.width,
        latent_size=-(-side // 2**cfg.blocks),
        out_channels=1,
    )
    images = []
    for number in range(cfg.networks):
        seed = cfg.seed + batch * cfg.networks + number
        with torch.inference_mode():
            output = build_decoder(spec, seed)(draw_latents(spec, cfg.latents, seed))
        edge = (spec.image_side - side) // 2
        images.append(output[:, :, edge : edge + side, edge : edge + side].numpy())
    stack = np.concatenate(images)
    axes = (1, 2, 3)
    return (stack - stack.mean(axis=axes, keepdims=True)) / stack.std(axis=axes, keepdims=True)
