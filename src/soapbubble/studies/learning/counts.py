"""What numbers of outputs, classes and units decide: noise to learn by heart, classes, hidden states and decoders."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from scipy.stats import chisquare
from torch import nn
from torch.nn import functional

from soapbubble.data.dataset import Dataset
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.inversion import Descent, invert, start
from soapbubble.measuring.jacobian import Jacobian
from soapbubble.measuring.training import fit, random_batches
from soapbubble.models.initialise import parameter_count, seeded
from soapbubble.networks.images import NOISE_DEVIATION, NOISE_MEAN
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.jacobian_rank import rank


class Counts(Part):
    """Small networks whose widths are chosen, and the set of noise images as it is described."""

    seed: int = setting(95, ge=0, doc="seed of weights, batches, noise and labels")
    noise_images: int = setting(10_000, smoke=1000, ge=100, unit="images", doc="noise images, as in the source")
    noise_labels: int = setting(100, ge=2, unit="labels", doc="labels, as in the source")
    noise_side: int = setting(16, smoke=8, ge=4, unit="pixels", doc="side of a noise image; the source has 224")
    networks: int = setting(3, smoke=2, ge=2, unit="networks", doc="networks of each kind that hidden states are from")
    decoders: int = setting(5, smoke=2, ge=2, unit="networks", doc="autoencoders of each shape")
    pool: int = setting(4, ge=1, doc="pixels a side that are averaged: digits of 28 x 28 become 7 x 7 inputs")
    factors: list[float] = setting(
        [0.5, 1.0, 2.0, 4.0], smoke=[0.5, 4.0], doc="sizes of hidden states over that of the input"
    )
    steps: int = setting(300, smoke=5, ge=1, unit="steps", doc="training steps")
    batch_size: int = setting(64, ge=2, unit="images", doc="digits a step")
    lr: float = setting(0.003, gt=0, doc="highest learning rate; it falls to zero")
    looked_for: int = setting(12, smoke=3, ge=2, unit="images", doc="digits whose hidden states are inverted")
    iterations: int = setting(300, smoke=3, ge=2, unit="steps", doc="steps of such a descent")
    descent_lr: float = setting(0.05, gt=0, doc="learning rate of such a descent, which falls to zero")
    latents: int = setting(16, ge=2, doc="latents of the autoencoders")
    widest: int = setting(256, smoke=32, ge=16, doc="units of the widest layer of the decoder that grows")

    def reads(self) -> Reads:
        return Reads(data=["digits", "photos"], models=["resnet-natural"], memory_mb=800)


CLASSES = 10


def measure(cfg: Counts, lab: Lab) -> Outcome:
    """Numbers of the noise set, ranks of classifiers, what hidden states leave, and errors of decoders.

    Each network has a split of the digits of its own, where their source has none.
    """
    out = Outcome()
    _noise_set(out, cfg)
    _logits(out, lab)
    digits = lab.data["digits"]
    for number in progress(range(cfg.networks), "hidden states of small networks"):
        _hidden_states(out, cfg, number, digits.of_replicate(number))
    for number in progress(range(cfg.decoders), "decoders of three shapes"):
        _decoders(out, cfg, number, digits.of_replicate(number))
    return out


def _noise_set(out: Outcome, cfg: Counts) -> None:
    """Ten thousand images of noise in a hundred classes, in every number that the source gives."""
    rng = np.random.default_rng(cfg.seed)
    shape = (cfg.noise_images, 3, cfg.noise_side, cfg.noise_side)
    values = NOISE_MEAN + NOISE_DEVIATION * rng.standard_normal(shape, dtype=np.float32)
    labels = rng.integers(cfg.noise_labels, size=cfg.noise_images)
    out.add("noise_mean", values.mean(dtype=np.float64))
    out.add("noise_deviation", values.std(dtype=np.float64))
    out.add("noise_outside", np.mean((values < 0) | (values > 1)))
    out.add("noise_labels_p", chisquare(np.bincount(labels, minlength=cfg.noise_labels)).pvalue)
    out.add("noise_images", len(values))
    out.add("noise_classes", len(np.unique(labels)))


def _logits(out: Outcome, lab: Lab) -> None:
    """Rank of the Jacobian of a classifier's log-odds, over the number of its classes and of its inputs."""
    model = lab.networks["resnet-natural"]
    for seed in model.replicates:
        image = model.images(lab.data["photos"], seed).test[:1].double()
        for weights, network in (("trained", model.network(seed)), ("untrained", model.untrained(seed))):
            matrix = Jacobian(network.double(), image).dense().numpy()
            found = rank(matrix[None])[0]
            out.add("logit_rank_over_classes", found / len(matrix), {"weights": weights}, seed)
            out.add("logit_rank_over_inputs", found / matrix.shape[1], {"weights": weights}, seed)


def _pooled(digits: np.ndarray, pool: int) -> torch.Tensor:
    """Digits (n, 1, rows, columns) in [0, 1], averaged over squares of `pool` pixels."""
    grey = torch.from_numpy(np.asarray(digits[..., 0], dtype=np.float32) / 255)[:, None]
    return functional.avg_pool2d(grey, pool)


def _flat(digits: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.asarray(digits[..., 0], dtype=np.float32) / 255).flatten(1)


class Dense(nn.Module):
    """One layer of `size` units with leaky ReLU, which loses nothing itself, and a classifier of what they say."""

    def __init__(self, inputs: int, size: int) -> None:
        super().__init__()
        self.layer, self.head = nn.Linear(inputs, size), nn.Linear(size, CLASSES)

    def hidden(self, images: torch.Tensor) -> torch.Tensor:
        """The hidden state (n, size) of images (n, 1, rows, columns)."""
        return functional.leaky_relu(self.layer(images.flatten(1)), 0.1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.hidden(images))


class Recurrent(nn.Module):
    """A gated recurrent unit that reads an image row by row, and a classifier of its last state."""

    def __init__(self, inputs: int, size: int) -> None:
        super().__init__()
        self.layer, self.head = nn.GRU(round(inputs**0.5), size, batch_first=True), nn.Linear(size, CLASSES)

    def hidden(self, images: torch.Tensor) -> torch.Tensor:
        """The last state (n, size) after reading images (n, 1, rows, columns)."""
        return self.layer(images[:, 0])[1][0]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.hidden(images))


KINDS: dict[str, Callable[[int, int], Dense | Recurrent]] = {"dense": Dense, "recurrent": Recurrent}


def _hidden_states(out: Outcome, cfg: Counts, number: int, digits: Dataset) -> None:
    """What a descent from the hidden state leaves of the distance to the input, before and after training."""
    train, looked_for = _pooled(digits.train, cfg.pool), _pooled(digits.test[: cfg.looked_for], cfg.pool)
    labels = torch.from_numpy(np.array(digits.extras["labels"][: len(train)]))
    inputs = train[0].numel()
    begin = start(looked_for, torch.Generator().manual_seed(cfg.seed + number))
    descent = Descent(
        iterations=cfg.iterations,
        step=cfg.descent_lr,
        last_step=0.0,
        blur=None,
        loss="l2",
        optimiser="adam",
        weight=1.0,
    )
    for kind, build in KINDS.items():
        for factor in cfg.factors:
            with seeded(cfg.seed + number):
                network = build(inputs, round(factor * inputs))
            for weights in ("untrained", "trained"):
                if weights == "trained":
                    _learn(cfg, network, number, train, labels)
                found = invert(network.hidden, looked_for, begin, descent, record_every=cfg.iterations)
                left = found.input_distance[-1] / found.input_distance[0]
                where = {"kind": kind, "size": factor, "weights": weights}
                out.add("left_of_input", np.exp(np.log(left).mean()), where, number, n=len(left))


def _learn(cfg: Counts, network: nn.Module, number: int, train: torch.Tensor, labels: torch.Tensor) -> None:
    batches = random_batches(len(train), cfg.batch_size, cfg.steps, cfg.seed + number)

    def loss(step: int) -> torch.Tensor:
        return functional.cross_entropy(network(train[batches[step]]), labels[batches[step]])

    fit(network.parameters(), loss, cfg.steps, lambda step: cfg.lr * (1 - step / cfg.steps))


def _decoders(out: Outcome, cfg: Counts, number: int, digits: Dataset) -> None:
    """Autoencoders with one encoder and decoders of as many parameters, whose widths grow, stay or shrink first."""
    train, test = _flat(digits.train), _flat(digits.test)
    pixels = train.shape[1]
    batches = random_batches(len(train), cfg.batch_size, cfg.steps, cfg.seed + number)
    for shape, widths in decoder_widths(cfg.latents, cfg.widest, pixels).items():
        with seeded(cfg.seed + number):
            encoder, decoder = (
                _perceptron([pixels, cfg.widest, cfg.latents]),
                _perceptron([cfg.latents, *widths, pixels]),
            )

        def loss(step: int, encoder: nn.Module = encoder, decoder: nn.Module = decoder) -> torch.Tensor:
            batch = train[batches[step]]
            return functional.mse_loss(decoder(encoder(batch)), batch)

        parameters = [*encoder.parameters(), *decoder.parameters()]
        fit(parameters, loss, cfg.steps, lambda step: cfg.lr * (1 - step / cfg.steps))
        with torch.no_grad():
            error = functional.mse_loss(decoder(encoder(test)), test) / test.var(dim=0, correction=0).mean()
            code = encoder(test[:1])
        where = {"decoder": shape}
        out.add("unexplained", error, where, number, n=len(test))
        found = np.linalg.matrix_rank(Jacobian(decoder.double(), code.double()).dense().numpy())
        out.add("decoder_rank_share", found / cfg.latents, where, number)
        out.add("decoder_parameters", parameter_count(decoder), where)


def decoder_widths(latents: int, widest: int, pixels: int) -> dict[str, tuple[int, int]]:
    """Widths of the two hidden layers of decoders that grow, stay as they are, or shrink before they grow.

    All have about as many parameters as the one that grows, to `widest` units.
    """
    wanted = _parameters(latents, (widest // 4, widest), pixels)

    def fitted(share: float) -> tuple[int, int]:
        """Widths (w, w * share) with that many parameters."""
        widths = [(width, max(round(width * share), latents)) for width in range(latents, 4 * widest)]
        return min(widths, key=lambda pair: abs(_parameters(latents, pair, pixels) - wanted))

    return {"growing": (widest // 4, widest), "constant": fitted(1.0), "shrinking": fitted(0.25)}


def _parameters(latents: int, widths: tuple[int, int], pixels: int) -> int:
    sizes = [latents, *widths, pixels]
    return sum((before + 1) * after for before, after in pairwise(sizes))


def _perceptron(sizes: list[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
