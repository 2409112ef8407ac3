"""The first block of a ResNet step by step: which of convolution, batch norm, ReLU and pooling loses the image?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, instance_norm, interpolate, max_pool2d, relu

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.inversion import Descent, distance, invert, start
from soapbubble.measuring.jacobian import Jacobian
from soapbubble.measuring.layers import up_to
from soapbubble.models.initialise import seeded
from soapbubble.networks.store import TrainedNetwork
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.jacobian_rank import TOLERANCE
from soapbubble.studies.width.convolutions import passed_on
from soapbubble.studies.width.inversion import different_photographs, shrunk


class FirstBlock(Part):
    """The first block of a ResNet (convolution, batch norm, ReLU, max pooling), inverted after each of its steps."""

    seed: int = setting(74, ge=0, doc="seed of the random numbers")
    networks: int = setting(5, smoke=2, ge=2, unit="networks", doc="untrained first blocks")
    images: int = setting(2, smoke=1, ge=1, doc="photographs for each of them")
    side: int = setting(32, smoke=8, ge=8, unit="pixels", doc="side of the images that are inverted")
    # the author's script, but with a falling step and no blur
    iterations: int = setting(500, smoke=10, ge=1, unit="steps", doc="steps of a descent")
    step: float = setting(0.1, gt=0, doc="size of the first step")
    last_step: float = setting(1e-4, gt=0, doc="size of the last step")
    weight: float = setting(0.15, gt=0, doc="what the sum of absolute differences is multiplied by")
    jacobian_side: int = setting(
        12, smoke=8, ge=8, unit="pixels", doc="side of the images at which Jacobians are taken"
    )
    grid: int = setting(64, smoke=8, ge=4, doc="frequencies in each direction at which the convolution is looked at")
    page_side: int = setting(
        299, smoke=59, ge=16, unit="pixels", doc="the page's side of images, where entries are counted"
    )
    page_images: int = setting(2, smoke=1, ge=1, doc="photographs, and as many images of noise, for these counts")

    def reads(self) -> Reads:
        return Reads(data=["photos"], models=["resnet-natural"], memory_mb=900)


CHANNELS, KERNEL, STRIDE = 64, 7, 2
EPSILON = 1e-5  # what batch norm adds to a variance
WEAK = 1e-2  # singular values below this share of the largest belong to weak directions
PAGE_SIDE = 299
Function = Callable[[Tensor], Tensor]


def filters(seed: int, channels: int = CHANNELS) -> Tensor:
    """The first filters (channels, 3, 7, 7) of an untrained ResNet, as torchvision draws them."""
    with seeded(seed):
        return nn.init.kaiming_normal_(torch.empty(channels, 3, KERNEL, KERNEL), mode="fan_out", nonlinearity="relu")


def convolution(weight: Tensor) -> Function:
    """The first convolution, in the precision of the images."""
    return lambda images: conv2d(images, weight.to(images.dtype), stride=STRIDE, padding=KERNEL // 2)


def batch_norm(maps: Tensor, statistics: str) -> Tensor:
    """Untrained batch norm: with its stored statistics, mean 0 and variance 1, or with those of each image."""
    return maps / (1 + EPSILON) ** 0.5 if statistics == "stored" else instance_norm(maps, eps=EPSILON)


def _max_pool(maps: Tensor) -> Tensor:
    return max_pool2d(maps, 3, stride=2, padding=1)


def _average_pool(maps: Tensor) -> Tensor:
    return avg_pool2d(maps, 3, stride=2, padding=1)


def _normed(conv: Function, statistics: str) -> Function:
    return lambda images: batch_norm(conv(images), statistics)


def _then(first: Function, second: Function) -> Function:
    return lambda images: second(first(images))


def blocks(seed: int) -> Mapping[tuple[str, str], Function]:
    """The first block up to each of its steps, and with steps left out or exchanged, by name and statistics."""
    conv, wide = convolution(filters(seed)), convolution(filters(seed, 2 * CHANNELS))
    found: dict[tuple[str, str], Function] = {
        ("convolution", "none"): conv,
        ("max pooling alone", "none"): _then(conv, _max_pool),
        ("average pooling alone", "none"): _then(conv, _average_pool),
        ("average pooling", "stored"): lambda x: _average_pool(relu(conv(x))),
        ("every second place", "stored"): lambda x: relu(conv(x))[:, :, ::2, ::2],
        ("max pooling, 128 filters", "stored"): lambda x: _max_pool(relu(wide(x))),
    }
    for statistics in ("stored", "image"):
        normed = _normed(conv, statistics)
        found["batch norm", statistics] = normed
        found["ReLU", statistics] = _then(normed, relu)
        found["max pooling", statistics] = _then(_then(normed, relu), _max_pool)
    return found


def measure(cfg: FirstBlock, lab: Lab) -> Outcome:
    """Counts, ranks and inversions."""
    out = Outcome()
    _elements(out)
    photographs = lab.data["photos"].images
    contrasts = torch.stack([_images(photographs, cfg.images, cfg.side, k)[0].std() for k in range(cfg.networks)])
    for network in progress(range(cfg.networks), "the first block of a ResNet"):
        seed = 1000 * cfg.seed + network
        _symbol(out, cfg, seed, network)
        _inversions(out, cfg, photographs, seed, network, shown=network == contrasts.argmax())
        _ranks(out, cfg, photographs, seed, network)
        _counts(out, cfg, photographs, seed, network)
    _small(out, cfg, photographs, lab.networks["resnet-natural"])
    return out


def _elements(out: Outcome) -> None:
    """Numbers that go in and come out at the page's size of images."""
    image = torch.zeros(1, 3, PAGE_SIDE, PAGE_SIDE)
    maps = convolution(filters(0))(image)
    for name, tensor in (("input", image), ("convolution", maps), ("max pooling", _max_pool(maps))):
        out.add("elements_at_299", tensor.numel(), {"of": name})


def _small(out: Outcome, cfg: FirstBlock, photographs: np.ndarray, trained: TrainedNetwork) -> None:
    """The first blocks of small ResNets, trained and before training, by their steps; stored statistics."""
    for replicate in trained.replicates:
        images = _images(photographs, cfg.images, cfg.side, replicate)
        begin = start(images, torch.Generator().manual_seed(replicate))
        networks = {"trained": trained.network(replicate), "untrained": trained.untrained(replicate)}
        for weights, network in networks.items():
            for block in ("conv1", "bn1", "relu", "maxpool"):
                found = invert(up_to(network, block, images), images, begin, _descent(cfg), cfg.iterations).images
                left = (distance(found, images) / distance(begin, images)).mean()
                out.add("small_stem_distance", left, {"block": block, "weights": weights}, replicate, n=cfg.images)


def _descent(cfg: FirstBlock) -> Descent:
    return Descent(cfg.iterations, cfg.step, cfg.last_step, cfg.weight, blur=None)


def _symbol(out: Outcome, cfg: FirstBlock, seed: int, network: int) -> None:
    """The smallest over the largest singular value of the convolution without borders, over all frequencies.

    With stride 2 the convolution is, at each frequency, a matrix from the 12 values of a 2 x 2 cell of three colours to
    the 64 channels.
    """
    padded = np.pad(filters(seed).double().numpy(), ((0, 0), (0, 0), (0, 1), (0, 1)))
    cells = padded.reshape(CHANNELS, 3, 4, STRIDE, 4, STRIDE).transpose(0, 1, 3, 5, 2, 4).reshape(CHANNELS, -1, 4, 4)
    symbol = np.fft.fft2(cells, (cfg.grid, cfg.grid)).transpose(2, 3, 0, 1)
    values = np.linalg.svd(symbol, compute_uv=False)
    out.add("symbol_weakest", values.min() / values.max(), {}, network, n=cfg.grid**2)


def _images(photographs: np.ndarray, count: int, side: int, first: int) -> Tensor:
    """`count` photographs from the one numbered `first`: (count, 3, side, side), float32."""
    chosen = np.roll(different_photographs(photographs, len(photographs)), -first * count, axis=0)[:count]
    return torch.from_numpy(shrunk(chosen, side)).float().reshape(-1, 3, side, side)


def _inversions(out: Outcome, cfg: FirstBlock, photographs: np.ndarray, seed: int, network: int, shown: bool) -> None:
    """What is left of the distance after descent from each step's output, also after a fit of contrast and colours."""
    images = _images(photographs, cfg.images, cfg.side, network)
    begin = start(images, torch.Generator().manual_seed(seed))
    begun = distance(begin, images)
    for (block, statistics), function in blocks(seed).items():
        found = invert(function, images, begin, _descent(cfg), cfg.iterations).images
        where = {"block": block, "statistics": statistics}
        out.add("stem_distance", (distance(found, images) / begun).mean(), where, network, n=cfg.images)
        error = (found - images).square().mean(dim=(1, 2, 3))
        out.add("stem_psnr", (-10 * error.log10()).mean(), where, network, "dB", cfg.images)
        if block == "batch norm":
            fitted = (distance(_fitted(found, images), images) / begun).mean()
            out.add("stem_distance_fitted", fitted, where, network, n=cfg.images)
        if shown:
            out.picture(f"found/{block}/{statistics}", found[0].permute(1, 2, 0).clamp(0, 1).numpy())
    if shown:
        out.picture("found/image", images[0].permute(1, 2, 0).numpy())


def _fitted(found: Tensor, images: Tensor) -> Tensor:
    """The images found with the contrast, and the mean of each colour, that fit the true images best."""
    centred = found - found.mean(dim=(2, 3), keepdim=True)
    means = images.mean(dim=(2, 3), keepdim=True)
    contrast = ((images - means) * centred).sum(dim=(1, 2, 3)) / centred.square().sum(dim=(1, 2, 3))
    return means + contrast[:, None, None, None] * centred


def _ranks(out: Outcome, cfg: FirstBlock, photographs: np.ndarray, seed: int, network: int) -> None:
    """Rank of the Jacobian after each step, over the number of inputs, and directions that are weak or lost."""
    image = _images(photographs, 1, cfg.jacobian_side, network).double()
    for (block, statistics), function in blocks(seed).items():
        values = torch.linalg.svdvals(Jacobian(function, image).dense())
        where = {"block": block, "statistics": statistics}
        out.add("stem_rank", int((values > TOLERANCE * values[0]).sum()) / image.numel(), where, network)
        weak = image.numel() - int((values > WEAK * values[0]).sum())
        out.add("stem_weak_directions", weak, where, network, "directions", image.numel())
        if block == "convolution" or (block, statistics) == ("batch norm", "stored"):
            out.add("stem_condition", values[0] / values[-1], {"block": block}, network)


def _counts(out: Outcome, cfg: FirstBlock, photographs: np.ndarray, seed: int, network: int) -> None:
    """Distinct positive entries that max pooling passes on, over the number of inputs, at the page's size of images.

    At most so many directions of the input are told apart.
    """
    chosen = _images(photographs, cfg.page_images, photographs.shape[1], network)
    natural = interpolate(chosen, cfg.page_side, mode="bilinear", antialias=True)
    noise = torch.rand(natural.shape, generator=torch.Generator().manual_seed(seed))
    conv = convolution(filters(seed))
    for kind, images in (("photograph", natural), ("noise", noise)):
        for statistics in ("stored", "image"):
            shares = [passed_on(batch_norm(conv(image), statistics)) / image.numel() for image in images[:, None]]
            where = {"input": kind, "statistics": statistics}
            out.add("passed_at_page_size", np.max(shares), where, network, n=len(shares))
