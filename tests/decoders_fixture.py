"""What the tests of untrained decoders share: the smoke configuration and small datasets."""

import numpy as np
import pytest
from study_fixture import CONFIG, dataset

from soapbubble.data import digits as digit_images
from soapbubble.data import faces as face_images
from soapbubble.data import photos as photo_images


@pytest.fixture
def rng():
    return np.random.default_rng(20)


@pytest.fixture(scope="session")
def smoke():
    """The smoke configuration."""
    return CONFIG


def _dataset(name, module, block):
    made = module.build(block)
    about = {"source": made.source, "licence": made.licence, "tier": made.tier}
    images = np.concatenate(list(made.chunks))
    return dataset(name, images, len(images) - made.train, dict(made.extras), **about)


@pytest.fixture(scope="session")
def digits(smoke):
    return _dataset("digits", digit_images, smoke.data.digits)


@pytest.fixture(scope="session")
def photos(smoke):
    return _dataset("photos", photo_images, smoke.data.photos)


@pytest.fixture(scope="session")
def faces(smoke):
    return _dataset("faces", face_images, smoke.data.faces)
