"""How many coordinates images need, against the number of values that they have."""

from __future__ import annotations

import numpy as np

from soapbubble.config.base import Dimension
from soapbubble.errors import SoapbubbleError
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.stats.intrinsic_dimension import two_nn
from soapbubble.stats.random_points import generator


class Images(Part):
    """How many coordinates images need."""

    seed: int = setting(17, ge=0, doc="seed of the random numbers")
    latent: Dimension = setting(256, doc="dimension of the latent space")
    # 200 faces each
    groups: int = setting(10, smoke=4, ge=2, doc="disjoint groups of images, the unit of replication")

    def reads(self) -> Reads:
        return Reads(data=["faces"], memory_mb=500)


FEWEST = 10  # images in a group: with fewer the estimate means nothing


def measure(cfg: Images, lab: Lab) -> Outcome:
    """Features over latent dimensions, and the intrinsic dimension of disjoint groups of the faces."""
    out = Outcome()
    images = lab.data["faces"].images
    size = len(images) // cfg.groups
    if size < FEWEST:
        raise SoapbubbleError(
            f"Configuration key 'shells.images.groups' cannot be {cfg.groups}: the {len(images)} images of 'faces' "
            f"give groups of {size}, and {FEWEST} are needed; ask for fewer groups or more images."
        )
    features = int(np.prod(images.shape[1:]))
    out.add("features", features, {"data": "faces"})
    out.add("features_per_latent", features / cfg.latent, {"data": "faces", "N": cfg.latent})
    order = generator(cfg.seed).permutation(len(images))
    for number in range(cfg.groups):
        group = np.sort(order[number * size : (number + 1) * size])
        dimension = two_nn(images[group].reshape(size, -1))
        out.add("intrinsic_dimension", dimension, {"data": "faces"}, number, n=size)
        out.add("features_per_intrinsic_dimension", features / dimension, {"data": "faces"}, number, n=size)
    return out
