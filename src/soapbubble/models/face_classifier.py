"""A small convolutional classifier of colour images: whether they show a face, and how that face looks."""

from __future__ import annotations

from torch import nn

from soapbubble.models.initialise import seeded

SIDE = 32  # pixels: what it sees of an image


def build_face_classifier(width: int, features: int, outputs: int, seed: int) -> nn.Sequential:
    """An untrained classifier of images (n, 3, 32, 32) whose weights come from `seed`.

    All but its last layer gives the features (n, features); the last gives the `outputs` numbers (n, outputs).
    """
    with seeded(seed):
        return nn.Sequential(
            nn.Conv2d(3, width, 3, stride=2, padding=1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(2 * width, 4 * width, 3, stride=2, padding=1),
            nn.LeakyReLU(0.1),
            nn.Flatten(),
            nn.Linear(4 * width * (SIDE // 8) ** 2, features),
            nn.LeakyReLU(0.1),
            nn.Linear(features, outputs),
        )
