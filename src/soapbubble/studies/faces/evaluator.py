"""How far evaluators of faces can be trusted: real faces, images that are none, photographs of people."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch.nn import functional

from soapbubble.data.dataset import Dataset
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.face_cascade import FaceCascade
from soapbubble.measuring.face_evaluator import evaluator_on
from soapbubble.measuring.images import as_images
from soapbubble.measuring.non_faces import (
    DOUBTFUL_KINDS,
    TRAINING_KINDS,
    UNSEEN_KINDS,
    corrupted,
    photographs,
    photographs_without_faces,
)
from soapbubble.measuring.splits import evenly_spread
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.parts.face_evaluator import EvaluatorSettings


class Evaluator(Part):
    """What the evaluators of faces say of real faces and of images that are none."""

    seed: int = setting(41100, ge=0, doc="seed of the non-faces")
    evaluator: EvaluatorSettings = setting(doc="the classifiers of faces")
    # as many as there are networks of a model
    evaluators: int = setting(3, smoke=2, ge=2, doc="classifiers, trained independently of each other")
    images: int = setting(200, smoke=10, ge=5, doc="held-out faces, and non-faces of each kind, at most")
    cascade_images: int = setting(60, smoke=6, ge=2, doc="of these, those that the cascade is shown")
    groups: int = setting(3, smoke=2, ge=2, doc="disjoint groups of them, the replicates of the cascade")
    patches: int = setting(200, smoke=20, ge=20, le=200, doc="labelled patches of photographs, half of them faces")

    def reads(self) -> Reads:
        return Reads(data=["faces", "photos"], memory_mb=1300)


HELD_OUT, TRAINING, PHOTOGRAPHS = "held-out faces", "training faces", "photographs"
PATCH_SIDE = 64  # pixels to which the patches of 25 are enlarged


def measure(cfg: Evaluator, lab: Lab) -> Outcome:
    """The share of each kind of images that counts as faces: by each classifier, and by the cascade.

    Each classifier has a split of the images of its own. The cascade comes trained, and sees those of the first split.
    """
    out = Outcome()
    patches = _patches(cfg.patches)
    for replicate in range(cfg.evaluators):
        _classifier(out, cfg, lab, patches, replicate)
    cascade = FaceCascade()
    for (kind, seen), images in _shown(cfg, lab.data["faces"], lab.data["photos"], 0).items():
        _by_groups(
            out, "evaluator_face_share", cascade, images[: cfg.cascade_images], {"shown": kind, "kind": seen}, cfg
        )
    for kind, images in patches.items():
        _by_groups(out, "patch_face_share", cascade, images, {"shown": kind}, cfg)
    return out


def _classifier(out: Outcome, cfg: Evaluator, lab: Lab, patches: Mapping[str, np.ndarray], replicate: int) -> None:
    """One classifier on images that its split holds out, and on patches."""
    faces, photos = (lab.data[name].of_replicate(replicate) for name in ("faces", "photos"))
    evaluator = evaluator_on(cfg.evaluator, faces, photos, replicate)
    for (kind, seen), images in _shown(cfg, faces, photos, replicate).items():
        where = {"evaluator": "classifier", "shown": kind, "kind": seen}
        out.add("evaluator_face_share", evaluator.face_share(images), where, replicate, n=len(images))
    for kind, images in patches.items():
        where = {"evaluator": "classifier", "shown": kind}
        out.add("patch_face_share", evaluator.face_share(images), where, replicate, n=len(images))


def _shown(cfg: Evaluator, dataset: Dataset, photos: Dataset, replicate: int) -> dict[tuple[str, str], np.ndarray]:
    """The images of each kind of one split, by its name and its relation to the training of the classifiers."""
    rng = np.random.default_rng((cfg.seed, replicate))
    test, train = dataset.test, dataset.train
    faces = as_images(test[evenly_spread(len(test), cfg.images)])
    shown = {
        (HELD_OUT, "faces"): faces,
        (TRAINING, "faces"): as_images(train[evenly_spread(len(train), len(faces))]),
    }
    for kinds, relation in (
        (TRAINING_KINDS, "trained against"),
        (UNSEEN_KINDS, "never seen"),
        (DOUBTFUL_KINDS, "doubtful"),
    ):
        shown |= {(kind, relation): corrupted(kind, faces, rng) for kind in kinds}
    held_out = as_images(photographs_without_faces(photos, "test"))
    shown[(PHOTOGRAPHS, "trained against")] = photographs(held_out, len(faces), faces.shape[-1], rng)
    return shown


def _patches(count: int) -> dict[str, np.ndarray]:
    """Grey patches of photographs that show a face or none, in the evaluators' shape (n, 3, 64, 64)."""
    from skimage.data import lfw_subset

    grey = torch.from_numpy(lfw_subset().astype(np.float32))[:, None]
    large = functional.interpolate(grey, (PATCH_SIDE, PATCH_SIDE), mode="bilinear", align_corners=False)
    colour = large.expand(-1, 3, -1, -1).numpy()
    half = len(colour) // 2
    return {"faces": colour[: count // 2], "others": colour[half : half + count // 2]}


def _by_groups(
    out: Outcome, quantity: str, cascade: FaceCascade, images: np.ndarray, where: Mapping[str, str], cfg: Evaluator
) -> None:
    accepted = cascade.accepts(images)
    for group, share in enumerate(np.array_split(accepted, cfg.groups)):
        condition = {"evaluator": "cascade", **where}
        out.add(quantity, share.mean(), condition, group, "proportion", len(share))
