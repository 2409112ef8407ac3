"""Training an autoencoder of faces with the shared loop, and the latents that it then gives to its images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from soapbubble.autoencoders.train import device_of
from soapbubble.config.face_autoencoders import FaceAutoencoder, FaceTraining
from soapbubble.data.dataset import Dataset
from soapbubble.measuring.autoencoder import BATCH_SIZE, encode
from soapbubble.measuring.images import as_tensor
from soapbubble.measuring.training import Checkpoint, Curve, Plan, warm_up_and_decay
from soapbubble.measuring.training import train as train_task
from soapbubble.models.face_autoencoder import FaceAutoencoderNet, build_face_autoencoder, reconstruction_loss


def encode_faces(network: FaceAutoencoderNet, images: np.ndarray) -> np.ndarray:
    """The latents, float32 (n, z_dim), of images uint8 (n, side, side, 3), which may lie on disk."""
    parts = [
        encode(network, as_tensor(images[start : start + BATCH_SIZE])).mean
        for start in range(0, len(images), BATCH_SIZE)
    ]
    return np.concatenate(parts)


class FaceTask:
    """A network, the images (n, side, side, 3) that it learns from, and held-out ones that are looked at on the way.

    Images stay bytes, on disk where they are, until a batch needs them.
    """

    def __init__(self, network: FaceAutoencoderNet, train: np.ndarray, validation: np.ndarray) -> None:
        self.network = network
        self.total = len(train)
        self._device = next(network.parameters()).device
        self._train = train
        self._validation = as_tensor(validation).to(self._device)

    def loss(self, rows: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """The reconstruction loss of a batch, twice: it is minimised and recorded."""
        images = as_tensor(self._train[rows.numpy()]).to(self._device)
        lost = reconstruction_loss(self.network, self.network(images), images)
        return lost, lost

    def validation(self) -> dict[str, float]:
        """The loss of the held-out images, and their mean squared error a colour of a pixel."""
        log_odds = torch.cat([self.network(batch) for batch in self._validation.split(BATCH_SIZE)])
        lost = reconstruction_loss(self.network, log_odds, self._validation)
        return {"loss": float(lost), "mse": float((torch.sigmoid(log_odds) - self._validation).square().mean())}


@dataclass(frozen=True)
class TrainedFaceNetwork:
    """One network after its training: its seed, its curve, and the latents (n, z_dim) of all images, before and after.

    The rows of the latents are those of the dataset with the split that it was trained by: training images first.
    """

    seed: int
    network: FaceAutoencoderNet
    curve: Curve
    latents: np.ndarray
    untrained_latents: np.ndarray


def train_faces(
    name: str,
    spec: FaceAutoencoder,
    settings: FaceTraining,
    dataset: Dataset,
    seed: int,
    checkpoint: Checkpoint | None = None,
) -> TrainedFaceNetwork:
    """Train the network of `spec` whose weights and batches come from `seed`, to the last step.

    Args:
        name: the model, named when its training fails.
        dataset: the images with the split of this network.
        checkpoint: where the state is kept from time to time, and taken up from after an interruption.

    Raises:
        SoapbubbleError: the images do not fit the network, or the loss is not finite or tenfold that of the untrained
            network.
    """
    network = build_face_autoencoder(spec, dataset.images.shape[1], seed)
    before = encode_faces(network.eval(), dataset.images)
    network.train().to(device_of(settings, "face_autoencoders.training"))
    task = FaceTask(network, dataset.train, dataset.test[: settings.validation_images])
    steps = settings.steps if spec.steps is None else spec.steps
    lr = settings.lr if spec.lr is None else spec.lr
    plan = Plan(
        steps=steps,
        batch_size=settings.batch_size,
        lr=warm_up_and_decay(lr, steps, settings.warm_up, settings.decay),
        validate_every=settings.validate_every,
        checkpoint_seconds=settings.checkpoint_seconds,
    )
    curve, _ = train_task(task, plan, seed, f"face_autoencoders.{name}", checkpoint)
    network = network.cpu().eval()
    return TrainedFaceNetwork(seed, network, curve, encode_faces(network, dataset.images), before)
