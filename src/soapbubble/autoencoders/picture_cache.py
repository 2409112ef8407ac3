"""The pictures of trained models, kept in memory for the next model that was trained with the same."""

from __future__ import annotations

from soapbubble.autoencoders.pictures import Pictures
from soapbubble.autoencoders.store import Models
from soapbubble.data.dataset import Dataset


class PictureCache:
    """The pictures of models and replicates; those that were trained with the same pictures share them."""

    def __init__(self, models: Models, dataset: Dataset) -> None:
        self._models, self._dataset = models, dataset
        self._cached: dict[tuple[int, int | None, int], Pictures] = {}

    def of(self, name: str, replicate: int) -> Pictures:
        """What the network of one replicate of the model `name` was trained, stopped and is tested with."""
        model = self._models[name]
        key = (model.spec.side, model.spec.train_images, self._dataset.split_of(replicate))
        if key not in self._cached:
            self._cached[key] = model.pictures(self._dataset, replicate)
        return self._cached[key]
