"""What the questioner saw at 65,536 latents, symptom by symptom, and which weight of the KL term produces it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.autoencoders.store import Models, Trained
from soapbubble.config.base import Block
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import Codes, decode_digits, encode
from soapbubble.measuring.digit_classifier import DigitClassifier
from soapbubble.measuring.distributions import aggregate_posterior, prior_like, unit_noise
from soapbubble.measuring.evaluator import SampleEvaluator
from soapbubble.measuring.kl import kl_to_prior
from soapbubble.measuring.splits import first_of_each
from soapbubble.models.autoencoder import AutoencoderNet, distortion
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.diagonal_gaussian import noise_share
from soapbubble.studies.latentsize.conventions import gradient_mismatch


class SymptomThresholds(Block):
    """From where on a single network shows each of the questioner's observations."""

    # a reader must not see the difference to a plain autoencoder
    label_accuracy: float = setting(0.95, gt=0, le=1, doc="of reconstructions, over that of a plain autoencoder's")
    # of the variance over pictures: a correlation of 0.97 with the original
    unexplained: float = setting(
        0.05, gt=0, lt=1, doc="largest share of the variance of pixels that is not reconstructed"
    )
    # "close to 0"
    mean: float = setting(0.1, gt=0, doc="largest mean absolute value of a coordinate of the means")
    # "close to 1"
    band: float = setting(0.05, gt=0, lt=1, doc="how far from 1 a posterior std may be")
    in_band: float = setting(0.95, gt=0, le=1, doc="share of the coordinates whose std must be that near")
    # clearly worse, not by a sampling error
    prior_excess: float = setting(2.0, gt=1, doc="Frechet distance of prior samples over that of unit-noise samples")
    unit_accuracy: float = setting(
        0.9, gt=0, le=1, doc="label accuracy under unit noise over that under posterior noise"
    )
    unit_accuracy_real: float = setting(0.8, gt=0, le=1, doc="the same over that of real digits")
    unit_excess: float = setting(1.5, ge=1, doc="Frechet distance of unit-noise samples over that of posterior samples")


class Symptoms(Part):
    """What the questioner saw, looked for in models of several sizes and weights of the KL term."""

    seed: int = setting(41000, ge=0, doc="seed of the random numbers")
    # of 359 originals; codes of 65,536 numbers take 79 MB for the means alone
    images: int = setting(300, smoke=20, ge=20, doc="test images, one an original, and as many training images")
    models: list[str] = setting(
        [
            "grid-8x8x1024-mean",
            "grid-8x8x1024-beta-4th",
            "grid-8x8x1024",
            "grid-8x8x1024-ae",
            "grid-8x8x16-beta-64th",
            "grid-8x8x16-beta-8th",
            "grid-8x8x16",
            "grid-8x8x16-beta-4",
            "dense-1024",
            "dense-16-beta-0",
            "dense-16-beta-64th",
            "dense-16",
            "dense-16-beta-4",
            "dense-16-mean",
            "dense-16-wide-hidden",
            "dense-16-ae",
        ],
        doc="all models that are measured",
    )
    controls: dict[str, str] = setting(
        {"grid": "grid-8x8x1024-ae", "dense": "dense-16-ae"},
        doc="for each kind of bottleneck the plain autoencoder to compare with",
    )
    averaged: str = setting(
        "grid-8x8x1024-mean", doc="the model of the question, trained on the mean of each term of the loss"
    )
    thresholds: SymptomThresholds = setting(doc="from where on a network shows a symptom")
    sweeps: dict[str, list[str]] = setting(
        {
            "grid-8x8x16": ["grid-8x8x16-beta-64th", "grid-8x8x16-beta-8th", "grid-8x8x16", "grid-8x8x16-beta-4"],
            "dense-16": ["dense-16-beta-0", "dense-16-beta-64th", "dense-16", "dense-16-beta-4"],
        },
        doc="models that differ in the weight of the KL term only",
    )
    gradient_images: int = setting(8, smoke=1, ge=1, doc="images on which gradients of both conventions are compared")
    noise_models: list[str] = setting(
        ["grid-8x8x1024-mean", "grid-8x8x1024", "grid-8x8x16", "dense-16"],
        doc="models whose codes get noise of several sizes",
    )
    noise_scales: list[float] = setting(
        [0.0, 0.5, 1.0, 1.5, 2.0, 3.0], smoke=[0.0, 1.0], min_length=2, doc="standard deviations of that noise"
    )
    noise_images: int = setting(60, smoke=4, ge=1, doc="test images whose codes get that noise")
    histogram_models: list[str] = setting(
        ["grid-8x8x1024-mean", "grid-8x8x1024", "grid-8x8x16", "dense-16"],
        doc="models whose codes are shown coordinate by coordinate",
    )
    bins: int = setting(160, ge=10, doc="of a histogram of coordinates")
    example_models: list[str] = setting(
        ["grid-8x8x1024-mean", "grid-8x8x1024-beta-4th", "grid-8x8x1024", "grid-8x8x16", "dense-16"],
        doc="models on the page of images",
    )
    example_images: int = setting(2, ge=1, doc="test images on that page")
    example_samples: int = setting(8, ge=1, doc="unit-noise samples around the code of each of them")
    example_prior: int = setting(4, ge=1, doc="samples from the prior in each column")

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=[*self.models, "classifier"], memory_mb=1900)


SYMPTOMS = (
    "reconstructs very well",
    "means close to 0",
    "std close to 1",
    "prior samples are bad",
    "unit-noise samples are good",
)
SAMPLES = 2  # for each image: as many as their variety needs
RANGES = {"mean": (-4.0, 4.0), "std": (0.0, 1.4)}  # of the histograms of coordinates
Facts = dict[str, float]


@dataclass(frozen=True)
class TestSet:
    """Images that no autoencoder trained with: framed (n, 1, 32, 32), digits (n, 28, 28), their labels (n,).

    `partners` (n,) are rows of another test image of the same digit; `evaluator` compares with as many training images.
    """

    __test__ = False  # pytest

    framed: torch.Tensor
    digits: np.ndarray
    labels: np.ndarray
    partners: np.ndarray
    classifier: DigitClassifier
    evaluator: SampleEvaluator

    def judged(self, images: np.ndarray) -> Facts:
        """Quality of images (n, 28, 28), each decoded from the test image of the same row."""
        return {
            "label_accuracy": self.classifier.label_accuracy(images, self.labels),
            "frechet_to_training": self.evaluator.frechet(images),
            "precision_to_training": self.evaluator.precision_recall(images)["precision"],
        }


@dataclass(frozen=True)
class Observed:
    """What was measured of one network: its codes and losses, and the images decoded from each kind of latents."""

    facts: Facts
    decoded: Mapping[str, Facts]


def measure(cfg: Symptoms, lab: Lab) -> Outcome:
    """Reconstructions, codes, samples and both loss terms of each model on test images, and the symptoms in them.

    A replicate is a training: a network with a seed of its own.
    """
    out = Outcome()
    pictures = lab.models[cfg.averaged].pictures
    tests = [
        _test_set(cfg, pictures(lab.data["digits"], replicate), each, replicate)
        for replicate, each in enumerate(lab.models.classifiers)
    ]
    real = [test.judged(test.digits) for test in tests]
    for quantity in ("label_accuracy", "frechet_to_training"):
        for replicate, facts in enumerate(real):
            out.add(quantity, facts[quantity], {"latents": "none: test images"}, replicate, n=len(tests[0].digits))
    out.add("log_training_images", np.log(len(lab.models[cfg.averaged].seen(0))), unit="nat")
    found = {
        name: [
            _observe(cfg, lab.models[name], replicate, tests[replicate]) for replicate in lab.models[name].replicates
        ]
        for name in progress(cfg.models, "autoencoders asked for symptoms")
    }
    for name, networks in found.items():
        out.add("gaussian_latents", lab.models[name].spec.latents, {"model": name})
        for replicate, observed in enumerate(networks):
            _record(out, name, replicate, observed)
    _scores(cfg, out, lab.models, found, [facts["label_accuracy"] for facts in real])
    _sweeps(cfg, out, lab.models, found)
    averaged = lab.models[cfg.averaged].spec
    for beta in (averaged.effective_beta, 1.0):
        gap = gradient_mismatch(averaged, beta, tests[0].framed[: cfg.gradient_images], cfg.seed)
        out.add("gradient_mismatch", gap, {"beta": beta})
    _noise(cfg, out, lab.models, tests)
    _histograms(cfg, out, lab.models, tests[0])
    _page(cfg, out, lab.models, tests[0])
    return out


def _test_set(cfg: Symptoms, pictures: Pictures, classifier: DigitClassifier, replicate: int) -> TestSet:
    """That of a replicate: one image of each test original, and as many training images, both in random order."""
    rng = np.random.default_rng((cfg.seed, replicate, 3))
    originals = first_of_each(pictures.test_origin)
    count = min(cfg.images, len(originals), len(pictures.train))
    chosen = rng.permutation(originals)[:count]
    labels = pictures.test_labels[chosen]
    partners = np.arange(count)
    for digit in np.unique(labels):
        alike = np.flatnonzero(labels == digit)
        partners[alike] = np.roll(alike, 1)
    training = digits_only(pictures.train[rng.permutation(len(pictures.train))[:count]])
    evaluator = SampleEvaluator.on(classifier.features, training)
    framed = pictures.test[chosen]
    return TestSet(framed, digits_only(framed), labels, partners, classifier, evaluator)


def _observe(cfg: Symptoms, trained: Trained, replicate: int, test: TestSet) -> Observed:
    rng = np.random.default_rng((cfg.seed, replicate))
    network = trained.network(replicate)
    codes = encode(network, test.framed)
    reconstruction = decode_digits(network, codes.mean)
    error = float(np.square(reconstruction - test.digits).mean())
    facts = {"ink_unexplained": error / float(test.digits.var(axis=0).mean())}
    decoded = {"posterior mean": [reconstruction]}
    if trained.spec.noise != "none":  # a plain autoencoder has no std, and nothing was asked of its means
        facts |= code_facts(codes, cfg.thresholds.band)
        latents = [aggregate_posterior(codes, rng) for _ in range(SAMPLES)]
        facts |= _loss_facts(trained, network, latents[0], test, facts["kl_per_image"])
        decoded["posterior"] = [decode_digits(network, sample) for sample in latents]
        decoded["unit noise"] = [decode_digits(network, unit_noise(codes, rng)) for _ in range(SAMPLES)]
        decoded["prior"] = [decode_digits(network, prior_like(codes.mean, rng))]
        one, other = decoded["unit noise"]
        alike = _distance(test.digits, test.digits[test.partners])
        facts["variety_in_pixels"] = _distance(one, other) / alike
        # what it would be if a draw did show another image of the digit
        facts["variety_of_two_images"] = _distance(reconstruction, reconstruction[test.partners]) / alike
    return Observed(facts, {kind: _mean_judged(test, samples) for kind, samples in decoded.items()})


def _mean_judged(test: TestSet, samples: Sequence[np.ndarray]) -> Facts:
    """Quality of several samples for the same test images, on average."""
    judged = [test.judged(images) for images in samples]
    return {quantity: float(np.mean([facts[quantity] for facts in judged])) for quantity in judged[0]}


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    """Mean Euclidean distance between the rows of a and b."""
    return float(np.linalg.norm((a - b).reshape(len(a), -1), axis=1).mean())


def code_facts(codes: Codes, band: float) -> Facts:
    """How large means and std are, by coordinate and as a whole; `band` is the half-width around a std of 1."""
    kl = float(codes.kl.mean())
    length = np.linalg.norm(codes.mean, axis=1)
    squares = np.square(length).mean()
    return {
        "mean_size": float(np.abs(codes.mean).mean(dtype=np.float64)),
        "mean_length": float(length.mean()),
        "mean_length_low": float(np.quantile(length, 0.01)),
        "mean_length_by_root_latents": float(np.sqrt(squares / codes.mean.shape[1])),
        "image_specific_fraction": float(codes.mean.var(axis=0, dtype=np.float64).sum() / squares),
        "std_size": float(codes.std.mean(dtype=np.float64)),
        "std_in_band_share": float((np.abs(codes.std - 1) <= band).mean()),
        "noise_fraction": float(noise_share(codes.mean, codes.std).mean()),
        "kl_per_image": kl,
        "kl_per_latent": kl / codes.mean.shape[1],
        "unit_noise_cost": float(
            kl_to_prior(np.float32(0), codes.std, np.float32).sum(1, dtype=np.float64).mean() / kl
        ),
    }


def _loss_facts(trained: Trained, network: AutoencoderNet, latents: np.ndarray, test: TestSet, kl: float) -> Facts:
    """Both terms of the loss for one sample an image, less the distortion that grey pixels cost any decoder."""
    with torch.inference_mode():
        decoded = network.decode(torch.from_numpy(latents).unflatten(1, network.latent_shape))
        lost = float(distortion(network, decoded, test.framed).mean())
        least = float(distortion(network, torch.logit(test.framed, 1e-7), test.framed).mean())
    return {"distortion_per_pixel": (lost - least) / trained.spec.side**2, "negative_elbo": lost - least + kl}


def _record(out: Outcome, name: str, replicate: int, observed: Observed) -> None:
    for quantity, value in observed.facts.items():
        if quantity != "noise_fraction":  # by weight of the KL term, below
            out.add(quantity, value, {"model": name}, replicate)
    for kind, facts in observed.decoded.items():
        for quantity, value in facts.items():
            out.add(quantity, value, {"model": name, "latents": kind}, replicate)


def symptoms(thresholds: SymptomThresholds, observed: Observed, control: float, real: float) -> dict[str, bool]:
    """Which of the five observations a network shows.

    Args:
        thresholds: from where on it shows each.
        observed: what was measured of the network.
        control: label accuracy of the reconstructions of a plain autoencoder.
        real: label accuracy of the test images themselves.
    """
    facts, decoded = observed.facts, observed.decoded
    accuracy = {kind: judged["label_accuracy"] for kind, judged in decoded.items()}
    distance = {kind: judged["frechet_to_training"] for kind, judged in decoded.items()}
    answers = (
        accuracy["posterior mean"] >= thresholds.label_accuracy * control
        and facts["ink_unexplained"] <= thresholds.unexplained,
        facts["mean_size"] <= thresholds.mean,
        abs(facts["std_size"] - 1) <= thresholds.band and facts["std_in_band_share"] >= thresholds.in_band,
        distance["prior"] >= thresholds.prior_excess * distance["unit noise"],
        accuracy["unit noise"] >= thresholds.unit_accuracy * accuracy["posterior"]
        and accuracy["unit noise"] >= thresholds.unit_accuracy_real * real
        and distance["unit noise"] <= thresholds.unit_excess * distance["posterior"],
    )
    return dict(zip(SYMPTOMS, map(bool, answers), strict=True))


def _scores(
    cfg: Symptoms, out: Outcome, models: Models, found: Mapping[str, Sequence[Observed]], real: Sequence[float]
) -> None:
    """Which symptoms each network with a prior has, and how many; `real` has the label accuracy of test images."""
    controls = {
        bottleneck: float(np.mean([each.decoded["posterior mean"]["label_accuracy"] for each in found[name]]))
        for bottleneck, name in cfg.controls.items()
    }
    for name, networks in found.items():
        spec = models[name].spec
        if spec.noise == "none":
            continue
        about = {"model": name, "latents": spec.latents, "beta": spec.effective_beta}
        for replicate, observed in enumerate(networks):
            present = symptoms(cfg.thresholds, observed, controls[spec.bottleneck], real[replicate])
            for symptom, there in present.items():
                out.add("symptom_present", there, about | {"symptom": symptom}, replicate)
            out.add("symptom_score", sum(present.values()), about, replicate)


def _sweeps(cfg: Symptoms, out: Outcome, models: Models, found: Mapping[str, Sequence[Observed]]) -> None:
    """How noisy the codes are against the weight of the KL term."""
    for sweep, names in cfg.sweeps.items():
        for name in names:
            condition = {"sweep": sweep, "beta": models[name].spec.effective_beta}
            for replicate, observed in enumerate(found[name]):
                out.add("noise_fraction", observed.facts["noise_fraction"], condition, replicate)
                out.add("sweep_std_size", observed.facts["std_size"], condition, replicate)


def _noise(cfg: Symptoms, out: Outcome, models: Models, tests: Sequence[TestSet]) -> None:
    """Whether the label survives noise of other sizes around the mean."""
    few = slice(cfg.noise_images)
    for name in cfg.noise_models:
        for replicate in models[name].replicates:
            rng, test = np.random.default_rng((cfg.seed, replicate, 1)), tests[replicate]
            network = models[name].network(replicate)
            codes = encode(network, test.framed[few])
            for scale in cfg.noise_scales:
                images = decode_digits(network, unit_noise(codes, rng, scale))
                accuracy = test.classifier.label_accuracy(images, test.labels[few])
                out.add("label_accuracy_under_noise", accuracy, {"model": name, "noise_std": scale}, replicate)


def _histograms(cfg: Symptoms, out: Outcome, models: Models, test: TestSet) -> None:
    """Densities of means and std of the first network of some models, and how long its means are."""
    for name in cfg.histogram_models:
        codes = encode(models[name].network(0), test.framed)
        for of, values in {"mean": codes.mean, "std": codes.std}.items():
            counts, edges = np.histogram(np.clip(values, *RANGES[of]), cfg.bins, RANGES[of])
            for low, high, count in zip(edges, edges[1:], counts, strict=False):
                density = count / values.size / (high - low)
                out.add("coordinate_density", density, {"model": name, "of": of, "at": (low + high) / 2})
        for image, length in enumerate(np.linalg.norm(codes.mean, axis=1)):
            where = {"model": name, "image": image, "dimension": codes.mean.shape[1]}
            out.add("length_of_mean", length, where)


def _page(cfg: Symptoms, out: Outcome, models: Models, test: TestSet) -> None:
    """Test images, reconstructions, samples around their codes and from the prior, for each model's first network."""
    for name in cfg.example_models:
        rng = np.random.default_rng((cfg.seed, 2))
        network = models[name].network(0)
        codes = encode(network, test.framed[: cfg.example_images])
        rows = {
            "input": [test.digits[: cfg.example_images]],
            "reconstruction": [decode_digits(network, codes.mean)],
            "unit noise": [decode_digits(network, unit_noise(codes, rng)) for _ in range(cfg.example_samples)],
            "prior": [decode_digits(network, prior_like(codes.mean, rng)) for _ in range(cfg.example_prior)],
        }
        for kind, images in rows.items():
            out.picture(f"{name}, {kind}", np.round(255 * np.clip(np.stack(images), 0, 1)).astype(np.uint8))
