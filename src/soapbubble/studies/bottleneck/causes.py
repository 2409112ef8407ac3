"""Why the fully convolutional model cannot be sampled: latent distributions and bottlenecks compared."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from soapbubble.autoencoders.picture_cache import PictureCache
from soapbubble.autoencoders.pictures import Pictures
from soapbubble.autoencoders.store import Trained
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import Codes, decode_digits, encode
from soapbubble.measuring.distributions import (
    aggregate_posterior,
    diagonal_gaussian,
    full_gaussian,
    log_density_ratio_to_prior,
    mixture,
    prior_like,
    second_stage_vae,
)
from soapbubble.measuring.evaluator import SampleEvaluator
from soapbubble.measuring.pca import Whitener, covariance_spectrum
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.contrasts import auc
from soapbubble.stats.two_sample import sliced_distance
from soapbubble.studies.bottleneck.decomposition import excess_parts, fraction, prior_to_posterior
from soapbubble.studies.bottleneck.evaluators import evaluators_of


class Causes(Part):
    """Latent distributions between prior and aggregate posterior, and changes of the bottleneck."""

    seed: int = setting(25000, ge=0, doc="seed of the random numbers")
    images: int = setting(600, smoke=60, ge=40, doc="real test digits, and samples, that a distance compares")
    fit_images: int = setting(2000, smoke=80, ge=40, doc="training images to whose codes distributions are fitted")
    # one a digit
    components: int = setting(10, ge=1, doc="Gaussians of the mixture")
    # of 196: nearly all that the codes' means vary
    rank: int = setting(64, smoke=16, ge=1, doc="principal components of the mixture and the second-stage VAE")
    # 1.5 s each
    steps: int = setting(1000, smoke=5, ge=1, doc="training steps of the second-stage VAE")
    directions: int = setting(256, smoke=20, ge=10, doc="random directions of the sliced Wasserstein distance")
    resamples: int = setting(
        40, smoke=10, ge=10, doc="bootstrap samples of the images, for the error of the dependence fraction"
    )

    def reads(self) -> Reads:
        return Reads(
            data=["digits"],
            models=[
                "grid-7x7x4",
                "dense-196",
                "dense-encoder-7x7x4",
                "dense-decoder-7x7x4",
                "grid-7x7x4-coordinates",
                "grid-7x7x4-reach",
                "grid-7x7x1",
                "grid-7x7x16",
                "grid-7x7x4-ae",
                "dense-196-ae",
                "classifier",
            ],
            memory_mb=1500,
        )


GRID, DENSE = "grid-7x7x4", "dense-196"
CELLS = (4, 7, 7)  # channels, rows, columns; the vector of 196 is cut into the same 49 groups of 4
DECOMPOSED = (GRID, DENSE, "grid-7x7x4-coordinates")
ENCODER, DECODER = "dense-encoder-7x7x4", "dense-decoder-7x7x4"
PLAIN = {GRID: "grid-7x7x4-ae", DENSE: "dense-196-ae"}
CHANGES = (ENCODER, DECODER, DENSE, "grid-7x7x4-coordinates", "grid-7x7x4-reach", "grid-7x7x1", "grid-7x7x16")
STEPS = {
    "dependence_fraction": ("cells shuffled", "aggregate posterior"),
    "marginal_fraction": ("prior", "cells shuffled"),
    "gap_recovered": ("prior", "full Gaussian"),
}
Distances = dict[str, float]


def measure(cfg: Causes, lab: Lab) -> Outcome:
    """Frechet distances to real digits by latent distribution and by bottleneck; a replicate is a seed and a split."""
    out = Outcome()
    cache = PictureCache(lab.models, lab.data["digits"])
    evaluators = evaluators_of(lab.models, cache, GRID, cfg.images, cfg.seed, 1)
    found: dict[str, list[Distances]] = {}
    prior_features: list[np.ndarray] = []
    for name in progress(dict.fromkeys([GRID, *PLAIN.values(), *DECOMPOSED, *CHANGES]), "causes"):
        trained = lab.models[name]
        found[name] = []
        for replicate in trained.replicates:
            rng, evaluator = np.random.default_rng((cfg.seed, replicate)), evaluators[replicate]
            features = _features(cfg, trained, replicate, cache.of(name, replicate), evaluator, out, rng)
            distances = {latents: evaluator.frechet_of(rows) for latents, rows in features.items()}
            for latents, value in distances.items():
                condition = {"model": name, "latents": latents}
                out.add("intervention_frechet_distance", value, condition, replicate, n=len(evaluator))
            found[name].append(distances)
            if name == GRID:
                prior_features.append(features["prior"])
                _bootstrap(cfg, out, features, evaluator, replicate, rng)
            if name == PLAIN[GRID]:
                of_vae = evaluator.against(prior_features[replicate])
                for latents in ("prior", "diagonal Gaussian"):
                    between = of_vae.frechet_of(features[latents])
                    out.add("distance_to_vae_samples", between, {"latents": latents}, replicate, n=len(evaluator))
    _decompose(out, found)
    _changes(out, found)
    _spectra(cfg, out, lab, cache)
    return out


def _features(
    cfg: Causes,
    trained: Trained,
    replicate: int,
    pictures: Pictures,
    evaluator: SampleEvaluator,
    out: Outcome,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """The evaluator's features (n, f) of one network's samples from each latent distribution."""
    network = trained.network(replicate)
    codes = _codes(cfg, trained, replicate, pictures)
    if trained.name in (GRID, DENSE, *PLAIN.values()):
        # Sorted by original: its copies do not come in both halves, or the second would be no new images.
        by_origin = np.argsort(pictures.train_origin[_rows(cfg, replicate, pictures)], kind="stable")
        _against_prior(cfg, out, trained.name, codes[by_origin], replicate, rng)
    count = len(evaluator)
    if trained.name in DECOMPOSED:
        latents = prior_to_posterior(codes, CELLS, count, rng)
    else:
        posterior = aggregate_posterior(codes[:count], rng)
        latents = {"prior": prior_like(posterior, rng), "aggregate posterior": posterior}
    if trained.name in (GRID, DENSE):
        latents["mixture"] = mixture(codes, cfg.components, cfg.rank, count, rng)
        latents["second-stage VAE"] = second_stage_vae(codes, cfg.rank, count, rng, cfg.steps)
    if trained.name in PLAIN.values():
        latents["diagonal Gaussian"] = diagonal_gaussian(codes, count, rng)
        latents["full Gaussian"] = full_gaussian(codes, count, rng)
    return {name: evaluator.features(decode_digits(network, item)) for name, item in latents.items()}


def _codes(cfg: Causes, trained: Trained, replicate: int, pictures: Pictures) -> Codes:
    """The codes of training images; those of a plain autoencoder are points."""
    codes = encode(trained.network(replicate), pictures.train[_rows(cfg, replicate, pictures)])
    return codes.as_points() if trained.spec.noise == "none" else codes


def _rows(cfg: Causes, replicate: int, pictures: Pictures) -> np.ndarray:
    """The training images whose codes are taken, the same for all models of a replicate."""
    return np.random.default_rng((cfg.seed, replicate, 2)).permutation(len(pictures.train))[: cfg.fit_images]


def _against_prior(
    cfg: Causes, out: Outcome, name: str, codes: Codes, replicate: int, rng: np.random.Generator
) -> None:
    """How far the aggregate posterior is from the prior, against two samples of the prior."""
    half = len(codes) // 2
    drawn = aggregate_posterior(codes, rng)
    fitted, kept = drawn[:half], drawn[half:]
    noise, other = (prior_like(kept, rng) for _ in range(2))
    samples = {"aggregate posterior": kept, "whitened aggregate posterior": Whitener.fit(fitted)(kept), "prior": other}
    for latents, points in samples.items():
        distance = sliced_distance(points, noise, cfg.directions, rng)
        out.add("sliced_wasserstein", distance, {"model": name, "latents": latents}, replicate, n=len(kept))
    out.add("auc", gaussian_auc(fitted, kept, noise), {"model": name}, replicate, n=len(kept))
    # What codes would give that follow the prior, drawn from it as the codes were from theirs.
    rng = np.random.default_rng((cfg.seed, replicate, 3))
    planted, noise, other = prior_like(drawn, rng), prior_like(kept, rng), prior_like(kept, rng)
    where = {"model": name, "latents": "prior for codes"}
    out.add("prior_auc", gaussian_auc(planted[:half], planted[half:], noise), {"model": name}, replicate, n=len(kept))
    for points, condition in ((planted[half:], where), (other, {"model": name, "latents": "prior beside it"})):
        distance = sliced_distance(points, noise, cfg.directions, rng)
        out.add("sliced_wasserstein", distance, condition, replicate, n=len(kept))


def gaussian_auc(fitted: np.ndarray, codes: np.ndarray, noise: np.ndarray) -> float:
    """How well `codes` (m, d) are told from draws of the prior, `noise` (k, d), by area under the ROC curve.

    The score is the likelihood ratio of a Gaussian fitted to `fitted` (n, d), other codes, and the prior.
    """
    scores = np.concatenate([log_density_ratio_to_prior(points, fitted) for points in (codes, noise)])
    return auc(scores, np.arange(len(scores)) < len(codes))


def _bootstrap(
    cfg: Causes,
    out: Outcome,
    features: Mapping[str, np.ndarray],
    evaluator: SampleEvaluator,
    replicate: int,
    rng: np.random.Generator,
) -> None:
    """Standard deviation of the dependence fraction over bootstrap samples of the images."""
    fractions = []
    for _ in range(cfg.resamples):
        real = evaluator.reference[rng.integers(len(evaluator), size=len(evaluator))]
        resampled = evaluator.against(real)
        rows = rng.integers(len(evaluator), size=len(evaluator))
        distance = {
            latents: resampled.frechet_of(features[latents][rows])
            for latents in ("prior", "cells shuffled", "aggregate posterior")
        }
        fractions.append(fraction(distance, *STEPS["dependence_fraction"]))
    out.add("dependence_fraction_std", np.std(fractions), {"model": GRID}, replicate, n=cfg.resamples)


def _decompose(out: Outcome, found: Mapping[str, list[Distances]]) -> None:
    """The excess distance of prior samples in parts, and the fraction of it that single steps gain."""
    for name in DECOMPOSED:
        for replicate, distance in enumerate(found[name]):
            excess = distance["prior"] - distance["aggregate posterior"]
            out.add("excess", excess, {"model": name}, replicate)
            for part, value in excess_parts(distance).items():
                out.add("excess_part", value, {"model": name, "part": part}, replicate)
                out.add("excess_fraction", value / excess, {"model": name, "part": part}, replicate)
            for quantity, step in STEPS.items():
                out.add(quantity, fraction(distance, *step), {"model": name}, replicate)
            # A Frechet distance is a square: of its root, the step that comes last is a larger fraction.
            root = {latents: np.sqrt(value) for latents, value in distance.items()}
            of_root = fraction(root, *STEPS["dependence_fraction"])
            out.add("dependence_fraction_of_root", of_root, {"model": name}, replicate)


def _changes(out: Outcome, found: Mapping[str, list[Distances]]) -> None:
    """What a change of the bottleneck does to the distance of prior samples and to their excess."""
    prior_distance = {name: np.array([item["prior"] for item in found[name]]) for name in (GRID, *CHANGES)}
    excess = {
        name: distance - [item["aggregate posterior"] for item in found[name]]
        for name, distance in prior_distance.items()
    }
    for name in CHANGES:
        closed, change = 1 - excess[name] / excess[GRID], np.log(prior_distance[name] / prior_distance[GRID])
        for replicate in range(len(change)):
            out.add("gap_closed", closed[replicate], {"model": name}, replicate)
            out.add("log_change", change[replicate], {"model": name}, replicate)
    logs = {name: np.log(prior_distance[name]) for name in (GRID, ENCODER, DECODER, DENSE)}
    effects = {
        "encoder": (logs[ENCODER] - logs[GRID] + logs[DENSE] - logs[DECODER]) / 2,
        "decoder": (logs[DECODER] - logs[GRID] + logs[DENSE] - logs[ENCODER]) / 2,
    }
    for place, values in effects.items():
        for replicate, value in enumerate(values):
            out.add("dense_effect", value, {"where": place}, replicate)


def _spectra(cfg: Causes, out: Outcome, lab: Lab, cache: PictureCache) -> None:
    """Variances of the codes of the first networks along principal axes, and of as many draws of the prior."""
    rng = np.random.default_rng((cfg.seed, 2))
    names = [name for pair in PLAIN.items() for name in pair]
    codes = {name: _codes(cfg, lab.models[name], 0, cache.of(name, 0)) for name in names}
    drawn = {name: aggregate_posterior(item, rng) for name, item in codes.items()}
    drawn["prior"] = prior_like(drawn[GRID], rng)
    for name, points in drawn.items():
        for number, variance in enumerate(covariance_spectrum(points), start=1):
            out.add("code_variance", variance, {"codes": name, "component": number}, replicate=0, n=len(points))
