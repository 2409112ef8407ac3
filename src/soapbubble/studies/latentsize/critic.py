"""A critic: a classifier trained on digits and corrupted digits; images that it takes for intact count as realistic."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, map_coordinates
from torch import nn
from torch.nn import functional

from soapbubble.autoencoders.pictures import DIGIT_SIDE, Pictures, digits_only
from soapbubble.config.base import Block
from soapbubble.measuring.nulls import phase_randomised, tiles_shuffled
from soapbubble.measuring.splits import random_originals
from soapbubble.measuring.training import fit, linear_decay
from soapbubble.models.digit_classifier import build_classifier
from soapbubble.parts.declaration import setting


class CriticSettings(Block):
    """A classifier of realism: it tells digits from corrupted digits."""

    seed: int = setting(26000, ge=0, doc="seed of weights, corruptions and batches")
    digits: int = setting(3000, ge=10, doc="training originals, one copy of each, that it is trained on")
    steps: int = setting(400, smoke=20, ge=1, doc="training steps")
    batch_size: int = setting(64, ge=1, doc="intact digits in a training step, and as many corrupted ones")
    lr: float = setting(0.003, gt=0, doc="learning rate of the first step; it decays linearly to zero")
    blurs: list[float] = setting(
        [0.0, 0.6, 1.2],
        min_length=1,
        unit="pixel",
        doc="standard deviations of the blur of its training images, equally frequent",
    )
    accepted: float = setting(0.95, gt=0, lt=1, doc="share of the validation digits that its threshold accepts")


Corruption = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def superposed(digits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each digit with another one on top, as if both were drawn in one place."""
    return np.maximum(digits, digits[rng.permutation(len(digits))])


def averaged(digits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The mean of each digit and another one."""
    return (digits + digits[rng.permutation(len(digits))]) / 2


def scrambled(digits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Random phases: the spectrum of each digit and nothing else of it."""
    return np.clip(phase_randomised(digits, rng), 0, 1).astype(np.float32)


def warped(digits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Strokes bent by smooth random displacements of about five pixels: ink and strokes stay, the shape goes."""
    side = digits.shape[-1]
    fields = gaussian_filter(rng.standard_normal((len(digits), 2, side, side)), (0, 0, 3, 3))
    fields *= 5 / fields.std()
    grid = np.mgrid[:side, :side]
    bent = [map_coordinates(digit, grid + field, order=1) for digit, field in zip(digits, fields, strict=True)]
    return np.stack(bent).astype(np.float32)


def faded(digits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Next to nothing: a fifth of the ink at most."""
    return digits * rng.uniform(0, 0.2, (len(digits), 1, 1)).astype(np.float32)


# What the critic is trained on, and what it never sees in training, to test whether it generalises.
TRAINING_CORRUPTIONS: dict[str, Corruption] = {
    "tiles of 4": lambda digits, rng: tiles_shuffled(digits, 4, rng),
    "tiles of 7": lambda digits, rng: tiles_shuffled(digits, 7, rng),
    "tiles of 14": lambda digits, rng: tiles_shuffled(digits, 14, rng),
    "superposed": superposed,
    "averaged": averaged,
    "random phases": scrambled,
    "faded": faded,
}
UNSEEN_CORRUPTIONS: dict[str, Corruption] = {"warped": warped}


class Critic:
    """A trained critic with the threshold above which an image counts as realistic."""

    def __init__(self, network: nn.Module, threshold: float) -> None:
        self._network = network
        self._threshold = threshold

    def accepts(self, images: np.ndarray) -> np.ndarray:
        """Whether each of the images (n, 28, 28) counts as realistic; bool (n,)."""
        return score(self._network, images) >= self._threshold

    def realistic_share(self, images: np.ndarray) -> float:
        """Share of the images (n, 28, 28) that count as realistic."""
        return float(self.accepts(images).mean())


def critics_of(settings: CriticSettings, images_of: Callable[[int], Pictures], count: int) -> list[Critic]:
    """One critic a replicate, trained on one copy of each of its training originals.

    The validation images of the replicate set the threshold.
    """
    critics = []
    for replicate in range(count):
        own, images = of_replicate(settings, replicate), images_of(replicate)
        rows = random_originals(images.train_origin, own.digits, np.random.default_rng(own.seed))
        critics.append(train_critic(own, digits_only(images.train[rows]), digits_only(images.validation)))
    return critics


def of_replicate(settings: CriticSettings, replicate: int) -> CriticSettings:
    """The settings with the seed of a replicate."""
    return settings.model_copy(update={"seed": settings.seed + replicate})


def train_critic(settings: CriticSettings, digits: np.ndarray, validation: np.ndarray) -> Critic:
    """A critic trained on `digits` (n, 28, 28), which accepts the set share of the `validation` digits.

    Its training images, intact or corrupted, are blurred and dimmed to different degrees, since any autoencoder does
    that to any image: it shall not count as corruption.
    """
    rng = np.random.default_rng(settings.seed)
    corrupted = np.concatenate([corrupt(digits, rng) for corrupt in TRAINING_CORRUPTIONS.values()])
    sets = [_blurred(images, settings.blurs) for images in (digits, corrupted)]
    network = build_classifier(DIGIT_SIDE, width=16, features=64, classes=1, seed=settings.seed)
    intact = torch.cat([torch.ones(settings.batch_size), torch.zeros(settings.batch_size)])
    generator = torch.Generator().manual_seed(settings.seed)

    def loss(step: int) -> torch.Tensor:
        batch = torch.cat([_batch(images, settings.batch_size, generator) for images in sets])
        return functional.binary_cross_entropy_with_logits(network(batch[:, None])[:, 0], intact)

    fit(network.parameters(), loss, settings.steps, linear_decay(settings.lr, settings.steps))
    network.eval()
    return Critic(network, float(np.quantile(score(network, validation), 1 - settings.accepted, method="lower")))


@torch.inference_mode()
def score(network: nn.Module, images: np.ndarray) -> np.ndarray:
    """Log-odds (n,) that each of the images (n, 28, 28) is intact."""
    return network(torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))[:, None])[:, 0].numpy()


def _blurred(images: np.ndarray, widths: Sequence[float]) -> torch.Tensor:
    return torch.from_numpy(np.stack([gaussian_filter(images, (0, width, width)) for width in widths]))


def _batch(images: torch.Tensor, count: int, generator: torch.Generator) -> torch.Tensor:
    """Random ones of `images` (blurs, n, height, width), each a little dimmed."""
    blur = torch.randint(len(images), (count,), generator=generator)
    chosen = images[blur, torch.randint(images.shape[1], (count,), generator=generator)]
    return chosen * (1 - 0.4 * torch.rand((count, 1, 1), generator=generator))
