"""Vectors from many generators through the decoders of faces: what is a face, how varied, and what is only a copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from soapbubble.autoencoders.face_store import TrainedFaces
from soapbubble.data.dataset import Dataset
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import decode, encode
from soapbubble.measuring.distributions import Settings, sample
from soapbubble.measuring.evaluator import SampleEvaluator
from soapbubble.measuring.face_cascade import FaceCascade
from soapbubble.measuring.face_evaluator import FaceEvaluator, evaluator_on
from soapbubble.measuring.images import as_images
from soapbubble.measuring.nulls import pixel_permuted
from soapbubble.measuring.pca import principal_components
from soapbubble.measuring.probes import logistic_probe
from soapbubble.measuring.splits import evenly_spread
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.parts.face_evaluator import EvaluatorSettings
from soapbubble.progress import progress
from soapbubble.studies.faces.latents import as_codes
from soapbubble.studies.faces.source import MIDDLE_B


class Generators(Part):
    """Vectors from statistical generators, decoded, and what evaluators of faces say of the images."""

    seed: int = setting(42000, ge=0, doc="seed of all samples")
    models: dict[str, str] = setting(
        {"case I": "faces-case-1", "case II": "faces-case-2"},
        min_length=1,
        doc="trained models, by their names in tables",
    )
    evaluator: EvaluatorSettings = setting(doc="the classifiers of faces; network k is paired with classifier k")
    fit_images: int = setting(1600, smoke=30, ge=20, doc="training faces to whose codes generators are fitted, at most")
    # the Frechet distance in 32 features needs a hundred
    images: int = setting(128, smoke=8, ge=8, doc="decoded images of each generator, and of held-out faces")
    cascade_images: int = setting(100, smoke=2, ge=2, doc="of some generators' images, those that the cascade is shown")
    # those of the post, and two that are smaller
    half_widths: list[float] = setting(
        [12.0, 5.0, 3.0, 2.0, 1.5, 1.0, 0.5, 0.15],
        smoke=[12.0, 3.0, 1.5, 0.5],
        min_length=1,
        doc="half-widths b of uniform components, in the post's units",
    )
    rank: int = setting(32, smoke=4, ge=1, doc="principal components of the low-rank Gaussian and of the mixture")
    components: int = setting(5, smoke=2, ge=2, doc="Gaussians of the mixture")
    level: float = setting(0.95, gt=0, lt=1, doc="share of the codes inside the ellipsoid")
    copied: float = setting(
        0.05, gt=0, lt=0.5, doc="share of held-out faces that are nearer to a training face than what counts as a copy"
    )
    known: int = setting(400, smoke=20, ge=20, doc="training faces among which copies are looked for")
    neighbours: int = setting(5, smoke=2, ge=1, doc="neighbours that set the radius of the balls of precision")
    penalty: float = setting(0.01, gt=0, doc="penalty of the logistic regressions")
    shown: int = setting(8, smoke=2, ge=1, doc="images of each generator in the figure")

    def reads(self) -> Reads:
        return Reads(data=["faces", "photos"], models=[*self.models.values()], memory_mb=1500)


GAUSSIANS = ("isotropic Gaussian", "diagonal Gaussian", "low-rank Gaussian", "full Gaussian")
FITTED = (*GAUSSIANS, "ellipsoid", "mixture", "axes shuffled")
HELD_OUT, TRAINING, SHUFFLED, UNTRAINED = (
    "held-out codes",
    "near training codes",
    "codes of shuffled pixels",
    "untrained",
)
CASCADED = ("full Gaussian", HELD_OUT)  # and the widest uniform components: the cascade is slow
PCA_FACES = 400  # faces from which a principal component is taken
NEAR = 0.1  # of the standard deviation of an axis
HAIR, LONG = "hair_length", 0.5  # the factor, and from where on hair counts as long


@dataclass(frozen=True)
class _Faces:
    """Images (n, 3, side, side) of one split: training faces, and held-out ones; rows; a trait of the training faces.

    `compared` (those of `held_out`) and `reference` are rows of two halves of the held-out faces, `known` of the
    training faces among which copies are looked for.
    """

    train: np.ndarray
    held_out: np.ndarray
    compared: np.ndarray
    reference: np.ndarray
    known: np.ndarray
    trait: np.ndarray
    trait_name: str


def measure(cfg: Generators, lab: Lab) -> Outcome:
    """How many decoded vectors of each generator are faces, how like real ones and how varied, and whether copied."""
    out = Outcome()
    models = {case: lab.faces[name] for case, name in cfg.models.items()}
    replicates = max(len(model.replicates) for model in models.values())
    cascade = FaceCascade()
    for replicate in progress(range(replicates), "generators"):
        _replicate(cfg, out, lab, models, replicate, cascade)
    return out


def _replicate(
    cfg: Generators, out: Outcome, lab: Lab, models: Mapping[str, TrainedFaces], replicate: int, cascade: FaceCascade
) -> None:
    """The networks of all models that have the same split, with its faces and its evaluator."""
    dataset, photos = (lab.data[name].of_replicate(replicate) for name in ("faces", "photos"))
    evaluator = evaluator_on(cfg.evaluator, dataset, photos, replicate)
    faces = _faces(cfg, dataset)
    for case, model in models.items():
        if replicate in model.replicates:
            _Network(cfg, case, model, replicate, evaluator, cascade, faces).measure(out)


def _faces(cfg: Generators, dataset: Dataset) -> _Faces:
    train = as_images(dataset.train[: cfg.fit_images])
    name, trait = _trait(dataset, train)
    rows = 2 * evenly_spread(len(dataset.test) // 2, cfg.images)
    compared = as_images(dataset.test[rows])
    return _Faces(train, compared, rows, rows + 1, evenly_spread(len(train), cfg.known), trait, name)


def _trait(dataset: Dataset, train: np.ndarray) -> tuple[str, np.ndarray]:
    """Something that divides the faces in two: long hair if the dataset knows, else the first principal component."""
    if HAIR in dataset.card.factor_names:
        factors = dataset.extras["factors"][: len(train)]
        return "long hair", factors[:, dataset.card.factor_names.index(HAIR)] > LONG
    scores = principal_components(train[:PCA_FACES], 1).scores(train)[:, 0]
    return "first principal component", scores > np.median(scores)


class _Network:
    """One network with its evaluator: what becomes of vectors in its latent space."""

    def __init__(
        self,
        cfg: Generators,
        case: str,
        model: TrainedFaces,
        replicate: int,
        evaluator: FaceEvaluator,
        cascade: FaceCascade,
        faces: _Faces,
    ) -> None:
        self.cfg, self.case, self.model, self.replicate = cfg, case, model, replicate
        self.network = model.network(replicate)
        self.evaluator, self.cascade, self.faces = evaluator, cascade, faces
        latents = model.latents(replicate)
        self.codes = as_codes(latents.train[: cfg.fit_images])
        self.held_out = decode(self.network, latents.test[faces.compared])
        reference = decode(self.network, latents.test[faces.reference])
        self.real = SampleEvaluator.on(evaluator.features, reference)
        self.training = SampleEvaluator.on(evaluator.features, decode(self.network, latents.train[faces.known]))
        self.usual = self.training.nearest(self.held_out)[1]

    def _near_training(self, rng: np.random.Generator) -> np.ndarray:
        """Codes of training faces moved by a tenth of the standard deviation of each axis: all but copies."""
        codes = self.codes.mean[rng.permutation(self.faces.known)[: self.cfg.images]]
        return codes + NEAR * self.codes.mean.std(axis=0) * rng.standard_normal(codes.shape, dtype=np.float32)

    def measure(self, out: Outcome) -> None:
        """Everything that is asked of every generator."""
        cfg, rng, where = self.cfg, np.random.default_rng((self.cfg.seed, self.replicate)), {"model": self.case}
        trait = {**where, "shown": "training faces", "trait": self.faces.trait_name}
        out.add("trait_share", self.faces.trait.mean(), trait, self.replicate, n=len(self.faces.trait))
        rows: dict[str, np.ndarray] = {}
        for b in cfg.half_widths:
            drawn = self._drawn("uniform cube", rng, scale=b / MIDDLE_B)
            rows[f"uniform, {b:g}"] = self._of(out, {"generator": "uniform", "b": b}, drawn)
        for generator in FITTED:
            rows[generator] = self._of(out, {"generator": generator}, self._drawn(generator, rng))
        for control, images in self._controls(rng).items():
            rows[control] = self._of(out, {"generator": control}, images)
        if self.replicate == 0:
            nearest = self.training.nearest(rows["full Gaussian"])[0]
            rows["nearest training face"] = self.faces.train[self.faces.known[nearest]]
            shown = np.stack([np.round(255 * images[: cfg.shown]).astype(np.uint8) for images in rows.values()])
            out.picture(f"{self.case} images", shown)
            out.picture(f"{self.case} rows", np.array(list(rows)))

    def _controls(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Images that must pass for faces, copies of faces, and images that must not pass."""
        shuffled = torch.from_numpy(pixel_permuted(self.faces.held_out, rng))
        untrained = as_codes(self.model.untrained_latents(self.replicate).train[: self.cfg.fit_images])
        own = sample("full Gaussian", untrained, self.cfg.images, rng)
        return {
            HELD_OUT: self.held_out,
            TRAINING: decode(self.network, self._near_training(rng)),
            SHUFFLED: decode(self.network, encode(self.network, shuffled).mean),
            UNTRAINED: decode(self.model.untrained(self.replicate), own),
        }

    def _drawn(self, generator: str, rng: np.random.Generator, scale: float = 1.0) -> np.ndarray:
        settings = Settings(rank=self.cfg.rank, components=self.cfg.components, level=self.cfg.level, scale=scale)
        return decode(self.network, sample(generator, self.codes, self.cfg.images, rng, settings))

    def _of(self, out: Outcome, where: Mapping[str, Any], images: np.ndarray) -> np.ndarray:
        """Measure the decoded `images` of one generator, and return them."""
        cfg, where = self.cfg, {"model": self.case, **where}

        def record(quantity: str, value: float, n: int = len(images)) -> None:
            out.add(quantity, value, where, self.replicate, n=n)

        record("generator_face_share", self.evaluator.face_share(images))
        if where["generator"] in CASCADED or where.get("b") == max(cfg.half_widths):
            looked_at = images[: cfg.cascade_images]
            record("generator_cascade_share", self.cascade.accepts(looked_at).mean(), len(looked_at))
        features = self.evaluator.features(images)
        record("generator_frechet", self.real.frechet_of(features))
        qualities = self.real.precision_recall_of(features, cfg.neighbours)
        for quality in ("precision", "recall"):
            record(f"generator_{quality}", qualities[quality])
        apart = self.training.nearest(images)[1]
        record("nearest_training_ratio", np.median(apart) / np.median(self.usual))
        record("copied_share", (apart < np.quantile(self.usual, cfg.copied)).mean())
        record("detectability", self._detectability(features))
        labels = self.faces.trait[self.faces.known]
        trait = logistic_probe(self.training.reference, labels, features, cfg.penalty)
        shown = {"shown": where["generator"], "trait": self.faces.trait_name}
        if where["generator"] != "uniform":
            out.add("trait_share", trait.mean(), {"model": self.case, **shown}, self.replicate, n=len(images))
        return images

    def _detectability(self, features: np.ndarray) -> float:
        """Accuracy with which a logistic regression tells the images from reconstructions of held-out faces."""
        real = self.real.reference[: len(features)]
        n = min(len(real), len(features))
        both, label = np.concatenate([real[:n], features[:n]]), np.repeat([0, 1], n)
        first = np.arange(2 * n) % 2 == 0
        found = logistic_probe(both[first], label[first], both[~first], self.cfg.penalty)
        return float((found == label[~first]).mean())
