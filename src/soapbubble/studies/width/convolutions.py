"""What convolutions, mean filters and pooling lose, from their matrices and by construction."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.random_points import generator
from soapbubble.studies.width.maps import convolution, matrix_of, nullity


class Convolutions(Part):
    """Convolutions as matrices, pixel swaps and pooling."""

    seed: int = setting(61, ge=0, doc="seed of the random numbers")
    networks: int = setting(5, ge=2, unit="draws", doc="draws of every random layer, the unit of replication")
    sides: list[int] = setting(
        [8, 12], smoke=[6], min_length=1, unit="pixels", doc="sides of the images on which layers become matrices"
    )
    box_pixels: list[int] = setting(
        [28, 29, 30, 31, 32, 299], smoke=[28, 29], min_length=2, unit="pixels", doc="lengths of a row that is averaged"
    )
    swaps: int = setting(20, smoke=4, ge=2, unit="images", doc="random images in which two neighbours are swapped")
    pooled_images: int = setting(6, smoke=2, ge=1, unit="images", doc="photographs that go through the first layers")

    def reads(self) -> Reads:
        return Reads(data=["photos"], memory_mb=900)


# channels in and out, kernel, stride
LAYERS = {
    "3x3, 1 to 1": (1, 1, 3, 1),
    "3x3, 3 to 3": (3, 3, 3, 1),
    "3x3, 3 to 16": (3, 16, 3, 1),
    "1x1, 4 to 16": (4, 16, 1, 1),
    "7x7, 3 to 64, stride 2": (3, 64, 7, 2),
    "3x3, 3 to 1": (3, 1, 3, 1),
    "3x3, 3 to 6, stride 2": (3, 6, 3, 2),
}
FEWER = ("3x3, 3 to 1", "3x3, 3 to 6, stride 2")  # fewer outputs than inputs
FIRST = "7x7, 3 to 64, stride 2"  # of a ResNet
FAMILY = np.linspace(-5, 5, 100)  # t of the pairs (2.5 + t, 2.5 - t)
KERNEL = 3  # pixels a side of the filters under which pixels are swapped
BATCH_NORM_EPS = 1e-5


def measure(cfg: Convolutions, lab: Lab) -> Outcome:
    """Ranks of convolutions, what a swap of pixels changes, and what pooling passes on."""
    out = Outcome()
    _mean_filter(out)
    _ranks(out, cfg)
    _box_filters(out, cfg)
    _swaps(out, cfg)
    _pooled_pairs(out)
    _max_pooling(out, cfg, lab)
    return out


def _mean_filter(out: Outcome) -> None:
    """The filter [1 1]/2 on pairs of numbers."""
    kernel = np.array([0.5, 0.5])
    for pair in ((2.0, 3.0), (0.0, 5.0), (2.5, 2.5), (0.0, 2.5), (1.0, 1.5)):
        where = {"pair": f"{pair[0]:g}, {pair[1]:g}", "sum": sum(pair)}
        out.add("mean_filter_output", kernel @ pair, where)
    family = np.stack([2.5 + FAMILY, 2.5 - FAMILY])
    out.add("mean_filter_family_change", np.abs(kernel @ family - 2.5).max(), n=len(FAMILY))
    out.add("mean_filter_rank", np.linalg.matrix_rank(kernel[None]))


def _ranks(out: Outcome, cfg: Convolutions) -> None:
    """Lost directions and condition number of every layer, with as many outputs as inputs or more, or with fewer."""
    jobs = [(name, side, network) for name in LAYERS for side in cfg.sides for network in range(cfg.networks)]
    for name, side, network in progress(jobs, "convolutions as matrices"):
        channels_in, channels_out, kernel, stride = LAYERS[name]
        random = torch.Generator().manual_seed(1000 * cfg.seed + network)
        layer = convolution(channels_in, channels_out, kernel, stride, random)
        matrix = matrix_of(layer, (channels_in, side, side))
        values = np.linalg.svd(matrix, compute_uv=False)
        rank = np.count_nonzero(values > values[0] * max(matrix.shape) * np.finfo(float).eps)
        where = {"layer": name, "side": side, "outputs": "fewer" if name in FEWER else "enough"}
        out.add("conv_nullity", matrix.shape[1] - rank, where, network, "directions", matrix.shape[1])
        if name not in FEWER:
            out.add("conv_condition", values[0] / values[-1], where, network, n=matrix.shape[1])


def _box_filters(out: Outcome, cfg: Convolutions) -> None:
    """The mean of three neighbours at stride 1 with zeros beyond both ends: nothing is lost, or one direction."""
    box = torch.full((1, 1, 3), 1 / 3, dtype=torch.float64)
    for pixels in cfg.box_pixels:
        matrix = matrix_of(lambda row: functional.conv1d(row, box, padding=1), (1, pixels))
        out.add("box_filter_nullity", nullity(matrix), {"pixels": pixels, "remainder": pixels % 3}, unit="directions")


def _swaps(out: Outcome, cfg: Convolutions) -> None:
    """Change of the output when two neighbours in one window change places, relative to the output."""
    for image in range(cfg.swaps):
        random = generator(cfg.seed, 1, image)
        picture = torch.from_numpy(random.random((1, 1, 12, 12)))
        swapped = picture.clone()
        swapped[..., 3, [3, 4]] = picture[..., 3, [4, 3]]  # both in the same window, also where windows do not overlap
        kernels = {
            "random": torch.from_numpy(random.standard_normal((1, 1, KERNEL, KERNEL))),
            "equal weights": torch.full((1, 1, KERNEL, KERNEL), 1 / KERNEL**2, dtype=torch.float64),
        }
        for name, kernel in kernels.items():
            for stride, padding in ((1, 1), (KERNEL, 0)):
                before, after = (
                    functional.conv2d(x, kernel, stride=stride, padding=padding) for x in (picture, swapped)
                )
                change = torch.linalg.vector_norm(after - before) / torch.linalg.vector_norm(before)
                out.add("swap_change", change, {"kernel": name, "stride": stride}, image)


def _pooled_pairs(out: Outcome) -> None:
    """Two images that differ and are pooled to the same numbers: their distance before and after."""
    image = torch.arange(16.0, dtype=torch.float64).reshape(1, 1, 4, 4)
    lower = image.clone()
    lower[..., 0, 0] -= 1  # never the largest of its window
    moved = image.clone()
    moved[..., 0, 0] += 1
    moved[..., 0, 1] -= 1  # the sum of the window stays
    for name, other, pool in (("max", lower, functional.max_pool2d), ("average", moved, functional.avg_pool2d)):
        out.add("pooled_pair_before", torch.linalg.vector_norm(image - other), {"pool": name})
        out.add("pooled_pair_after", torch.linalg.vector_norm(pool(image, 2) - pool(other, 2)), {"pool": name})


def _max_pooling(out: Outcome, cfg: Convolutions, lab: Lab) -> None:
    """Distinct positive entries that max pooling after a ResNet's first layer passes on, for each value of the input.

    At most so many directions are told apart nearby, so that a share below 1 means exact loss.
    """
    pictures = lab.data["photos"].train
    chosen = pictures[:: max(1, len(pictures) // cfg.pooled_images)][: cfg.pooled_images]
    images = torch.from_numpy(np.moveaxis(chosen, -1, 1) / 255.0)
    for network in progress(range(cfg.networks), "what max pooling passes on"):
        layer = convolution(*LAYERS[FIRST], torch.Generator().manual_seed(1000 * cfg.seed + network))
        passed: dict[str, list[int]] = {"evaluation": [], "batch": []}
        for image in images[:, None]:
            maps = layer(image)
            passed["evaluation"].append(passed_on(maps / (1 + BATCH_NORM_EPS) ** 0.5))
            passed["batch"].append(passed_on(functional.batch_norm(maps, None, None, training=True)))
        for mode, counts in passed.items():
            out.add(
                "max_pool_passed_on", np.mean(counts) / images[0].numel(), {"batch_norm": mode}, network, n=len(counts)
            )


def passed_on(maps: Tensor) -> int:
    """Distinct positive entries of maps (1, c, h, w) that a ReLU and max pooling (3 x 3, stride 2) leave."""
    pooled, places = functional.max_pool2d(functional.relu(maps), 3, stride=2, padding=1, return_indices=True)
    channel = torch.arange(maps.shape[1])[:, None, None] * maps[0, 0].numel()
    return len(torch.unique((places[0] + channel)[pooled[0] > 0]))
