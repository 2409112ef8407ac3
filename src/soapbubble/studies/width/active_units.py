"""How many ReLU units are active: half of them, as assumed, and does training activate more where they are needed?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.training import fit, linear_decay, random_batches
from soapbubble.models.initialise import seeded
from soapbubble.models.vision import ResNetName, untrained_resnet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.width.inversion import different_photographs, shrunk


class ActiveUnits(Part):
    """Shares of active units in untrained networks, and in small ones before and after training."""

    seed: int = setting(77, ge=0, doc="seed of the random numbers")
    networks: int = setting(4, smoke=2, ge=2, unit="networks", doc="untrained networks of each kind")
    images: int = setting(8, smoke=2, ge=2, doc="photographs that go in")
    side: int = setting(64, smoke=32, ge=32, unit="pixels", doc="their side in a ResNet")
    dense_side: int = setting(8, smoke=4, ge=2, unit="pixels", doc="their side in a dense network")
    layers: int = setting(
        4, ge=1, unit="layers", doc="layers of the dense networks, each of twice the number of inputs"
    )
    trained: int = setting(5, smoke=2, ge=2, unit="networks", doc="networks of each kind that are trained")
    digits_side: int = setting(
        8, smoke=4, ge=4, unit="pixels", doc="side of the digits, or of images of noise, for that"
    )
    factors: list[float] = setting([1.0, 2.0, 3.0], smoke=[1.0, 3.0], min_length=2, doc="hidden units for each input")
    steps: int = setting(800, smoke=10, ge=1, unit="steps", doc="steps of training")
    batch_size: int = setting(64, smoke=16, ge=1, unit="images", doc="images in a step")
    lr: float = setting(0.003, gt=0, doc="learning rate, falling to zero")

    def reads(self) -> Reads:
        return Reads(data=["photos", "digits"], memory_mb=900)


RESNETS: tuple[ResNetName, ...] = ("resnet18", "resnet50")
CLASSES = 10
UNTRAINED, TRAINED = range(2)  # places in the tree of seeds


def measure(cfg: ActiveUnits, lab: Lab) -> Outcome:
    """Shares of active units."""
    out = Outcome()
    photographs = different_photographs(lab.data["photos"].images, cfg.images)
    _dense(out, cfg, torch.from_numpy(shrunk(photographs, cfg.dense_side)).float())
    _resnets(out, cfg, torch.from_numpy(shrunk(photographs, cfg.side)).float().reshape(-1, 3, cfg.side, cfg.side))
    digits = torch.from_numpy(shrunk(lab.data["digits"].images, cfg.digits_side)).float()
    labels = torch.from_numpy(np.asarray(lab.data["digits"].extras["labels"])).long()
    noise = torch.rand(digits.shape, generator=torch.Generator().manual_seed(cfg.seed))
    for replicate in progress(range(cfg.trained), "training with few and many ReLU units"):
        for factor in cfg.factors:
            _autoencoder(out, cfg, digits, "digits", factor, replicate)
            _autoencoder(out, cfg, noise, "noise", factor, replicate)
            _classifier(out, cfg, digits, labels, factor, replicate)
    return out


def _seed(cfg: ActiveUnits, *path: int) -> int:
    return int(np.random.SeedSequence(cfg.seed, spawn_key=path).generate_state(1)[0])


@torch.no_grad()
def _shares(network: nn.Module, images: Tensor) -> list[tuple[float, str]]:
    """The share of positive outputs of each ReLU, in the order in which they are run, and what comes before it.

    A residual block has one module for all of its ReLUs, of which the last follows the sum.
    """
    runs: list[tuple[nn.Module, float]] = []
    hooks = [
        module.register_forward_hook(
            lambda module, inputs, output: runs.append((module, float((output > 0).float().mean())))
        )
        for module in network.modules()
        if isinstance(module, nn.ReLU)
    ]
    network(images)
    for hook in hooks:
        hook.remove()
    last = {id(module): number for number, (module, _) in enumerate(runs)}
    several = Counter(id(module) for module, _ in runs)
    return [
        (share, "sum" if several[id(module)] > 1 and last[id(module)] == number else "layer")
        for number, (module, share) in enumerate(runs)
    ]


def _dense(out: Outcome, cfg: ActiveUnits, images: Tensor) -> None:
    inputs = images.shape[1]
    widths = [inputs] + [2 * inputs] * cfg.layers
    for replicate in range(cfg.networks):
        with seeded(_seed(cfg, UNTRAINED, replicate)):
            network = nn.Sequential(*(layer for below, units in pairwise(widths) for layer in _layer(below, units)))
        for layer, (share, after) in enumerate(_shares(network, images), start=1):
            where = {"network": "dense", "batch_norm": "none", "layer": layer, "after": after}
            out.add("active_share", share, where, replicate)


def _layer(inputs: int, units: int) -> tuple[nn.Module, nn.Module]:
    return nn.Linear(inputs, units), nn.ReLU()


def _resnets(out: Outcome, cfg: ActiveUnits, images: Tensor) -> None:
    """ResNets as drawn, batch norm with its stored statistics or those of the batch of photographs."""
    for name in RESNETS:
        for replicate in range(cfg.networks):
            with seeded(_seed(cfg, UNTRAINED, replicate)):
                network = untrained_resnet(name)
            for statistics in ("stored", "batch"):
                found = _shares(network.train(statistics == "batch"), images)
                for layer, (share, after) in enumerate(found, start=1):
                    where = {"network": name, "batch_norm": statistics, "layer": layer, "after": after}
                    out.add("active_share", share, where, replicate)


def _autoencoder(out: Outcome, cfg: ActiveUnits, images: Tensor, data: str, factor: float, replicate: int) -> None:
    """One hidden layer that has to give the images back."""
    network = _one_hidden(cfg, images.shape[1], factor, images.shape[1], replicate)
    task = f"give {data} back"
    _trained(out, cfg, network, images, task, factor, replicate, lambda rows: _mean_square(network, images[rows]))
    left = float(_mean_square(network, images).detach() / images.var(dim=0, correction=0).mean())
    out.add("unexplained", left, {"task": task, "factor": factor}, replicate, n=len(images))


def _mean_square(network: nn.Module, images: Tensor) -> Tensor:
    return functional.mse_loss(network(images), images)


def _classifier(out: Outcome, cfg: ActiveUnits, images: Tensor, labels: Tensor, factor: float, replicate: int) -> None:
    """The same hidden layer, which has to tell the digits apart."""
    network = _one_hidden(cfg, images.shape[1], factor, CLASSES, replicate)

    def loss(rows: Tensor) -> Tensor:
        return functional.cross_entropy(network(images[rows]), labels[rows])

    _trained(out, cfg, network, images, "classify digits", factor, replicate, loss)


def _one_hidden(cfg: ActiveUnits, inputs: int, factor: float, outputs: int, replicate: int) -> nn.Sequential:
    units = round(factor * inputs)
    with seeded(_seed(cfg, TRAINED, replicate, units)):
        return nn.Sequential(*_layer(inputs, units), nn.Linear(units, outputs))


def _trained(
    out: Outcome,
    cfg: ActiveUnits,
    network: nn.Module,
    images: Tensor,
    task: str,
    factor: float,
    replicate: int,
    loss: Callable[[Tensor], Tensor],
) -> None:
    """Train the network, and note the share of active units before and after."""
    rows = random_batches(len(images), cfg.batch_size, cfg.steps, _seed(cfg, TRAINED, replicate))
    for when in ("before", "after"):
        if when == "after":
            fit(network.parameters(), lambda step: loss(rows[step]), cfg.steps, linear_decay(cfg.lr, cfg.steps))
        where = {"task": task, "factor": factor, "training": when}
        out.add("trained_active_share", _shares(network, images)[0][0], where, replicate, n=len(images))
