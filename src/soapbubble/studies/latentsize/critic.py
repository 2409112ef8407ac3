"""A critic that tells digits from broken digits, and counts as realistic what it takes for whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, map_coordinates
from torch import nn
from torch.nn import functional

from soapbubble.autoencoders.pictures import DIGIT_SIDE, Pictures, digits_only
from soapbubble.config.base import Block
from soapbubble.models.digit_classifier import build_classifier
from soapbubble.parts.declaration import setting
from soapbubble.stats.strokes import tiles_shuffled
from soapbubble.stats.surrogates import phase_randomised
from soapbubble.studies.latentsize.samples import one_each


class CriticSettings(Block):
    """A network that tells digits from broken digits."""

    seed: int = setting(26000, ge=0, doc="seed of the random numbers")
    digits: int = setting(3000, ge=10, doc="training originals that it learns from")
    steps: int = setting(400, smoke=20, ge=1, doc="steps")
    batch: int = setting(64, ge=1, doc="whole digits a step, and as many broken ones")
    rate: float = setting(0.003, gt=0, doc="first learning rate; it falls to zero")
    blurs: list[float] = setting(
        [0.0, 0.6, 1.2], min_length=1, doc="pixels by which pictures are blurred, in equal shares"
    )
    accepted: float = setting(0.95, gt=0, lt=1, doc="share of unseen real digits that it accepts")


Break = Callable[[np.ndarray, np.random.Generator], np.ndarray]


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


# What the critic learns from, and what it has never seen: whether it knows more than its lessons.
LESSONS: dict[str, Break] = {
    "tiles of 4": lambda digits, rng: tiles_shuffled(digits, 4, rng),
    "tiles of 7": lambda digits, rng: tiles_shuffled(digits, 7, rng),
    "tiles of 14": lambda digits, rng: tiles_shuffled(digits, 14, rng),
    "superposed": superposed,
    "averaged": averaged,
    "random phases": scrambled,
    "faded": faded,
}
SURPRISES: dict[str, Break] = {"warped": warped}


class Critic:
    """A trained critic with the line above which a picture counts as realistic."""

    def __init__(self, network: nn.Module, line: float) -> None:
        self._network = network
        self._line = line

    def accepts(self, images: np.ndarray) -> np.ndarray:
        """Whether each of the images (n, 28, 28) passes for a digit; bool (n,)."""
        return score(self._network, images) >= self._line


def critic_of(settings: CriticSettings, pictures: Pictures) -> Critic:
    """The critic that learned from one copy of each training original; validation pictures set its line."""
    rows = one_each(pictures.train_origin, settings.digits, np.random.default_rng(settings.seed))
    return train_critic(settings, digits_only(pictures.train[rows]), digits_only(pictures.validation))


def train_critic(settings: CriticSettings, digits: np.ndarray, others: np.ndarray) -> Critic:
    """A critic that learned from `digits` (n, 28, 28) and accepts the set share of `others`, also real.

    The pictures it learns from, whole or broken, are blurred and paled to different degrees: what autoencoders do to
    any picture does not count as broken.
    """
    rng = np.random.default_rng(settings.seed)
    broken = np.concatenate([lesson(digits, rng) for lesson in LESSONS.values()])
    sets = [_blurred(images, settings.blurs) for images in (digits, broken)]
    network = build_classifier(DIGIT_SIDE, width=16, features=64, classes=1, seed=settings.seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.rate, fused=True)
    truth = torch.cat([torch.ones(settings.batch), torch.zeros(settings.batch)])
    generator = torch.Generator().manual_seed(settings.seed)
    for step in range(settings.steps):
        for group in optimiser.param_groups:
            group["lr"] = settings.rate * (1 - step / settings.steps)
        shown = [_some(images, settings.batch, generator) for images in sets]
        loss = functional.binary_cross_entropy_with_logits(network(torch.cat(shown)[:, None])[:, 0], truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    network.eval()
    return Critic(network, float(np.quantile(score(network, others), 1 - settings.accepted, method="lower")))


@torch.inference_mode()
def score(network: nn.Module, images: np.ndarray) -> np.ndarray:
    """How real each image looks, as log-odds (n,)."""
    return network(torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))[:, None])[:, 0].numpy()


def _blurred(images: np.ndarray, widths: Sequence[float]) -> torch.Tensor:
    return torch.from_numpy(np.stack([gaussian_filter(images, (0, width, width)) for width in widths]))


def _some(images: torch.Tensor, count: int, generator: torch.Generator) -> torch.Tensor:
    """Random ones of `images` (blurs, n, height, width), each a little paler."""
    blur = torch.randint(len(images), (count,), generator=generator)
    chosen = images[blur, torch.randint(images.shape[1], (count,), generator=generator)]
    return chosen * (1 - 0.4 * torch.rand((count, 1, 1), generator=generator))
