"""Each axis of the codes looks like the prior: does it also look so along the axes in which the codes are widest?"""

from __future__ import annotations

import numpy as np

from soapbubble.autoencoders.picture_cache import PictureCache
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import Codes, encode
from soapbubble.measuring.distributions import aggregate_posterior, prior_like
from soapbubble.measuring.splits import random_originals
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.rotation import (
    largest_variances,
    noise_edge,
    rejected_axes,
    rotated_gain,
    wide_axes,
)
from soapbubble.stats.two_sample import mean_discrepancy, sliced_distance


class Rotation(Part):
    """Whether codes look standard normal axis by axis, and along the axes in which they are widest."""

    seed: int = setting(23000, ge=0, doc="seed of the choice of images, axes and projections, and of all noise")
    images: int = setting(1200, smoke=100, ge=20, doc="training originals whose codes are tested")
    images_large: int = setting(360, smoke=30, ge=20, doc="the same for models with more than `large` latents")
    large: int = setting(10000, ge=1, unit="latents", doc="size above which fewer codes are tested")
    # a random sixteenth of the largest code; corrected for all of them
    axes: int = setting(4096, smoke=256, ge=1, doc="coordinates that are tested one by one; all if there are fewer")
    rank: int = setting(30, smoke=8, ge=1, doc="widest directions that are fitted")
    directions: int = setting(100, smoke=20, ge=1, doc="random projections of the sliced Wasserstein distance")
    models: list[str] = setting(
        ["dense-16", "dense-64", "grid-8x8x16", "grid-8x8x1024-mean"],
        smoke=["dense-16", "grid-8x8x16", "grid-8x8x1024-mean"],
        doc="models whose codes are tested",
    )

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=[*self.models, "classifier"], memory_mb=1900)


COMPONENTS = 40  # of the scree plot


def measure(cfg: Rotation, lab: Lab) -> Outcome:
    """Tests axis by axis, the widest directions, and two-sample distances, for codes and for independent axes.

    The diagonal Gaussian has as many draws as there are codes, and their mean and variance on every axis: it is what
    the codes would be if their axes were independent.
    """
    out = Outcome()
    cache = PictureCache(lab.models, lab.data["digits"])
    for name in progress(cfg.models, "codes along other axes"):
        trained = lab.models[name]
        count = cfg.images_large if trained.spec.latents > cfg.large else cfg.images
        for replicate in trained.replicates:
            rng = np.random.default_rng((cfg.seed, replicate))
            images = cache.of(name, replicate)
            codes = encode(trained.network(replicate), images.train[random_originals(images.train_origin, count, rng)])
            latents = aggregate_posterior(codes, rng)
            mean, std = latents.mean(axis=0), latents.std(axis=0)
            independent = mean + std * prior_like(latents, rng)
            _axis_by_axis(cfg, latents, name, replicate, rng, out)
            for kind, cloud, means in (
                ("aggregate posterior", latents, codes.mean),
                ("diagonal Gaussian", independent, independent),
            ):
                condition = {"model": name, "latents": kind}
                gain, variance = _rotated(cfg, means, cloud, std)
                out.add("rotated_gain", gain, condition, replicate, "nat")
                out.add("held_out_wide_variance", variance, condition, replicate)
                for number, value in enumerate(largest_variances(cloud / std, COMPONENTS), 1):
                    out.add("component_variance", value, condition | {"component": number}, replicate)
            _two_sample(cfg, latents, name, replicate, rng, out)
            out.add("participation_ratio", _participation_ratio(codes), {"model": name}, replicate)
            out.add("noise_edge", noise_edge(*latents.shape), {"model": name}, replicate)
            out.add("images_per_latent", len(latents) / latents.shape[1], {"model": name}, replicate)
    return out


def _axis_by_axis(
    cfg: Rotation, latents: np.ndarray, name: str, replicate: int, rng: np.random.Generator, out: Outcome
) -> None:
    axes = latents.shape[1]
    some = latents[:, rng.permutation(axes)[: cfg.axes]]
    out.add("rejected_axes", rejected_axes(some, axes), {"model": name}, replicate, n=some.shape[1])
    out.add("mean_axis_variance", float(latents.var(axis=0).mean()), {"model": name}, replicate, n=axes)


def _rotated(cfg: Rotation, means: np.ndarray, cloud: np.ndarray, std: np.ndarray) -> tuple[float, float]:
    """Gain in log-likelihood (nats) of wide directions over independent axes, and variance along the widest, held out.

    The directions are fitted to a third of the rows of `means`, the variances along them to another third of `cloud`;
    the last third is scored.
    """
    thirds = np.array_split(np.arange(len(cloud)), 3)
    scaled = cloud / std
    axes = wide_axes(means[thirds[0]] / std, cfg.rank)
    gain = rotated_gain(axes, scaled[thirds[1]], scaled[thirds[2]])
    held_out = np.concatenate([scaled[thirds[1]], scaled[thirds[2]]]) @ axes[:, 0]
    return gain, float(held_out.var())


def _two_sample(
    cfg: Rotation, latents: np.ndarray, name: str, replicate: int, rng: np.random.Generator, out: Outcome
) -> None:
    """Distances of the codes from the prior, and of two samples of the prior, which is what chance gives."""
    one, other = (prior_like(latents, rng) for _ in range(2))
    for kind, cloud in (("aggregate posterior", latents), ("prior", other)):
        condition = {"model": name, "latents": kind}
        out.add("mmd2", mean_discrepancy(cloud, one), condition, replicate)
        out.add("sliced_wasserstein", sliced_distance(cloud, one, cfg.directions, rng), condition, replicate)


def _participation_ratio(codes: Codes) -> float:
    """Of the spectrum of the means: how many directions they use."""
    values = np.clip(largest_variances(codes.mean, min(codes.mean.shape)), 0, None)
    return float(values.sum() ** 2 / np.square(values).sum())
