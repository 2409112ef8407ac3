"""What a part is given to measure with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soapbubble.autoencoders.store import Models
    from soapbubble.data.dataset import Dataset
    from soapbubble.networks.store import TrainedNetwork


@dataclass(frozen=True)
class Lab:
    """The datasets, trained autoencoders and image networks that a part says it reads, by name."""

    data: Mapping[str, Dataset] = field(default_factory=dict)
    models: Models = field(default_factory=dict)  # type: ignore[assignment]
    networks: Mapping[str, TrainedNetwork] = field(default_factory=dict)
