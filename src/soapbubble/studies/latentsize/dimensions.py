"""Do prior samples get worse as the latent space grows, and is it the number of latents or the KL that counts?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Self

import numpy as np
from pydantic import model_validator

from soapbubble.autoencoders.picture_cache import PictureCache
from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.autoencoders.store import Trained
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import decode_digits, encode
from soapbubble.measuring.digit_classifier import DigitClassifier
from soapbubble.measuring.distributions import prior
from soapbubble.measuring.evaluator import SampleEvaluator
from soapbubble.measuring.splits import random_originals
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress


class Dimensions(Part):
    """Prior samples against the number of latents, at equal weight of the KL and at equal KL."""

    seed: int = setting(21000, ge=0, doc="seed of the choice of images and of the prior samples")
    # no fewer than there are originals to test with (359)
    images: int = setting(360, smoke=40, ge=20, doc="real images and samples in every Frechet distance")
    # the KL to about 2 %
    encoded: int = setting(100, ge=2, doc="training images over whose codes the KL is averaged")
    arms: dict[str, list[str]] = setting(
        {
            "dense": ["dense-2", "dense-8", "dense-16", "dense-64", "dense-256", "dense-1024"],
            "grid": ["grid-8x8x1", "grid-8x8x4", "grid-8x8x16", "grid-8x8x1024"],
            "mean loss": ["dense-16-mean", "grid-8x8x4-mean", "grid-8x8x1024-mean"],
        },
        doc="models that differ in the number of latents only",
    )
    # below, reconstruction is what limits the samples
    slope_from: int = setting(16, ge=1, unit="latents", doc="smallest model of a slope")
    # the largest models are trained for fewer steps and compared by themselves
    slope_to: int = setting(1024, ge=2, unit="latents", doc="largest model of a slope; larger ones have fewer steps")
    # from the least weight of the KL to the greatest
    sweeps: dict[str, list[str]] = setting(
        {
            "dense-16": ["dense-16-beta-64th", "dense-16", "dense-16-beta-4", "dense-16-mean"],
            "grid-8x8x16": ["grid-8x8x16-beta-64th", "grid-8x8x16-beta-8th", "grid-8x8x16", "grid-8x8x16-beta-4"],
            "grid-8x8x1024": ["grid-8x8x1024-mean", "grid-8x8x1024-beta-4th", "grid-8x8x1024"],
        },
        doc="models that differ in the weight of the KL only",
    )

    @property
    def models(self) -> list[str]:
        """All models of the part, each once."""
        named = [*self.arms.values(), *self.sweeps.values()]
        return sorted({name for names in named for name in names})

    @model_validator(mode="after")
    def _once(self) -> Self:
        for group in (self.arms, self.sweeps):
            named = [name for names in group.values() for name in names]
            if len(named) > len(set(named)):
                raise ValueError("name each model in one of the arms only, and in one of the sweeps only.")
        return self

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=[*self.models, "classifier"], memory_mb=1900)


Values = Mapping[str, Mapping[int, float]]  # model -> replicate -> value


def measure(cfg: Dimensions, lab: Lab) -> Outcome:
    """Frechet distance of prior samples and the KL of training images, model by model, and slopes for each arm."""
    out = Outcome()
    distances: dict[str, dict[int, float]] = {}
    kls: dict[str, dict[int, float]] = {}
    dimensions = {name: lab.models[name].spec.latents for name in cfg.models}
    with_most = max(cfg.models, key=lambda name: len(lab.models[name].replicates))
    cache, classifiers = PictureCache(lab.models, lab.data["digits"]), lab.models.classifiers
    for name in progress(cfg.models, "prior samples of models of all sizes"):
        found = _one_model(
            cfg, lab.models[name], partial(cache.of, name), classifiers, out, with_control=name == with_most
        )
        distances[name], kls[name] = found
    _slopes(cfg, dimensions, distances, out)
    _at_equal_kl(cfg, dimensions, distances, kls, out)
    return out


def _one_model(
    cfg: Dimensions,
    trained: Trained,
    images_of: Callable[[int], Pictures],
    classifiers: Sequence[DigitClassifier],
    out: Outcome,
    with_control: bool,
) -> tuple[dict[int, float], dict[int, float]]:
    """Frechet distance and KL of each replicate; `with_control`, also the distance of real images."""
    condition = {"model": trained.name, "dimension": trained.spec.latents} | _groups(cfg, trained.name)
    distances, kls = {}, {}
    for replicate in trained.replicates:
        rng = np.random.default_rng((cfg.seed, replicate))
        network, images = trained.network(replicate), images_of(replicate)
        rows = random_originals(images.train_origin, cfg.images, rng)
        test_rows = random_originals(images.test_origin, len(rows), rng)
        count = len(test_rows)
        evaluator = SampleEvaluator.on(classifiers[replicate].features, digits_only(images.test[test_rows]))
        codes = encode(network, images.train[rows[: cfg.encoded]])
        samples = decode_digits(network, prior(count, trained.spec.latents, rng))
        distances[replicate], kls[replicate] = evaluator.frechet(samples), float(codes.kl.mean())
        out.add("prior_frechet_distance", distances[replicate], condition, replicate, n=count)
        out.add("training_kl", kls[replicate], condition, replicate, "nat", len(codes))
        if with_control:
            floor = evaluator.frechet(digits_only(images.train[rows[:count]]))
            out.add("prior_frechet_distance", floor, {"control": "training digits"}, replicate, n=count)
    return distances, kls


def _groups(cfg: Dimensions, name: str) -> dict[str, str]:
    """The arm and the sweep of a model, as far as it has one."""
    groups = {"arm": cfg.arms, "sweep": cfg.sweeps}
    return {kind: group for kind, named in groups.items() for group, names in named.items() if name in names}


def _slopes(cfg: Dimensions, dimensions: Mapping[str, int], distances: Values, out: Outcome) -> None:
    """Slope of log distance on log number of latents for each arm: the exponent of a power law."""
    for arm, names in cfg.arms.items():
        used = [name for name in names if cfg.slope_from <= dimensions[name] <= cfg.slope_to]
        shared = sorted(set.intersection(*(set(distances[name]) for name in used))) if len(used) > 1 else []
        for replicate in shared:
            doublings = np.log2([dimensions[name] for name in used])
            logs = np.log2([distances[name][replicate] for name in used])
            slope = float(np.polyfit(doublings, logs, 1)[0])
            out.add("frechet_slope", slope, {"arm": arm}, replicate)


def _at_equal_kl(cfg: Dimensions, dimensions: Mapping[str, int], distances: Values, kls: Values, out: Outcome) -> None:
    """The distance at one KL for all sizes: interpolated between models that differ in the weight of the KL.

    The KL is the middle, on a logarithmic scale, of those that all sweeps of a replicate reach; if there is none, the
    value is NaN. Log distance is interpolated linearly in log KL.
    """
    names = [name for sweep in cfg.sweeps.values() for name in sweep]
    for replicate in sorted(set.intersection(*(set(distances[name]) for name in names))):
        sweeps = {
            sweep: sorted((np.log(kls[name][replicate]), np.log(distances[name][replicate])) for name in members)
            for sweep, members in cfg.sweeps.items()
        }
        low = max(points[0][0] for points in sweeps.values())
        high = min(points[-1][0] for points in sweeps.values())
        matched = (low + high) / 2 if low <= high else np.nan
        out.add("matched_kl", float(np.exp(matched)), replicate=replicate, unit="nat")
        for sweep, points in sweeps.items():
            condition = {"dimension": dimensions[cfg.sweeps[sweep][0]]}
            log_kls, log_distances = np.transpose(points)
            value = float(np.exp(np.interp(matched, log_kls, log_distances)))
            out.add("matched_frechet_distance", value, condition, replicate)
