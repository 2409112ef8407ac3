"""First-layer filters: whether they look like Gabor functions, and whether what excites channels repeats itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import torch
from torch import nn

from soapbubble.config.networks import EFFICIENTNET
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.inversion import start
from soapbubble.measuring.layers import up_to
from soapbubble.models.efficientnet_lite import EfficientNetLite0, InvertedResidual
from soapbubble.models.small_vision import ResNet18
from soapbubble.networks.store import ImageNetwork
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.autocorrelation import autocorrelation, crop_border
from soapbubble.stats.gabor import gabor_r2


class Filters(Part):
    """Filters of the first layer, fitted by Gabor functions; and images that excite single channels."""

    seed: int = setting(91, ge=0, doc="seed of planted filters, and of the noise that images are grown from")
    twins: int = setting(3, smoke=2, ge=2, unit="networks", doc="untrained networks of the same architecture")
    good: float = setting(0.7, gt=0, lt=1, doc="share of a filter that a Gabor function explains, to count as one")
    most: int = setting(32, smoke=6, ge=4, unit="filters", doc="filters of a network that are fitted, the first ones")
    planted_noise: float = setting(0.2, ge=0, doc="noise in planted Gabor functions, over their size")
    side: int = setting(48, smoke=32, ge=32, unit="pixels", doc="side of the images that are grown")
    channels: int = setting(12, smoke=3, ge=2, unit="channels", doc="channels that are excited")
    iterations: int = setting(40, smoke=2, ge=1, unit="steps", doc="steps up the gradient of a channel")
    step: float = setting(0.02, gt=0, doc="root mean square of a step, over the pixels of an image")

    def reads(self) -> Reads:
        return Reads(data=["photos"], models=[EFFICIENTNET, "resnet-natural", "resnet-noise"], memory_mb=800)


FLAT = 1e-3  # of the largest filter: below, a filter is out of use
PLANTED = 32
EARLY = "Conv2"
GRATING_SIDE, GRATING_PERIODS = 15, (6.0, 9.0)  # pixels


def measure(cfg: Filters, lab: Lab) -> Outcome:
    """Shares of Gabor-like filters; how periodic the images are that excite the channels of an early stage."""
    out = Outcome()
    efficient, natural = lab.networks[EFFICIENTNET], lab.networks["resnet-natural"]
    trained = main_colour(seen_filters(efficient.network()))
    _gabor(out, cfg, trained, "EfficientNet-Lite0", "trained", 0)
    for seed in range(cfg.twins):
        _gabor(out, cfg, main_colour(seen_filters(efficient.untrained(seed))), "EfficientNet-Lite0", "untrained", seed)
    for seed in natural.replicates:
        for weights, network in (("trained", natural.network(seed)), ("untrained", natural.untrained(seed))):
            assert isinstance(network, ResNet18)
            _gabor(out, cfg, main_colour(network.conv1.weight.numpy()), "ResNet-18", weights, seed)
    _gabor(out, cfg, _planted(cfg), "planted", "planted", 0)
    out.picture("filters", trained)
    _patterns(out, cfg, lab)
    return out


def seen_filters(network: ImageNetwork) -> np.ndarray:
    """What each channel of the first depthwise layer sees of the image, nonlinearity left aside: (channels, 3, 7, 7).

    The first convolution, 3 x 3 in steps of 2, followed by the 3 x 3 filter of the channel.
    """
    assert isinstance(network, EfficientNetLite0)
    first = network._conv_stem.weight.numpy()
    second = cast(InvertedResidual, network._blocks[0])._depthwise_conv.weight.numpy()[:, 0]
    seen = np.zeros((*first.shape[:2], 7, 7))
    for row in range(3):
        for column in range(3):
            place = np.s_[:, :, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
            seen[place] += second[:, row, column, None, None, None] * first
    return seen


def main_colour(filters: np.ndarray) -> np.ndarray:
    """Filters (n, 3, side, side) along the direction in colour space in which each varies most: (n, side, side)."""
    flat = filters.reshape(len(filters), 3, -1)
    _, sizes, shapes = np.linalg.svd(flat, full_matrices=False)
    return (sizes[:, :1] * shapes[:, 0]).reshape(len(filters), *filters.shape[2:])


def _planted(cfg: Filters) -> np.ndarray:
    """Gabor functions of random directions under noise: what the fit has to find."""
    rng = np.random.default_rng(cfg.seed)
    axis = np.arange(7) - 3
    y, x = np.meshgrid(axis, axis, indexing="ij")
    angle, phase = rng.uniform(0, 2 * np.pi, (2, PLANTED, 1, 1))
    frequency, width = rng.uniform(0.15, 0.3, (PLANTED, 1, 1)), rng.uniform(1.2, 2.5, (PLANTED, 1, 1))
    wave = np.cos(2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle)) + phase)
    planted = wave * np.exp(-0.5 * (x**2 + y**2) / width**2)
    size = np.sqrt(np.square(planted).mean(axis=(1, 2), keepdims=True))
    return planted + cfg.planted_noise * size * rng.standard_normal(planted.shape)


def _gabor(out: Outcome, cfg: Filters, filters: np.ndarray, network: str, weights: str, seed: int) -> None:
    size = np.square(filters).sum(axis=(1, 2))
    used = filters[size > FLAT**2 * size.max()][: cfg.most]
    explained = gabor_r2(used)
    where = {"network": network, "weights": weights}
    out.add("gabor_like", np.mean(explained > cfg.good), where, seed, "proportion", len(used))
    out.add("gabor_explained", np.median(explained), where, seed, n=len(used))


def _patterns(out: Outcome, cfg: Filters, lab: Lab) -> None:
    efficient = lab.networks[EFFICIENTNET]
    networks: list[tuple[str, str, int, ImageNetwork]] = [("EfficientNet-Lite0", "trained", 0, efficient.network())]
    networks += [("EfficientNet-Lite0", "untrained", seed, efficient.untrained(seed)) for seed in range(cfg.twins)]
    for name in ("natural", "noise"):
        model = lab.networks[f"resnet-{name}"]
        networks += [("ResNet-18", name, seed, model.network(seed)) for seed in model.replicates]
    networks += [("ResNet-18", "untrained", seed, model.untrained(seed)) for seed in model.replicates]
    for network, weights, seed, one in progress(networks, "growing images that excite channels"):
        grown = _grown(cfg, one, seed)
        repeats = periodicity(grown)
        if network == "ResNet-18":
            out.add("repeats_by_network", repeats.mean(), {"weights": weights}, seed, n=len(repeats))
        else:
            for channel, value in enumerate(repeats):
                out.add("repeats", value, {"weights": weights}, channel + len(repeats) * seed)
        if seed == 0:
            out.picture(f"grown {network} {weights}", np.clip(grown, 0, 1))
    for channel, value in enumerate(periodicity(_raised(cfg, gratings(cfg.channels, cfg.seed)))):
        out.add("repeats", value, {"weights": "planted gratings"}, channel)


def gratings(channels: int, seed: int) -> nn.Module:
    """A layer whose channels are excited by stripes, each by stripes of a period and a direction of its own."""
    rng = np.random.default_rng((seed, 1))
    axis = np.arange(GRATING_SIDE)
    y, x = np.meshgrid(axis, axis, indexing="ij")
    angle, phase = rng.uniform(0, 2 * np.pi, (2, channels, 1, 1))
    period = rng.uniform(*GRATING_PERIODS, (channels, 1, 1))
    kernels = np.cos(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period + phase)
    kernels -= kernels.mean(axis=(1, 2), keepdims=True)
    convolution = nn.Conv2d(3, channels, GRATING_SIDE, bias=False).requires_grad_(False)
    convolution.weight.copy_(torch.from_numpy(kernels)[:, None].expand(-1, 3, -1, -1))
    return nn.Sequential(convolution, nn.ReLU())


def _grown(cfg: Filters, network: ImageNetwork, replicate: int) -> np.ndarray:
    """One image for each of the first channels, which raises the mean of that channel: (channels, 3, side, side)."""
    example = torch.zeros(1, 3, cfg.side, cfg.side)
    return _raised(cfg, up_to(network, network.stages[EARLY], example), replicate)


def _raised(cfg: Filters, layer: Callable[[torch.Tensor], torch.Tensor], replicate: int = 0) -> np.ndarray:
    """The same for any layer; each replicate begins from noise of its own."""
    generator = torch.Generator().manual_seed(cfg.seed + replicate)
    images = start(torch.zeros(cfg.channels, 3, cfg.side, cfg.side), generator)
    channels = torch.arange(cfg.channels)
    for _ in range(cfg.iterations):
        images.requires_grad_()
        excited = layer(images)[channels, channels].mean(dim=(1, 2))
        (slope,) = torch.autograd.grad(excited.sum(), images)
        size = slope.square().mean(dim=(1, 2, 3), keepdim=True).sqrt().clamp_min(torch.finfo(slope.dtype).tiny)
        images = (images + cfg.step * slope / size).detach().clamp(0, 1)
    return images.numpy()


def periodicity(images: np.ndarray) -> np.ndarray:
    """Highest autocorrelation (n,) of each image beyond the first distance at which it is not positive; else 0."""
    rho = autocorrelation(crop_border(images), images.shape[-1] // 3)
    fallen = np.maximum.accumulate(rho <= 0, axis=1)
    return np.where(fallen, rho, 0).max(axis=1)
