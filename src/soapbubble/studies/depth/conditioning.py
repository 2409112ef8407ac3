"""How much of what an inversion misses cannot be seen by the layer at all, and how much only hardly."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import nn

from soapbubble.config.networks import ResNetName
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.inversion import PAGE_SHIFT, Descent, invert, start
from soapbubble.measuring.jacobian import Jacobian, shares
from soapbubble.measuring.layers import up_to
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.rank_correlation import spearman
from soapbubble.studies.depth.networks import STAGES, random_resnet
from soapbubble.studies.depth.photographs import photographs


class Conditioning(Part):
    """Singular values of the Jacobian at the image, and the remaining error along its directions."""

    seed: int = setting(206, ge=0, doc="seed of networks and noise")
    network: ResNetName = setting("resnet18", doc="untrained network whose Jacobians are taken at small images")
    stages: list[str] = setting(
        ["Conv1", "Conv1 pooled", "Conv2", "Conv3", "Conv4", "Conv5"],
        smoke=["Conv1", "Conv1 pooled", "Conv2", "Conv5"],
        min_length=3,
        doc="stages",
    )
    # the whole Jacobian in double precision
    side: int = setting(16, ge=16, le=64, unit="pixels", doc="side of the images")
    draws: int = setting(5, smoke=2, ge=2, doc="networks, each with a photograph of its own: the unit of replication")
    iterations: int = setting(200, smoke=5, ge=2, doc="steps of a descent")
    step: float = setting(0.05, gt=0, doc="first step, root mean square over the pixels; it falls linearly to nothing")
    # Conv5 has two thirds as many values as the image at 32 and 64 pixels, three quarters at the source's 299
    deep_network: ResNetName = setting("resnet50", doc="network whose Conv5 is looked at as well")
    deep_side: int = setting(32, ge=32, le=64, unit="pixels", doc="side of the images for it")
    deep_draws: int = setting(3, smoke=2, ge=2, doc="networks of that kind, the unit of replication")
    deep_iterations: int = setting(100, smoke=5, ge=2, doc="steps of a descent for it")

    def reads(self) -> Reads:
        return Reads(data=["photos"], memory_mb=5500)


EXACT, ROUNDED = 1e-10, 1e-5  # singular values below this share of the largest are none, in double and single precision
WEAK = 1e-1  # below this share of the largest a direction counts as weak
DIRECTIONS = ("strong", "weak", "null")


def measure(cfg: Conditioning, lab: Lab) -> Outcome:
    """Ranks and conditions by stage; where the errors of inversions lie; what the layer sees of other changes."""
    out = Outcome()
    images = photographs(lab.data["photos"], cfg.side, cfg.draws)
    for draw in progress(range(cfg.draws), "Jacobians"):
        network = random_resnet(cfg.network, cfg.seed + draw)
        found = []
        for stage in cfg.stages:
            where: dict[str, str | int] = {"network": cfg.network, "stage": stage, "side": cfg.side}
            image = images[draw : draw + 1]
            found.append(_stage(out, where, network, image, cfg.iterations, cfg.step, EXACT, cfg.seed + draw, draw))
        _agreement(out, found, cfg.seed + draw, draw)
    images = photographs(lab.data["photos"], cfg.deep_side, cfg.deep_draws)
    for draw in progress(range(cfg.deep_draws), "Jacobians of the deep network"):
        network = random_resnet(cfg.deep_network, cfg.seed + draw)
        where = {"network": cfg.deep_network, "stage": "Conv5", "side": cfg.deep_side}
        image = images[draw : draw + 1]
        _stage(out, where, network, image, cfg.deep_iterations, cfg.step, ROUNDED, cfg.seed + draw, draw)
    return out


def _stage(
    out: Outcome,
    where: dict[str, str | int],
    network: nn.Module,
    image: torch.Tensor,
    iterations: int,
    step: float,
    null: float,
    seed: int,
    draw: int,
) -> tuple[float, float]:
    """The share of the input's dimensions that the layer does not see, and m_i over the distance of the start."""
    layer = up_to(network, STAGES[str(where["stage"])], image)
    begin = start(image, torch.Generator().manual_seed(seed))
    descent = Descent(iterations, step=step, last_step=0.0, normalised=True, blur=None)
    inversion = invert(layer, image, begin, descent, iterations)
    found = inversion.images
    if null == EXACT:
        layer = up_to(copy.deepcopy(network).double(), layer.name, image.double())
        image, begin, found = image.double(), begin.double(), found.double()
    described = _at(layer, image, found, begin, null, seed)
    out.add("rank_share", described["rank"], where, draw)
    out.add("log10_condition", described["log10 condition"], where, draw)
    for key in ("top", "bottom", "error"):
        out.add("response_over_random", described[key], where | {"direction": key}, draw)
    for direction in DIRECTIONS:
        for of in ("error", "start", "random"):
            out.add("error_share", described[f"{of} {direction}"], where | {"of": of, "directions": direction}, draw)
    remains = float(inversion.input_distance[-1, 0] / inversion.input_distance[0, 0])
    out.add("small_input_over_start", remains, where, draw)
    # A linear layer would leave that much of the start's error where it is.
    out.add("unseen_over_start", np.sqrt(described["start null"]), where, draw)
    return 1 - described["rank"], remains


def _at(
    layer: nn.Module, image: torch.Tensor, found: torch.Tensor, begin: torch.Tensor, null: float, seed: int
) -> dict[str, float]:
    """Rank, condition, and where changes lie, at one image."""
    jacobian = Jacobian(layer, image)
    matrix = jacobian.dense()
    # Outputs that ReLU holds at zero see nothing; without them the decomposition is cheaper.
    matrix = matrix[matrix.abs().sum(dim=1) > 0]
    _, values, right = torch.linalg.svd(matrix, full_matrices=False)
    seen = values > null * values[0]
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(image.numel(), generator=generator, dtype=image.dtype)
    length = PAGE_SHIFT * image.numel() ** 0.5
    changes = {"error": (found - image).flatten(), "start": (begin - image).flatten(), "random": noise}
    described = {
        "rank": float(seen.sum()) / image.numel(),
        "log10 condition": float(torch.log10(values[0] / values[seen][-1])),
    }
    with torch.no_grad():
        target = layer(image)

        def response(direction: torch.Tensor) -> float:
            unit = direction / direction.norm()
            return float((layer(image + length * unit.view_as(image)) - target).norm())

        random = response(noise)
        for key, direction in (("top", right[0]), ("bottom", right[seen][-1]), ("error", changes["error"])):
            described[key] = response(direction) / random
    for of, change in changes.items():
        divided = shares(change, (values, right), WEAK, null)
        described |= {f"{of} {name}": getattr(divided, name) for name in DIRECTIONS}
    return described


def _agreement(out: Outcome, found: list[tuple[float, float]], seed: int, draw: int) -> None:
    """Rank correlation over stages of what is not seen with what is not found; and with the stages shuffled."""
    deficit, remains = (np.array(column)[:, None] for column in zip(*found, strict=True))
    out.add("deficit_correlation", spearman(deficit, remains)[0, 0], {"stages": "as they are"}, draw, n=len(found))
    shuffled = np.random.default_rng(seed).permutation(remains)
    out.add("deficit_correlation", spearman(deficit, shuffled)[0, 0], {"stages": "shuffled"}, draw, n=len(found))
