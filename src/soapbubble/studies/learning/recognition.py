"""Whether the network that ImageNet taught knows what photographs show that nobody chose for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from skimage.data import chelsea, coffee
from skimage.transform import resize
from sklearn.datasets import load_sample_image

from soapbubble.config.networks import EFFICIENTNET
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome, Replicate
from soapbubble.networks.store import ImageNetwork
from soapbubble.parts.declaration import Part, Reads, setting


class Recognition(Part):
    """The place of the right class among all, for whole photographs that packages ship and ImageNet has a class for."""

    twins: int = setting(5, smoke=2, ge=2, unit="networks", doc="untrained networks of the same architecture")
    side: int = setting(224, ge=32, le=512, unit="pixels", doc="side of the photographs, as in the network's training")

    def reads(self) -> Reads:
        return Reads(models=[EFFICIENTNET], memory_mb=1000)


# Where ImageNet has several classes for what is seen, each of them is right. It has none for an astronaut, a rocket
# that is no weapon, the flower of scikit-learn, a retina or galaxies.
PHOTOGRAPHS: Mapping[str, Callable[[], np.ndarray]] = {
    "cat": chelsea,
    "cup of coffee": coffee,
    "palace": lambda: load_sample_image("china.jpg"),
}
CLASSES: Mapping[str, tuple[int, ...]] = {
    "cat": (281, 282, 283, 284, 285),  # tabby, tiger cat, Persian, Siamese, Egyptian
    "cup of coffee": (504, 967, 968),  # coffee mug, espresso, cup
    "palace": (698,),
}


def measure(cfg: Recognition, lab: Lab) -> Outcome:
    """Of each photograph the rank of its class, 1 for the most probable; how many are right, first and among five."""
    out = Outcome()
    model = lab.networks[EFFICIENTNET]
    images = torch.cat([_whole(photograph(), cfg.side) for photograph in PHOTOGRAPHS.values()])
    networks: list[tuple[str, Replicate, ImageNetwork]] = [("trained", "exact", model.network())]
    networks += [("untrained", twin, model.untrained(twin)) for twin in range(cfg.twins)]
    out.add("known_photographs", len(images), unit="photographs")
    for weights, replicate, network in networks:
        with torch.no_grad():
            odds = network(images)
        ranks = [class_rank(row, CLASSES[name]) for row, name in zip(odds, PHOTOGRAPHS, strict=True)]
        for name, rank in zip(PHOTOGRAPHS, ranks, strict=True):
            out.add("class_rank", rank, {"weights": weights, "photograph": name}, replicate, n=odds.shape[1])
        for most in (1, 5):
            right = sum(rank <= most for rank in ranks)
            out.add("recognised", right, {"weights": weights, "among": most}, replicate, "photographs", n=len(ranks))
    return out


def class_rank(odds: torch.Tensor, right: tuple[int, ...]) -> int:
    """The place of the most probable of the `right` classes among all, by log-odds (classes,): from 1 on."""
    return int((odds > odds[list(right)].max()).sum()) + 1


def _whole(photograph: np.ndarray, side: int) -> torch.Tensor:
    """The square in the middle of a photograph (h, w, 3), reduced: float32 (1, 3, side, side) in [0, 1]."""
    height, width = photograph.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    square = photograph[top : top + short, left : left + short] / 255
    small = resize(square, (side, side), anti_aliasing=True)
    return torch.from_numpy(small.transpose(2, 0, 1)[None].astype(np.float32))
