"""Crops of the free colour photographs that scikit-image and scikit-learn carry in their packages."""

from __future__ import annotations

from importlib.resources import as_file, files

import numpy as np
from PIL import Image

from soapbubble.config.data import CROPS, PHOTOGRAPHS, Photos
from soapbubble.data.dataset import Made, Photograph

# Left out: scikit-image's motorcycle, whose licence is not stated, and its grey and microscope pictures.
FILES = (
    ("skimage.data", "astronaut.png", "public domain (NASA)"),
    ("skimage.data", "chelsea.png", "CC0 (Stefan van der Walt)"),
    ("sklearn.datasets.images", "china.jpg", "CC BY 2.0 (danielbuechele, Flickr)"),
    ("skimage.data", "coffee.png", "CC0 (Rachel Michetti)"),
    ("sklearn.datasets.images", "flower.jpg", "CC BY 2.0 (vultilion, Flickr)"),
    ("skimage.data", "hubble_deep_field.jpg", "public domain (NASA)"),
    ("skimage.data", "retina.jpg", "CC0 (Mikael Häggström)"),
    ("skimage.data", "rocket.jpg", "public domain (SpaceX)"),
)
assert len(FILES) == PHOTOGRAPHS


def build(block: Photos) -> Made:
    """Crops that do not overlap, up to four a photograph, each showing a quarter to a sixth of it.

    The split is by photograph: no photograph has crops in both halves.
    Extras: `photograph` (n,) int64, the index into the card's `photographs`;
    crops of one photograph are no independent replicates.
    """
    assert block.size is not None  # the configuration asks for it
    rng = np.random.default_rng(block.seed)
    count = PHOTOGRAPHS * CROPS if block.count is None else block.count
    used = min(count, PHOTOGRAPHS)
    order = rng.permutation(PHOTOGRAPHS)[:used]
    # The first photographs have one crop more where the count does not divide.
    share = [count // used + (place < count % used) for place in range(used)]
    test = min(max(round(used * block.test_share), 1), used - 1)
    crops = [_crops(*FILES[index][:2], block.size, n, rng) for index, n in zip(order, share, strict=True)]
    return Made(
        shape=(count, block.size, block.size, 3),
        chunks=crops,
        train=sum(share[: used - test]),
        source="photographs in the packages scikit-image and scikit-learn, reduced and cropped",
        licence="free: see each photograph",
        extras={"photograph": np.repeat(np.arange(used), share).astype(np.int64)},
        photographs=tuple(
            Photograph(name=name.rsplit(".")[0], origin=f"{package}/{name}", licence=licence)
            for package, name, licence in (FILES[index] for index in order)
        ),
    )


def _crops(package: str, name: str, size: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Choose `n` of the disjoint tiles of a photograph that was reduced to two tiles on its short side."""
    with as_file(files(package) / name) as path, Image.open(path) as file:
        photograph = file.convert("RGB")
    scale = 2 * size / min(photograph.size)
    width, height = (round(side * scale) for side in photograph.size)
    pixels = np.asarray(photograph.resize((width, height), Image.Resampling.LANCZOS))
    corners = [(top, left) for top in range(0, height - size + 1, size) for left in range(0, width - size + 1, size)]
    chosen = sorted(rng.choice(len(corners), n, replace=False))
    return np.stack([pixels[y : y + size, x : x + size] for y, x in (corners[index] for index in chosen)])
