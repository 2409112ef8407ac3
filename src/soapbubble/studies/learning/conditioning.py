"""How evenly stages pass on small changes of an image, and how many they pass on at all."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from soapbubble.config.networks import EFFICIENTNET
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.jacobian import Jacobian
from soapbubble.measuring.layers import up_to
from soapbubble.models.initialise import seeded
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.learning.pictures import within


class Conditioning(Part):
    """Singular values of the Jacobians of stages, and the rank of a first stage for chosen weights."""

    seed: int = setting(94, ge=0, doc="seed of the weights and images of first stages")
    side: int = setting(24, smoke=16, ge=16, unit="pixels", doc="side of the images")
    images: int = setting(3, smoke=2, ge=2, unit="images", doc="photographs at which the trained network is measured")
    twins: int = setting(3, smoke=2, ge=2, unit="networks", doc="untrained networks, at one photograph each")
    stages: list[str] = setting(
        ["Conv2", "Conv3", "Conv5"], smoke=["Conv2", "Conv5"], doc="stages of EfficientNet-Lite0"
    )
    stem_side: int = setting(15, smoke=9, ge=9, unit="pixels", doc="side of the images of first stages")
    stem_channels: int = setting(64, ge=8, unit="channels", doc="channels of first stages, as in a ResNet")
    stems: int = setting(5, smoke=3, ge=3, unit="networks", doc="first stages with random weights")
    shift: float = setting(10.0, gt=0, doc="what is added to all inputs of the ReLU so that none is cut off")

    def reads(self) -> Reads:
        return Reads(data=["photos"], models=[EFFICIENTNET], memory_mb=1200)


SEEN = 1e-6  # singular values below this share of the largest are not told from zero in single precision


def measure(cfg: Conditioning, lab: Lab) -> Outcome:
    """Condition number and effective rank of stages; rank of first stages."""
    out = Outcome()
    model = lab.networks[EFFICIENTNET]
    images = within(lab.data["photos"], max(cfg.images, cfg.twins), cfg.side)
    runs = [("trained", number, model.network()) for number in range(cfg.images)]
    runs += [("untrained", seed, model.untrained(seed)) for seed in range(cfg.twins)]
    for weights, number, network in progress(runs, "singular values of the stages of EfficientNet-Lite0"):
        image = images[number : number + 1]
        for name in cfg.stages:
            layer = up_to(network, network.stages[name], image)
            values = torch.linalg.svdvals(Jacobian(layer, image).dense()).numpy()
            seen = values[values > SEEN * values[0]]
            where = {"weights": weights, "stage": name}
            out.add("stage_condition", seen[0] / seen[-1], where, number, n=len(values))
            out.add("stage_effective_rank", _effective_rank(values) / len(values), where, number, n=len(values))
    _stems(out, cfg)
    return out


def _effective_rank(values: np.ndarray) -> float:
    """Exponential of the entropy of the shares of the singular values (Roy and Vetterli 2007)."""
    shares = values[values > 0] / values.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _stems(out: Outcome, cfg: Conditioning) -> None:
    """Rank of convolution, ReLU and pooling over the inputs, in double precision, with and without a shift."""
    for number in range(cfg.stems):
        image = torch.rand(
            1, 3, cfg.stem_side, cfg.stem_side, generator=torch.Generator().manual_seed(cfg.seed + number)
        ).double()
        for bias, shift in (("zero", 0.0), ("shifted", cfg.shift)):
            matrix = Jacobian(_stem(cfg, cfg.seed + number, shift), image).dense().numpy()
            outputs, inputs = matrix.shape
            out.add("stem_rank_share", np.linalg.matrix_rank(matrix) / inputs, {"bias": bias}, number, n=inputs)
            out.add("stem_outputs_share", outputs / inputs, {"bias": bias}, number, n=inputs)


def _stem(cfg: Conditioning, seed: int, shift: float) -> nn.Module:
    with seeded(seed):
        first = nn.Conv2d(3, cfg.stem_channels, 7, stride=2, padding=3)
        nn.init.kaiming_normal_(first.weight, mode="fan_out", nonlinearity="relu")
        assert first.bias is not None
        nn.init.constant_(first.bias, shift)
    stem = nn.Sequential(first, nn.ReLU(), nn.MaxPool2d(3, stride=2, padding=1))
    return stem.double().eval().requires_grad_(False)
