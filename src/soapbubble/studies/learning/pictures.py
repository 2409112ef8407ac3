"""The images whose outputs are inverted: photographs of things that ImageNet has classes for, and others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from skimage.transform import resize

from soapbubble.data.dataset import Dataset
from soapbubble.networks.images import photograph_of

# Of the built-in photographs, those of which ImageNet has no class: a retina, and galaxies.
WITHOUT_CLASS = ("retina", "hubble_deep_field")


def within(photos: Dataset, count: int, side: int) -> torch.Tensor:
    """The last image of up to `count` photographs of ordinary things, reduced: float32 (n, 3, side, side) in [0, 1]."""
    return _reduced(_last_images(photos, outside=False)[:count], side)


def outside(data: Mapping[str, Dataset], count: int, side: int) -> torch.Tensor:
    """Images of what ImageNet has no class for: drawn faces, digits, and photographs of a retina and of galaxies."""
    kinds: list[Sequence[np.ndarray] | np.ndarray] = [
        *([image] for image in _last_images(data["photos"], outside=True)),
        data["digits"].test[:1].repeat(3, axis=3),
        data["faces"].test[:1],
    ]
    return _reduced([image for kind in kinds for image in kind][:count], side)


def _last_images(photos: Dataset, outside: bool) -> list[np.ndarray]:
    photograph = photograph_of(photos)
    names = [item.name for item in photos.card.photographs] or [""] * (int(photograph.max()) + 1)
    chosen = [number for number in np.unique(photograph) if (names[number] in WITHOUT_CLASS) == outside]
    return [photos.images[np.flatnonzero(photograph == number)[-1]] for number in chosen]


def _reduced(images: list[np.ndarray], side: int) -> torch.Tensor:
    small = [resize(image / 255, (side, side), anti_aliasing=True) for image in images]
    return torch.from_numpy(np.stack(small).transpose(0, 3, 1, 2).astype(np.float32))
