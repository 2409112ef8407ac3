"""Thin bubbles, overfitting, or a code of another shape than the prior: which account foretells bad prior samples?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from soapbubble.autoencoders import laws
from soapbubble.autoencoders.classifier import Judge
from soapbubble.autoencoders.codes import Codes, decode, encode
from soapbubble.autoencoders.pictures import Pictures
from soapbubble.autoencoders.store import Models
from soapbubble.config.latentsize import AccountLines, Accounts
from soapbubble.data.dataset import Dataset
from soapbubble.measurements import Outcome
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.progress import progress
from soapbubble.stats.frechet import frechet_distance
from soapbubble.stats.manifold import Manifold, calibrated
from soapbubble.stats.mixture_overlap import mixture_ratio, total_variation
from soapbubble.stats.prediction import foretold_share, standard_coefficients
from soapbubble.studies.latentsize.held_out import (
    SETS,
    Album,
    Seen,
    Shown,
    explained_shares,
    mean_picture,
    one_each,
    see,
    training_and_held_out,
)

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
PIECE = 60


@dataclass(frozen=True)
class Real:
    """Real pictures to compare with: features of training pictures, and what counts as realistic."""

    features: np.ndarray
    manifold: Manifold


def measure(cfg: Accounts, data: Mapping[str, Dataset], models: Models) -> Outcome:
    """Six predictions on which the accounts differ, what foretells bad samples, and how realistic the ways are.

    A replicate is a network with a seed of its own; models that are compared are compared seed by seed.
    """
    out = Outcome()
    album, judge = Album(models, data["digits"]), models.judge
    real = _real(cfg, album.of(cfg.reference), judge)
    _controls(cfg, out, album.of(cfg.reference), judge, real)
    pages: dict[str, np.ndarray] = {}
    strips: dict[str, np.ndarray] = {}
    for name in progress(cfg.cells, "autoencoders that three accounts foretell"):
        pictures = album.of(name)
        shown, blank = training_and_held_out(pictures, cfg.pictures), mean_picture(pictures)
        for replicate in models[name].replicates:
            rng = np.random.default_rng((cfg.seed, replicate))
            network = models[name].network(replicate)
            seen = {kind: see(network, item, rng) for kind, item in shown.items()}
            drawn = _cell(cfg, out, name, replicate, network, shown, seen, blank, pictures, judge, real, rng)
            if replicate == 0 and name in cfg.corners.values():
                pages[name] = _page(cfg, shown["held-out"], seen["held-out"], drawn)
            _walks(cfg, out, name, replicate, network, seen["held-out"], judge, real, rng)
            if replicate == 0 and name in cfg.strips:
                strips[name] = _strip(cfg, network, shown["held-out"], seen["held-out"])
    _score(cfg, out, models)
    _regress(cfg, out, models)
    _figures(cfg, out, pages, strips)
    return out


def _real(cfg: Accounts, pictures: Pictures, judge: Judge) -> Real:
    """Training pictures as the standard; those held out to stop training by say how wide their balls are."""
    training = one_each(pictures.train, pictures.train_labels, pictures.train_origin, cfg.pictures)
    features = judge.features(training.ink)
    copies = np.arange(len(pictures.validation))
    others = one_each(pictures.validation, copies, copies, cfg.pictures)
    return Real(features, calibrated(features, judge.features(others.ink), cfg.neighbours, cfg.accepted))


def _controls(cfg: Accounts, out: Outcome, pictures: Pictures, judge: Judge, real: Real) -> None:
    """What unseen digits, and pictures that are none, get: the best and the worst that samples can be expected to be."""
    ink = training_and_held_out(pictures, cfg.pictures)["held-out"].ink
    half = ink.shape[1] // 2
    noise = np.random.default_rng(cfg.seed).permuted(ink.reshape(len(ink), -1), axis=1).reshape(ink.shape)
    controls = {
        "held-out digits": ink,
        "quarters exchanged": np.roll(ink, (half, half), axis=(1, 2)),
        "pixels shuffled": noise,
    }
    for kind, images in controls.items():
        features = judge.features(images)
        out.add("realistic_control", real.manifold.accepts(features).mean(), {"pictures": kind}, n=len(features))
        out.add("frechet_control", frechet_distance(features, _as_many(real.features, features)), {"pictures": kind})


def _as_many(reference: np.ndarray, features: np.ndarray) -> np.ndarray:
    """As many rows of the reference as there are features: distances compare only at equal sizes."""
    return reference[np.linspace(0, len(reference) - 1, len(features)).round().astype(int)]


def _cell(
    cfg: Accounts,
    out: Outcome,
    name: str,
    replicate: int,
    network: AutoencoderNet,
    shown: dict[str, Shown],
    seen: dict[str, Seen],
    blank: np.ndarray,
    pictures: Pictures,
    judge: Judge,
    real: Real,
    rng: np.random.Generator,
) -> np.ndarray:
    """Everything that the accounts speak of, for one network; returns the ink (n, 28, 28) of prior draws."""
    at = {"model": name}
    count = len(real.features)
    held_out = seen["held-out"]
    dimension = held_out.draws.shape[1]
    kinds = {
        "prior": decode(network, laws.prior(count, dimension, rng)),
        "fitted Gaussian": decode(network, laws.full_gaussian(held_out.codes, count, rng)),
        "held-out codes": held_out.ink,
        "unit noise": decode(network, laws.unit_noise(held_out.codes, rng)),
    }
    originals = judge.probabilities(shown["held-out"].ink).argmax(axis=1)
    for kind, ink in kinds.items():
        features = judge.features(ink)
        distance = frechet_distance(features, _as_many(real.features, features))
        out.add("frechet_of_account", distance, at | {"law": kind}, replicate, n=len(ink))
        out.add("realistic", real.manifold.accepts(features).mean(), at | {"law": kind}, replicate, n=len(ink))
        if kind in ("held-out codes", "unit noise"):
            kept = judge.probabilities(ink).argmax(axis=1) == originals
            out.add("digit_kept", kept.mean(), at | {"law": kind}, replicate, n=len(ink))
    rebuilt, _ = explained_shares(shown, seen, blank)
    out.add("account_measure", rebuilt["training"] - rebuilt["held-out"], at | {"of": "overfitting_gap"}, replicate)
    out.add("account_rate", held_out.codes.rates.mean(), at, replicate, unit="nat", n=len(held_out.codes))
    excess = excess_divergence(seen["training"].codes, held_out.codes, held_out.draws, cfg.leading)
    out.add("account_measure", np.log(max(excess, cfg.least_excess)), at | {"of": "excess_of_codes"}, replicate)
    components = cfg.mixture if dimension <= cfg.large else cfg.mixture_large
    mixed = one_each(pictures.train, pictures.train_labels, pictures.train_origin, components).canvas
    draws = laws.prior(min(cfg.mixture_draws, len(mixed)), dimension, rng)
    pieces = (encode(network, part) for part in mixed.split(PIECE))
    ratios = mixture_ratio(draws, ((codes.mean, codes.deviation) for codes in pieces))
    out.add("bubbles_apart", total_variation(ratios), at, replicate, n=len(draws))
    # Total variation is 1 for every large latent space; the log ratio still tells how far off the bubbles are.
    apart = np.log(max(-float(np.median(ratios)), 1.0))
    out.add("account_measure", apart, at | {"of": "distance_of_bubbles"}, replicate, n=len(draws))
    return kinds["prior"]


def excess_divergence(training: Codes, held_out: Codes, draws: np.ndarray, leading: int) -> float:
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


def _walks(
    cfg: Accounts,
    out: Outcome,
    name: str,
    replicate: int,
    network: AutoencoderNet,
    seen: Seen,
    judge: Judge,
    real: Real,
    rng: np.random.Generator,
) -> None:
    """How realistic pictures are on the way from one unseen code to another, and from a code to a prior draw."""
    starts = seen.draws[: cfg.walked]
    means = seen.codes.mean[: cfg.walked]
    goals = {
        "spherical": (starts, np.roll(starts, 1, axis=0)),
        "straight": (means, np.roll(means, 1, axis=0)),
        "to the prior": (starts, laws.prior(*starts.shape, rng)),
    }
    steps = cfg.steps if name in cfg.walkers else [0.0, 0.5]
    for way, (start, goal) in goals.items():
        for step in steps if name in cfg.walkers or way != "to the prior" else []:
            ink = decode(network, between(start, goal, step, straight=way == "straight"))
            share = real.manifold.accepts(judge.features(ink)).mean()
            out.add("realistic_on_the_way", share, {"model": name, "way": way, "at": step}, replicate, n=len(ink))


def between(start: np.ndarray, goal: np.ndarray, at: float, straight: bool) -> np.ndarray:
    """The point at the share `at` of the way: in a straight line, or along an arc that keeps the variance of noise."""
    if straight:
        return np.float32(1 - at) * start + np.float32(at) * goal
    return np.float32(np.cos(at * np.pi / 2)) * start + np.float32(np.sin(at * np.pi / 2)) * goal


def _value(out: Outcome, quantity: str, replicate: int, **where: str | float) -> float:
    (value,) = (
        row.value
        for row in out.rows
        if row.quantity == quantity and row.replicate == replicate and where.items() <= row.condition.items()
    )
    return value


def _score(cfg: Accounts, out: Outcome, models: Models) -> None:
    """What each prediction's measure is for each subject, on which side of the line, and how many each account got right."""
    for subject, twins in cfg.subjects.items():
        shared = range(min(len(models[name].replicates) for name in (subject, twins.few, twins.small)))
        for replicate in shared:
            found = _statistics(out, subject, twins.few, twins.small, replicate)
            observed = _observed(found, cfg.lines)
            for test, value in found.items():
                out.add("account_statistic", value, {"subject": subject, "test": test}, replicate)
                out.add("account_observed", observed[test], {"subject": subject, "test": test}, replicate)
            for number, account in enumerate(ACCOUNTS):
                right = sum(observed[test] == expected[number] for test, expected in PREDICTIONS.items())
                out.add("account_score", right, {"subject": subject, "account": account}, replicate)


def _statistics(out: Outcome, subject: str, few: str, small: str, replicate: int) -> dict[str, float]:
    def frechet(model: str, law: str) -> float:
        return _value(out, "frechet_of_account", replicate, model=model, law=law)

    def way(at: float) -> float:
        return _value(out, "realistic_on_the_way", replicate, model=subject, way="spherical", at=at)

    values = (
        _value(out, "account_measure", replicate, model=subject, of="overfitting_gap"),
        _value(out, "digit_kept", replicate, model=subject, law="unit noise"),
        frechet(subject, "fitted Gaussian") / frechet(subject, "prior"),
        frechet(few, "prior") / frechet(subject, "prior"),
        _value(out, "bubbles_apart", replicate, model=small),
        way(0.5) / way(0.0) if way(0.0) else 0.0,
    )
    return dict(zip(PREDICTIONS, values, strict=True))


def _observed(found: dict[str, float], lines: AccountLines) -> dict[str, bool]:
    """Whether what each prediction speaks of is the case."""
    gap, kept, repaired, repair, apart, middle = found.values()
    sides = (
        gap > lines.gap,
        kept > lines.kept,
        repaired < lines.repaired,
        repair > lines.more_pictures,
        apart < lines.apart,
        middle > lines.middle,
    )
    return dict(zip(PREDICTIONS, map(bool, sides), strict=True))


def _regress(cfg: Accounts, out: Outcome, models: Models) -> None:
    """What each account's measure foretells of the logarithm of the prior samples' distance, model by model."""
    for replicate in range(max(len(models[name].replicates) for name in cfg.cells)):
        cells = [name for name in cfg.cells if replicate in models[name].replicates]
        outcome = np.log([_value(out, "frechet_of_account", replicate, model=name, law="prior") for name in cells])
        measures = np.array(
            [[_value(out, "account_measure", replicate, model=name, of=of) for of in MEASURES] for name in cells]
        )
        weights = standard_coefficients(measures, outcome)
        for account, values, weight in zip(ACCOUNTS, measures.T, weights, strict=True):
            share = foretold_share(values, outcome)
            out.add("account_foretells", share, {"account": account}, replicate, n=len(cells))
            out.add("account_coefficient", weight, {"account": account}, replicate, n=len(cells))


def _page(cfg: Accounts, shown: Shown, seen: Seen, prior: np.ndarray) -> np.ndarray:
    """Unseen pictures, their rebuilt copies and prior draws: uint8 (3, shown, 28, 28)."""
    return _bytes(np.stack([shown.ink[: cfg.shown], seen.ink[: cfg.shown], prior[: cfg.shown]]))


def _strip(cfg: Accounts, network: AutoencoderNet, shown: Shown, seen: Seen) -> np.ndarray:
    """Two unseen pictures of different digits and what lies between their codes: uint8 (2 ways, steps + 2, 28, 28)."""
    first, second = (int(np.flatnonzero(shown.labels == digit)[0]) for digit in _two_digits(shown.labels))
    rows = []
    for latents, straight in ((seen.draws, False), (seen.codes.mean, True)):
        steps = [between(latents[[first]], latents[[second]], at, straight) for at in cfg.steps]
        rows.append(np.concatenate([shown.ink[[first]], *(decode(network, step) for step in steps), shown.ink[[second]]]))
    return _bytes(np.stack(rows))


def _two_digits(labels: np.ndarray) -> tuple[int, int]:
    """Two digits that do not look alike, if the labels have them: a zero and a one."""
    found = np.unique(labels)
    return int(found[0]), int(found[min(1, len(found) - 1)])


def _bytes(ink: np.ndarray) -> np.ndarray:
    return np.rint(255 * ink).astype(np.uint8)


def _many(out: Outcome, quantity: str, **where: str | float) -> list[float]:
    return [row.value for row in out.rows if row.quantity == quantity and where.items() <= row.condition.items()]


def _padded(values: list[list[float]]) -> np.ndarray:
    """Values of each case, a column a replicate; NaN where there are fewer."""
    filled = np.full((len(values), max(map(len, values))), np.nan)
    for row, found in zip(filled, values, strict=True):
        row[: len(found)] = found
    return filled


def _figures(cfg: Accounts, out: Outcome, pages: dict[str, np.ndarray], strips: dict[str, np.ndarray]) -> None:
    out.figure(
        "latentsize-four-cells",
        corners=np.array(list(cfg.corners)),
        models=np.array(list(cfg.corners.values())),
        pages=np.stack([pages[name] for name in cfg.corners.values()]),
        kept=_padded([_many(out, "digit_kept", model=name, law="held-out codes") for name in cfg.corners.values()]),
        frechet=_padded([_many(out, "frechet_of_account", model=name, law="prior") for name in cfg.corners.values()]),
    )
    out.figure(
        "latentsize-accounts",
        subjects=np.array(list(cfg.subjects)),
        accounts=np.array(ACCOUNTS),
        tests=np.array(list(PREDICTIONS)),
        expected=np.array(list(PREDICTIONS.values())),
        observed=np.array(
            [[np.mean(_many(out, "account_observed", subject=s, test=t)) for t in PREDICTIONS] for s in cfg.subjects]
        ),
        statistics=np.array(
            [[np.mean(_many(out, "account_statistic", subject=s, test=t)) for t in PREDICTIONS] for s in cfg.subjects]
        ),
        scores=np.array(
            [[np.mean(_many(out, "account_score", subject=s, account=a)) for a in ACCOUNTS] for s in cfg.subjects]
        ),
        foretells=np.array([_many(out, "account_foretells", account=a) for a in ACCOUNTS]),
        coefficients=np.array([_many(out, "account_coefficient", account=a) for a in ACCOUNTS]),
    )
    out.figure(
        "latentsize-foretelling",
        models=np.array(list(cfg.cells)),
        few=np.array(["-n" in name for name in cfg.cells]),
        grid=np.array([name.startswith("grid") for name in cfg.cells]),
        measures=np.stack(
            [_padded([_many(out, "account_measure", model=name, of=of) for name in cfg.cells]) for of in MEASURES]
        ),
        frechet=_padded([_many(out, "frechet_of_account", model=name, law="prior") for name in cfg.cells]),
        floor=_many(out, "frechet_control", pictures="held-out digits")[0],
    )
    ways = ("spherical", "straight", "to the prior")
    out.figure(
        "latentsize-ways",
        models=np.array(list(cfg.walkers)),
        ways=np.array(ways),
        steps=np.array(cfg.steps),
        realistic=np.array(
            [
                [[np.mean(_many(out, "realistic_on_the_way", model=m, way=w, at=s)) for s in cfg.steps] for w in ways]
                for m in cfg.walkers
            ]
        ),
        control=_many(out, "realistic_control", pictures="held-out digits")[0],
        strip_models=np.array(list(strips)),
        strips=np.stack(list(strips.values())),
    )
