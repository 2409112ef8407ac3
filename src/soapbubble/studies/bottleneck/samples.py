"""Samples of each model: from its prior, from a Gaussian fitted to its codes, from its codes, of test digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import spearmanr

from soapbubble.autoencoders.picture_cache import PictureCache
from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.autoencoders.store import Models, Trained
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import decode_digits, encode
from soapbubble.measuring.distributions import aggregate_posterior, full_gaussian, prior
from soapbubble.measuring.evaluator import SampleEvaluator
from soapbubble.models.autoencoder import AutoencoderNet, distortion
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.bottleneck.evaluators import evaluators_of
from soapbubble.studies.bottleneck.matching import at_equal


class Samples(Part):
    """Samples of each model from its prior, a fitted Gaussian and its codes; reconstructions of test digits."""

    seed: int = setting(24000, ge=0, doc="seed of the random numbers")
    # of the 1,436 test images: enough for 32 features
    images: int = setting(600, smoke=60, ge=40, doc="real test digits, and samples, that a distance compares")
    # codes for a covariance of up to 784 dimensions
    fit_images: int = setting(2000, smoke=80, ge=40, doc="training images to whose codes the Gaussian is fitted")
    # Kynkaanniemi et al. (2019) take 3, Naeem et al. (2020) 5
    neighbours: int = setting(5, ge=1, doc="nearest neighbours of precision")
    shown: int = setting(6, smoke=2, ge=1, doc="images of each kind on the page of samples")
    panel: int = setting(6, smoke=2, ge=2, le=6, doc="samples along a side of the pair of panels")

    def reads(self) -> Reads:
        return Reads(
            data=["digits"],
            models=[
                "dense-8",
                "dense-16",
                "grid-7x7x1",
                "dense-49",
                "grid-7x7x4",
                "dense-196",
                "grid-7x7x16",
                "dense-784",
                "grid-14x14x1",
                "grid-28x28x1",
                "grid-7x7x4-gaussian",
                "dense-196-gaussian",
                "grid-7x7x4-batchnorm",
                "dense-196-batchnorm",
                "grid-7x7x4-long",
                "dense-196-long",
                "grid-7x7x4-beta-4",
                "dense-196-beta-4",
                "grid-7x7x4-beta-8th",
                "dense-196-beta-8th",
                "grid-7x7x4-ae",
                "dense-196-ae",
                "grid-8x8x1",
                "grid-4x4x4",
                "grid-2x2x16",
                "grid-1x1x64",
                "classifier",
            ],
            memory_mb=1500,
        )


GRID, DENSE = "grid-7x7x4", "dense-196"
LONG = {GRID: "grid-7x7x4-long", DENSE: "dense-196-long"}  # twice the steps
# What the source may have done where it does not say: a fully convolutional and a dense model each.
RECONSTRUCTIONS = {
    "49 latents": ("grid-7x7x1", "dense-49"),
    "196 latents": (GRID, DENSE),
    "784 latents": ("grid-7x7x16", "dense-784"),
    "Gaussian likelihood": ("grid-7x7x4-gaussian", "dense-196-gaussian"),
    "batch normalisation": ("grid-7x7x4-batchnorm", "dense-196-batchnorm"),
    "twice the steps": (LONG[GRID], LONG[DENSE]),
    "beta = 4": ("grid-7x7x4-beta-4", "dense-196-beta-4"),
    "beta = 1/8": ("grid-7x7x4-beta-8th", "dense-196-beta-8th"),
}
OVERFITTING = ("grid-7x7x1", GRID, LONG[GRID], "dense-49", DENSE)
SWEEP = ("196 latents", "beta = 4", "beta = 1/8")
PAGE = (
    "grid-7x7x1",
    GRID,
    "grid-7x7x16",
    "grid-14x14x1",
    "grid-28x28x1",
    "grid-7x7x4-ae",
    "dense-49",
    DENSE,
    "dense-784",
    "dense-196-ae",
)
LATENTS = ("prior", "full Gaussian", "aggregate posterior", "aggregate posterior, test")
MAX_GAP = 0.03  # of test over training loss: a model with less does not overfit
Facts = dict[str, float]


@dataclass(frozen=True)
class Setup:
    """What a network is tried with: the images of its replicate, of its size, and the evaluator of its replicate."""

    pictures: Pictures
    evaluator: SampleEvaluator


def measure(cfg: Samples, lab: Lab) -> Outcome:
    """Frechet distances to real digits, KL and overfitting of every model; a replicate is a seed and a split."""
    out = Outcome()
    cache = PictureCache(lab.models, lab.data["digits"])
    evaluators = evaluators_of(lab.models, cache, GRID, cfg.images, cfg.seed)
    facts: dict[str, list[Facts]] = {}
    sheets: dict[str, np.ndarray] = {}
    for name in progress(list(lab.models), "samples of all models"):
        trained = lab.models[name]
        out.add("parameters", trained.parameters, {"model": name})
        facts[name] = []
        for replicate in trained.replicates:
            if name in OVERFITTING:
                out.add("passes", passes(trained.seen(replicate)), {"model": name}, replicate)
            setup = Setup(cache.of(name, replicate), evaluators[replicate])
            images, found = _sample(cfg, trained, replicate, setup)
            facts[name].append(found)
            _record(cfg, out, name, replicate, images, found, setup.evaluator)
            if replicate == 0:
                sheets[name] = np.stack([np.concatenate(images[key][: cfg.shown], axis=1) for key in LATENTS])
                if name in (GRID, DENSE):
                    pair = np.stack([images[key][: cfg.panel**2] for key in ("prior", "aggregate posterior, test")])
                    out.picture(name, _grey(pair))
    for name in PAGE:
        if name in sheets:
            out.picture(f"{name} page", _grey(sheets[name]))
    _real(cfg, out, cache, evaluators)
    for replicate, own in enumerate(lab.models.classifiers):
        out.add("classifier_accuracy", own.accuracy, {}, replicate, "proportion", own.tested)
    _reconstructions(out, facts)
    _matched(out, facts)
    _longer(out, facts)
    _overfitting(out, lab.models, facts)
    _grid_sizes(out, lab.models, facts)
    return out


def _real(cfg: Samples, out: Outcome, cache: PictureCache, evaluators: Sequence[SampleEvaluator]) -> None:
    """The distance between real training and real test digits, which samples cannot be expected to undercut."""
    for replicate, evaluator in enumerate(evaluators):
        rng = np.random.default_rng((cfg.seed, 1, replicate))
        train = cache.of(GRID, replicate).train
        rows = rng.permutation(len(train))[: len(evaluator)]
        distance = evaluator.frechet(digits_only(train[rows]))
        out.add("frechet_distance_between_digits", distance, {}, replicate, n=len(rows))


def _sample(cfg: Samples, trained: Trained, replicate: int, setup: Setup) -> tuple[dict[str, np.ndarray], Facts]:
    """Images (n, 28, 28) of each latent distribution, and what was found of one network.

    The gap is that between the losses on test and on training images, the negative evidence lower bounds, relative to
    the second. Training images are those that this network has seen: a short training does not see all (others follow
    if they are too few).
    """
    rng = np.random.default_rng((cfg.seed, 2, replicate))
    network = trained.network(replicate)
    count = len(setup.evaluator)
    order = rng.permutation(len(setup.pictures.train))
    seen_first = np.argsort(~trained.seen(replicate)[order], kind="stable")
    train = setup.pictures.train[order[seen_first][: cfg.fit_images]]
    test = setup.pictures.test[rng.permutation(len(setup.pictures.test))[:count]]
    codes, test_codes = encode(network, train), encode(network, test)
    if trained.spec.noise == "none":  # a plain autoencoder has points for codes
        codes, test_codes = codes.as_points(), test_codes.as_points()
    posterior, of_test = aggregate_posterior(codes[:count], rng), aggregate_posterior(test_codes, rng)
    latents = {
        "prior": prior(count, posterior.shape[1], rng),
        "full Gaussian": full_gaussian(codes, count, rng),
        "aggregate posterior": posterior,
        "aggregate posterior, test": of_test,
    }
    images = {key: decode_digits(network, item) for key, item in latents.items()}
    found = {key: setup.evaluator.frechet(item) for key, item in images.items()}
    if trained.spec.noise == "own" and trained.spec.likelihood == "bernoulli":
        distortions = [_distortion(network, posterior, train[:count]), _distortion(network, of_test, test)]
        on_train, on_test = np.add(distortions, [codes[:count].kl, test_codes.kl]).mean(axis=1)
        found |= {"kl": float(test_codes.kl.mean()), "distortion": float(distortions[1].mean())}
        found["gap"] = (on_test - on_train) / on_train
    return images, found


def passes(seen: np.ndarray) -> float:
    """Mean number of times an image was drawn in training, if drawn at random and those `seen` (n,) at least once."""
    never = max(1 - seen.mean(), 0.5 / len(seen))
    return float(np.log(never) / np.log1p(-1 / len(seen)) / len(seen))


@torch.inference_mode()
def _distortion(network: AutoencoderNet, latents: np.ndarray, images: torch.Tensor) -> np.ndarray:
    """Distortion (n,) in nats of `images` (n, 1, side, side) decoded from `latents` (n, d)."""
    decoded = network.decode(torch.from_numpy(latents).unflatten(1, network.latent_shape))
    return distortion(network, decoded, images).numpy()


def _record(
    cfg: Samples,
    out: Outcome,
    name: str,
    replicate: int,
    images: Mapping[str, np.ndarray],
    found: Facts,
    evaluator: SampleEvaluator,
) -> None:
    n = len(evaluator)
    for key in LATENTS:
        out.add("frechet_distance", found[key], {"model": name, "latents": key}, replicate, n=n)
    for key in ("prior", "aggregate posterior"):
        precision = evaluator.precision_recall(images[key], cfg.neighbours)["precision"]
        out.add("precision", precision, {"model": name, "latents": key}, replicate, n=n)
    if "kl" in found:
        out.add("kl", found["kl"], {"model": name}, replicate, unit="nats", n=n)


def _grey(images: np.ndarray) -> np.ndarray:
    return np.round(255 * np.clip(images, 0, 1)).astype(np.uint8)


def _of(facts: Mapping[str, list[Facts]], name: str, key: str) -> np.ndarray:
    return np.array([item[key] for item in facts[name]])


def _reconstructions(out: Outcome, facts: Mapping[str, list[Facts]]) -> None:
    """The two bottlenecks' distances in each reconstruction of the source."""
    ratios = []
    for name, (grid, dense) in RECONSTRUCTIONS.items():
        ratios.append(_of(facts, grid, "prior") / _of(facts, dense, "prior"))
        for replicate, ratio in enumerate(ratios[-1]):
            out.add("grid_over_dense", ratio, {"equal": name}, replicate)
    for replicate in range(len(facts[GRID])):
        # Where a reconstruction has fewer networks, its last one counts again.
        of_replicate = [ratio[min(replicate, len(ratio) - 1)] for ratio in ratios]
        worse = sum(ratio > 1 for ratio in of_replicate)
        out.add("reconstructions_in_which_grid_is_worse", worse, replicate=replicate)
        # All but one reconstruction have at least this ratio: a count would have no variance to speak of.
        second = np.sort(of_replicate)[1]
        out.add("second_smallest_reconstruction_ratio", second, replicate=replicate)


def _matched(out: Outcome, facts: Mapping[str, list[Facts]]) -> None:
    """The two bottlenecks' distances at equal KL and at equal distortion, interpolated between weights of the KL."""
    for matched in ("kl", "distortion"):
        for replicate in range(len(facts[GRID])):
            grid, dense = ([facts[RECONSTRUCTIONS[setting][side]][replicate] for setting in SWEEP] for side in (0, 1))
            pair = at_equal(_curve(grid, matched), _curve(dense, matched))
            for bottleneck, value in zip(("grid", "dense"), pair, strict=True):
                condition = {"matched": matched, "bottleneck": bottleneck}
                out.add("matched_frechet_distance", value, condition, replicate)
            out.add("grid_over_dense", pair[0] / pair[1], {"equal": f"equal {matched}"}, replicate)


def _curve(sweep: Sequence[Facts], matched: str) -> tuple[np.ndarray, np.ndarray]:
    return np.array([item[matched] for item in sweep]), np.array([item["prior"] for item in sweep])


def _longer(out: Outcome, facts: Mapping[str, list[Facts]]) -> None:
    """What twice the steps save, in nats of test loss, and how the two bottlenecks compare before and after."""
    for name, longer in LONG.items():
        before, after = (_of(facts, item, "kl") + _of(facts, item, "distortion") for item in (name, longer))
        for replicate, saved in enumerate(before - after):
            out.add("nats_saved_by_twice_the_steps", saved, {"model": name}, replicate, unit="nats")
    for steps, pair in {"as all": (GRID, DENSE), "twice": (LONG[GRID], LONG[DENSE])}.items():
        of_prior, of_codes = (
            np.array([_of(facts, name, key) for name in pair]) for key in ("prior", "aggregate posterior")
        )
        excess = of_prior - of_codes
        for replicate, closed in enumerate(1 - excess[1] / excess[0]):
            out.add("gap_closed_by_dense", closed, {"steps": steps}, replicate)


def _overfitting(out: Outcome, models: Models, facts: Mapping[str, list[Facts]]) -> None:
    """Whether a small gap between training and test loss goes with good samples, over all VAEs trained on the ELBO.

    Models with another weight of the KL are not what the inference is about.
    """
    names = [
        name
        for name, found in facts.items()
        if "gap" in found[0] and models[name].spec.effective_beta == 1 and len(found) == len(facts[GRID])
    ]
    gaps = np.array([_of(facts, name, "gap") for name in names]).T
    ratios = np.array([_of(facts, name, "prior") / _of(facts, name, "aggregate posterior") for name in names]).T
    for replicate, (gap, ratio) in enumerate(zip(gaps, ratios, strict=True)):
        for number, name in enumerate(names):
            out.add("elbo_gap", gap[number], {"model": name}, replicate)
            out.add("prior_over_posterior", ratio[number], {"model": name}, replicate)
        small = gap < MAX_GAP
        out.add("models_with_a_gap", len(gap), replicate=replicate)
        out.add("models_without_overfitting", small.sum(), replicate=replicate)
        worst = ratio[small].max() if small.any() else np.nan
        out.add("worst_ratio_without_overfitting", worst, replicate=replicate)
        out.add("rank_correlation_of_gap_and_ratio", spearmanr(gap, ratio).statistic, replicate=replicate, n=len(gap))


def _grid_sizes(out: Outcome, models: Models, facts: Mapping[str, list[Facts]]) -> None:
    """How much worse than its own codes the prior is, by the side of the grid; plain models on grids only."""
    for name, found_all in facts.items():
        spec = models[name].spec
        if spec.bottleneck == "grid" and name.count("-") == 1:
            condition = {"model": name, "grid": spec.grid, "latents": spec.latents, "side": spec.side}
            for replicate, found in enumerate(found_all):
                ratio = np.log(found["prior"] / found["aggregate posterior"])
                out.add("log_prior_over_posterior", ratio, condition, replicate)
