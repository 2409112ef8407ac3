"""ReLU layers that keep all inputs apart at once, dense and convolutional: how wide must they be?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch.nn.functional import conv2d

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.dense_stacks import FUNCTIONS
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.stats.half_spaces import fewest_positive, fewest_positive_found
from soapbubble.stats.jacobian_rank import rank
from soapbubble.stats.random_points import generator
from soapbubble.studies.width.inversion import shrunk
from soapbubble.studies.width.maps import matrix_of


class Injectivity(Part):
    """Widths from which on ReLU layers are injective."""

    seed: int = setting(72, ge=0, doc="seed of the random numbers")
    few_inputs: list[int] = setting([2, 3, 4], min_length=1, doc="numbers of inputs tried exactly")
    networks: int = setting(40, smoke=3, ge=2, unit="networks", doc="random layers for each of them")
    many_inputs: list[int] = setting([20, 60], min_length=1, doc="numbers of inputs tried by a search")
    searched: int = setting(5, smoke=2, ge=2, unit="networks", doc="random layers for each of them")
    # twelve times the inputs: beyond the largest factor in the literature
    most: float = setting(12.0, gt=2, doc="largest width tried, in units of n")
    starts: int = setting(64, smoke=8, ge=2, doc="starts of a search")
    steps: int = setting(300, smoke=20, ge=10, doc="steps of a search")
    side: int = setting(
        10, smoke=6, ge=4, unit="pixels", doc="side of the convolution's input, which has three channels"
    )
    convolutions: int = setting(40, smoke=3, ge=2, unit="networks", doc="random convolutions for each kind of input")
    channels: int = setting(24, smoke=24, ge=6, doc="most channels of a convolution tried")

    def reads(self) -> Reads:
        return Reads(data=["photos"], memory_mb=500)


FEW, MANY, CHOSEN, CONVOLUTIONS = range(4)  # places in the tree of random streams
COLOURS = 3


def measure(cfg: Injectivity, lab: Lab) -> Outcome:
    """Smallest injective widths."""
    out = Outcome()
    _few(out, cfg)
    _many(out, cfg)
    _chosen(out, cfg)
    _convolutions(out, cfg, lab.data["photos"].images)
    return out


def _first(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The smallest whole number from `low` to `high` for which `holds`, where it holds for all larger ones too."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _few(out: Outcome, cfg: Injectivity) -> None:
    """Few inputs: the smallest number of Gaussian units that is injective, exactly."""
    for n in cfg.few_inputs:
        for network in range(cfg.networks):
            rows = generator(cfg.seed, FEW, n, network).standard_normal((int(cfg.most * n), n))

            def injective(m: int, rows: np.ndarray = rows, n: int = n) -> bool:
                return fewest_positive(rows[:m]) >= n

            width = _first(injective, n, len(rows))
            out.add("injective_width", width / n, {"inputs": n, "found": "exactly"}, network)


def _many(out: Outcome, cfg: Injectivity) -> None:
    """Many inputs: the smallest number of units for which a search finds no input with fewer than n active units."""
    for n in cfg.many_inputs:
        for network in range(cfg.searched):
            rng = generator(cfg.seed, MANY, n, network)
            rows = rng.standard_normal((int(cfg.most * n), n))

            def none_found(m: int, rows: np.ndarray = rows, n: int = n, rng: np.random.Generator = rng) -> bool:
                return fewest_positive_found(rows[:m], cfg.starts, cfg.steps, rng) >= n

            out.add("injective_width", _first(none_found, n, len(rows)) / n, {"inputs": n, "found": "search"}, network)


def _chosen(out: Outcome, cfg: Injectivity) -> None:
    """Pairs of units with opposite weights, which are injective with 2n units; and 2n - 1 units, which never are."""
    for n in cfg.few_inputs:
        for network in range(cfg.networks):
            rng = generator(cfg.seed, CHOSEN, n, network)
            square, inputs = rng.standard_normal((n, n)), rng.standard_normal(n)
            positive, negative = FUNCTIONS["ReLU"](square @ inputs), FUNCTIONS["ReLU"](-square @ inputs)
            error = np.linalg.norm(np.linalg.solve(square, positive - negative) - inputs)
            out.add("paired_inverse_error", error / np.linalg.norm(inputs), {"inputs": n}, network)
            # A direction and its opposite share 2n - 1 rows, so that one of the two has fewer than n.
            fewest = fewest_positive(rng.standard_normal((2 * n - 1, n)))
            out.add("fewest_active_below_two", fewest / n, {"inputs": n}, network)


def _convolutions(out: Outcome, cfg: Injectivity, images: np.ndarray) -> None:
    """3 x 3 convolutions with ReLU: the smallest number of channels that keeps all directions at an input."""
    n = COLOURS * cfg.side**2
    for kind in ("photograph", "noise"):
        for network in range(cfg.convolutions):
            rng = generator(cfg.seed, CONVOLUTIONS, network)
            kernels = rng.uniform(-1, 1, (cfg.channels, COLOURS, 3, 3)) / np.sqrt(COLOURS * 9)
            matrix = matrix_of(
                partial(conv2d, weight=torch.from_numpy(kernels), padding=1), (COLOURS, cfg.side, cfg.side)
            )
            photograph = shrunk(images[network % len(images)][None], cfg.side)[0]
            flat = photograph if kind == "photograph" else rng.standard_normal(n)
            active = matrix @ flat > 0

            def full(channels: int, matrix: np.ndarray = matrix, active: np.ndarray = active) -> bool:
                rows = slice(0, channels * cfg.side**2)
                return int(rank(matrix[rows][active[rows]])) == n

            channels = _first(full, COLOURS, cfg.channels)
            share = active[: channels * cfg.side**2].mean()
            out.add("conv_channels_needed", channels, {"input": kind}, network)
            out.add("conv_active_channels", channels * share, {"input": kind}, network)
