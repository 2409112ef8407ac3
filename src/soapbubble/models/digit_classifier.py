"""Small convolutional classifiers of digits, and of what may pass for one."""

from __future__ import annotations

import torch
from torch import nn

from soapbubble.models.initialise import seeded

PIECE = 1000  # pictures that go through a classifier at a time


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


@torch.inference_mode()
def in_pieces(layers: nn.Module, rows: torch.Tensor) -> torch.Tensor:
    """What the layers make of the rows (n, ...); some at a time, so that their outputs take little memory."""
    return torch.cat([layers(piece) for piece in rows.split(PIECE)])
