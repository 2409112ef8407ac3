"""Each network of this study is tried with the pictures of its own split, by the classifier of that split."""

from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from untrained_models import UntrainedModels

from soapbubble.autoencoders.pictures import Pictures
from soapbubble.lab import Lab
from soapbubble.models.autoencoder import build
from soapbubble.parts.studies import study
from soapbubble.studies.bottleneck import growth

pytest_plugins = ["decoders_fixture"]

INK = (0.3, 0.7)  # what all ink is in the pictures of either replicate, however they are moved or cut
EVALUATED = ("samples", "causes", "sites", "injected_bugs", "growth")


class Watched(UntrainedModels):
    """Untrained models of two replicates that note whose ink their networks and classifiers are shown."""

    def __init__(self, families, names):
        super().__init__(families, [name for name in names if name != "classifier"])
        self.shown = {"network": set(), "classifier": set()}
        self.classifiers = [self._classifier(replicate) for replicate in range(2)]

    def note(self, what, replicate, images):
        values = np.unique(np.asarray(images, dtype=np.float32))
        self.shown[what] |= {(replicate, ink) for ink in INK if np.float32(ink) in values}

    def _classifier(self, replicate):
        weights = np.random.default_rng(replicate).standard_normal((784, 6))

        def features(images):
            self.note("classifier", replicate, images)
            return images.reshape(len(images), 784) @ weights

        return SimpleNamespace(features=features, accuracy=0.9, tested=100)

    def _network(self, spec, replicate):
        network = super()._network(spec, replicate)
        encode = network.encode

        def watched(images):
            self.note("network", replicate, images.detach())
            return encode(images)

        network.encode = watched
        return network

    def _pictures(self, side, replicate):
        def images(count):
            seeded = torch.Generator().manual_seed(count + replicate)
            return INK[replicate] * (torch.rand((count, 1, side, side), generator=seeded) < 0.3)

        train, test = np.arange(200), np.arange(80)
        return Pictures(images(200), train % 10, train, images(20), images(80), test % 10, test)


@pytest.fixture
def trainings(monkeypatch):
    """The trainings that `growth` repeats, as (seed, pictures); untrained networks take their place."""
    made = []

    def train(name, spec, settings, pictures, seed, watch):
        made.append((seed, pictures))
        for step in range(settings.steps + 1):
            watch(step, build(spec, seed))

    monkeypatch.setattr(growth, "train", train)
    return made


@pytest.mark.parametrize("name", [part.name for part in study("bottleneck").parts if part.name != "inspection"])
def test_networks_and_classifiers_are_shown_the_pictures_of_their_own_replicate(smoke, trainings, name):
    cfg = getattr(smoke.bottleneck, name)
    models = Watched(smoke.autoencoders.families, cfg.reads().models)
    data = dict.fromkeys(("digits", "photos"), SimpleNamespace(split_of=lambda replicate: replicate))
    import_module(f"soapbubble.studies.bottleneck.{name}").measure(cfg, Lab(data, models))
    own = set(enumerate(INK))
    assert models.shown["classifier"] == (own if name in EVALUATED else set())
    assert models.shown["network"] == (own if name != "growth" else set())
    first = smoke.bottleneck.growth.training.seed
    assert {(seed - first, round(float(made.train.max()), 3)) for seed, made in trainings} == (
        own if name == "growth" else set()
    )
