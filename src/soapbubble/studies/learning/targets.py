"""The crops that descents of one small network look for, and the other networks that learned nothing from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from soapbubble.networks.images import TrainingImages


@dataclass(frozen=True)
class Targets:
    """Held-out crops (n, 3, side, side) of one network, one a photograph, and their labels (n,).

    `others` are, for each other replicate, the rows of the crops from whose images its network learned nothing either.
    """

    images: torch.Tensor
    labels: torch.Tensor
    others: dict[int, np.ndarray]

    @property
    def closest(self) -> int:
        """The other replicate that learned nothing from most of the crops."""
        return max(self.others, key=lambda replicate: len(self.others[replicate]))


def targets(shown: Mapping[int, TrainingImages], replicate: int, count: int) -> Targets:
    """`count` held-out crops of a replicate, each of another photograph.

    Photographs whose image the most other networks hold out come first: only these networks may be asked about it.
    """
    own = shown[replicate]
    held_out = {other: own.held_out_by(images) for other, images in shown.items() if other != replicate}
    first = {int(label): row for row, label in reversed(list(enumerate(own.test_labels)))}
    rows = sorted(first.values(), key=lambda row: (-sum(known[row] for known in held_out.values()), row))[:count]
    return Targets(
        own.test[rows],
        own.test_labels[rows],
        {other: np.flatnonzero(known[rows]) for other, known in held_out.items()},
    )
