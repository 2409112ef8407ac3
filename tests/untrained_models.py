"""Autoencoders with random weights in place of trained ones, as a part is given them."""

from types import SimpleNamespace

import numpy as np

from soapbubble.models.autoencoder import build


class UntrainedModels:
    """The models `names` of the families; a test says what their pictures are.

    Who inherits sets `classifiers` and gives `_pictures(side, replicate)`.
    """

    def __init__(self, families, names):
        specs = {name: spec for family in families.values() for name, spec in family.items()}
        self.specs = {name: specs[name] for name in names}

    def _network(self, spec, replicate):
        return build(spec, replicate).eval()

    def __iter__(self):
        return iter(self.specs)

    def __getitem__(self, name):
        spec = self.specs[name]
        images = len(self._pictures(spec.side, 0).train)
        return SimpleNamespace(
            name=name,
            spec=spec,
            parameters=1,
            replicates=range(spec.seeds or 2),
            network=lambda replicate: self._network(spec, replicate),
            curve=lambda replicate: SimpleNamespace(step=[6]),
            seen=lambda replicate: np.arange(images) % 3 > 0,
            pictures=lambda dataset, replicate: self._pictures(spec.side, replicate),
        )
