"""What a part is given to measure with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soapbubble.autoencoders.face_store import TrainedFaces
    from soapbubble.autoencoders.store import Models
    from soapbubble.data.dataset import Dataset
    from soapbubble.networks.store import TrainedNetwork


@dataclass(frozen=True)
class Lab:
    """The datasets and trained models that a part says it reads, by name.

    `models` are the autoencoders of digits, with the digit classifier; `faces` those of faces; `networks` the networks
    that classify images.
    """

    data: Mapping[str, Dataset] = field(default_factory=dict)
    models: Models = field(default_factory=dict)  # type: ignore[assignment]
    faces: Mapping[str, TrainedFaces] = field(default_factory=dict)
    networks: Mapping[str, TrainedNetwork] = field(default_factory=dict)
