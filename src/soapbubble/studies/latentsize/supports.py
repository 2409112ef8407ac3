"""Where the prior puts its mass and where the bubbles around the training images' codes do: do they overlap?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from scipy.stats import chi

from soapbubble.autoencoders.picture_cache import PictureCache
from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.autoencoders.store import Trained
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import decode_digits, encode
from soapbubble.measuring.digit_classifier import DigitClassifier
from soapbubble.measuring.distributions import aggregate_posterior, full_gaussian, mixture, prior
from soapbubble.measuring.evaluator import SampleEvaluator
from soapbubble.measuring.splits import random_originals
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.mixture_overlap import auc, mixture_ratio, total_variation, unrelated_centres
from soapbubble.studies.latentsize.critic import Critic, CriticSettings, critics_of


class Supports(Part):
    """Where the mixture of the training images' codes and the prior put their mass."""

    seed: int = setting(24000, ge=0, doc="seed of the random numbers")
    # all built-in training images, for codes of up to 10,000 numbers
    components: int = setting(6000, smoke=120, ge=20, doc="training images in the mixture")
    components_large: int = setting(400, smoke=20, ge=20, doc="the same for models with more than `large` latents")
    large: int = setting(10000, ge=1, unit="latents", doc="size above which the mixture has fewer components")
    batch_size: int = setting(100, ge=1, doc="images encoded at a time")
    draws: int = setting(200, smoke=30, ge=20, doc="draws from each latent distribution")
    draws_large: int = setting(100, smoke=20, ge=20, doc="the same for models with more than `large` latents")
    test_images: int = setting(200, smoke=30, ge=20, doc="test originals, to whose codes distributions are fitted")
    rank: int = setting(30, smoke=8, ge=1, doc="principal components of the mixture fitted to test codes")
    # 50 codes each
    gaussians: int = setting(4, smoke=2, ge=2, doc="Gaussians of the mixture fitted to test codes")
    critic: CriticSettings = setting(doc="the critic that says which samples are realistic")
    edge: float = setting(0.01, gt=0, lt=0.5, doc="share of a bubble's own draws that lies outside it by definition")
    pairs: int = setting(300, smoke=30, ge=2, doc="images whose bubbles are compared with the prior")
    theory_kls: list[float] = setting(
        [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.7, 2.0, 3.0, 5.0, 10.0],
        doc="KL over log(components) at which unrelated bubbles are simulated",
    )
    theory_draws: int = setting(300, smoke=10, ge=2, doc="draws at each of them")
    models: list[str] = setting(
        [
            "dense-2",
            "dense-16",
            "dense-64",
            "dense-1024",
            "grid-8x8x1",
            "grid-8x8x16",
            "grid-8x8x1024",
            "dense-16-mean",
            "grid-8x8x1024-mean",
        ],
        smoke=["dense-2", "dense-16", "dense-1024", "grid-8x8x16", "grid-8x8x1024", "grid-8x8x1024-mean"],
        doc="models whose mixture is compared with the prior",
    )
    outside: list[str] = setting(
        ["dense-16", "grid-8x8x16", "grid-8x8x1024-mean"],
        doc="models for which samples outside all bubbles are looked at",
    )
    bubbles: list[str] = setting(["dense-16", "grid-8x8x1024-mean"], doc="models whose bubbles are drawn")
    shown: int = setting(300, smoke=30, ge=10, doc="points of each distribution in the figure")

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=[*self.models, "classifier"], memory_mb=1900)


BAND = 0.95
APART = 5.0  # seven standard deviations of a Gaussian vector's length
PLANTED = "planted shells"
TRAINING, TEST = "aggregate posterior", "aggregate posterior, test"


@dataclass(frozen=True)
class _Case:
    """One network with what is measured of it.

    `components` are the images whose bubbles make the mixture, some or all of those that it was `trained_on`.
    """

    trained: Trained
    replicate: int
    network: AutoencoderNet
    images: Pictures
    components: torch.Tensor
    trained_on: int
    draws: int
    rng: np.random.Generator

    @property
    def name(self) -> str:
        return self.trained.name

    @property
    def latents(self) -> int:
        return self.trained.spec.latents


def measure(cfg: Supports, lab: Lab) -> Outcome:
    """Overlap of the prior with the training mixture, its geometry, and what decodes from outside all bubbles."""
    out = Outcome()
    cache, classifiers = PictureCache(lab.models, lab.data["digits"]), lab.models.classifiers
    critics = critics_of(cfg.critic, partial(cache.of, cfg.models[0]), len(classifiers))
    for name in progress(cfg.models, "bubbles and the prior"):
        for replicate in lab.models[name].replicates:
            case = _case(cfg, lab.models[name], replicate, cache.of(name, replicate))
            _overlap(cfg, case, classifiers[replicate], critics[replicate], out)
            _geometry(cfg, case, out)
    _theory(cfg, out)
    return out


def _case(cfg: Supports, trained: Trained, replicate: int, images: Pictures) -> _Case:
    rng = np.random.default_rng((cfg.seed, replicate, trained.spec.latents))
    large = trained.spec.latents > cfg.large
    most = cfg.components_large if large else cfg.components
    rows = np.flatnonzero(trained.seen(replicate))
    # Few components: one copy of as many originals as possible.
    some = rows if len(rows) <= most else rows[random_originals(images.train_origin[rows], most, rng)]
    draws = cfg.draws_large if large else cfg.draws
    components = images.train[torch.from_numpy(some)]
    return _Case(trained, replicate, trained.network(replicate), images, components, len(rows), draws, rng)


def _batches(cfg: Supports, network: AutoencoderNet, images: torch.Tensor) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Mean and std of the codes, a batch at a time."""
    for batch in images.split(cfg.batch_size):
        codes = encode(network, batch)
        yield codes.mean, codes.std


def _log_ratios(cfg: Supports, case: _Case, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log density of the mixture over the prior's at each point (n,), and by how much it rose from half the bubbles."""
    halves = case.components.tensor_split(2)
    found = [mixture_ratio(points, _batches(cfg, case.network, half)) for half in halves]
    weights = np.log([len(half) / len(case.components) for half in halves])
    whole = np.logaddexp(found[0] + weights[0], found[1] + weights[1])
    return whole, whole - np.mean(found, axis=0)


def _overlap(cfg: Supports, case: _Case, classifier: DigitClassifier, critic: Critic, out: Outcome) -> None:
    """Total variation distance of the training mixture and the prior; and samples that lie outside all bubbles."""
    test = case.images.test[torch.from_numpy(random_originals(case.images.test_origin, cfg.test_images, case.rng))]
    codes = encode(case.network, test)
    clouds = {
        "prior": prior(case.draws, case.latents, case.rng),
        TEST: aggregate_posterior(codes[: case.draws], case.rng),
    }
    if case.name in cfg.outside:
        some = case.rng.permutation(len(case.components))[: case.draws]
        own = encode(case.network, case.components[torch.from_numpy(some)])
        clouds[TRAINING] = aggregate_posterior(own, case.rng)
        clouds["full Gaussian"] = full_gaussian(codes, case.draws, case.rng)
        clouds["mixture"] = mixture(codes, cfg.gaussians, cfg.rank, case.draws, case.rng)
    ends = np.cumsum([len(cloud) for cloud in clouds.values()])[:-1]
    together, risen = _log_ratios(cfg, case, np.concatenate([*clouds.values()]))
    ratios = dict(zip(clouds, np.split(together, ends), strict=True))
    rises = dict(zip(clouds, np.split(risen, ends), strict=True))
    kl = float(codes[: cfg.batch_size].kl.mean())
    condition = {"model": case.name, "latents": case.latents}
    out.add("total_variation", total_variation(ratios["prior"]), condition, case.replicate, n=case.draws)
    out.add("kl_over_log_images", kl / np.log(len(case.components)), condition, case.replicate)
    real = digits_only(test[: min(cfg.draws, cfg.draws_large)])  # as many for every model: the distance depends on it
    samples = decode_digits(case.network, clouds["prior"][: len(real)])
    distance = SampleEvaluator.on(classifier.features, real).frechet(samples)
    out.add("prior_frechet_to_test", distance, condition, case.replicate, n=len(real))
    if case.name in cfg.outside:
        _outside(cfg, case, clouds, ratios, rises, critic, out)


def _outside(
    cfg: Supports,
    case: _Case,
    clouds: Mapping[str, np.ndarray],
    ratios: Mapping[str, np.ndarray],
    rises: Mapping[str, np.ndarray],
    critic: Critic,
    out: Outcome,
) -> None:
    """Realistic images among draws that nearly no bubble would make.

    A draw is outside if its density under the training mixture, over that under the prior, is lower than that of all
    but the share `edge` of the bubbles' own draws. Dividing by the prior takes off the length of the noise, whose
    chance variation in many dimensions would hide everything else.

    Where the mixture has only some of the bubbles, all of them are allowed for: a bubble's own draws then have a
    smaller bubble each, which lowers the line, and other draws may be near a bubble that was left out, so their
    density is taken to rise with each doubling as it rose, on average, from half of the bubbles.
    """
    missing = np.log(case.trained_on / len(case.components))
    line = np.quantile(ratios[TRAINING], cfg.edge) - missing
    out.add("bubbles_in_mixture", len(case.components), {"model": case.name}, case.replicate)
    out.add("images_trained_on", case.trained_on, {"model": case.name}, case.replicate)
    inside = critic.realistic_share(decode_digits(case.network, clouds[TRAINING]))
    for latents in ("prior", TEST, "full Gaussian", "mixture"):
        condition = {"model": case.name, "latents": latents}
        rise = float(rises[latents].mean())
        beyond = ratios[latents] + rise * missing / np.log(2) < line
        short = float(np.median(line - ratios[latents]))
        out.add("rise_a_doubling", rise, condition, case.replicate, "nat", len(beyond))
        out.add("nats_to_the_line", short, condition, case.replicate, "nat", len(beyond))
        out.add("outside_share", float(beyond.mean()), condition, case.replicate, n=len(beyond))
        count, realism = int(beyond.sum()), np.nan
        if count and inside:
            realism = critic.realistic_share(decode_digits(case.network, clouds[latents][beyond])) / inside
        out.add("outside_realism", realism, condition, case.replicate, n=count)


def _geometry(cfg: Supports, case: _Case, out: Outcome) -> None:
    """Does a draw from the prior leave a bubble by its distance from the centre or by its place along the centre?

    A bubble is unit noise around the code of an image.
    """
    rows = random_originals(case.images.train_origin, cfg.pairs, case.rng)
    means = encode(case.network, case.images.train[torch.from_numpy(rows)]).mean
    clouds = {
        "prior": prior(len(means), case.latents, case.rng),
        "own": means + prior(len(means), case.latents, case.rng),
    }
    measured = _against(means, clouds)
    for quantity, value in _separation(measured).items():
        out.add(quantity, value, {"model": case.name}, case.replicate, n=len(means))
    if case.name in cfg.bubbles:
        rng = np.random.default_rng((cfg.seed, case.replicate, case.latents, 1))
        planted = {"model": f"{case.name}, {PLANTED}"}
        for quantity, value in _separation(_two_shells(means, rng)).items():
            out.add(quantity, value, planted, case.replicate, n=len(means))
    if case.replicate == 0 and case.name in cfg.bubbles:
        found = {"draw_along": measured.along, "draw_across": measured.across, "draw_distance": measured.distance}
        for quantity, of in found.items():
            for kind, values in of.items():
                for draw, value in enumerate(values[: cfg.shown]):
                    about = {"model": case.name, "dimension": case.latents, "bubble": kind, "draw": draw}
                    out.add(quantity, value, about)


@dataclass(frozen=True)
class _Against:
    """Draws of the "prior" and of a bubble's "own", each against the centre of a bubble of the same row.

    `lengths` are those of the centres; draws lie `along` and `across` their direction and at a `distance` from them.
    """

    latents: int
    lengths: np.ndarray
    along: Mapping[str, np.ndarray]
    across: Mapping[str, np.ndarray]
    distance: Mapping[str, np.ndarray]


def _against(means: np.ndarray, clouds: Mapping[str, np.ndarray]) -> _Against:
    lengths = np.linalg.norm(means, axis=1)
    along = {kind: (cloud * means).sum(axis=1) / lengths for kind, cloud in clouds.items()}
    square = {kind: np.square(cloud, dtype=np.float64).sum(axis=1) for kind, cloud in clouds.items()}
    across = {kind: np.sqrt(np.maximum(square[kind] - along[kind] ** 2, 0)) for kind in clouds}
    distance = {kind: np.linalg.norm(cloud - means, axis=1) for kind, cloud in clouds.items()}
    return _Against(means.shape[1], lengths, along, across, distance)


def _separation(found: _Against) -> dict[str, float]:
    distance, along = found.distance, found.along
    low, high = chi.interval(BAND, found.latents)
    return {
        "in_shell_share": float(np.mean((distance["prior"] >= low) & (distance["prior"] <= high))),
        "radius_separability": float(auc(distance["prior"], distance["own"])),
        "projection_separability": float(auc(along["own"], along["prior"])),
        "code_length": float(found.lengths.mean()),
        "offset_over_radius": float(found.lengths.mean() / np.sqrt(found.latents)),
    }


def _two_shells(means: np.ndarray, rng: np.random.Generator) -> _Against:
    """Bubbles that a draw from the prior leaves by its distance alone, by construction.

    Their centres are a unit of length from the origin, in the directions of the codes, and the draws that stand for
    the prior lie in a shell `APART` farther out.
    """
    centres = means / np.linalg.norm(means, axis=1, keepdims=True)
    outer = np.float32(1 + APART / np.sqrt(means.shape[1])) * prior(len(means), means.shape[1], rng)
    return _against(centres, {"prior": outer, "own": centres + prior(len(means), means.shape[1], rng)})


def _theory(cfg: Supports, out: Outcome) -> None:
    """Total variation against the KL over the logarithm of the number of components, were they unrelated."""
    rng = np.random.default_rng(cfg.seed)
    for share in cfg.theory_kls:
        value = unrelated_centres(share * np.log(cfg.components), cfg.components, cfg.theory_draws, rng)
        out.add("unrelated_total_variation", value, {"kl_over_log_images": share}, n=cfg.theory_draws)
