"""An evaluator of faces that no autoencoder saw: a small classifier of real faces against images that are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from soapbubble.data.dataset import Dataset
from soapbubble.measuring.batches import batched
from soapbubble.measuring.images import as_images
from soapbubble.measuring.non_faces import TRAINING_KINDS, blurred, corrupted, photographs, photographs_without_faces
from soapbubble.measuring.pca import principal_components
from soapbubble.measuring.training import fit, linear_decay, random_batches
from soapbubble.models.face_classifier import SIDE, build_face_classifier
from soapbubble.parts.face_evaluator import EvaluatorSettings

BATCH_SIZE = 500  # images that go through the classifier at a time
VALIDATION = 400  # faces at most, of which the threshold accepts a share
FITTED = 400  # faces from which the principal components are taken
LOOKS_WEIGHT = 0.3  # of the error in how a face looks, beside that in whether it is one
BLURS = (0.0, 1.0)  # pixels of 32: every autoencoder blurs, and that alone shall not count against an image


@dataclass(frozen=True)
class FaceEvaluator:
    """A trained network, and the score from which on an image counts as a face.

    Images are float32 (n, 3, side, side) in [0, 1], of any side; it sees them reduced to 32 pixels.
    """

    network: nn.Sequential
    threshold: float

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Log-odds (n,) that each image shows a face."""
        return self._through(self.network, images)[:, 0]

    def accepts(self, images: np.ndarray) -> np.ndarray:
        """Whether each image counts as a face; bool (n,)."""
        return self.scores(images) >= self.threshold

    def face_share(self, images: np.ndarray) -> float:
        """Share of the images that count as faces."""
        return float(self.accepts(images).mean())

    def features(self, images: np.ndarray) -> np.ndarray:
        """The last hidden layer, float64 (n, features), in which distances between faces are measured."""
        return self._through(self.network[:-1], images)

    def _through(self, layers: nn.Module, images: np.ndarray) -> np.ndarray:
        return batched(layers, torch.from_numpy(reduced(images)), BATCH_SIZE).double().numpy()


def reduced(images: np.ndarray) -> np.ndarray:
    """The images (n, 3, height, width) at the 32 x 32 pixels that the evaluator sees: means over areas."""
    return functional.adaptive_avg_pool2d(
        torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32)), SIDE
    ).numpy()


def evaluator_on(settings: EvaluatorSettings, faces: Dataset, photos: Dataset, replicate: int) -> FaceEvaluator:
    """The evaluator of one replicate, with weights, non-faces and a choice of training faces of its own.

    `faces` and `photos` have the split of the replicate, so that it knows no image with which the replicate is tested.
    """
    seed, total = settings.seed + replicate, len(faces.train)
    learnt = min(settings.faces, 3 * total // 4)
    order = np.random.default_rng(seed).permutation(total)
    return train_face_evaluator(
        as_images(faces.train[order[:learnt]]),
        as_images(faces.train[order[learnt : learnt + VALIDATION]]),
        as_images(photographs_without_faces(photos, "train")),
        seed=seed,
        **settings.model_dump(exclude={"seed", "faces"}),
    )


def train_face_evaluator(
    faces: np.ndarray,
    validation: np.ndarray,
    photos: np.ndarray,
    *,
    accepted: float,
    width: int,
    features: int,
    looks: int,
    steps: int,
    batch_size: int,
    lr: float,
    seed: int,
) -> FaceEvaluator:
    """Train on `faces` (n, 3, side, side) against corrupted ones and crops of `photos` (m, 3, height, width).

    Half of each batch are faces, mirrored or not, half non-faces of all kinds alike, all of them blurred a little. So
    that the features keep what tells one face from another, the network also learns the first `looks` principal
    components of the faces. Its threshold accepts the share `accepted` of the `validation` faces (k, 3, side, side).
    """
    rng = np.random.default_rng(seed)
    faces = reduced(faces)
    faces = np.concatenate([faces, faces[..., ::-1]])
    scores = principal_components(faces[rng.permutation(len(faces))[:FITTED]], looks).scores(faces)
    targets = torch.from_numpy(scores / scores.std(axis=0))
    count = len(faces) // 8
    kinds = [corrupted(kind, faces[rng.permutation(len(faces))[:count]], rng) for kind in TRAINING_KINDS]
    others = np.concatenate([*kinds, photographs(photos, count, SIDE, rng)])
    face_images, other_images = _with_blurs(faces, BLURS), _with_blurs(others, BLURS)
    network = build_face_classifier(width, features, 1 + looks, seed)
    is_face = torch.cat([torch.ones(batch_size), torch.zeros(batch_size)])
    face_rows = random_batches(len(BLURS) * len(faces), batch_size, steps, seed)
    other_rows = random_batches(len(BLURS) * len(others), batch_size, steps, seed + 1)

    def loss(step: int) -> torch.Tensor:
        found = network(torch.cat([face_images[face_rows[step]], other_images[other_rows[step]]]))
        known = functional.binary_cross_entropy_with_logits(found[:, 0], is_face)
        return known + LOOKS_WEIGHT * (found[:batch_size, 1:] - targets[face_rows[step] % len(faces)]).square().mean()

    fit(network.parameters(), loss, steps, linear_decay(lr, steps))
    evaluator = FaceEvaluator(network.eval(), 0.0)
    shown = np.concatenate([evaluator.scores(blurred(reduced(validation), width)) for width in BLURS])
    return FaceEvaluator(network, float(np.quantile(shown, 1 - accepted, method="lower")))


def _with_blurs(images: np.ndarray, widths: Sequence[float]) -> torch.Tensor:
    return torch.from_numpy(np.concatenate([blurred(images, width) for width in widths]))
