"""What is wrong with the prior, step by step: laws fitted to the codes of real pictures, through frozen decoders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from soapbubble.autoencoders import laws
from soapbubble.autoencoders.classifier import Judge
from soapbubble.autoencoders.codes import Codes, decode, encode
from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.autoencoders.store import Trained
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.frechet import frechet_distance
from soapbubble.stats.sample_quality import precision_recall
from soapbubble.stats.scales import patch_distance
from soapbubble.stats.strokes import ink, stroke_width, tiles_shuffled
from soapbubble.stats.surrogates import phase_randomised
from soapbubble.studies.latentsize.critic import LESSONS, SURPRISES, Critic, CriticSettings, critic_of
from soapbubble.studies.latentsize.held_out import Album
from soapbubble.studies.latentsize.samples import codes_of, one_each


class Ladder(Part):
    """Laws of the latents, from the prior step by step to the codes of real pictures, through frozen decoders."""

    seed: int = setting(22000, ge=0, doc="seed of the random numbers")
    pictures: int = setting(360, smoke=24, ge=20, doc="real pictures and samples in every Frechet distance")
    # one copy of nearly every training original
    fitted: int = setting(
        1200, smoke=100, ge=20, doc="training pictures to whose codes the laws are fitted, one an original"
    )
    # 94 MB of codes
    fitted_large: int = setting(360, smoke=24, ge=20, doc="the same for models with more than `large` latents")
    large: int = setting(10000, ge=1, doc="latents above which codes are too long to keep many")
    # what 500 codes can place
    rank: int = setting(
        30, smoke=8, ge=1, doc="directions of the low-rank covariance, of the mixture and of the second stage"
    )
    # as many as there are digits
    components: int = setting(10, smoke=3, ge=2, doc="Gaussians of the mixture")
    # of the second stage
    steps: int = setting(800, smoke=30, ge=1, doc="training steps of the second stage")
    critic: CriticSettings = setting(doc="the critic that says which samples are realistic")
    neighbours: int = setting(5, ge=1, doc="neighbours that set the width of the balls around real pictures")
    patch: int = setting(7, ge=2, doc="pixels a side of the patches for the local look")
    patches: int = setting(4000, smoke=300, ge=100, doc="patches in every distance")
    tile: int = setting(7, ge=2, doc="pixels a side of the tiles of the shuffled control")
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
    shown: int = setting(6, smoke=3, ge=1, doc="pictures of each kind in the figure")

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=[*self.models, *self.longer.values(), "classifier"], memory_mb=1900)


FITTED = ("mean", "moments", "low rank", "covariance", "mixture", "second stage")
LAWS = ("prior", *FITTED, "codes")
# What the steps of the ladder lead from and to; the mean by itself is a part of the first, low rank of the second.
STEPS = ("prior", "moments", "covariance", "mixture", "second stage", "codes")


@dataclass(frozen=True)
class _Real:
    """Real digits of one replicate: what samples are compared with, in pictures and in the judge's features."""

    train: np.ndarray
    shown: np.ndarray
    features: np.ndarray
    validation: np.ndarray


@dataclass
class _Drawings:
    """What the figures need."""

    distances: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    scales: dict[tuple[str, str], list[tuple[float, ...]]] = field(default_factory=dict)
    samples: dict[str, np.ndarray] = field(default_factory=dict)
    fits: dict[str, str] = field(default_factory=dict)


def measure(cfg: Ladder, lab: Lab) -> Outcome:
    """Frechet distance, acceptance and look of the samples of every law, and what each step of the ladder closes."""
    out = Outcome()
    kept = _Drawings()
    album, judge = Album(lab.models, lab.data["digits"]), lab.models.judge
    critic = critic_of(cfg.critic, album.of(cfg.models[0]))
    _examination(cfg, critic, album.of(cfg.models[0]), out)
    for name in progress(cfg.models, "laws of the latents"):
        trained, pictures = lab.models[name], album.of(name)
        for replicate in trained.replicates:
            real = _real(cfg, pictures, judge, replicate)
            if name == cfg.models[0]:
                _controls(cfg, real, judge, replicate, kept, out)
            _one_network(cfg, trained, replicate, pictures, real, judge, critic, kept, out)
    for name, longer in cfg.longer.items():
        _training_length(cfg, lab.models[longer], album.of(longer), judge, name, kept, out)
    _figures(cfg, kept, out)
    return out


def _real(cfg: Ladder, pictures: Pictures, judge: Judge, replicate: int) -> _Real:
    rng = np.random.default_rng((cfg.seed, replicate))
    train = digits_only(pictures.train[one_each(pictures.train_origin, len(pictures.train), rng)])
    shown = digits_only(pictures.test[one_each(pictures.test_origin, min(cfg.pictures, len(train)), rng)])
    return _Real(train, shown, judge.features(shown), judge.features(digits_only(pictures.validation)))


def _one_network(
    cfg: Ladder,
    trained: Trained,
    replicate: int,
    pictures: Pictures,
    real: _Real,
    judge: Judge,
    critic: Critic,
    kept: _Drawings,
    out: Outcome,
) -> None:
    name, count = trained.name, len(real.shown)
    network = trained.network(replicate)
    rng = np.random.default_rng((cfg.seed, replicate, trained.spec.latents))
    fitted = cfg.fitted_large if trained.spec.latents > cfg.large else cfg.fitted
    rows = one_each(pictures.train_origin, max(fitted, count), rng)
    codes = codes_of(network, pictures.train, rows)
    shared = np.sqrt(np.square(codes.mean.mean(axis=0)).mean())
    out.add("shared_mean_size", float(shared), {"model": name}, replicate)
    found, on_validation, samples = {}, {}, {}
    for law in LAWS:
        images = decode(network, draw(cfg, law, codes[:fitted], codes[:count], rng))
        features = judge.features(images)
        samples[law] = images[: cfg.shown]
        found[law] = frechet_distance(features, real.features)
        on_validation[law] = frechet_distance(features, real.validation)
        kept.distances.setdefault((name, law), []).append(found[law])
        condition = {"model": name, "law": law}
        precision, recall = precision_recall(real.features, features, cfg.neighbours)
        out.add("frechet", found[law], condition, replicate, n=len(images))
        out.add("precision", precision, condition, replicate, n=len(images))
        out.add("recall", recall, condition, replicate, n=len(images))
        accepted = float(critic.accepts(images).mean())
        out.add("accepted", accepted, condition, replicate, "proportion", len(images))
        if law in ("prior", "codes"):
            confident = float((judge.probabilities(images).max(axis=1) > 0.95).mean())
            out.add("confident", confident, condition, replicate, "proportion", len(images))
            _look(cfg, images, real, condition, replicate, found[law], kept, out)
    _shares(name, replicate, found, on_validation, kept, out)
    _failures(name, replicate, kept, out)
    if replicate == 0:
        unseen = one_each(pictures.test_origin, cfg.shown, np.random.default_rng(cfg.seed))
        means = encode(network, pictures.test[unseen]).mean
        rebuilt, seen = decode(network, means), digits_only(pictures.test[unseen])
        kept.samples[name] = np.stack([samples["prior"], samples[kept.fits[name]], samples["codes"], rebuilt, seen])


def draw(cfg: Ladder, law: str, fitted: Codes, coded: Codes, rng: np.random.Generator) -> np.ndarray:
    """Latents (n, d) from a law: fitted to the codes `fitted`, or one draw for each of the n pictures of `coded`."""
    count = len(coded)
    if law == "prior":
        return laws.prior(count, coded.mean.shape[1], rng)
    if law == "mean":
        return laws.prior(count, coded.mean.shape[1], rng) + fitted.mean.mean(axis=0)
    if law == "moments":
        return laws.diagonal(fitted, count, rng)
    if law == "low rank":
        return laws.low_rank_gaussian(fitted, cfg.rank, count, rng)
    if law == "covariance":
        return laws.full_gaussian(fitted, count, rng)
    if law == "mixture":
        return laws.mixture(fitted, cfg.components, cfg.rank, count, rng)
    if law == "second stage":
        return laws.second_stage(fitted, cfg.rank, count, rng, cfg.steps)
    return laws.posterior(coded, rng)


def _shares(
    name: str,
    replicate: int,
    found: Mapping[str, float],
    on_validation: Mapping[str, float],
    kept: _Drawings,
    out: Outcome,
) -> None:
    """What each step closes of the way from the prior to the codes, and what fitting wins back of it in all."""
    way = found["prior"] - found["codes"]
    for before, after in pairwise(STEPS):
        share = (found[before] - found[after]) / way
        out.add("closed_share", share, {"model": name, "step": after}, replicate)
    out.add("closed_share", (found["prior"] - found["mean"]) / way, {"model": name, "step": "mean"}, replicate)
    for law in FITTED:
        out.add("won_back", (found["prior"] - found[law]) / way, {"model": name, "law": law}, replicate)
    best = min(FITTED, key=lambda law: on_validation[law])
    out.add("won_back", (found["prior"] - found[best]) / way, {"model": name, "law": "chosen"}, replicate)
    out.add("frechet", found[best], {"model": name, "law": "chosen"}, replicate)
    kept.fits.setdefault(name, best)


def _look(
    cfg: Ladder,
    images: np.ndarray,
    real: _Real,
    condition: Mapping[str, str],
    replicate: int,
    distance: float,
    kept: _Drawings,
    out: Outcome,
) -> None:
    """How far pictures are from real ones at the scale of a patch, in ink and in the width of strokes."""
    rng = np.random.default_rng((cfg.seed, replicate))
    look = {
        "patch_frechet": patch_distance(images, real.shown, cfg.patch, cfg.patches, rng),
        "ink_ratio": ink(images) / ink(real.shown),
        "stroke_ratio": stroke_width(images) / stroke_width(real.shown),
    }
    for quantity, value in look.items():
        out.add(quantity, value, condition, replicate, n=len(images))
    where = (condition.get("model", ""), condition.get("law", condition.get("pictures", "")))
    kept.scales.setdefault(where, []).append((distance, *look.values()))


def _failures(name: str, replicate: int, kept: _Drawings, out: Outcome) -> None:
    """How many times farther prior samples are from real digits than decoded codes are, at both scales."""
    prior, codes = (kept.scales[name, law][-1] for law in ("prior", "codes"))
    for place, scale in enumerate(("whole", "patch")):
        out.add("failure_ratio", prior[place] / codes[place], {"model": name, "scale": scale}, replicate)


def _controls(cfg: Ladder, real: _Real, judge: Judge, replicate: int, kept: _Drawings, out: Outcome) -> None:
    """Real training digits (the floor), digits with random phases (wrong at every scale), and with shuffled tiles."""
    rng = np.random.default_rng((cfg.seed, replicate, 0))
    digits = real.train[: len(real.shown)]
    controls = {
        "real": digits,
        "random phases": np.clip(phase_randomised(digits, rng), 0, 1).astype(np.float32),
        "shuffled tiles": tiles_shuffled(digits, cfg.tile, rng),
    }
    for kind, images in controls.items():
        features, condition = judge.features(images), {"pictures": kind}
        distance = frechet_distance(features, real.features)
        out.add("control_frechet", distance, condition, replicate, n=len(images))
        _look(cfg, images, real, condition, replicate, distance, kept, out)
        precision, _ = precision_recall(real.features, features, cfg.neighbours)
        out.add("control_precision", precision, condition, replicate, n=len(images))


def _examination(cfg: Ladder, critic: Critic, pictures: Pictures, out: Outcome) -> None:
    """What the critic makes of digits it has not seen, whole and broken; also in ways that it was not taught."""
    rng = np.random.default_rng(cfg.seed)
    digits = digits_only(pictures.test[one_each(pictures.test_origin, len(pictures.test), rng)])
    kinds = {"whole": lambda digits, rng: digits, **LESSONS, **SURPRISES}
    for kind, change in kinds.items():
        share = float(critic.accepts(change(digits, rng)).mean())
        out.add("critic_accepts", share, {"pictures": kind}, 0, "proportion", len(digits))


def _training_length(
    cfg: Ladder, trained: Trained, pictures: Pictures, judge: Judge, name: str, kept: _Drawings, out: Outcome
) -> None:
    """What longer training closes of the way from the prior to the codes of the shorter one."""
    for replicate in trained.replicates:
        real = _real(cfg, pictures, judge, replicate)
        rng = np.random.default_rng((cfg.seed, replicate, trained.spec.latents))
        latents = laws.prior(len(real.shown), trained.spec.latents, rng)
        longer = frechet_distance(judge.features(decode(trained.network(replicate), latents)), real.features)
        short, codes = (kept.distances[name, law][replicate] for law in ("prior", "codes"))
        out.add("longer_frechet", longer, {"model": name}, replicate)
        out.add("closed_share", (short - longer) / (short - codes), {"model": name, "step": "training"}, replicate)


def _figures(cfg: Ladder, kept: _Drawings, out: Outcome) -> None:
    controls = [where for where in kept.scales if not where[0]]
    means = [
        (*where, *np.mean(kept.scales[where], axis=0))
        for where in [*controls, *((name, law) for name in cfg.models for law in ("codes", "prior"))]
    ]
    out.figure(
        "latentsize-waterfall",
        models=np.array(cfg.models),
        laws=np.array(LAWS),
        distances=np.array([[np.mean(kept.distances[name, law]) for law in LAWS] for name in cfg.models]),
        lowest=np.array([[np.min(kept.distances[name, law]) for law in LAWS] for name in cfg.models]),
        highest=np.array([[np.max(kept.distances[name, law]) for law in LAWS] for name in cfg.models]),
        floor=np.mean([look[0] for look in kept.scales["", "real"]]),
    )
    out.figure(
        "latentsize-scales",
        models=np.array([row[0] for row in means]),
        kinds=np.array([row[1] for row in means]),
        whole=np.array([row[2] for row in means]),
        patch=np.array([row[3] for row in means]),
        ink=np.array([row[4] for row in means]),
        stroke=np.array([row[5] for row in means]),
    )
    out.figure(
        "latentsize-samples",
        models=np.array(cfg.models),
        fits=np.array([kept.fits[name] for name in cfg.models]),
        samples=np.stack([(255 * kept.samples[name]).astype(np.uint8) for name in cfg.models]),
    )
