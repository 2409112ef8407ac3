"""Thin bubbles, overfitting, or codes of another shape than the prior: which hypothesis predicts bad prior samples?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from soapbubble.autoencoders.picture_cache import PictureCache
from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.autoencoders.store import Models
from soapbubble.config.base import Block
from soapbubble.lab import Lab
from soapbubble.measurements import Measurement, Outcome
from soapbubble.measuring.autoencoder import Codes, decode_digits, encode
from soapbubble.measuring.digit_classifier import DigitClassifier
from soapbubble.measuring.distributions import full_gaussian, prior_like
from soapbubble.measuring.evaluator import SampleEvaluator
from soapbubble.measuring.splits import random_originals
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.intervals import Interval, exact, of_proportion, of_proportion_difference
from soapbubble.stats.mixture_overlap import mixture_ratio, total_variation
from soapbubble.stats.prediction import predicted_share, standard_coefficients
from soapbubble.studies.latentsize.critic import Critic, CriticSettings, of_replicate, train_critic
from soapbubble.studies.latentsize.image_sets import (
    SETS,
    Encoded,
    ImageSet,
    deviance_explained,
    encode_and_decode,
    mean_training_image,
    training_and_test,
)


class PredictionThresholds(Block):
    """The thresholds that decide whether what a prediction says is the case."""

    # between 0.03, a good fit, and 0.1, an overfitted one
    gap: float = setting(0.05, gt=0, doc="deviance explained: training minus test")
    kept: float = setting(0.5, gt=0, lt=1, doc="share of digits that survive unit noise")
    repaired: float = setting(0.5, gt=0, lt=1, doc="Frechet distance with the full Gaussian over that with the prior")
    more_images: float = setting(1.25, gt=1, doc="Frechet distance of the prior with few images over that with all")
    apart: float = setting(0.5, gt=0, lt=1, doc="total variation distance of mixture and prior")
    middle: float = setting(0.5, gt=0, lt=1, doc="realistic images half way, over those at the ends")


class Twins(Block):
    """The models that a subject's predictions need beside it."""

    few: str = setting(doc="the same model, trained with few images")
    small: str = setting(doc="a good model with few latents")


class Hypotheses(Part):
    """Which hypothesis predicts bad prior samples: thin bubbles, overfitting, or the shape of the codes."""

    seed: int = setting(2102, ge=0, doc="seed of the random numbers")
    # as many real images and samples in every Frechet distance
    images: int = setting(240, smoke=20, ge=20, doc="originals of each set, one copy of each")
    # trained with all images
    reference: str = setting("dense-16", doc="a model whose training images are the reference of Frechet distances")
    critic: CriticSettings = setting(doc="the critic that says which samples are realistic")
    # all built-in training originals; broken in seven ways and blurred in three they fill 90 MB
    critic_images: int = setting(1300, ge=20, doc="training originals that the critic is trained on")
    mixture: int = setting(1000, smoke=20, ge=20, doc="training images in the mixture of bubbles")
    # codes of 65,536 latents; the median log-density at prior draws falls short by a few nats
    mixture_large: int = setting(120, smoke=20, ge=20, doc="the same for models with more than `large` latents")
    mixture_draws: int = setting(120, smoke=20, ge=20, doc="prior draws at which mixture and prior are compared")
    large: int = setting(1024, ge=1, unit="latents", doc="size above which the mixture has fewer components")
    # as many as the classifier's features; more would add directions that hold noise
    leading: int = setting(32, smoke=4, ge=1, doc="widest directions of the codes whose excess is counted")
    least_excess: float = setting(0.01, gt=0, doc="nats below which an excess is taken for this much")
    models: list[str] = setting(
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
        doc="models of all sizes and trained with few or all images, of which bad samples are predicted",
    )
    subjects: dict[str, Twins] = setting(
        {
            "grid-8x8x1024-mean": {"few": "grid-8x8x1024-mean-n100", "small": "dense-16"},
            "grid-8x8x16-beta-64th": {"few": "grid-8x8x16-beta-64th-n100", "small": "dense-16"},
        },
        doc="models on which the six predictions are tested",
    )
    # half way between what the hypotheses expect
    thresholds: PredictionThresholds = setting(doc="thresholds of the six predictions")
    path_models: list[str] = setting(
        ["dense-2", "dense-16", "dense-64", "grid-8x8x1024", "grid-8x8x1024-mean"],
        doc="models whose paths between codes are followed in small steps",
    )
    paths: int = setting(100, smoke=6, ge=2, doc="test images from which paths start")
    steps: list[float] = setting(
        [0.0, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0], smoke=[0.0, 0.5, 1.0], doc="shares of the path; 0 and 0.5 are needed"
    )
    corners: dict[str, str] = setting(
        {
            "test good, prior good": "dense-16",
            "test good, prior bad": "grid-8x8x1024-mean",
            "test bad, prior good": "dense-16-n100",
            "test bad, prior bad": "grid-8x8x1024-mean-n100",
        },
        doc="a model for each corner: reconstructed test images and prior samples good or bad",
    )
    path_examples: list[str] = setting(
        ["dense-16", "dense-16-n100", "grid-8x8x1024-mean"], doc="models of which paths are shown as images"
    )
    shown: int = setting(8, smoke=4, ge=1, doc="images of each kind in the figure")

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=[*self.models, "classifier"], memory_mb=2000)


HYPOTHESES = ("bubbles", "overfitting", "shape")
# What each hypothesis expects, in the order of HYPOTHESES.
PREDICTIONS = {
    "test images are explained worse": (False, True, False),
    "unit noise keeps the digit": (True, False, True),
    "a fitted Gaussian repairs": (False, False, True),
    "more images repair": (True, True, False),
    "a good small model overlaps the prior": (True, True, False),
    "between two codes lies a digit": (False, False, True),
}
# The measure that stands for each hypothesis in the regression, in the order of HYPOTHESES.
MEASURES = ("distance_of_bubbles", "overfitting_gap", "excess_of_codes")
BATCH_SIZE = 60  # images encoded at a time: 65,536 latents of so many take 31 MB in double precision
TEST = "aggregate posterior, test"


@dataclass(frozen=True)
class Instruments:
    """What images are measured with: the digit classifier, Frechet distances in its features, and the critic."""

    classifier: DigitClassifier
    evaluator: SampleEvaluator
    critic: Critic

    def frechet(self, images: np.ndarray) -> float:
        """Frechet distance of the images (n, 28, 28) from as many real ones; there must not be more."""
        return self.evaluator.matched(len(images)).frechet(images)


@dataclass(frozen=True)
class Case:
    """One network with the two sets of images and what it makes of them, and draws (n, d) from the prior.

    `seen` says of each training image whether the network was trained on it.
    """

    name: str
    replicate: int
    network: AutoencoderNet
    images: Pictures
    seen: np.ndarray
    sets: Mapping[str, ImageSet]
    encoded: Mapping[str, Encoded]
    prior: np.ndarray


def measure(cfg: Hypotheses, lab: Lab) -> Outcome:
    """Six predictions on which the hypotheses differ, what predicts bad samples, and how realistic paths are.

    A replicate is a network with a seed of its own; models that are compared are compared seed by seed.
    """
    out = Outcome()
    cache = PictureCache(lab.models, lab.data["digits"])
    instruments = [
        _instruments(cfg, cache.of(cfg.reference, replicate), classifier, replicate)
        for replicate, classifier in enumerate(lab.models.classifiers)
    ]
    for replicate, own in enumerate(instruments):
        _controls(cfg, out, cache.of(cfg.reference, replicate), own, replicate)
    for name in progress(cfg.models, "autoencoders on which hypotheses are tested"):
        for replicate in lab.models[name].replicates:
            images, seen = cache.of(name, replicate), lab.models[name].seen(replicate)
            sets = training_and_test(images, seen, cfg.images)
            rng = np.random.default_rng((cfg.seed, replicate))
            network = lab.models[name].network(replicate)
            encoded = {kind: encode_and_decode(network, item, rng) for kind, item in sets.items()}
            draws = prior_like(encoded["test"].latents, rng)
            case = Case(name, replicate, network, images, seen, sets, encoded, draws)
            samples = _samples(out, case, instruments[replicate], rng)
            _measures(cfg, out, case)
            if name in cfg.subjects:
                _half_way(out, case, instruments[replicate])
            if name in cfg.path_models:
                _paths(cfg, out, case, instruments[replicate])
            if replicate == 0:
                _pictures(cfg, out, case, samples)
    _score(cfg, out, lab.models)
    _regress(cfg, out, lab.models)
    return out


def _instruments(cfg: Hypotheses, images: Pictures, classifier: DigitClassifier, replicate: int) -> Instruments:
    """Those of a replicate: random training images are the reference; validation images set the critic's threshold."""
    rng = np.random.default_rng((cfg.seed, replicate, 1))
    reference, lessons = (
        digits_only(images.train[random_originals(images.train_origin, count, rng)])
        for count in (cfg.images, cfg.critic_images)
    )
    critic = train_critic(of_replicate(cfg.critic, replicate), lessons, digits_only(images.validation))
    return Instruments(classifier, SampleEvaluator.on(classifier.features, reference), critic)


def _controls(cfg: Hypotheses, out: Outcome, images: Pictures, own: Instruments, replicate: int) -> None:
    """What test digits get, and images that are no digits: the best and the worst to be expected of samples."""
    digits = ImageSet.of_originals(images.test, images.test_labels, images.test_origin, cfg.images).digits
    half = digits.shape[1] // 2
    rng = np.random.default_rng((cfg.seed, replicate, 2))
    shuffled = rng.permuted(digits.reshape(len(digits), -1), axis=1).reshape(digits.shape)
    controls = {
        "test digits": digits,
        "quarters exchanged": np.roll(digits, (half, half), axis=(1, 2)),
        "pixels shuffled": shuffled,
    }
    for kind, shown in controls.items():
        share = own.critic.realistic_share(shown)
        out.add("realistic_control", share, {"images": kind}, replicate, n=len(shown))
        out.add("frechet_control", own.frechet(shown), {"images": kind}, replicate, n=len(shown))


def _samples(out: Outcome, case: Case, instruments: Instruments, rng: np.random.Generator) -> np.ndarray:
    """How good samples of four latent distributions are; returns the digits (n, 28, 28) of those from the prior."""
    encoded = case.encoded["test"]
    kinds = {
        "prior": decode_digits(case.network, case.prior),
        "full Gaussian": decode_digits(case.network, full_gaussian(encoded.codes, len(encoded.codes), rng)),
        TEST: encoded.digits,
        "unit noise": decode_digits(case.network, encoded.codes.mean + case.prior),
    }
    originals = instruments.classifier.predict(case.sets["test"].digits)
    for kind, digits in kinds.items():
        at = {"model": case.name, "latents": kind}
        out.add("frechet_of_samples", instruments.frechet(digits), at, case.replicate, n=len(digits))
        out.add("realistic", instruments.critic.realistic_share(digits), at, case.replicate, n=len(digits))
        if kind in (TEST, "unit noise"):
            kept = (instruments.classifier.predict(digits) == originals).mean()
            out.add("decoded_label_accuracy", kept, at, case.replicate, n=len(digits))
    return kinds["prior"]


def _measures(cfg: Hypotheses, out: Outcome, case: Case) -> None:
    """What each hypothesis holds responsible for bad samples: one measure for each, and the overlap itself."""
    at, replicate = {"model": case.name}, case.replicate
    blank = mean_training_image(case.images)
    training, test = (deviance_explained(case.sets[kind], case.encoded[kind], blank) for kind in SETS)
    out.add("hypothesis_measure", training - test, at | {"of": "overfitting_gap"}, replicate)
    excess = excess_divergence(case.encoded["training"].codes, case.encoded["test"].latents, cfg.leading)
    out.add("hypothesis_measure", np.log(max(excess, cfg.least_excess)), at | {"of": "excess_of_codes"}, replicate)
    ratios = _mixture_at_the_prior(cfg, case)
    out.add("bubbles_apart", total_variation(ratios), at, replicate, n=len(ratios))
    # Total variation is 1 in every large latent space; the log ratio still tells how far off the bubbles are.
    apart = np.log(max(-float(np.median(ratios)), 1.0))
    out.add("hypothesis_measure", apart, at | {"of": "distance_of_bubbles"}, replicate, n=len(ratios))


def _mixture_at_the_prior(cfg: Hypotheses, case: Case) -> np.ndarray:
    """Log density of the bubbles of images that were trained on over that of the prior, at draws from the prior."""
    images = case.images
    components = cfg.mixture if case.prior.shape[1] <= cfg.large else cfg.mixture_large
    mixed = ImageSet.of_originals(images.train, images.train_labels, images.train_origin, components, case.seen).framed
    batches = (encode(case.network, batch) for batch in mixed.split(BATCH_SIZE))
    return mixture_ratio(case.prior[: cfg.mixture_draws], ((codes.mean, codes.std) for codes in batches))


def excess_divergence(training: Codes, draws: np.ndarray, leading: int) -> float:
    """KL (nats) of test codes from the prior along the directions in which the training codes are widest.

    Each of the first `leading` principal directions of the training means is taken for a Gaussian with the mean and
    the variance of the `draws` (n, d) from test codes along it. A direction is found on some images and measured on
    others, so that it is not wide by selection.
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


def _half_way(out: Outcome, case: Case, instruments: Instruments) -> None:
    """How realistic images are half way along the arc from each test code to another."""
    starts = case.encoded["test"].latents
    digits = decode_digits(case.network, between(starts, np.roll(starts, 1, axis=0), 0.5, straight=False))
    share = instruments.critic.realistic_share(digits)
    out.add("realistic_half_way", share, {"model": case.name}, case.replicate, n=len(digits))


def _paths(cfg: Hypotheses, out: Outcome, case: Case, instruments: Instruments) -> None:
    """How realistic images are on the path from one test code to another, and from a code to a prior draw."""
    encoded = case.encoded["test"]
    starts, means = encoded.latents[: cfg.paths], encoded.codes.mean[: cfg.paths]
    goals = {
        "spherical": (starts, np.roll(starts, 1, axis=0)),
        "straight": (means, np.roll(means, 1, axis=0)),
        "to the prior": (starts, case.prior[: cfg.paths]),
    }
    for path, (start, goal) in goals.items():
        for step in cfg.steps:
            if step == 0 and start is starts:
                digits = encoded.digits[: cfg.paths]  # decoded already
            else:
                digits = decode_digits(case.network, between(start, goal, step, straight=path == "straight"))
            at = {"model": case.name, "path": path, "at": step}
            share = instruments.critic.realistic_share(digits)
            out.add("realistic_on_the_path", share, at, case.replicate, n=len(digits))


def between(start: np.ndarray, goal: np.ndarray, at: float, straight: bool) -> np.ndarray:
    """The point at the share `at` of the path: in a straight line, or along an arc that keeps the variance of noise."""
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
    """A share of images with Wilson's interval."""
    row = _row(out, quantity, replicate, **where)
    return of_proportion(row.value * row.n, row.n)


def _score(cfg: Hypotheses, out: Outcome, models: Models) -> None:
    """Each prediction's measure for each subject, its side of the threshold, and how many each hypothesis got right.

    The score of a network with an undecided prediction is NaN, and so decides nothing.
    """
    for test, expected in PREDICTIONS.items():
        for hypothesis, value in zip(HYPOTHESES, expected, strict=True):
            out.add("prediction_expected", value, {"test": test, "hypothesis": hypothesis})
    for subject, twins in cfg.subjects.items():
        shared = range(min(len(models[name].replicates) for name in (subject, twins.few, twins.small)))
        for replicate in shared:
            found = _statistics(out, subject, twins.few, twins.small, cfg.thresholds.middle, replicate)
            observed = _observed(found, cfg.thresholds)
            for test, statistic in found.items():
                where = {"subject": subject, "test": test}
                out.add("prediction_statistic", statistic.estimate, where, replicate)
                out.add("prediction_observed", observed[test], where, replicate)
            undecided = int(np.isnan([*observed.values()]).sum())
            out.add("predictions_undecided", undecided, {"subject": subject}, replicate)
            for number, hypothesis in enumerate(HYPOTHESES):
                right = sum(observed[test] == expected[number] for test, expected in PREDICTIONS.items())
                about = {"subject": subject, "hypothesis": hypothesis}
                out.add("predictions_right", right, about, replicate)
                out.add("hypothesis_score", np.nan if undecided else right, about, replicate)


def _statistics(out: Outcome, subject: str, few: str, small: str, middle: float, replicate: int) -> dict[str, Interval]:
    """Each prediction's measure; shares of images have an interval, the others are taken as they are."""

    def frechet(model: str, latents: str) -> float:
        return _value(out, "frechet_of_samples", replicate, model=model, latents=latents)

    half_way = _share(out, "realistic_half_way", replicate, model=subject)
    ends = _share(out, "realistic", replicate, model=subject, latents=TEST)
    part = Interval(middle * ends.estimate, middle * ends.low, middle * ends.high, ends.n)
    statistics = (
        exact(_value(out, "hypothesis_measure", replicate, model=subject, of="overfitting_gap")),
        _share(out, "decoded_label_accuracy", replicate, model=subject, latents="unit noise"),
        exact(frechet(subject, "full Gaussian") / frechet(subject, "prior")),
        exact(frechet(few, "prior") / frechet(subject, "prior")),
        exact(_value(out, "bubbles_apart", replicate, model=small)),
        of_proportion_difference(half_way, part),
    )
    return dict(zip(PREDICTIONS, statistics, strict=True))


def _observed(found: dict[str, Interval], thresholds: PredictionThresholds) -> dict[str, float]:
    """Whether what each prediction speaks of is the case, 1 or 0; NaN if the interval has the threshold in it."""
    gap, kept, repaired, repair, apart, middle = found.values()
    sides = (
        _above(gap, thresholds.gap),
        _above(kept, thresholds.kept),
        1 - _above(repaired, thresholds.repaired),
        _above(repair, thresholds.more_images),
        1 - _above(apart, thresholds.apart),
        _above(middle, 0),
    )
    return dict(zip(PREDICTIONS, sides, strict=True))


def _above(interval: Interval, line: float) -> float:
    """1 if the interval lies above the line, 0 if it lies below or ends there, else NaN."""
    if interval.low > line:
        return 1.0
    return 0.0 if interval.high <= line else np.nan


def _regress(cfg: Hypotheses, out: Outcome, models: Models) -> None:
    """How well each hypothesis' measure predicts the logarithm of the prior samples' distance, model by model."""
    for replicate in range(max(len(models[name].replicates) for name in cfg.models)):
        names = [name for name in cfg.models if replicate in models[name].replicates]
        outcome = np.log([_value(out, "frechet_of_samples", replicate, model=name, latents="prior") for name in names])
        measures = np.array(
            [[_value(out, "hypothesis_measure", replicate, model=name, of=of) for of in MEASURES] for name in names]
        )
        weights = standard_coefficients(measures, outcome)
        for hypothesis, measured, weight in zip(HYPOTHESES, measures.T, weights, strict=True):
            where = {"hypothesis": hypothesis}
            out.add("variance_predicted", predicted_share(measured, outcome), where, replicate, n=len(names))
            out.add("hypothesis_coefficient", weight, where, replicate, n=len(names))


def _pictures(cfg: Hypotheses, out: Outcome, case: Case, samples: np.ndarray) -> None:
    """Examples of the models that stand in a corner, "MODEL, expected: CORNER", and "MODEL, paths" (2, steps + 2).

    Test digits, their reconstructions and prior samples; and on two paths, of draws along an arc and of means in a
    line, what lies between two test digits of different classes, with the originals at the ends.
    """
    test, encoded = case.sets["test"], case.encoded["test"]
    for corner, name in cfg.corners.items():
        if name == case.name:
            rows = [digits[: cfg.shown] for digits in (test.digits, encoded.digits, samples)]
            out.picture(f"{name}, expected: {corner}", _bytes(np.stack(rows)))
    if case.name in cfg.path_examples:
        first = 0
        second = int(np.flatnonzero(test.labels != test.labels[first])[0])
        paths = []
        for latents, straight in ((encoded.latents, False), (encoded.codes.mean, True)):
            points = [between(latents[[first]], latents[[second]], at, straight) for at in cfg.steps]
            decoded = [decode_digits(case.network, point) for point in points]
            paths.append(np.concatenate([test.digits[[first]], *decoded, test.digits[[second]]]))
        out.picture(f"{case.name}, paths", _bytes(np.stack(paths)))


def _bytes(digits: np.ndarray) -> np.ndarray:
    return np.rint(255 * digits).astype(np.uint8)
