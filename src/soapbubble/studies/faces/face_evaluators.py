"""The evaluators of faces that parts of this study use: several, trained independently of each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from soapbubble.autoencoders.face_train import as_tensor
from soapbubble.config.base import Block
from soapbubble.data.dataset import Dataset
from soapbubble.measuring.face_evaluator import FaceEvaluator, train_face_evaluator
from soapbubble.measuring.non_faces import photographs_without_faces
from soapbubble.parts.declaration import setting

VALIDATION = 400  # faces at most, of which the threshold accepts a share


class EvaluatorSettings(Block):
    """A classifier of faces against images that are none; another one for each seed."""

    seed: int = setting(41000, ge=0, doc="seed of the first evaluator; the others follow")
    faces: int = setting(1200, ge=10, doc="training faces that it learns, at most three quarters of them")
    accepted: float = setting(0.95, gt=0, lt=1, doc="share of other training faces that its threshold accepts")
    width: int = setting(16, smoke=4, ge=1, doc="channels of its first convolution")
    features: int = setting(32, smoke=6, ge=2, doc="units of its last hidden layer, in which distances are measured")
    looks: int = setting(16, smoke=3, ge=1, doc="principal components of the faces that it learns to see")
    steps: int = setting(300, smoke=8, ge=1, doc="training steps")
    batch_size: int = setting(32, smoke=8, ge=1, doc="faces in a training step, and as many other images")
    lr: float = setting(0.004, gt=0, doc="learning rate of the first step; it decays linearly to zero")


def evaluators(settings: EvaluatorSettings, faces: Dataset, photos: Dataset, count: int) -> Iterator[FaceEvaluator]:
    """`count` evaluators, each with weights, non-faces and a choice of training faces of its own."""
    others, total = as_images(photographs_without_faces(photos)), len(faces.train)
    learnt = min(settings.faces, 3 * total // 4)
    for number in range(count):
        seed = settings.seed + number
        order = np.random.default_rng(seed).permutation(total)
        yield train_face_evaluator(
            as_images(faces.train[order[:learnt]]),
            as_images(faces.train[order[learnt : learnt + VALIDATION]]),
            others,
            seed=seed,
            **settings.model_dump(exclude={"seed", "faces"}),
        )


def as_images(stored: np.ndarray) -> np.ndarray:
    """Stored images (n, height, width, 3), uint8, as float32 (n, 3, height, width) in [0, 1]."""
    return as_tensor(stored).numpy()
