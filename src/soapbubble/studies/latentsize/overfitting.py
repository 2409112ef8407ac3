"""Do large latent spaces overfit? The same questions of training images and of test images, with controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import logsumexp
from torch.nn import functional

from soapbubble.autoencoders.picture_cache import PictureCache
from soapbubble.autoencoders.pictures import digits_only
from soapbubble.autoencoders.store import Trained
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import decode_digits
from soapbubble.measuring.digit_classifier import DigitClassifier
from soapbubble.measuring.distributions import prior_like
from soapbubble.measuring.nulls import axis_shuffled
from soapbubble.measuring.splits import first_of_each
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.linear_probe import probe_accuracy
from soapbubble.stats.mixture_overlap import component_ratios
from soapbubble.stats.nearest import nearest_others
from soapbubble.stats.strokes import stroke_width
from soapbubble.studies.latentsize.image_sets import (
    SETS,
    Encoded,
    ImageSet,
    deviance_explained,
    encode_and_decode,
    equal_count,
    mean_training_image,
    training_and_test,
)


class Overfitting(Part):
    """The same questions of training images and of test images."""

    seed: int = setting(2101, ge=0, doc="seed of the random numbers")
    # of 359 built-in test originals, and as many training originals, one copy of each
    images: int = setting(320, smoke=20, ge=20, doc="originals of each set, one copy of each")
    # 5.0 nats to be told apart
    candidates: int = setting(150, smoke=10, ge=10, doc="images of a set among which a draw has to find its own")
    moved: int = setting(150, smoke=10, ge=10, doc="images of a set that are made thicker, or scrambled")
    models: list[str] = setting(
        [
            "dense-2",
            "dense-16",
            "dense-64",
            "dense-1024",
            "grid-8x8x16",
            "grid-8x8x16-beta-64th",
            "grid-8x8x1024",
            "grid-8x8x1024-mean",
            "dense-16-n400",
            "dense-16-n100",
            "grid-8x8x16-beta-64th-n100",
            "grid-8x8x1024-mean-n100",
        ],
        doc="models that are asked; those with few images must overfit",
    )
    # from hardly any to more than the codes' own spread
    penalties: list[float] = setting([0.001, 0.01, 0.1, 1.0, 10.0], doc="of the linear probe, of which it picks one")
    # thick and thin thirds
    extremes: float = setting(0.333, gt=0, lt=0.5, doc="share of images that count as thick, and as thin")
    neighbours: list[str] = setting(
        ["dense-16", "grid-8x8x1024", "grid-8x8x1024-mean", "dense-16-n100", "grid-8x8x1024-mean-n100"],
        doc="models whose distances to neighbours are drawn",
    )
    shown: list[str] = setting(
        ["dense-16", "grid-8x8x1024-mean", "dense-16-n100", "grid-8x8x1024-mean-n100"],
        doc="models whose reconstructions are shown, also of scrambled digits",
    )
    examples: int = setting(8, smoke=3, ge=1, doc="images shown of each set")
    curves: list[str] = setting(
        [
            "dense-2",
            "dense-16",
            "grid-8x8x16",
            "grid-8x8x1024",
            "grid-8x8x1024-mean",
            "dense-16-n100",
            "grid-7x7x4",
            "dense-196",
        ],
        doc="models whose learning curves are drawn",
    )

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=[*sorted({*self.models, *self.curves}), "classifier"], memory_mb=2000)


PIXELS = "pixels"  # stand for codes, as a control
SCRAMBLED = "scrambled"
PRIOR = "prior"  # draws decoded in place of reconstructions: incoherent by construction
BATCH_SIZE = 60  # codes compared at a time: in double precision, 65,536 latents of so many take 31 MB
QUANTILES = np.linspace(0, 1, 101)
Distances = Mapping[str, np.ndarray]


def measure(cfg: Overfitting, lab: Lab) -> Outcome:
    """Fit, identity, neighbours and probes of training images and of as many test images, one of each original.

    A replicate is a network with a seed of its own; its training images are some of those that were drawn in its
    training before the weights that are kept.
    """
    out = Outcome()
    compared: set[tuple[int, int]] = set()
    cache = PictureCache(lab.models, lab.data["digits"])
    for name in progress(cfg.models, "autoencoders asked whether they overfit"):
        model = lab.models[name]
        out.add("parameters", model.parameters, {"model": name})
        for replicate in model.replicates:
            images = cache.of(name, replicate)
            originals = len(first_of_each(images.train_origin))
            blank = mean_training_image(images)
            rng = np.random.default_rng((cfg.seed, replicate))
            seen = model.seen(replicate)
            out.add("images_seen", seen.mean(), {"model": name}, replicate, n=len(seen))
            sets = training_and_test(images, seen, equal_count(images, seen, cfg.images))
            network = model.network(replicate)
            encoded = {kind: encode_and_decode(network, item, rng) for kind, item in sets.items()}
            asked = _Asked(cfg, out, model, replicate, network, originals, sets, encoded)
            _fit(asked, blank)
            _reconstructions(asked, lab.models.classifiers[replicate])
            _identity(asked)
            found = _neighbours({kind: item.codes.mean for kind, item in encoded.items()})
            out.add("neighbour_ratio", _ratio(found), {"model": name}, replicate)
            # In the gaps between codes, if there are any: each axis as it is, every coordinate from another image.
            mixed = axis_shuffled(encoded["test"].codes.mean, np.random.default_rng((cfg.seed, replicate, 2)))
            placed = {"training": found["training"], "test": nearest_others(mixed, encoded["training"].codes.mean)}
            out.add("neighbour_ratio_between", _ratio(placed), {"model": name}, replicate)
            if replicate == 0 and name in cfg.neighbours:
                _quantiles(out, found, {"points": name, "originals": originals})
            _global_features(asked)
            if name in cfg.shown:
                _scrambled(asked, images.test.shape[-1], blank)
            if (originals, replicate) not in compared:
                compared.add((originals, replicate))
                found = _neighbours({kind: item.digits.reshape(len(item.digits), -1) for kind, item in sets.items()})
                trained_on = str(model.spec.train_images or "all")
                out.add("neighbour_ratio_of_pixels", _ratio(found), {"trained_on": trained_on}, replicate)
                if replicate == 0:
                    _quantiles(out, found, {"points": PIXELS, "originals": originals})
    for name in cfg.curves:
        _learning_curves(out, lab.models[name])
    return out


@dataclass(frozen=True)
class _Asked:
    """One network, the two sets of images and what it makes of them, and where its answers are written."""

    cfg: Overfitting
    out: Outcome
    model: Trained
    replicate: int
    network: AutoencoderNet
    originals: int
    sets: Mapping[str, ImageSet]
    encoded: Mapping[str, Encoded]

    def add(self, quantity: str, value: float, n: int = 1, unit: str = "1", **where: str | int) -> None:
        """Record one measurement of this network."""
        self.out.add(quantity, value, {"model": self.model.name, **where}, self.replicate, unit, n)


def _fit(asked: _Asked, blank: np.ndarray) -> None:
    """What the model explains of both sets: by the images that it reconstructs, and by its ELBO."""
    for of in ("reconstruction", "elbo"):
        shares = {
            kind: deviance_explained(asked.sets[kind], asked.encoded[kind], blank, with_kl=of == "elbo")
            for kind in SETS
        }
        for kind, share in shares.items():
            asked.add("deviance_explained", share, of=of, set=kind, originals=asked.originals)
        asked.add("overfitting_gap", shares["training"] - shares["test"], of=of)


def _reconstructions(asked: _Asked, classifier: DigitClassifier) -> None:
    """Whether the classifier predicts the same digit for a reconstruction as for its original, and its error.

    As a control also for images decoded from draws of the prior, which know nothing of the original.
    """
    rng = np.random.default_rng((asked.cfg.seed, asked.replicate, 3))
    unrelated = decode_digits(asked.network, prior_like(asked.encoded["test"].latents, rng))
    pairs = {kind: (asked.sets[kind].digits, asked.encoded[kind].digits) for kind in SETS}
    pairs[PRIOR] = (asked.sets["test"].digits, unrelated)
    for kind, (original, reconstructed) in pairs.items():
        same = classifier.predict(reconstructed) == classifier.predict(original)
        asked.add("same_digit_reconstructed", same.mean(), len(same), set=kind)
        error = float(np.square(reconstructed - original).mean())
        asked.add("reconstruction_squared_error", error, len(same), set=kind)


def _identity(asked: _Asked) -> None:
    """How often a draw tells whose code it is from, and its information on that, among as many images of each set."""
    for kind in SETS:
        codes = asked.encoded[kind].codes[: asked.cfg.candidates]
        hits, information = identified(asked.encoded[kind].latents[: asked.cfg.candidates], codes.mean, codes.std)
        asked.add("identified", hits, len(codes), set=kind)
        asked.add("identity_share", information / np.log(len(codes)), len(codes), set=kind)


def identified(draws: np.ndarray, means: np.ndarray, stds: np.ndarray) -> tuple[float, float]:
    """Share of draws (n, d), one from each code, that are likeliest under that code, and their information in nats.

    The information is that between an image, drawn evenly from the n, and its draw: at most log n.
    """
    batches = [slice(start, start + BATCH_SIZE) for start in range(0, len(draws), BATCH_SIZE)]
    ratios = np.hstack([component_ratios(draws, means[batch], stds[batch]) for batch in batches])
    own = np.diag(ratios)
    information = own - logsumexp(ratios, axis=1) + np.log(len(draws))
    return float((ratios.argmax(axis=1) == np.arange(len(draws))).mean()), float(information.mean())


def _neighbours(points: Distances) -> Distances:
    """Distance of each image's point to the nearest training point of another row."""
    return {kind: nearest_others(points[kind], points["training"]) for kind in SETS}


def _quantiles(out: Outcome, found: Distances, about: Mapping[str, str | int]) -> None:
    """Quantiles of both sets' distances in units of the median among training images: codes differ in scale."""
    unit = float(np.median(found["training"])) or 1.0
    for kind in SETS:
        for share, distance in zip(QUANTILES, np.quantile(found[kind], QUANTILES) / unit, strict=True):
            where = {**about, "set": kind, "share": share}
            out.add("neighbour_distance_quantile", distance, where, n=len(found[kind]))


def _ratio(found: Distances) -> float:
    training = np.median(found["training"])
    return float(np.median(found["test"]) / training) if training > 0 else np.nan


def _global_features(asked: _Asked) -> None:
    """Is the digit read from test codes, and does a direction found on training codes make test strokes thicker?"""
    cfg, sets, latents = asked.cfg, asked.sets, asked.model.spec.latents
    training, test = (asked.encoded[kind].codes.mean for kind in SETS)
    right = probe_accuracy(training, sets["training"].labels, test, sets["test"].labels, tuple(cfg.penalties))
    asked.add("digit_read_from_codes", right, len(test), latents=latents)
    thickness = np.array([_thickness(digit[None]) for digit in sets["training"].digits])
    low, high = np.quantile(thickness, (cfg.extremes, 1 - cfg.extremes))
    direction = training[thickness >= high].mean(axis=0) - training[thickness <= low].mean(axis=0)
    effects = []
    for codes in (training, test):
        some = codes[: cfg.moved]
        thicker, thinner = (_thickness(decode_digits(asked.network, some + half * direction)) for half in (0.5, -0.5))
        effects.append(thicker - thinner)
    asked.add("thickness_transfer", effects[1] / effects[0] if effects[0] else np.nan, latents=latents)


def _thickness(digits: np.ndarray) -> float:
    """Mean width of strokes in pixels; 0 without any."""
    return float(np.nan_to_num(stroke_width(digits)))


def _scrambled(asked: _Asked, side: int, blank: np.ndarray) -> None:
    """How well test digits with their quarters exchanged are reconstructed; of the first network also examples."""
    test = asked.sets["test"]
    digits = test.digits[: asked.cfg.moved]
    digits = np.roll(digits, (digits.shape[1] // 2,) * 2, axis=(1, 2))
    before = (side - digits.shape[1]) // 2
    after = side - digits.shape[1] - before
    framed = functional.pad(torch.from_numpy(digits)[:, None], (before, after, before, after))
    strange = ImageSet(framed, digits_only(framed), test.labels[: asked.cfg.moved])
    rng = np.random.default_rng((asked.cfg.seed, asked.replicate, 1))
    encoded = encode_and_decode(asked.network, strange, rng)
    share = deviance_explained(strange, encoded, blank)
    asked.add("deviance_explained", share, of="reconstruction", set=SCRAMBLED, originals=asked.originals)
    if asked.replicate == 0:
        shown = [(asked.sets[kind], asked.encoded[kind]) for kind in SETS] + [(strange, encoded)]
        rows = [[images.digits[: asked.cfg.examples] for images in pair] for pair in shown]
        asked.out.picture(asked.model.name, np.rint(255 * np.array(rows)).astype(np.uint8))


def _learning_curves(out: Outcome, model: Trained) -> None:
    """The loss of each training, in nats an image, on training and on validation images; and the step that is kept."""
    for replicate in model.replicates:
        curve = model.curve(replicate)
        for kind, losses in {"training": curve.train_loss, "validation": curve.validation["loss"]}.items():
            for step, loss in zip(curve.step, losses, strict=True):
                out.add("training_loss", loss, {"model": model.name, "set": kind, "step": step}, replicate, "nat")
        kept = curve.step[curve.best if model.spec.early_stop else -1]
        out.add("step_kept", kept, {"model": model.name}, replicate, "steps")
