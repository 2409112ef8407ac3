"""Where the prior puts its mass and where the bubbles around the training pictures' codes do: do they overlap?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import chi

from soapbubble.autoencoders import laws
from soapbubble.autoencoders.codes import decode, encode
from soapbubble.autoencoders.pictures import DIGIT_SIDE, Pictures, digits_only
from soapbubble.autoencoders.store import Trained
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.digit_classifier import DigitClassifier
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.frechet import frechet_distance
from soapbubble.stats.mixture_overlap import auc, mixture_ratio, total_variation, unrelated_centres
from soapbubble.studies.latentsize.critic import Critic, CriticSettings, critic_of
from soapbubble.studies.latentsize.held_out import Album
from soapbubble.studies.latentsize.samples import codes_of, one_each


class Supports(Part):
    """Where the mixture of the training pictures' codes and the prior put their mass."""

    seed: int = setting(24000, ge=0, doc="seed of the random numbers")
    # all built-in training pictures, for codes of up to 10,000 numbers
    components: int = setting(6000, smoke=120, ge=20, doc="training pictures in the mixture")
    components_large: int = setting(400, smoke=20, ge=20, doc="the same for models with more than `large` latents")
    large: int = setting(10000, ge=1, doc="large")
    piece: int = setting(100, ge=1, doc="pictures encoded at a time")
    draws: int = setting(200, smoke=30, ge=20, doc="draws from the prior and from the other laws")
    draws_large: int = setting(100, smoke=20, ge=20, doc="draws large")
    held_out: int = setting(200, smoke=30, ge=20, doc="test pictures, one an original, to whose codes laws are fitted")
    rank: int = setting(30, smoke=8, ge=1, doc="rank")
    # 50 codes each
    mixture: int = setting(4, smoke=2, ge=2, doc="Gaussians of the mixture fitted to held-out codes")
    critic: CriticSettings = setting(doc="the critic that says which samples are realistic")
    edge: float = setting(0.01, gt=0, lt=0.5, doc="share of a bubble's own draws that lies outside it by definition")
    pairs: int = setting(300, smoke=30, ge=2, doc="pictures whose bubbles are compared with the prior")
    theory_rates: list[float] = setting(
        [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.7, 2.0, 3.0, 5.0, 10.0],
        doc="rates over log(components) of the theory",
    )
    theory_draws: int = setting(300, smoke=10, ge=2, doc="theory draws")
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
        doc="models",
    )
    outside: list[str] = setting(
        ["dense-16", "grid-8x8x16", "grid-8x8x1024-mean"],
        doc="models for which samples outside all bubbles are looked at",
    )
    bubbles: list[str] = setting(["dense-16", "grid-8x8x1024-mean"], doc="models whose bubbles are drawn")
    shown: int = setting(300, smoke=30, ge=10, doc="points of each law in the figure")

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=[*self.models, "classifier"], memory_mb=1900)


BAND = 0.95


@dataclass(frozen=True)
class _Case:
    """One network with what is measured of it.

    `components` are the pictures whose bubbles make the mixture, some or all of those that it was `trained_on`.
    """

    trained: Trained
    replicate: int
    network: AutoencoderNet
    pictures: Pictures
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
    album, judge = Album(lab.models, lab.data["digits"]), lab.models.classifier
    overlaps: list[_Overlap] = []
    bubbles: list[_Bubble] = []
    critic = critic_of(cfg.critic, album.of(cfg.models[0]))
    for name in progress(cfg.models, "bubbles and the prior"):
        for replicate in lab.models[name].replicates:
            case = _case(cfg, lab.models[name], replicate, album.of(name))
            overlaps.append(_overlap(cfg, case, judge, critic, out))
            bubble = _geometry(cfg, case, out)
            if replicate == 0 and name in cfg.bubbles:
                bubbles.append(bubble)
    _theory(cfg, overlaps, out)
    _bubble_figure(cfg, bubbles, out)
    return out


@dataclass(frozen=True)
class _Overlap:
    """How far the mixture of one network's codes is from the prior, and its prior samples from digits."""

    name: str
    rate: float
    components: int
    variation: float
    distance: float


def _case(cfg: Supports, trained: Trained, replicate: int, pictures: Pictures) -> _Case:
    rng = np.random.default_rng((cfg.seed, replicate, trained.spec.latents))
    large = trained.spec.latents > cfg.large
    most = cfg.components_large if large else cfg.components
    rows = np.flatnonzero(trained.seen(replicate))
    # Few components: one copy of as many originals as possible.
    some = rows if len(rows) <= most else rows[one_each(pictures.train_origin[rows], most, rng)]
    draws = cfg.draws_large if large else cfg.draws
    components = pictures.train[torch.from_numpy(some)]
    return _Case(trained, replicate, trained.network(replicate), pictures, components, len(rows), draws, rng)


def _pieces(cfg: Supports, network: AutoencoderNet, pictures: torch.Tensor) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for part in pictures.split(cfg.piece):
        codes = encode(network, part)
        yield codes.mean, codes.deviation


def _log_ratios(cfg: Supports, case: _Case, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log density of the mixture over the prior's at each point (n,), and by how much it rose from half the bubbles."""
    halves = case.components.tensor_split(2)
    found = [mixture_ratio(points, _pieces(cfg, case.network, half)) for half in halves]
    weights = np.log([len(half) / len(case.components) for half in halves])
    whole = np.logaddexp(found[0] + weights[0], found[1] + weights[1])
    return whole, whole - np.mean(found, axis=0)


def _overlap(cfg: Supports, case: _Case, judge: DigitClassifier, critic: Critic, out: Outcome) -> _Overlap:
    """Total variation distance of the training mixture and the prior; and samples that lie outside all bubbles."""
    unseen = one_each(case.pictures.test_origin, cfg.held_out, case.rng)
    held_out = codes_of(case.network, case.pictures.test, unseen)
    clouds = {
        "prior": laws.prior(case.draws, case.latents, case.rng),
        "unseen": laws.posterior(held_out[: case.draws], case.rng),
    }
    if case.name in cfg.outside:
        some = case.rng.permutation(len(case.components))[: case.draws]
        own = codes_of(case.network, case.components, some)
        clouds["training"] = laws.posterior(own, case.rng)
        clouds["fitted covariance"] = laws.full_gaussian(held_out, case.draws, case.rng)
        clouds["fitted mixture"] = laws.mixture(held_out, cfg.mixture, cfg.rank, case.draws, case.rng)
    ends = np.cumsum([len(cloud) for cloud in clouds.values()])[:-1]
    together, risen = _log_ratios(cfg, case, np.concatenate([*clouds.values()]))
    ratios = dict(zip(clouds, np.split(together, ends), strict=True))
    rises = dict(zip(clouds, np.split(risen, ends), strict=True))
    rate = float(held_out[: cfg.piece].rates.mean())
    condition = {"model": case.name, "latents": case.latents}
    shown = unseen[: min(cfg.draws, cfg.draws_large)]  # as many for every model: the distance depends on the number
    real = judge.features(digits_only(case.pictures.test[torch.from_numpy(shown)]))
    distance = frechet_distance(judge.features(decode(case.network, clouds["prior"][: len(shown)])), real)
    separation = total_variation(ratios["prior"])
    out.add("total_variation", separation, condition, case.replicate, n=case.draws)
    out.add("separability", auc(ratios["unseen"], ratios["prior"]), condition, case.replicate, n=case.draws)
    out.add("code_rate", rate, condition, case.replicate, "nat")
    out.add("rate_over_log_pictures", rate / np.log(len(case.components)), condition, case.replicate)
    if case.name in cfg.outside:
        _outside(cfg, case, clouds, ratios, rises, critic, out)
    return _Overlap(case.name, rate, len(case.components), separation, distance)


def _outside(
    cfg: Supports,
    case: _Case,
    clouds: Mapping[str, np.ndarray],
    ratios: Mapping[str, np.ndarray],
    rises: Mapping[str, np.ndarray],
    critic: Critic,
    out: Outcome,
) -> None:
    """Realistic pictures among draws that nearly no bubble would make.

    A draw is outside if its density under the training mixture, over that under the prior, is lower than that of all
    but the share `edge` of the bubbles' own draws. Dividing by the prior takes off the length of the noise, whose
    chance variation in many dimensions would hide everything else.

    Where the mixture has only some of the bubbles, all of them are allowed for: a bubble's own draws then have a
    smaller bubble each, which lowers the line, and other draws may be near a bubble that was left out, so their
    density is taken to rise with each doubling as it rose, on average, from half of the bubbles.
    """
    missing = np.log(case.trained_on / len(case.components))
    line = np.quantile(ratios["training"], cfg.edge) - missing
    out.add("bubbles_in_mixture", len(case.components), {"model": case.name}, case.replicate)
    out.add("pictures_trained_on", case.trained_on, {"model": case.name}, case.replicate)
    inside = critic.accepts(decode(case.network, clouds["training"])).mean()
    for law in ("prior", "unseen", "fitted covariance", "fitted mixture"):
        condition = {"model": case.name, "law": law}
        rise = float(rises[law].mean())
        beyond = ratios[law] + rise * missing / np.log(2) < line
        out.add("rise_a_doubling", rise, condition, case.replicate, "nat", len(beyond))
        out.add("nats_to_the_line", float(np.median(line - ratios[law])), condition, case.replicate, "nat", len(beyond))
        out.add("outside_share", float(beyond.mean()), condition, case.replicate, n=len(beyond))
        count = int(beyond.sum())
        images = decode(case.network, clouds[law][beyond]) if count else np.empty((0, DIGIT_SIDE, DIGIT_SIDE))
        accepted = critic.accepts(images)
        out.add(
            "outside_realism",
            accepted.mean() / inside if count and inside else np.nan,
            condition,
            case.replicate,
            n=count,
        )
        if count:
            out.add("outside_accepted", accepted.mean(), condition, case.replicate, "proportion", count)
    out.add("bubbles_accepted", inside, {"model": case.name}, case.replicate, "proportion", len(clouds["training"]))


@dataclass(frozen=True)
class _Bubble:
    """A bubble of unit noise around the code of a picture, and the prior, in two numbers a draw: along the code and
    across it; and the distance from the code."""

    name: str
    dimension: int
    length: float
    along: dict[str, np.ndarray]
    across: dict[str, np.ndarray]
    distance: dict[str, np.ndarray]


def _geometry(cfg: Supports, case: _Case, out: Outcome) -> _Bubble:
    """Does a draw from the prior leave a bubble by its distance from the centre or by its place along the centre?"""
    rows = one_each(case.pictures.train_origin, cfg.pairs, case.rng)
    means = codes_of(case.network, case.pictures.train, rows).mean
    lengths = np.linalg.norm(means, axis=1)
    clouds = {
        "prior": laws.prior(len(means), case.latents, case.rng),
        "own": means + laws.prior(len(means), case.latents, case.rng),
    }
    along = {kind: (cloud * means).sum(axis=1) / lengths for kind, cloud in clouds.items()}
    square = {kind: np.square(cloud, dtype=np.float64).sum(axis=1) for kind, cloud in clouds.items()}
    across = {kind: np.sqrt(np.maximum(square[kind] - along[kind] ** 2, 0)) for kind in clouds}
    distance = {kind: np.linalg.norm(cloud - means, axis=1) for kind, cloud in clouds.items()}
    low, high = chi.interval(BAND, case.latents)
    found = {
        "in_shell_share": np.mean((distance["prior"] >= low) & (distance["prior"] <= high)),
        "radius_separability": auc(distance["prior"], distance["own"]),
        "projection_separability": auc(along["own"], along["prior"]),
        "code_length": lengths.mean(),
        "offset_over_radius": lengths.mean() / np.sqrt(case.latents),
        # The mean distance grows by |mu|^2 / (2 sqrt(d)); a shell is 1 / sqrt(2) wide (standard deviation).
        "shift_over_thickness": np.square(lengths).mean() / np.sqrt(2 * case.latents),
    }
    for quantity, value in found.items():
        out.add(quantity, float(value), {"model": case.name}, case.replicate, n=len(means))
    return _Bubble(case.name, case.latents, float(lengths.mean()), along, across, distance)


def _theory(cfg: Supports, overlaps: list[_Overlap], out: Outcome) -> None:
    """Total variation against the rate over the logarithm of the number of components, were they unrelated."""
    rng = np.random.default_rng(cfg.seed)
    curve = [
        unrelated_centres(share * np.log(cfg.components), cfg.components, cfg.theory_draws, rng)
        for share in cfg.theory_rates
    ]
    for share, value in zip(cfg.theory_rates, curve, strict=True):
        out.add("unrelated_total_variation", value, {"rate_over_log_pictures": share}, n=cfg.theory_draws)
    out.figure(
        "latentsize-overlap",
        models=np.array([item.name for item in overlaps]),
        shares=np.array([item.rate / np.log(item.components) for item in overlaps]),
        variations=np.array([item.variation for item in overlaps]),
        distances=np.array([item.distance for item in overlaps]),
        theory_shares=np.array(cfg.theory_rates),
        theory_variations=np.array(curve),
    )


def _bubble_figure(cfg: Supports, bubbles: list[_Bubble], out: Outcome) -> None:
    kinds = ("prior", "own")
    few = slice(0, cfg.shown)
    out.figure(
        "latentsize-rings",
        models=np.array([item.name for item in bubbles]),
        dimensions=np.array([item.dimension for item in bubbles]),
        lengths=np.array([item.length for item in bubbles]),
        **{
            name: np.stack([[getattr(item, name)[kind][few] for kind in kinds] for item in bubbles])
            for name in ("along", "across", "distance")
        },
    )
