"""Thin bubbles, overfitting, or a code of another shape than the prior: which account foretells bad prior samples?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from soapbubble.autoencoders import laws
from soapbubble.autoencoders.codes import Codes, decode, encode
from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.autoencoders.store import Models
from soapbubble.config.base import Block
from soapbubble.lab import Lab
from soapbubble.measurements import Measurement, Outcome
from soapbubble.measuring.digit_classifier import DigitClassifier
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.frechet import frechet_distance
from soapbubble.stats.intervals import Interval, exact, of_proportion, of_proportion_difference
from soapbubble.stats.mixture_overlap import mixture_ratio, total_variation
from soapbubble.stats.prediction import foretold_share, standard_coefficients
from soapbubble.studies.latentsize.critic import Critic, CriticSettings, train_critic
from soapbubble.studies.latentsize.held_out import (
    SETS,
    Album,
    Seen,
    Shown,
    explained_share,
    mean_picture,
    one_each,
    see,
    training_and_held_out,
)
from soapbubble.studies.latentsize.rows import by_replicate, values


class AccountLines(Block):
    """The lines that decide whether what a prediction speaks of is the case."""

    # between 0.03, a good fit, and 0.1, an overfitted one
    gap: float = setting(0.05, gt=0, doc="deviance explained: training minus held-out")
    kept: float = setting(0.5, gt=0, lt=1, doc="share of digits that unit noise leaves")
    repaired: float = setting(0.5, gt=0, lt=1, doc="Frechet distance with a fitted Gaussian over that with the prior")
    more_pictures: float = setting(1.25, gt=1, doc="Frechet distance of the prior with few pictures over that with all")
    apart: float = setting(0.5, gt=0, lt=1, doc="total variation distance of mixture and prior")
    middle: float = setting(0.5, gt=0, lt=1, doc="realistic pictures half way, over those at the ends")


class Twins(Block):
    """The models that a subject's predictions need beside it."""

    few: str = setting(doc="the same model, trained with few pictures")
    small: str = setting(doc="a good model with few latents")


class Accounts(Part):
    """Which account foretells bad prior samples: thin bubbles, overfitting, or the shape of the codes."""

    seed: int = setting(2102, ge=0, doc="seed of the random numbers")
    # as many real pictures and samples in every Frechet distance
    pictures: int = setting(240, smoke=20, ge=20, doc="originals of each set, one copy of each")
    # trained with all pictures
    reference: str = setting("dense-16", doc="a model whose training pictures are the standard of real ones")
    critic: CriticSettings = setting(doc="the critic that says which samples are realistic")
    # all built-in training originals; broken in seven ways and blurred in three they fill 90 MB
    lessons: int = setting(1300, ge=20, doc="training pictures, one an original, from which the critic learns")
    mixture: int = setting(1000, smoke=20, ge=20, doc="training pictures in the mixture of bubbles")
    # codes of 65,536 latents; the median log-density at prior draws falls short by a few nats
    mixture_large: int = setting(120, smoke=20, ge=20, doc="the same for models with more than `large` latents")
    mixture_draws: int = setting(120, smoke=20, ge=20, doc="prior draws at which mixture and prior are compared")
    large: int = setting(1024, ge=1, doc="large")
    # as many as the judge's features; more would add directions that hold noise
    leading: int = setting(32, smoke=4, ge=1, doc="widest directions of the codes whose excess is counted")
    least_excess: float = setting(0.01, gt=0, doc="nats below which an excess is taken for this much")
    cells: list[str] = setting(
        [
            "dense-2",
            "dense-8",
            "dense-16",
            "dense-64",
            "dense-256",
            "dense-1024",
            "grid-8x8x1",
            "grid-8x8x4",
            "grid-8x8x16",
            "grid-8x8x1024",
            "grid-8x8x1024-mean",
            "grid-8x8x16-beta-64th",
            "grid-8x8x16-beta-4",
            "dense-16-beta-64th",
            "dense-16-beta-4",
            "grid-8x8x16-beta-64th-n100",
            "grid-8x8x1024-mean-n100",
            "dense-16-n400",
            "dense-16-n100",
            "dense-16-beta-4-n100",
        ],
        smoke=[
            "dense-2",
            "dense-16",
            "dense-64",
            "grid-8x8x1024",
            "grid-8x8x1024-mean",
            "grid-8x8x16-beta-64th",
            "dense-16-n100",
            "grid-8x8x16-beta-64th-n100",
            "grid-8x8x1024-mean-n100",
        ],
        doc="models, kinds and numbers of pictures among which bad samples are foretold",
    )
    subjects: dict[str, Twins] = setting(
        {
            "grid-8x8x1024-mean": {"few": "grid-8x8x1024-mean-n100", "small": "dense-16"},
            "grid-8x8x16-beta-64th": {"few": "grid-8x8x16-beta-64th-n100", "small": "dense-16"},
        },
        doc="models on which the six predictions are tested",
    )
    # half way between what the accounts expect
    lines: AccountLines = setting(doc="lines")
    walkers: list[str] = setting(
        ["dense-2", "dense-16", "dense-64", "grid-8x8x1024", "grid-8x8x1024-mean"],
        doc="models whose ways between codes are followed in small steps",
    )
    walked: int = setting(100, smoke=6, ge=2, doc="unseen pictures from which the ways start")
    steps: list[float] = setting(
        [0.0, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0], smoke=[0.0, 0.5, 1.0], doc="shares of the way; 0 and 0.5 are needed"
    )
    corners: dict[str, str] = setting(
        {
            "unseen good, prior good": "dense-16",
            "unseen good, prior bad": "grid-8x8x1024-mean",
            "unseen bad, prior good": "dense-16-n100",
            "unseen bad, prior bad": "grid-8x8x1024-mean-n100",
        },
        doc="a model for each corner: unseen pictures and prior samples good or bad",
    )
    strips: list[str] = setting(
        ["dense-16", "dense-16-n100", "grid-8x8x1024-mean"], doc="models whose ways are shown as pictures"
    )
    shown: int = setting(8, smoke=4, ge=1, doc="pictures of each kind in the figure")

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=[*self.cells, "classifier"], memory_mb=2000)


ACCOUNTS = ("bubbles", "overfitting", "shape")
# What each account expects, in the order of ACCOUNTS.
PREDICTIONS = {
    "unseen pictures are explained worse": (False, True, False),
    "unit noise keeps the digit": (True, False, True),
    "a fitted Gaussian repairs": (False, False, True),
    "more pictures repair": (True, True, False),
    "a good small model overlaps the prior": (True, True, False),
    "between two codes lies a digit": (False, False, True),
}
# The measure that stands for each account in the regression, in the order of ACCOUNTS.
MEASURES = ("distance_of_bubbles", "overfitting_gap", "excess_of_codes")
PIECE = 60  # pictures encoded at a time: 65,536 latents of so many take 31 MB in double precision
REAL = "held-out digits"


@dataclass(frozen=True)
class Observers:
    """Who looks at pictures: the judge of digits, features of real ones to compare with, and a critic of realism."""

    judge: DigitClassifier
    reference: np.ndarray
    critic: Critic

    def frechet(self, images: np.ndarray) -> float:
        """Frechet distance of the images (n, 28, 28) from as many real ones; there must not be more."""
        rows = np.linspace(0, len(self.reference) - 1, len(images)).round().astype(int)
        return frechet_distance(self.judge.features(images), self.reference[rows])

    def realistic(self, images: np.ndarray) -> float:
        """Share of the images that pass for digits."""
        return float(self.critic.accepts(images).mean())

    def digits(self, images: np.ndarray) -> np.ndarray:
        """The digit that each image shows."""
        return self.judge.probabilities(images).argmax(axis=1)


@dataclass(frozen=True)
class Case:
    """One network with the two sets of pictures and what it makes of them, and draws (n, d) from the prior.

    `drawn` says of each training picture whether the network was trained on it.
    """

    name: str
    replicate: int
    network: AutoencoderNet
    pictures: Pictures
    drawn: np.ndarray
    shown: Mapping[str, Shown]
    seen: Mapping[str, Seen]
    prior: np.ndarray


def measure(cfg: Accounts, lab: Lab) -> Outcome:
    """Six predictions on which the accounts differ, what foretells bad samples, and how realistic the ways are.

    A replicate is a network with a seed of its own; models that are compared are compared seed by seed.
    """
    out = Outcome()
    album = Album(lab.models, lab.data["digits"])
    observers = _observers(cfg, album.of(cfg.reference), lab.models.classifier)
    _controls(cfg, out, album.of(cfg.reference), observers)
    pages: dict[str, np.ndarray] = {}
    strips: dict[str, np.ndarray] = {}
    for name in progress(cfg.cells, "autoencoders that three accounts foretell"):
        pictures = album.of(name)
        for replicate in lab.models[name].replicates:
            drawn = lab.models[name].seen(replicate)
            shown = training_and_held_out(pictures, drawn, cfg.pictures)
            rng = np.random.default_rng((cfg.seed, replicate))
            network = lab.models[name].network(replicate)
            seen = {kind: see(network, item, rng) for kind, item in shown.items()}
            prior = laws.prior(*seen["held-out"].draws.shape, rng)
            case = Case(name, replicate, network, pictures, drawn, shown, seen, prior)
            samples = _samples(out, case, observers, rng)
            _measures(cfg, out, case)
            if name in cfg.subjects:
                _half_way(out, case, observers)
            if name in cfg.walkers:
                _walks(cfg, out, case, observers)
            if replicate == 0 and name in cfg.corners.values():
                pages[name] = _page(cfg, case, samples)
            if replicate == 0 and name in cfg.strips:
                strips[name] = _strip(cfg, case)
    _score(cfg, out, lab.models)
    _regress(cfg, out, lab.models)
    _figures(cfg, out, pages, strips)
    return out


def _observers(cfg: Accounts, pictures: Pictures, judge: DigitClassifier) -> Observers:
    """Training pictures are the standard; those held out to stop training by say where the critic draws its line."""
    training = one_each(pictures.train, pictures.train_labels, pictures.train_origin, cfg.pictures)
    lessons = one_each(pictures.train, pictures.train_labels, pictures.train_origin, cfg.lessons)
    critic = train_critic(cfg.critic, lessons.ink, digits_only(pictures.validation))
    return Observers(judge, judge.features(training.ink), critic)


def _controls(cfg: Accounts, out: Outcome, pictures: Pictures, observers: Observers) -> None:
    """What unseen digits get, and pictures that are none: the best and the worst to be expected of samples."""
    ink = one_each(pictures.test, pictures.test_labels, pictures.test_origin, cfg.pictures).ink
    half = ink.shape[1] // 2
    shuffled = np.random.default_rng(cfg.seed).permuted(ink.reshape(len(ink), -1), axis=1).reshape(ink.shape)
    controls = {
        REAL: ink,
        "quarters exchanged": np.roll(ink, (half, half), axis=(1, 2)),
        "pixels shuffled": shuffled,
    }
    for kind, images in controls.items():
        out.add("realistic_control", observers.realistic(images), {"pictures": kind}, n=len(images))
        out.add("frechet_control", observers.frechet(images), {"pictures": kind}, n=len(images))


def _samples(out: Outcome, case: Case, observers: Observers, rng: np.random.Generator) -> np.ndarray:
    """How good samples from four laws are; returns the ink (n, 28, 28) of those from the prior."""
    seen = case.seen["held-out"]
    kinds = {
        "prior": decode(case.network, case.prior),
        "fitted Gaussian": decode(case.network, laws.full_gaussian(seen.codes, len(seen.codes), rng)),
        "held-out codes": seen.ink,
        "unit noise": decode(case.network, seen.codes.mean + case.prior),
    }
    originals = observers.digits(case.shown["held-out"].ink)
    for kind, ink in kinds.items():
        at = {"model": case.name, "law": kind}
        out.add("frechet_of_account", observers.frechet(ink), at, case.replicate, n=len(ink))
        out.add("realistic", observers.realistic(ink), at, case.replicate, n=len(ink))
        if kind in ("held-out codes", "unit noise"):
            out.add("digit_kept", (observers.digits(ink) == originals).mean(), at, case.replicate, n=len(ink))
    return kinds["prior"]


def _measures(cfg: Accounts, out: Outcome, case: Case) -> None:
    """What each account holds responsible for bad samples: one measure for each, and the overlap itself."""
    at, replicate = {"model": case.name}, case.replicate
    blank = mean_picture(case.pictures)
    training, unseen = (explained_share(case.shown[kind], case.seen[kind], blank) for kind in SETS)
    out.add("account_measure", training - unseen, at | {"of": "overfitting_gap"}, replicate)
    codes = case.seen["training"].codes
    excess = excess_divergence(codes, case.seen["held-out"].draws, cfg.leading)
    out.add("account_measure", np.log(max(excess, cfg.least_excess)), at | {"of": "excess_of_codes"}, replicate)
    ratios = _mixture_at_the_prior(cfg, case)
    out.add("bubbles_apart", total_variation(ratios), at, replicate, n=len(ratios))
    # Total variation is 1 in every large latent space; the log ratio still tells how far off the bubbles are.
    apart = np.log(max(-float(np.median(ratios)), 1.0))
    out.add("account_measure", apart, at | {"of": "distance_of_bubbles"}, replicate, n=len(ratios))


def _mixture_at_the_prior(cfg: Accounts, case: Case) -> np.ndarray:
    """Log density of the bubbles of pictures that were trained on over that of the prior, at draws from the prior."""
    pictures = case.pictures
    components = cfg.mixture if case.prior.shape[1] <= cfg.large else cfg.mixture_large
    mixed = one_each(pictures.train, pictures.train_labels, pictures.train_origin, components, case.drawn).canvas
    pieces = (encode(case.network, part) for part in mixed.split(PIECE))
    return mixture_ratio(case.prior[: cfg.mixture_draws], ((codes.mean, codes.deviation) for codes in pieces))


def excess_divergence(training: Codes, draws: np.ndarray, leading: int) -> float:
    """Nats by which unseen codes differ from the prior along the widest directions of the training codes.

    Each of the first `leading` principal directions of the training means is taken for a Gaussian with the mean and
    the variance of the held-out `draws` (n, d) along it. A direction is found on some pictures and measured on others,
    so that it is not wide by selection.
    """
    centred = training.mean - training.mean.mean(axis=0)
    leading = min(leading, *centred.shape)
    _, vectors = np.linalg.eigh((centred @ centred.T).astype(np.float64))
    axes = (vectors[:, ::-1][:, :leading].T @ centred).astype(np.float64)
    lengths = np.linalg.norm(axes, axis=1, keepdims=True)
    axes = np.divide(axes, lengths, out=np.zeros_like(axes), where=lengths > 0).astype(np.float32)
    scores = draws @ axes.T
    variance, mean = scores.var(axis=0, dtype=np.float64), scores.mean(axis=0, dtype=np.float64)
    used = lengths[:, 0] > 0
    return float(0.5 * (variance + mean**2 - 1 - np.log(np.maximum(variance, 1e-12)))[used].sum())


def _half_way(out: Outcome, case: Case, observers: Observers) -> None:
    """How realistic pictures are half way along the arc from each unseen code to another."""
    starts = case.seen["held-out"].draws
    ink = decode(case.network, between(starts, np.roll(starts, 1, axis=0), 0.5, straight=False))
    out.add("realistic_half_way", observers.realistic(ink), {"model": case.name}, case.replicate, n=len(ink))


def _walks(cfg: Accounts, out: Outcome, case: Case, observers: Observers) -> None:
    """How realistic pictures are on the way from one unseen code to another, and from a code to a prior draw."""
    seen = case.seen["held-out"]
    starts, means = seen.draws[: cfg.walked], seen.codes.mean[: cfg.walked]
    goals = {
        "spherical": (starts, np.roll(starts, 1, axis=0)),
        "straight": (means, np.roll(means, 1, axis=0)),
        "to the prior": (starts, case.prior[: cfg.walked]),
    }
    for way, (start, goal) in goals.items():
        for step in cfg.steps:
            if step == 0 and start is starts:
                ink = seen.ink[: cfg.walked]  # decoded already
            else:
                ink = decode(case.network, between(start, goal, step, straight=way == "straight"))
            at = {"model": case.name, "way": way, "at": step}
            out.add("realistic_on_the_way", observers.realistic(ink), at, case.replicate, n=len(ink))


def between(start: np.ndarray, goal: np.ndarray, at: float, straight: bool) -> np.ndarray:
    """The point at the share `at` of the way: in a straight line, or along an arc that keeps the variance of noise."""
    if straight:
        return np.float32(1 - at) * start + np.float32(at) * goal
    return np.float32(np.cos(at * np.pi / 2)) * start + np.float32(np.sin(at * np.pi / 2)) * goal


def _row(out: Outcome, quantity: str, replicate: int, **where: str | float) -> Measurement:
    (found,) = (
        row
        for row in out.rows
        if row.quantity == quantity and row.replicate == replicate and where.items() <= row.condition.items()
    )
    return found


def _value(out: Outcome, quantity: str, replicate: int, **where: str | float) -> float:
    return _row(out, quantity, replicate, **where).value


def _share(out: Outcome, quantity: str, replicate: int, **where: str | float) -> Interval:
    """A share of pictures with Wilson's interval."""
    row = _row(out, quantity, replicate, **where)
    return of_proportion(row.value * row.n, row.n)


def _score(cfg: Accounts, out: Outcome, models: Models) -> None:
    """Each prediction's measure for each subject, its side of the line, and how many each account got right.

    The score of a network with an undecided prediction is NaN, and so decides nothing.
    """
    for subject, twins in cfg.subjects.items():
        shared = range(min(len(models[name].replicates) for name in (subject, twins.few, twins.small)))
        for replicate in shared:
            found = _statistics(out, subject, twins.few, twins.small, cfg.lines.middle, replicate)
            observed = _observed(found, cfg.lines)
            for test, value in found.items():
                out.add("account_statistic", value.estimate, {"subject": subject, "test": test}, replicate)
                out.add("account_observed", observed[test], {"subject": subject, "test": test}, replicate)
            undecided = int(np.isnan([*observed.values()]).sum())
            out.add("predictions_undecided", undecided, {"subject": subject}, replicate)
            for number, account in enumerate(ACCOUNTS):
                right = sum(observed[test] == expected[number] for test, expected in PREDICTIONS.items())
                about = {"subject": subject, "account": account}
                out.add("predictions_right", right, about, replicate)
                out.add("account_score", np.nan if undecided else right, about, replicate)


def _statistics(out: Outcome, subject: str, few: str, small: str, middle: float, replicate: int) -> dict[str, Interval]:
    """Each prediction's measure; shares of pictures have an interval, the others are taken as they are."""

    def frechet(model: str, law: str) -> float:
        return _value(out, "frechet_of_account", replicate, model=model, law=law)

    half_way = _share(out, "realistic_half_way", replicate, model=subject)
    ends = _share(out, "realistic", replicate, model=subject, law="held-out codes")
    part = Interval(middle * ends.estimate, middle * ends.low, middle * ends.high, ends.n)
    statistics = (
        exact(_value(out, "account_measure", replicate, model=subject, of="overfitting_gap")),
        _share(out, "digit_kept", replicate, model=subject, law="unit noise"),
        exact(frechet(subject, "fitted Gaussian") / frechet(subject, "prior")),
        exact(frechet(few, "prior") / frechet(subject, "prior")),
        exact(_value(out, "bubbles_apart", replicate, model=small)),
        of_proportion_difference(half_way, part),
    )
    return dict(zip(PREDICTIONS, statistics, strict=True))


def _observed(found: dict[str, Interval], lines: AccountLines) -> dict[str, float]:
    """Whether what each prediction speaks of is the case, 1 or 0; NaN if the interval has the line in it."""
    gap, kept, repaired, repair, apart, middle = found.values()
    sides = (
        _above(gap, lines.gap),
        _above(kept, lines.kept),
        1 - _above(repaired, lines.repaired),
        _above(repair, lines.more_pictures),
        1 - _above(apart, lines.apart),
        _above(middle, 0),
    )
    return dict(zip(PREDICTIONS, sides, strict=True))


def _above(interval: Interval, line: float) -> float:
    """1 if the interval lies above the line, 0 if it lies below or ends there, else NaN."""
    if interval.low > line:
        return 1.0
    return 0.0 if interval.high <= line else np.nan


def _regress(cfg: Accounts, out: Outcome, models: Models) -> None:
    """What each account's measure foretells of the logarithm of the prior samples' distance, model by model."""
    for replicate in range(max(len(models[name].replicates) for name in cfg.cells)):
        cells = [name for name in cfg.cells if replicate in models[name].replicates]
        outcome = np.log([_value(out, "frechet_of_account", replicate, model=name, law="prior") for name in cells])
        measures = np.array(
            [[_value(out, "account_measure", replicate, model=name, of=of) for of in MEASURES] for name in cells]
        )
        weights = standard_coefficients(measures, outcome)
        for account, measured, weight in zip(ACCOUNTS, measures.T, weights, strict=True):
            share = foretold_share(measured, outcome)
            out.add("account_foretells", share, {"account": account}, replicate, n=len(cells))
            out.add("account_coefficient", weight, {"account": account}, replicate, n=len(cells))


def _page(cfg: Accounts, case: Case, prior: np.ndarray) -> np.ndarray:
    """Unseen pictures, their rebuilt copies and prior draws: uint8 (3, shown, 28, 28)."""
    rows = (case.shown["held-out"].ink, case.seen["held-out"].ink, prior)
    return _bytes(np.stack([row[: cfg.shown] for row in rows]))


def _strip(cfg: Accounts, case: Case) -> np.ndarray:
    """Two unseen pictures of different digits and what lies between their codes: uint8 (2 ways, steps + 2, 28, 28)."""
    shown, seen = case.shown["held-out"], case.seen["held-out"]
    first = 0
    second = int(np.flatnonzero(shown.labels != shown.labels[first])[0])
    rows = []
    for latents, straight in ((seen.draws, False), (seen.codes.mean, True)):
        steps = [between(latents[[first]], latents[[second]], at, straight) for at in cfg.steps]
        rows.append(
            np.concatenate([shown.ink[[first]], *(decode(case.network, step) for step in steps), shown.ink[[second]]])
        )
    return _bytes(np.stack(rows))


def _bytes(ink: np.ndarray) -> np.ndarray:
    return np.rint(255 * ink).astype(np.uint8)


def _figures(cfg: Accounts, out: Outcome, pages: dict[str, np.ndarray], strips: dict[str, np.ndarray]) -> None:
    out.figure(
        "latentsize-four-cells",
        corners=np.array(list(cfg.corners)),
        models=np.array(list(cfg.corners.values())),
        pages=np.stack([pages[name] for name in cfg.corners.values()]),
        kept=by_replicate(
            [values(out, "digit_kept", model=name, law="held-out codes") for name in cfg.corners.values()]
        ),
        frechet=by_replicate(
            [values(out, "frechet_of_account", model=name, law="prior") for name in cfg.corners.values()]
        ),
    )
    out.figure(
        "latentsize-accounts",
        subjects=np.array(list(cfg.subjects)),
        accounts=np.array(ACCOUNTS),
        tests=np.array(list(PREDICTIONS)),
        expected=np.array(list(PREDICTIONS.values())),
        observed=np.array(
            [[np.mean(values(out, "account_observed", subject=s, test=t)) for t in PREDICTIONS] for s in cfg.subjects]
        ),
        statistics=np.array(
            [[np.mean(values(out, "account_statistic", subject=s, test=t)) for t in PREDICTIONS] for s in cfg.subjects]
        ),
        scores=np.array(
            [[np.mean(values(out, "predictions_right", subject=s, account=a)) for a in ACCOUNTS] for s in cfg.subjects]
        ),
        foretells=np.array([values(out, "account_foretells", account=a) for a in ACCOUNTS]),
        coefficients=np.array([values(out, "account_coefficient", account=a) for a in ACCOUNTS]),
    )
    out.figure(
        "latentsize-foretelling",
        models=np.array(list(cfg.cells)),
        few=np.array(["-n" in name for name in cfg.cells]),
        grid=np.array([name.startswith("grid") for name in cfg.cells]),
        measures=np.stack(
            [by_replicate([values(out, "account_measure", model=name, of=of) for name in cfg.cells]) for of in MEASURES]
        ),
        frechet=by_replicate([values(out, "frechet_of_account", model=name, law="prior") for name in cfg.cells]),
        floor=values(out, "frechet_control", pictures=REAL)[0],
    )
    ways = ("spherical", "straight", "to the prior")
    out.figure(
        "latentsize-ways",
        models=np.array(list(cfg.walkers)),
        ways=np.array(ways),
        steps=np.array(cfg.steps),
        realistic=np.array(
            [
                [[np.mean(values(out, "realistic_on_the_way", model=m, way=w, at=s)) for s in cfg.steps] for w in ways]
                for m in cfg.walkers
            ]
        ),
        control=values(out, "realistic_control", pictures=REAL)[0],
        strip_models=np.array(list(strips)),
        strips=np.stack(list(strips.values())),
    )
