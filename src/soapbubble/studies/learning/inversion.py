"""EfficientNet-Lite0 as ImageNet left it, against its untrained twins: what descents find from its stages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy.ndimage import uniform_filter
from skimage.metrics import structural_similarity
from torch import nn

from soapbubble.config.networks import EFFICIENTNET
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.image_similarity import shown
from soapbubble.measuring.layers import Layer
from soapbubble.networks.store import TrainedNetwork
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.edges import luminance
from soapbubble.stats.rank_correlation import spearman
from soapbubble.studies.learning.descents import Found, Inverting, apart, beginning, descent, inverted, stage
from soapbubble.studies.learning.pictures import outside, within


class Inversion(Inverting, Part):
    """Descents from the stages of a network that ImageNet taught, and of networks that nobody taught."""

    within: int = setting(6, smoke=2, ge=2, unit="images", doc="photographs of what ImageNet has classes for")
    outside: int = setting(4, smoke=2, ge=2, unit="images", doc="images of what it has no class for")
    twins: int = setting(3, smoke=2, ge=2, unit="networks", doc="untrained networks of the same architecture")
    spread_stages: list[str] = setting(["Conv2", "Conv3"], doc="stages with a second start")

    def reads(self) -> Reads:
        return Reads(data=["photos", "digits", "faces"], models=["efficientnet-lite0"], memory_mb=1200)


STAGES = ("Conv1", "Conv2", "Conv3", "Conv4", "Conv5")
LAST = "Conv5"
SALIENT = "Conv4"  # where the accuracy of an inversion is compared with what the class depends on
SALIENCY_PIXELS = 9  # side of the squares over which saliency is averaged
SSIM_WINDOW = 7  # the default of scikit-image


def measure(cfg: Inversion, lab: Lab) -> Outcome:
    """Distances, likeness and paths for each stage and image; values of untrained networks are means over the twins."""
    out = Outcome()
    model = lab.networks[EFFICIENTNET]
    groups = {
        "within": within(lab.data["photos"], cfg.within, cfg.side),
        "outside": outside(lab.data, cfg.outside, cfg.side),
    }
    images = torch.cat(list(groups.values()))
    ends = np.cumsum([len(group) for group in groups.values()])
    rows = {name: range(end - len(group), end) for (name, group), end in zip(groups.items(), ends, strict=True)}
    networks = {"trained": [model.network()], "untrained": [model.untrained(seed) for seed in range(cfg.twins)]}
    begin = beginning(cfg, images)
    for name in progress(STAGES, "inverting the stages of EfficientNet-Lite0"):
        for weights, kind in networks.items():
            layers = [stage(network, name, images) for network in kind]
            found = [inverted(cfg, layer, images, begin, descent(cfg)) for layer in layers]
            out.picture(f"{name} {weights}", shown(found[0].images))
            for group, numbers in rows.items():
                where = {"weights": weights, "stage": name, "images": group}
                _add(out, "output_ratio", _geometric([one.ratio for one in found]), where, numbers)
                _add(out, "output_relative", _geometric([one.relative for one in found]), where, numbers)
                _add(out, "edges", np.mean([one.edges for one in found], axis=0), where, numbers)
                _add(out, "likeness", np.mean([one.ssim for one in found], axis=0), where, numbers)
            if name == LAST:
                _last(out, cfg, weights, layers, found, images[: len(rows["within"])])
            if name == SALIENT:
                _salient(out, weights, found, images, model, rows["within"])
            if weights == "trained":
                _blurred(out, cfg, name, layers[0], groups["within"])
            if name in cfg.spread_stages:
                _spread(out, cfg, name, weights, layers, found, images[: len(rows["within"])])
    out.picture("originals", images.numpy())
    return out


def _add(out: Outcome, quantity: str, values: np.ndarray, where: dict[str, str], numbers: Sequence[int]) -> None:
    for number in numbers:
        out.add(quantity, values[number], where, number)


def _geometric(values: list[np.ndarray]) -> np.ndarray:
    return np.exp(np.log(values).mean(axis=0))


def _last(
    out: Outcome, cfg: Inversion, weights: str, layers: list[Layer], falling: list[Found], images: torch.Tensor
) -> None:
    """How input and output distance go together on the way, with steps that fall and steps that do not."""
    fixed = [inverted(cfg, layer, images, beginning(cfg, images), descent(cfg, falling=False)) for layer in layers]
    for steps, found in (("falling", falling), ("fixed", fixed)):
        where = {"weights": weights, "steps": steps}
        for number in range(len(images)):
            out.add("opposition", np.mean([one.opposed[number] for one in found]), where, number)
        for distance in ("input", "output"):
            path = np.mean([getattr(one, f"{distance}_path")[:, : len(images)].mean(axis=1) for one in found], axis=0)
            for iteration, value in enumerate(path):
                out.add("distance_path", value, {**where, "distance": distance, "iteration": iteration}, n=len(images))


def _salient(
    out: Outcome, weights: str, found: list[Found], images: torch.Tensor, model: TrainedNetwork, numbers: Sequence[int]
) -> None:
    """Whether an inversion is better where the class depends on the pixels: rank correlation over places."""
    saliency = _saliency(model.network(), images)
    for number in numbers:
        agreement = [_correlation(saliency[number], _local_ssim(images[number], one.images[number])) for one in found]
        out.add("saliency_agreement", np.mean(agreement), {"weights": weights}, number)


def _saliency(network: nn.Module, images: torch.Tensor) -> np.ndarray:
    """Size of the gradient of the largest log-odds (n, side, side), averaged over squares."""
    images = images.clone().requires_grad_()
    (slope,) = torch.autograd.grad(network(images).max(dim=1).values.sum(), images)
    return uniform_filter(slope.abs().sum(dim=1).numpy(), (1, SALIENCY_PIXELS, SALIENCY_PIXELS))


def _local_ssim(image: torch.Tensor, found: np.ndarray) -> np.ndarray:
    """Structural similarity (side, side) at each place."""
    a, b = (luminance(shown(one[None]))[0] for one in (image.numpy(), found))
    return structural_similarity(a, b, win_size=SSIM_WINDOW, data_range=1.0, full=True)[1]


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(spearman(a.reshape(-1, 1), b.reshape(-1, 1))[0, 0])


def _spread(
    out: Outcome,
    cfg: Inversion,
    name: str,
    weights: str,
    layers: list[Layer],
    first: list[Found],
    images: torch.Tensor,
) -> None:
    """How far apart two descents towards the same output end: over their distance at the start."""
    begin = beginning(cfg, images, stream=1)
    apart_at_start = apart(begin.numpy(), beginning(cfg, images).numpy())
    distances = []
    for layer, one in zip(layers, first, strict=True):
        second = inverted(cfg, layer, images, begin, descent(cfg))
        distances.append(apart(second.images, one.images[: len(images)]) / apart_at_start)
    where = {"weights": weights, "stage": name}
    for number in range(len(images)):
        out.add("spread", np.mean([one[number] for one in distances]), where, number)


def _blurred(out: Outcome, cfg: Inversion, name: str, layer: Layer, images: torch.Tensor) -> None:
    """The trained network with a blur after each step."""
    found = inverted(cfg, layer, images, beginning(cfg, images), descent(cfg, blur=True))
    out.picture(f"{name} blurred", shown(found.images))
    for number, value in enumerate(found.ratio):
        out.add("blurred_output_ratio", value, {"stage": name}, number)
