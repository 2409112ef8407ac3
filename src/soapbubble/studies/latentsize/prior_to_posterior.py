"""What is wrong with the prior, step by step: distributions fitted to codes of real images, through frozen decoders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from soapbubble.autoencoders.picture_cache import PictureCache
from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.autoencoders.store import Trained
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import Codes, decode_digits, encode
from soapbubble.measuring.digit_classifier import DigitClassifier
from soapbubble.measuring.distributions import Settings, aggregate_posterior, prior, sample
from soapbubble.measuring.evaluator import SampleEvaluator
from soapbubble.measuring.nulls import phase_randomised, tiles_shuffled
from soapbubble.measuring.splits import random_originals
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.scales import patch_distance
from soapbubble.stats.strokes import ink, stroke_width
from soapbubble.studies.latentsize.critic import (
    TRAINING_CORRUPTIONS,
    UNSEEN_CORRUPTIONS,
    Critic,
    CriticSettings,
    critics_of,
)


class PriorToPosterior(Part):
    """Latent distributions from the prior step by step to the aggregate posterior, through frozen decoders."""

    seed: int = setting(22000, ge=0, doc="seed of the choice of images and of all samples")
    images: int = setting(360, smoke=24, ge=20, doc="real images and samples in every Frechet distance")
    # one copy of nearly every training original
    fit_images: int = setting(
        1200, smoke=100, ge=20, doc="training originals to whose codes the distributions are fitted"
    )
    # 94 MB of codes
    fit_images_large: int = setting(360, smoke=24, ge=20, doc="the same for models with more than `large` latents")
    large: int = setting(10000, ge=1, unit="latents", doc="size above which codes are too long to keep many")
    # what 500 codes can place
    rank: int = setting(
        30, smoke=8, ge=1, doc="principal components of the low-rank Gaussian, the mixture and the second-stage VAE"
    )
    # as many as there are digits
    components: int = setting(10, smoke=3, ge=2, doc="Gaussians of the mixture")
    steps: int = setting(800, smoke=30, ge=1, doc="training steps of the second-stage VAE")
    critic: CriticSettings = setting(doc="the critic that says which samples are realistic")
    neighbours: int = setting(5, ge=1, doc="neighbours that set the radius of the balls of precision")
    patch: int = setting(7, ge=2, unit="pixel", doc="side of the patches whose distribution is compared")
    patches: int = setting(4000, smoke=300, ge=100, doc="patches in every distance")
    tile: int = setting(7, ge=2, unit="pixel", doc="side of the tiles of the shuffled control")
    models: list[str] = setting(
        ["dense-16", "dense-64", "grid-8x8x1", "grid-8x8x16", "grid-8x8x1024", "grid-8x8x1024-mean"],
        smoke=["dense-16", "grid-8x8x16", "grid-8x8x1024", "grid-8x8x1024-mean"],
        doc="models whose decoders are sampled",
    )
    longer: dict[str, str] = setting(
        {"dense-16": "dense-16-long", "grid-8x8x16": "grid-8x8x16-long"},
        smoke={"grid-8x8x16": "grid-8x8x16-long"},
        doc="for some of them, the same model trained for longer",
    )
    shown: int = setting(6, smoke=3, ge=1, doc="images of each kind in the figure")

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=[*self.models, *self.longer.values(), "classifier"], memory_mb=1900)


FITTED = ("shifted prior", "diagonal Gaussian", "low-rank Gaussian", "full Gaussian", "mixture", "second-stage VAE")
DISTRIBUTIONS = ("prior", *FITTED, "aggregate posterior")
# The shifted prior is half of the first step from each to the next, the low-rank Gaussian half of the second.
STEPS = ("prior", "diagonal Gaussian", "full Gaussian", "mixture", "second-stage VAE", "aggregate posterior")
CHOSEN = "chosen on validation"
TURNED = "grid-8x8x16"  # whose axes are also turned at random


@dataclass(frozen=True)
class _Real:
    """Real digits of one replicate: training digits, and test and validation digits that samples are compared with."""

    training: np.ndarray
    test: np.ndarray
    evaluator: SampleEvaluator
    validation: SampleEvaluator


def measure(cfg: PriorToPosterior, lab: Lab) -> Outcome:
    """Frechet distance and realism of samples from every distribution, and how much of the gap each step closes."""
    out = Outcome()
    cache, classifiers = PictureCache(lab.models, lab.data["digits"]), lab.models.classifiers
    critics = critics_of(cfg.critic, partial(cache.of, cfg.models[0]), len(classifiers))
    for replicate, critic in enumerate(critics):
        _test_critic(cfg, critic, cache.of(cfg.models[0], replicate), replicate, out)
    distances: dict[str, list[dict[str, float]]] = {name: [] for name in cfg.models}
    for name in progress(cfg.models, "latent distributions"):
        trained = lab.models[name]
        for replicate in trained.replicates:
            images = cache.of(name, replicate)
            real = _real(cfg, images, classifiers[replicate], replicate)
            if name == cfg.models[0]:
                _controls(cfg, real, replicate, out)
            distances[name].append(_one_network(cfg, trained, replicate, images, real, critics[replicate], out))
    for name, longer in cfg.longer.items():
        _training_length(cfg, lab.models[longer], partial(cache.of, longer), classifiers, name, distances[name], out)
    out.picture("samples", np.stack([out.pictures.pop(name) for name in cfg.models]))
    out.picture("models", np.array(cfg.models))
    return out


def _real(cfg: PriorToPosterior, images: Pictures, classifier: DigitClassifier, replicate: int) -> _Real:
    rng = np.random.default_rng((cfg.seed, replicate))
    training = digits_only(images.train[random_originals(images.train_origin, len(images.train), rng)])
    test = digits_only(images.test[random_originals(images.test_origin, min(cfg.images, len(training)), rng)])
    evaluators = (SampleEvaluator.on(classifier.features, real) for real in (test, digits_only(images.validation)))
    return _Real(training, test, *evaluators)


def _one_network(
    cfg: PriorToPosterior,
    trained: Trained,
    replicate: int,
    images: Pictures,
    real: _Real,
    critic: Critic,
    out: Outcome,
) -> dict[str, float]:
    """Samples of every distribution through one decoder; their distance from test digits, by distribution."""
    name, count = trained.name, len(real.test)
    network = trained.network(replicate)
    rng = np.random.default_rng((cfg.seed, replicate, trained.spec.latents))
    fitted = cfg.fit_images_large if trained.spec.latents > cfg.large else cfg.fit_images
    codes = encode(network, images.train[random_originals(images.train_origin, max(fitted, count), rng)])
    settings = Settings(fitted=fitted, rank=cfg.rank, components=cfg.components, steps=cfg.steps)
    shared = np.sqrt(np.square(codes.mean.mean(axis=0)).mean())
    out.add("shared_mean_rms", float(shared), {"model": name}, replicate)
    distances, validation, patches, samples = {}, {}, {}, {}
    for latents in DISTRIBUTIONS:
        decoded = decode_digits(network, sample(latents, codes, count, rng, settings))
        features = real.evaluator.features(decoded)
        samples[latents] = decoded[: cfg.shown]
        distances[latents] = real.evaluator.frechet_of(features)
        validation[latents] = real.validation.frechet_of(features)
        condition = {"model": name, "latents": latents, "codes": "training"}
        out.add("frechet_distance", distances[latents], condition, replicate, n=count)
        out.add("validation_frechet_distance", validation[latents], condition, replicate, n=count)
        out.add("realistic_share", critic.realistic_share(decoded), condition, replicate, "proportion", count)
        if latents in ("prior", "aggregate posterior"):
            patches[latents] = _local_statistics(cfg, decoded, real, condition, replicate, out)
    _gaps(name, replicate, distances, validation, out)
    if name == TURNED:
        _turned_axes(cfg, network, codes, real, settings, replicate, out)
    for scale, found in (("image", distances), ("patch", patches)):
        ratio = found["prior"] / found["aggregate posterior"]
        out.add("failure_ratio", ratio, {"model": name, "scale": scale}, replicate)
    if replicate == 0:
        test = images.test[random_originals(images.test_origin, cfg.shown, np.random.default_rng(cfg.seed))]
        reconstructed = decode_digits(network, encode(network, test).mean)
        best = min(FITTED, key=validation.__getitem__)
        page = [samples["prior"], samples[best], samples["aggregate posterior"], reconstructed, digits_only(test)]
        out.picture(name, (255 * np.stack(page)).astype(np.uint8))
    return distances


def _gaps(
    name: str, replicate: int, distances: Mapping[str, float], validation: Mapping[str, float], out: Outcome
) -> None:
    """How much each step closes of the gap between prior and aggregate posterior, and how much fitting recovers."""
    gap = distances["prior"] - distances["aggregate posterior"]
    for before, after in [*pairwise(STEPS), ("prior", "shifted prior")]:
        closed = (distances[before] - distances[after]) / gap
        out.add("gap_closed", closed, {"model": name, "step": after}, replicate)
    best = min(FITTED, key=validation.__getitem__)
    for latents, fit in [*zip(FITTED, FITTED, strict=True), (CHOSEN, best)]:
        recovered = (distances["prior"] - distances[fit]) / gap
        out.add("gap_recovered", recovered, {"model": name, "latents": latents}, replicate)


def _turned_axes(
    cfg: PriorToPosterior,
    network: AutoencoderNet,
    codes: Codes,
    real: _Real,
    settings: Settings,
    replicate: int,
    out: Outcome,
) -> None:
    """The same steps where only the covariance of the axes can be wrong with the prior, by construction.

    Draws from the codes are centred and turned at random, and a decoder that undoes both decodes them. The prior is
    the same after any rotation; the variances of single axes become alike, and what they were is in the covariance.
    """
    rng = np.random.default_rng((cfg.seed, replicate, codes.mean.shape[1], 1))
    count, draws = len(real.test), aggregate_posterior(codes, rng)
    centre = draws.mean(axis=0)
    turn = np.linalg.qr(rng.standard_normal((draws.shape[1], draws.shape[1])))[0].astype(np.float32)
    turned = Codes((draws - centre) @ turn, np.zeros_like(draws))
    steps = ("prior", "diagonal Gaussian", "full Gaussian", "aggregate posterior")
    distances = {}
    for latents in steps:
        points = sample(latents, turned, count, rng, settings)
        distances[latents] = real.evaluator.frechet(decode_digits(network, points @ turn.T + centre))
    gap = distances["prior"] - distances["aggregate posterior"]
    for before, after in pairwise(steps[:-1]):
        closed = (distances[before] - distances[after]) / gap
        out.add("gap_closed", closed, {"model": f"{TURNED}, axes turned", "step": after}, replicate)


def _local_statistics(
    cfg: PriorToPosterior,
    images: np.ndarray,
    real: _Real,
    condition: Mapping[str, str],
    replicate: int,
    out: Outcome,
) -> float:
    """How images differ from real ones as patches, in ink and in stroke width; returns the distance of the patches."""
    rng = np.random.default_rng((cfg.seed, replicate))
    patches = patch_distance(images, real.test, cfg.patch, cfg.patches, rng)
    out.add("patch_frechet_distance", patches, condition, replicate, n=len(images))
    out.add("ink_ratio", ink(images) / ink(real.test), condition, replicate, n=len(images))
    out.add("stroke_ratio", stroke_width(images) / stroke_width(real.test), condition, replicate, n=len(images))
    return patches


def _controls(cfg: PriorToPosterior, real: _Real, replicate: int, out: Outcome) -> None:
    """Training digits (the floor), digits with random phases (wrong at every scale), and with shuffled tiles."""
    rng = np.random.default_rng((cfg.seed, replicate, 0))
    digits = real.training[: len(real.test)]
    controls = {
        "training digits": digits,
        "random phases": np.clip(phase_randomised(digits, rng), 0, 1).astype(np.float32),
        "shuffled tiles": tiles_shuffled(digits, cfg.tile, rng),
    }
    for kind, images in controls.items():
        features, condition = real.evaluator.features(images), {"control": kind}
        out.add("frechet_distance", real.evaluator.frechet_of(features), condition, replicate, n=len(images))
        _local_statistics(cfg, images, real, condition, replicate, out)
        if kind == "shuffled tiles":
            precision = real.evaluator.precision_recall_of(features, cfg.neighbours)["precision"]
            out.add("precision", precision, condition, replicate, n=len(images))


def _test_critic(cfg: PriorToPosterior, critic: Critic, images: Pictures, replicate: int, out: Outcome) -> None:
    """What the critic accepts of test digits, intact and corrupted, also in a way that it was not trained on."""
    rng = np.random.default_rng((cfg.seed, replicate))
    digits = digits_only(images.test[random_originals(images.test_origin, len(images.test), rng)])
    kinds = {"intact": lambda digits, rng: digits, **TRAINING_CORRUPTIONS, **UNSEEN_CORRUPTIONS}
    for kind, corrupt in kinds.items():
        share = critic.realistic_share(corrupt(digits, rng))
        out.add("realistic_share", share, {"control": kind}, replicate, "proportion", len(digits))


def _training_length(
    cfg: PriorToPosterior,
    longer: Trained,
    images_of: Callable[[int], Pictures],
    classifiers: Sequence[DigitClassifier],
    name: str,
    shorter: list[dict[str, float]],
    out: Outcome,
) -> None:
    """How much longer training closes of the gap between prior and aggregate posterior of the `shorter` one."""
    for replicate in longer.replicates:
        real = _real(cfg, images_of(replicate), classifiers[replicate], replicate)
        rng = np.random.default_rng((cfg.seed, replicate, longer.spec.latents))
        latents = prior(len(real.test), longer.spec.latents, rng)
        distance = real.evaluator.frechet(decode_digits(longer.network(replicate), latents))
        found = shorter[replicate]
        closed = (found["prior"] - distance) / (found["prior"] - found["aggregate posterior"])
        out.add("gap_closed", closed, {"model": name, "step": "training"}, replicate)
