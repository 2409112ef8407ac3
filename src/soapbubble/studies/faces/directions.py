"""Walks through the latent space of faces: along rays, around the origin, out of the filled region, between faces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr

from soapbubble.autoencoders.face_store import TrainedFaces
from soapbubble.data.dataset import Dataset
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import decode, encode
from soapbubble.measuring.face_evaluator import FaceEvaluator, evaluator_on
from soapbubble.measuring.images import as_images
from soapbubble.measuring.pca import SMALLEST, PrincipalComponents, principal_components
from soapbubble.measuring.splits import evenly_spread
from soapbubble.models.face_autoencoder import FaceAutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.parts.face_evaluator import EvaluatorSettings
from soapbubble.progress import progress


class Directions(Part):
    """What lengths and angles of latent vectors do to the decoded image, and how far from the codes faces end."""

    seed: int = setting(43000, ge=0, doc="seed of all directions")
    models: dict[str, str] = setting(
        {"case I": "faces-case-1", "case II": "faces-case-2"},
        min_length=1,
        doc="trained models, by their names in tables",
    )
    evaluator: EvaluatorSettings = setting(doc="the classifiers of faces; network k is paired with classifier k")
    images: int = setting(48, smoke=4, ge=2, doc="held-out faces from which walks start, or vectors at each distance")
    factors: list[float] = setting(
        [0.5, 0.75, 1.25, 1.5, 2.0], smoke=[0.5, 1.5, 2.0], min_length=1, doc="lengths, in units of that of the code"
    )
    radii: list[float] = setting(
        [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0],
        smoke=[0.0, 1.0, 3.0, 5.0],
        min_length=2,
        doc="Mahalanobis distances from the mean, in units of the median one of held-out codes",
    )
    steps: list[float] = setting(
        [0.0, 0.25, 0.5, 0.75, 1.0], smoke=[0.0, 0.5, 1.0], min_length=2, doc="how far from one face to another"
    )
    shown: int = setting(3, smoke=1, ge=1, doc="walks of each kind in the figure")

    def reads(self) -> Reads:
        return Reads(data=["faces", "photos"], models=[*self.models.values()], memory_mb=1300)


@dataclass(frozen=True)
class _Walks:
    """One network, its evaluator, and held-out faces (n, 3, side, side) with their codes (n, d)."""

    case: str
    replicate: int
    network: FaceAutoencoderNet
    evaluator: FaceEvaluator
    faces: np.ndarray
    codes: np.ndarray

    def decoded(self, latents: np.ndarray) -> np.ndarray:
        return decode(self.network, latents)

    def add(self, out: Outcome, quantity: str, value: float, where: Mapping[str, Any]) -> None:
        out.add(quantity, value, {"model": self.case, **where}, self.replicate, n=len(self.codes))


def measure(cfg: Directions, lab: Lab) -> Outcome:
    """Changes of the image and shares of faces along each kind of walk."""
    out = Outcome()
    models = {case: lab.faces[name] for case, name in cfg.models.items()}
    replicates = max(len(model.replicates) for model in models.values())
    for replicate in progress(range(replicates), "walks"):
        _replicate(cfg, out, lab, models, replicate)
    return out


def _replicate(cfg: Directions, out: Outcome, lab: Lab, models: Mapping[str, TrainedFaces], replicate: int) -> None:
    """The networks of all models that have the same split, with its held-out faces and its evaluator."""
    faces, photos = (lab.data[name].of_replicate(replicate) for name in ("faces", "photos"))
    evaluator = evaluator_on(cfg.evaluator, faces, photos, replicate)
    for case, model in models.items():
        if replicate in model.replicates:
            _network(cfg, out, faces, case, model, replicate, evaluator)


def _network(
    cfg: Directions,
    out: Outcome,
    dataset: Dataset,
    case: str,
    model: TrainedFaces,
    replicate: int,
    evaluator: FaceEvaluator,
) -> None:
    latents = model.latents(replicate)
    rows = evenly_spread(model.test, 2 * cfg.images)
    here, others = rows[::2], latents.test[rows[1::2]]
    faces, codes = as_images(dataset.test[here]), latents.test[here]
    walks = _Walks(case, replicate, model.network(replicate), evaluator, faces, codes)
    rng = np.random.default_rng((cfg.seed, replicate))
    strips = {
        "length": _lengths(cfg, out, walks, rng),
        "outwards": _outwards(cfg, out, walks, latents.train, latents.test, rng),
        "between": _between(cfg, out, walks, others),
    }
    if replicate == 0:
        for kind, images in strips.items():
            out.picture(f"{case} {kind}", np.round(255 * images).astype(np.uint8))


def _lengths(cfg: Directions, out: Outcome, walks: _Walks, rng: np.random.Generator) -> np.ndarray:
    """Codes made longer or shorter, and turned by as much: the change of the image, in units of the reconstruction's.

    A turn leaves the length and moves the point as far as the change of length does; its direction is random, or
    towards the code of another face.
    """
    start = walks.decoded(walks.codes)
    floor = np.square(start - walks.faces).mean()
    towards = {
        "random turn": rng.standard_normal(walks.codes.shape, dtype=np.float32),
        "turn to a face": np.roll(walks.codes, 1, axis=0),
    }
    shown = [start]
    for factor in cfg.factors:
        moved = {"length": factor * walks.codes}
        moved |= {kind: turned(walks.codes, target, abs(factor - 1)) for kind, target in towards.items()}
        for kind, points in moved.items():
            images = walks.decoded(points)
            where = {"move": kind, "factor": factor}
            walks.add(out, "decoded_change", np.square(images - start).mean() / floor, where)
            walks.add(out, "moved_face_share", walks.evaluator.face_share(images), where)
            if factor == max(cfg.factors) or kind == "length":
                shown.append(images)
    return np.stack([images[: cfg.shown] for images in shown], axis=1)


def turned(codes: np.ndarray, towards: np.ndarray, displacement: float) -> np.ndarray:
    """Codes (n, d) turned towards other vectors (n, d) at the same length.

    `displacement` is how far the end of a code moves, in units of its length (up to 2): a chord.
    """
    length = np.linalg.norm(codes, axis=1, keepdims=True)
    unit = codes / length
    across = towards - (towards * unit).sum(axis=1, keepdims=True) * unit
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    angle = 2 * np.arcsin(displacement / 2)
    return (length * (np.cos(angle) * unit + np.sin(angle) * across)).astype(np.float32)


def _outwards(
    cfg: Directions, out: Outcome, walks: _Walks, train: np.ndarray, test: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """From the mean of the codes outwards, in random directions scaled by the covariance of the codes."""
    axes = principal_components(train, train.shape[1])
    std = _std(axes, train)
    typical = np.median(np.linalg.norm(axes.scores(test) / std, axis=1))
    directions = rng.standard_normal((len(walks.codes), len(std)), dtype=np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    shares, shown = [], []
    for radius in cfg.radii:
        points = axes.points((radius * typical * directions * std).astype(np.float32))
        images = walks.decoded(points)
        back = encode(walks.network, torch.from_numpy(images)).mean
        shares.append(walks.evaluator.face_share(images))
        walks.add(out, "distance_face_share", shares[-1], {"radius": radius})
        missed = np.linalg.norm(back - points, axis=1) / np.linalg.norm(points, axis=1)
        walks.add(out, "cycle_error", missed.mean(), {"radius": radius})
        shown.append(images[: cfg.shown])
    # Only constant shares have no ranks.
    ranks = spearmanr(cfg.radii, shares).statistic if len(set(shares)) > 1 else 0.0
    walks.add(out, "distance_face_correlation", ranks, {})
    return np.stack(shown, axis=1)


def _std(axes: PrincipalComponents, rows: np.ndarray) -> np.ndarray:
    variance = axes.scores(rows).var(axis=0)
    return np.sqrt(np.maximum(variance, SMALLEST * variance[0]))


def _between(cfg: Directions, out: Outcome, walks: _Walks, others: np.ndarray) -> np.ndarray:
    """Straight from one held-out face to another in latent space."""
    shown = []
    for step in cfg.steps:
        images = walks.decoded((1 - step) * walks.codes + step * others)
        walks.add(out, "between_face_share", walks.evaluator.face_share(images), {"step": step})
        shown.append(images[: cfg.shown])
    return np.stack(shown, axis=1)
