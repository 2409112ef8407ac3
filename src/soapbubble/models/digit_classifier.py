"""Small convolutional classifiers of digits, and of what may pass for one."""

from __future__ import annotations

from torch import nn

from soapbubble.models.initialise import seeded


def build_classifier(side: int, width: int, features: int, classes: int, seed: int) -> nn.Sequential:
    """An untrained classifier of pictures (n, 1, side, side) whose weights come from `seed`.

    All but its last layer gives the features (n, features); the last gives log-odds (n, classes).
    """
    with seeded(seed):
        return nn.Sequential(
            nn.Conv2d(1, width, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(2 * width * (side // 4) ** 2, features),
            nn.ReLU(),
            nn.Linear(features, classes),
        )
