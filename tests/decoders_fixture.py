"""What the tests of untrained decoders share: the smoke configuration and small datasets."""

import numpy as np
import pytest

from soapbubble.data import digits as digit_images
from soapbubble.data import faces as face_images
from soapbubble.data import photos as photo_images
from soapbubble.data.dataset import Card, Dataset
from soapbubble.parts.loading import load


@pytest.fixture
def rng():
    return np.random.default_rng(20)


@pytest.fixture(scope="session")
def smoke(project):
    """The smoke configuration."""
    return load([project / "config.yaml", project / "config/smoke.yaml"])


def _dataset(name, module, block):
    made = module.build(block)
    card = Card(
        name=name,
        source=made.source,
        licence=made.licence,
        tier=made.tier,
        shape=made.shape,
        sha256="",
        splits={"train": made.train, "test": made.shape[0] - made.train},
        extras=tuple(made.extras),
    )
    return Dataset(name, np.concatenate(list(made.pieces)), card, dict(made.extras))


@pytest.fixture(scope="session")
def digits(smoke):
    return _dataset("digits", digit_images, smoke.data.digits)


@pytest.fixture(scope="session")
def photos(smoke):
    return _dataset("photos", photo_images, smoke.data.photos)


@pytest.fixture(scope="session")
def faces(smoke):
    return _dataset("faces", face_images, smoke.data.faces)
