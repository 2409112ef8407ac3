"""Whether the sites of a code depend on each other over images, and what breaking that does to decoded digits."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from soapbubble.autoencoders.picture_cache import PictureCache
from soapbubble.autoencoders.pictures import digits_only
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import decode_digits, encode
from soapbubble.measuring.distributions import aggregate_posterior, prior_like
from soapbubble.measuring.evaluator import SampleEvaluator
from soapbubble.measuring.nulls import cell_shuffled
from soapbubble.measuring.splits import first_of_each
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.conditional_regression import conditional_r2
from soapbubble.stats.spatial import mean_by_distance, site_correlations, site_distances
from soapbubble.stats.total_correlation import gaussian_total_correlation, held_out_total_correlation


class Sites(Part):
    """Dependence between the sites of a code."""

    seed: int = setting(22000, ge=0, doc="seed of the random numbers")
    train: int = setting(1300, smoke=144, ge=60, doc="originals from whose codes dependence is estimated")
    test: int = setting(360, smoke=40, ge=20, doc="originals on whose codes it is tested")
    regression_images: int = setting(
        600, smoke=100, ge=20, doc="of the first, those on which one site is regressed on all others"
    )
    # half of the 7 x 7 sites
    target_sites: int = setting(24, smoke=6, ge=1, doc="sites that are predicted from all others")
    images: int = setting(1000, smoke=100, ge=40, doc="images whose codes are shuffled and decoded")

    def reads(self) -> Reads:
        return Reads(
            data=["digits"],
            models=["grid-7x7x1", "grid-7x7x4", "grid-14x14x1", "grid-28x28x1", "classifier"],
            memory_mb=1500,
        )


MODELS = ("grid-7x7x1", "grid-7x7x4", "grid-14x14x1", "grid-28x28x1")
SMALLEST = MODELS[0]  # few enough latents for their whole covariance, and for kernels
Shape = tuple[int, int, int]


def measure(cfg: Sites, lab: Lab) -> Outcome:
    """Dependence between sites against shuffled sites, and Frechet distances of decoded digits to real ones.

    A replicate is a network with a split of its own. Codes are samples, one for each image, since the decoder was
    trained on their joint distribution (their noise makes them less dependent than their means). In shuffled codes each
    site, with all its channels, comes from another image: no dependence, the same distribution of each site.
    """
    out = Outcome()
    cache = PictureCache(lab.models, lab.data["digits"])
    for name in MODELS:
        model = lab.models[name]
        for replicate in progress(model.replicates, f"dependence between the sites of {name}"):
            network, pictures = model.network(replicate), cache.of(name, replicate)
            count = min(cfg.images, len(pictures.train), len(pictures.test))
            train = pictures.train[first_of_each(pictures.train_origin)[: cfg.train]]
            test = pictures.test[first_of_each(pictures.test_origin)[: cfg.test]]
            rng = np.random.default_rng((cfg.seed, replicate))
            train_rows, test_rows = (
                np.sort(rng.permutation(len(images))[:count]) for images in (pictures.train, pictures.test)
            )
            features = lab.models.classifiers[replicate].features
            evaluator = SampleEvaluator.on(features, digits_only(pictures.test[test_rows]))
            between_real = evaluator.frechet(digits_only(pictures.train[train_rows]))
            control = {"model": name, "control": "training digits"}
            out.add("shuffling_frechet_distance", between_real, control, replicate, n=count)
            codes, new = (aggregate_posterior(encode(network, part), rng) for part in (train, test))
            _dependence(out, cfg, name, replicate, network.latent_shape, codes, new, rng)
            own = aggregate_posterior(encode(network, pictures.train[train_rows]), rng)
            latents = {
                "aggregate posterior": own,
                "cells shuffled": cell_shuffled(own, network.latent_shape, rng),
                "prior": prior_like(own, rng),
            }
            for key, item in latents.items():
                distance = evaluator.frechet(decode_digits(network, item))
                out.add("shuffling_frechet_distance", distance, {"model": name, "latents": key}, replicate, n=count)
    return out


def _dependence(
    out: Outcome,
    cfg: Sites,
    name: str,
    replicate: int,
    shape: Shape,
    train: np.ndarray,
    test: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """How much sites depend on each other: total correlation, correlations by distance, prediction from the others."""
    null = [cell_shuffled(item, shape, rng) for item in (train, test)]
    samples = {
        shuffled: [normal_scores(by_site(item, shape), by_site(pair[0], shape)) for item in pair]
        for shuffled, pair in ((False, (train, test)), (True, null))
    }
    targets = rng.permutation(shape[1] * shape[2])[: cfg.target_sites]
    distances = np.repeat(np.repeat(site_distances(shape[1]), shape[0], axis=0), shape[0], axis=1)
    for shuffled, (known, new) in samples.items():
        where = {"model": name, "shuffled": shuffled}
        out.add("total_correlation_test", held_out_total_correlation(known, new), where, replicate, unit="nats")
        if name == SMALLEST:
            out.add("total_correlation", gaussian_total_correlation(known), where, replicate, unit="nats")
            r2 = conditional_r2(known[: cfg.regression_images], new, targets, "gaussian")
            out.add("conditional_r2", r2, where, replicate)
        sizes = np.abs(site_correlations(known.reshape(len(train), -1)))
        # Bins of distance around 1, 2, 3 ... sites, up to the side of the map.
        by_distance = mean_by_distance(sizes, distances, np.arange(shape[1] + 1) + 0.5)
        for number, size in enumerate(by_distance, start=1):
            out.add("site_correlation", size, {**where, "distance": number}, replicate)


def by_site(latents: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Latents (n, channels * rows * columns) as (n, sites, channels)."""
    return latents.reshape(len(latents), shape[0], -1).swapaxes(1, 2)


def normal_scores(samples: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Each number as the normal quantile of its rank among those of `reference` (n, ...).

    With normal marginals, a total correlation from covariances alone is a lower bound of the true one.
    """
    ordered = np.sort(reference.reshape(len(reference), -1), axis=0)
    flat = samples.reshape(len(samples), -1)
    ranks = np.stack(
        [
            (np.searchsorted(known, value, "left") + np.searchsorted(known, value, "right")) / 2
            for known, value in zip(ordered.T, flat.T, strict=True)
        ],
        axis=1,
    )
    return norm.ppf((ranks + 0.5) / (len(reference) + 1)).reshape(samples.shape)
