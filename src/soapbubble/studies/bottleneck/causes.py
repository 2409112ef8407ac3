"""Why the fully convolutional model cannot be sampled: the law of the latents and the bottleneck taken apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from soapbubble.autoencoders import laws
from soapbubble.autoencoders.codes import Codes, decode, encode
from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.autoencoders.store import Models, Trained
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.frechet import frechet_distance
from soapbubble.stats.two_sample import sliced_distance
from soapbubble.studies.bottleneck.aggregate import gaussian_auc, spectrum, whitener
from soapbubble.studies.bottleneck.decomposition import PARTS, excess_parts, ladder, share
from soapbubble.studies.bottleneck.referee import Referee, referee


class Causes(Part):
    """The law of the latents and the bottleneck, taken apart."""

    seed: int = setting(25000, ge=0, doc="seed of the random numbers")
    pictures: int = setting(600, smoke=60, ge=40, doc="real test digits, and samples, that a distance compares")
    fitted: int = setting(2000, smoke=80, ge=40, doc="training pictures whose codes the fitted laws rest on")
    # one a digit
    components: int = setting(10, ge=1, doc="Gaussians of the mixture")
    # of 196: nearly all that the codes' means vary
    rank: int = setting(64, smoke=16, ge=1, doc="principal components that the mixture and the second stage describe")
    # 1.5 s each
    steps: int = setting(1000, smoke=5, ge=1, doc="of training the second stage")
    directions: int = setting(256, smoke=20, ge=10, doc="of the sliced distance between clouds of codes")
    resamples: int = setting(40, smoke=10, ge=10, doc="of the pictures, for the part that chance among them has")

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
TAKEN_APART = (GRID, DENSE, "grid-7x7x4-coordinates")
FITTED = ("mixture", "second stage")
ENCODER, DECODER = "dense-encoder-7x7x4", "dense-decoder-7x7x4"
PLAIN = {GRID: "grid-7x7x4-ae", DENSE: "dense-196-ae"}
CHANGES = (ENCODER, DECODER, DENSE, "grid-7x7x4-coordinates", "grid-7x7x4-reach", "grid-7x7x1", "grid-7x7x16")
Distances = dict[str, float]


def measure(cfg: Causes, lab: Lab) -> Outcome:
    """Distances to real digits under laws between the prior and the codes, and under changes of the bottleneck.

    A replicate is a training with its own seed.
    """
    out = Outcome()
    pictures = lab.models[GRID].pictures(lab.data["digits"])
    judge = referee(
        lab.models.judge.features, digits_only(pictures.test), cfg.pictures, np.random.default_rng(cfg.seed)
    )
    found: dict[str, list[Distances]] = {}
    prior_features: list[np.ndarray] = []
    for name in progress(dict.fromkeys([GRID, *PLAIN.values(), *TAKEN_APART, *CHANGES]), "causes"):
        trained = lab.models[name]
        found[name] = []
        for replicate in trained.replicates:
            rng = np.random.default_rng((cfg.seed, replicate))
            features = _features(cfg, trained, replicate, pictures, judge, out, rng)
            distances = {law: frechet_distance(seen, judge.real) for law, seen in features.items()}
            for law, value in distances.items():
                out.add("distance_by_law", value, {"model": name, "law": law}, replicate, n=len(judge))
            found[name].append(distances)
            if name == GRID:
                prior_features.append(features["prior"])
                _resampled(cfg, out, features, judge, replicate, rng)
            if name == PLAIN[GRID]:
                for law in ("prior", "diagonal"):
                    between = frechet_distance(features[law], prior_features[replicate])
                    out.add("distance_to_vae_samples", between, {"law": law}, replicate, n=len(judge))
    _laws(out, found)
    _changes(out, found)
    _spectra(cfg, out, lab.models, pictures)
    return out


def _features(
    cfg: Causes,
    trained: Trained,
    replicate: int,
    pictures: Pictures,
    judge: Referee,
    out: Outcome,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """What the referee sees of one network's samples: its features (n, f) under each law."""
    network = trained.network(replicate)
    codes = _codes(cfg, trained, replicate, pictures)
    if trained.name in (GRID, DENSE, *PLAIN.values()):
        # Sorted by original: its copies do not come in both halves, or the second would be no new pictures.
        by_origin = np.argsort(pictures.train_origin[_rows(cfg, pictures)], kind="stable")
        _aggregate(cfg, out, trained.name, codes[by_origin], replicate, rng)
    if trained.name in TAKEN_APART:
        latents = ladder(codes, CELLS, len(judge), rng)
    else:
        drawn = laws.posterior(codes[: len(judge)], rng)
        latents = {"prior": laws.prior(*drawn.shape, rng), "posterior": drawn}
    if trained.name in (GRID, DENSE):
        latents["mixture"] = laws.mixture(codes, cfg.components, cfg.rank, len(judge), rng)
        latents["second stage"] = laws.second_stage(codes, cfg.rank, len(judge), rng, cfg.steps)
    if trained.name in PLAIN.values():
        latents["diagonal"] = laws.diagonal(codes, len(judge), rng)
        latents["full covariance"] = laws.full_gaussian(codes, len(judge), rng)
    return {law: judge.features(decode(network, item)) for law, item in latents.items()}


def _codes(cfg: Causes, trained: Trained, replicate: int, pictures: Pictures) -> Codes:
    """The codes of training pictures; those of a plain autoencoder are points."""
    codes = encode(trained.network(replicate), pictures.train[_rows(cfg, pictures)])
    return Codes(codes.mean, np.zeros_like(codes.deviation)) if trained.spec.noise == "none" else codes


def _rows(cfg: Causes, pictures: Pictures) -> np.ndarray:
    return np.random.default_rng((cfg.seed, 1)).permutation(len(pictures.train))[: cfg.fitted]


def _aggregate(cfg: Causes, out: Outcome, name: str, codes: Codes, replicate: int, rng: np.random.Generator) -> None:
    """How far the codes taken together are from the prior, against what two samples of the prior are apart."""
    half = len(codes) // 2
    drawn = laws.posterior(codes, rng)
    fitted, kept = drawn[:half], drawn[half:]
    prior, other = (laws.prior(*kept.shape, rng) for _ in range(2))
    clouds = {"codes": kept, "whitened codes": whitener(fitted)(kept), "prior": other}
    distance = {cloud: sliced_distance(points, prior, cfg.directions, rng) for cloud, points in clouds.items()}
    for cloud, value in distance.items():
        out.add("sliced_distance", value, {"model": name, "cloud": cloud}, replicate, n=len(kept))
    out.add("auc_against_prior", gaussian_auc(fitted, kept, prior), {"model": name}, replicate, n=len(kept))
    eigenvalues = spectrum(drawn)
    out.add("condition_number", eigenvalues[0] / eigenvalues[-1], {"model": name}, replicate, n=len(drawn))
    lengths = np.linalg.norm(drawn, axis=1) / np.sqrt(drawn.shape[1])
    out.add("relative_length", lengths.mean(), {"model": name}, replicate, n=len(drawn))
    out.add("relative_thickness", lengths.std() / lengths.mean(), {"model": name}, replicate, n=len(drawn))


def _resampled(
    cfg: Causes,
    out: Outcome,
    features: Mapping[str, np.ndarray],
    judge: Referee,
    replicate: int,
    rng: np.random.Generator,
) -> None:
    """How much the share of dependence would change with other pictures: its deviation over resampled pictures."""
    shares = []
    for _ in range(cfg.resamples):
        real = judge.real[rng.integers(len(judge), size=len(judge))]
        rows = rng.integers(len(judge), size=len(judge))
        distance = {
            law: frechet_distance(features[law][rows], real) for law in ("prior", "cells shuffled", "posterior")
        }
        shares.append(share(distance, "cells shuffled", "posterior"))
    out.add("dependence_share_deviation", float(np.std(shares)), {"model": GRID}, replicate, n=cfg.resamples)


def _laws(out: Outcome, found: Mapping[str, list[Distances]]) -> None:
    for name in TAKEN_APART:
        for replicate, distance in enumerate(found[name]):
            parts = excess_parts(distance)
            excess = distance["prior"] - distance["posterior"]
            out.add("excess", excess, {"model": name}, replicate)
            for part, value in parts.items():
                out.add("excess_part", value, {"model": name, "part": part}, replicate)
                out.add("excess_share", value / excess, {"model": name, "part": part}, replicate)
            steps = {
                "dependence_share": ("cells shuffled", "posterior"),
                "marginal_share": ("prior", "cells shuffled"),
                "recipe_share": ("prior", "full covariance"),
            }
            for quantity, (worse, better) in steps.items():
                out.add(quantity, share(distance, worse, better), {"model": name}, replicate)
            # A Frechet distance is a square: of its root, the step that comes last is a larger share.
            root = {law: np.sqrt(value) for law, value in distance.items()}
            of_root = share(root, *steps["dependence_share"])
            out.add("dependence_share_of_root", of_root, {"model": name}, replicate)
            linear = (distance["diagonal"] - distance["full covariance"]) / (
                distance["diagonal"] - distance["posterior"]
            )
            out.add("linear_share", linear, {"model": name}, replicate)
    order = list(dict.fromkeys(law for name in (GRID, DENSE) for law in found[name][0]))
    out.figure(
        "bottleneck-laws",
        models=np.array([GRID, DENSE]),
        laws=np.array(order),
        distances=np.array([[[item[law] for item in found[name]] for law in order] for name in (GRID, DENSE)]),
    )


def _changes(out: Outcome, found: Mapping[str, list[Distances]]) -> None:
    """What a change of the bottleneck does to the distance of prior samples and to their excess."""
    prior = {name: np.array([item["prior"] for item in found[name]]) for name in (GRID, *CHANGES)}
    excess = {name: prior[name] - [item["posterior"] for item in found[name]] for name in (GRID, *CHANGES)}
    for name in CHANGES:
        for replicate, (closed, change) in enumerate(
            zip(1 - excess[name] / excess[GRID], np.log(prior[name] / prior[GRID]), strict=True)
        ):
            out.add("excess_closed", closed, {"model": name}, replicate)
            out.add("log_change", change, {"model": name}, replicate)
    logs = {name: np.log(prior[name]) for name in (GRID, ENCODER, DECODER, DENSE)}
    effects = {
        "encoder": (logs[ENCODER] - logs[GRID] + logs[DENSE] - logs[DECODER]) / 2,
        "decoder": (logs[DECODER] - logs[GRID] + logs[DENSE] - logs[ENCODER]) / 2,
        "both beyond each": logs[DENSE] - logs[ENCODER] - logs[DECODER] + logs[GRID],
    }
    for place, values in effects.items():
        for replicate, value in enumerate(values):
            out.add("dense_effect", value, {"where": place}, replicate)
    parts = [[list(excess_parts(item).values()) for item in found[name]] for name in TAKEN_APART]
    out.figure(
        "bottleneck-causes",
        models=np.array(TAKEN_APART),
        parts=np.array(PARTS),
        values=np.array(parts),
        changes=np.array(CHANGES),
        log_change=np.array([np.log(prior[name] / prior[GRID]) for name in CHANGES]),
        effects=np.array(list(effects)),
        effect=np.array(list(effects.values())),
    )


def _spectra(cfg: Causes, out: Outcome, models: Models, pictures: Pictures) -> None:
    """Eigenvalues of the covariance of the codes of the first networks, beside those of as many draws of the prior."""
    rng = np.random.default_rng((cfg.seed, 2))
    names = [name for pair in PLAIN.items() for name in pair]
    drawn = [laws.posterior(_codes(cfg, models[name], 0, pictures), rng) for name in names]
    out.figure(
        "bottleneck-spectra",
        models=np.array(names),
        spectra=np.array([spectrum(item) for item in drawn]),
        prior=spectrum(laws.prior(*drawn[0].shape, rng)),
    )
