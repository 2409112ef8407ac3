"""Inversion of linear stacks by width, depth and number of steps, on images smaller than the page's.

Widths are named by what they are on the page's 2523 inputs and scaled to the number of inputs here. Relative distances
hardly depend on that number as long as a stack is not exactly square; the part `exactsize` checks this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.linear_stack import draw_layers, product
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.linear_descent import descend, falling_rates
from soapbubble.stats.random_points import generator
from soapbubble.stats.rank_correlation import spearman
from soapbubble.studies.width.inversion import (
    PAGE_INPUTS,
    PAGE_SIDE,
    Descent,
    different_photographs,
    shrunk,
    start,
    units,
)


class Stacks(Part):
    """Linear stacks inverted by descent on the L1 distance of their outputs."""

    seed: int = setting(64, ge=0, doc="seed of the random numbers")
    descent: Descent = setting(doc="the descent")
    # 29 on the page; at 8 a step costs a 300th
    side: int = setting(8, smoke=3, ge=2, le=64, unit="pixels", doc="side of the images, of three channels")
    networks: int = setting(7, smoke=2, ge=2, unit="networks", doc="networks of each kind, each with its own image")
    long_networks: int = setting(
        14, smoke=3, ge=2, unit="networks", doc="networks of the longest descent, which differ much in where they end"
    )
    pace: float = setting(1.0, smoke=0.002, gt=0, le=1, doc="steps taken for each that the page takes")
    pairs: int = setting(120, smoke=4, ge=2, unit="networks", doc="networks in which a shifted image is compared")

    def reads(self) -> Reads:
        return Reads(data=["photos"], memory_mb=600)


SQUARE = PAGE_INPUTS
DECAY = (500, 1000, 5000, 10_000, 50_000, 100_000)
LADDER = (500, 1000, 10_000, 100_000)
LONGEST = 200_000
DEEP = (500, 10_000)
DEPTHS = (1, 2, 3, 4, 6, 8)
# (width on the page's inputs, layers) -> numbers of steps, each a descent of its own: the learning rate depends on them
CELLS: dict[tuple[int, int], tuple[int, ...]] = {
    **{(width, layers): DEEP for width in (SQUARE, 3000, 5000) for layers in DEPTHS},
    **{(SQUARE, layers): LADDER for layers in (1, 2, 4)},
    **{(width, 2): LADDER for width in (1000, 2650, 5000)},
    (2400, 2): LADDER[:-1],
    **{(2000, layers): LADDER for layers in (1, 4)},
    (2000, 2): DECAY,
    (3000, 2): (*DECAY, LONGEST),
    (3000, 3): (500, 10_000, 100_000, LONGEST),
}
CURVES = {(3000, 2): "input", (3000, 3): "input", (2000, 1): "output", (2000, 2): "output", (2000, 4): "output"}
WITHIN = (3000, 2, LONGEST)  # the descent followed step by step
FOLLOWED = (0.01, 0.1, 0.5, 0.9, 1.0)  # shares of its steps
NARROW, WIDE = 2000, 3000  # widths of a stack of three layers of which one is narrow
PLACES = ("first", "middle", "last")
NARROW_STEPS = 10_000
CHANNEL_STEPS = (1000, 100_000)
SHIFT = 1 / 25  # standard deviation of the page's shift of an image
PAIR_DEPTHS = (1, 2, 4, 8)
ORTHOGONAL_DEPTHS = (1, 8)
# places in the tree of random streams
STARTS, SHIFTS, PAIR_STARTS, CHANNEL_STARTS, PAGE_STARTS = range(5)


def measure(cfg: Stacks, lab: Lab) -> Outcome:
    """Distances after the page's numbers of steps, floors, fits of the decay, and shifted images beside."""
    out = Outcome()
    images = shrunk(different_photographs(lab.data["photos"].images, cfg.networks), cfg.side)
    starts = [start(cfg.descent, images.shape[1], cfg.seed, STARTS, network) for network in range(cfg.networks)]
    errors = [begin - image for begin, image in zip(starts, images, strict=True)]
    page_distances = _page_distances(cfg, lab)
    found: dict[tuple[int, int, int], list[float]] = {}
    for (width, layers), counts in progress(CELLS.items(), "stacks inverted"):
        distances: dict[str, list[list[float]]] = {"input": [], "output": []}
        for network, error in enumerate(errors):
            matrix = _matrix([width] * layers, len(error), _weights_seed(cfg, width, layers, network))
            inputs, outputs = _descents(out, cfg, (width, layers), counts, matrix, error, network)
            distances["input"].append(inputs)
            distances["output"].append(outputs)
            for steps, value in zip(counts, inputs, strict=True):
                found.setdefault((width, layers, steps), []).append(value)
            if counts[-1] == LONGEST:
                out.add("page_distance", inputs[-1] * page_distances[network], {"layers": layers}, network)
        if kind := CURVES.get((width, layers)):
            _fits(out, distances[kind], counts, {"distance": kind, "width": width, "layers": layers, "points": "runs"})
    _longest(out, cfg, lab, page_distances)
    _bought(out, cfg, found)
    _narrow_layer(out, cfg, errors)
    _one_channel(out, cfg, images)
    _orthogonal(out, cfg, errors)
    _shifted(out, cfg, lab)
    return out


def _matrix(widths: Sequence[int], inputs: int, seed: int, scheme: str = "default") -> np.ndarray:
    """The matrix of a stack whose widths are given on the page's inputs."""
    return product(draw_layers([inputs, *(units(width, inputs) for width in widths)], seed, scheme))


def _weights_seed(cfg: Stacks, *place: int) -> int:
    """A seed of its own for the weights of every network."""
    return int(np.random.SeedSequence(cfg.seed, spawn_key=place).generate_state(1)[0])


def _rates(cfg: Stacks, steps: int) -> np.ndarray:
    taken = max(1, round(steps * cfg.pace))
    return falling_rates(taken, cfg.descent.first_rate, cfg.descent.last_rate)


def _page_distances(cfg: Stacks, lab: Lab) -> list[float]:
    """Distance of a start from each network's image at the page's size, of all networks of the longest descent."""
    images = shrunk(_longest_images(cfg, lab), PAGE_SIDE)
    return [
        float(np.linalg.norm(start(cfg.descent, PAGE_INPUTS, cfg.seed, PAGE_STARTS, network) - image))
        for network, image in enumerate(images)
    ]


def _longest_images(cfg: Stacks, lab: Lab) -> np.ndarray:
    """The images of the networks that every cell has, then those of the networks of the longest descent alone."""
    images = lab.data["photos"].images
    more = max(0, cfg.long_networks - cfg.networks)
    return np.concatenate(
        [different_photographs(images, cfg.networks), different_photographs(images[::-1], max(1, more))[:more]]
    )


def _longest(out: Outcome, cfg: Stacks, lab: Lab, page_distances: Sequence[float]) -> None:
    """The longest descent through two layers in further networks."""
    width, layers, steps = WITHIN
    images = shrunk(_longest_images(cfg, lab), cfg.side)
    for network in progress(range(cfg.networks, len(images)), "the longest descent"):
        error = start(cfg.descent, images.shape[1], cfg.seed, STARTS, network) - images[network]
        matrix = _matrix([width] * layers, len(error), _weights_seed(cfg, width, layers, network))
        left = descend(matrix, error, _rates(cfg, steps), cfg.descent.weight)[0]
        distance = np.linalg.norm(left) / np.linalg.norm(error) * page_distances[network]
        out.add("page_distance", distance, {"layers": layers}, network)


def _descents(
    out: Outcome,
    cfg: Stacks,
    cell: tuple[int, int],
    counts: Sequence[int],
    matrix: np.ndarray,
    error: np.ndarray,
    network: int,
) -> tuple[list[float], list[float]]:
    """Relative distances of input and output after descents of so many steps, noted with the floor of narrow stacks."""
    width, layers = cell
    inputs, outputs = [], []
    size, mapped = np.linalg.norm(error), np.linalg.norm(matrix @ error)
    floor = null_space_share(matrix, error) if width < SQUARE else None
    if floor is not None:
        out.add("null_space_floor", floor, {"width": width, "layers": layers}, network)
    for steps in counts:
        rates = _rates(cfg, steps)
        kept = [len(rates)]
        if (*cell, steps) == WITHIN:
            kept = [round(share * len(rates)) for share in FOLLOWED]
        path = descend(matrix, error, rates, cfg.descent.weight, kept)
        relative = np.linalg.norm(path, axis=1) / size
        inputs.append(float(relative[-1]))
        outputs.append(float(np.linalg.norm(matrix @ path[-1]) / mapped))
        where = {"width": width, "layers": layers, "steps": steps}
        out.add("input_distance", inputs[-1], where, network, n=len(rates))
        out.add("output_distance", outputs[-1], where, network, n=len(rates))
        if floor is not None:
            out.add("input_over_floor", inputs[-1] / floor, where, network, n=len(rates))
        if len(kept) > 1:
            for share, value in zip(FOLLOWED, relative, strict=True):
                out.add("followed_distance", value, {"share": share}, network)
    return inputs, outputs


def null_space_share(matrix: np.ndarray, error: np.ndarray) -> float:
    """Length of the part of `error` (inputs,) that a matrix maps to zero, over the whole: no descent removes it."""
    rank = int(np.linalg.matrix_rank(matrix))
    seen = np.linalg.svd(matrix, full_matrices=False)[2][:rank]
    return float(np.linalg.norm(error - seen.T @ (seen @ error)) / np.linalg.norm(error))


def _fits(out: Outcome, curves: Sequence[Sequence[float]], counts: Sequence[int], where: Mapping[str, object]) -> None:
    """What an exponential and a power of the number of steps leave of the logarithm of each network's curve.

    Both have two parameters, so that the ratio of their squares is the difference of their information criteria.
    """
    steps = np.array(counts, dtype=float)
    for network, curve in enumerate(curves):
        logs = np.log(curve)
        exponential, power = (_residual(x, logs) for x in (steps, np.log(steps)))
        out.add("exponential_misfit", exponential, where, network, n=len(counts))
        out.add("power_misfit", power, where, network, n=len(counts))


def _residual(x: np.ndarray, y: np.ndarray) -> float:
    """Root mean square of what a straight line leaves of y."""
    return float(np.sqrt(np.mean(np.square(y - np.polyval(np.polyfit(x, y, 1), x)))))


def _bought(out: Outcome, cfg: Stacks, found: Mapping[tuple[int, int, int], Sequence[float]]) -> None:
    """Rank correlations with depth, and how many layers more 10,000 steps invert as well as 500 do."""
    few, many = DEEP
    for width in (SQUARE, 3000, 5000):
        for network in range(cfg.networks):
            for steps in DEEP:
                distances = [[found[width, layers, steps][network]] for layers in DEPTHS]
                rank = spearman(np.array([DEPTHS]).T, np.array(distances))[0, 0]
                out.add("depth_rank_correlation", rank, {"width": width, "steps": steps}, network, n=len(DEPTHS))
            for layers in DEPTHS[:4]:
                bar = found[width, layers, few][network]
                reached = [depth for depth in DEPTHS if found[width, depth, many][network] <= bar]
                gain = max(reached, default=0) - layers
                out.add("layers_bought", gain, {"width": width, "from_layers": layers}, network, "layers")


def _narrow_layer(out: Outcome, cfg: Stacks, errors: Sequence[np.ndarray]) -> None:
    """Three layers of which one is narrower than the input: distance over the floor, by its place."""
    for place, name in enumerate(PLACES):
        widths = [NARROW if layer == place else WIDE for layer in range(len(PLACES))]
        for network, error in enumerate(errors):
            matrix = _matrix(widths, len(error), _weights_seed(cfg, NARROW, WIDE, place, network))
            floor = null_space_share(matrix, error)
            left = descend(matrix, error, _rates(cfg, NARROW_STEPS), cfg.descent.weight)[0]
            distance = np.linalg.norm(left) / np.linalg.norm(error)
            out.add("narrow_layer_floor", floor, {"place": name}, network)
            out.add("narrow_layer_over_floor", distance / floor, {"place": name}, network)


def _one_channel(out: Outcome, cfg: Stacks, images: np.ndarray) -> None:
    """The page's 2000 units on one channel instead of three, where they are more than the inputs."""
    for network, image in enumerate(images):
        grey = image.reshape(3, -1).mean(axis=0)
        error = start(cfg.descent, len(grey), cfg.seed, CHANNEL_STARTS, network) - grey
        width = units(2000, len(image))
        matrix = product(draw_layers([len(grey), width, width], _weights_seed(cfg, 1, 2000, network)))
        for steps in CHANNEL_STEPS:
            left = descend(matrix, error, _rates(cfg, steps), cfg.descent.weight)[0]
            value = np.linalg.norm(left) / np.linalg.norm(error)
            out.add("one_channel_distance", value, {"steps": steps}, network)


def _orthogonal(out: Outcome, cfg: Stacks, errors: Sequence[np.ndarray]) -> None:
    """Square stacks of orthogonal layers, which contract nothing at any depth."""
    for layers in ORTHOGONAL_DEPTHS:
        for network, error in enumerate(errors):
            matrix = _matrix([SQUARE] * layers, len(error), _weights_seed(cfg, 9, layers, network), "orthogonal")
            left = descend(matrix, error, _rates(cfg, DEEP[0]), cfg.descent.weight)[0]
            out.add("orthogonal_distance", np.linalg.norm(left) / np.linalg.norm(error), {"layers": layers}, network)


def _shifted(out: Outcome, cfg: Stacks, lab: Lab) -> None:
    """Square stacks in which descent comes nearer to the output than a shifted image, and not to the input."""
    images = shrunk(different_photographs(lab.data["photos"].images, cfg.pairs), cfg.side)
    for layers in progress(PAIR_DEPTHS, "shifted images"):
        for network, image in enumerate(images):
            matrix = _matrix([SQUARE] * layers, len(image), _weights_seed(cfg, 7, layers, network))
            error = start(cfg.descent, len(image), cfg.seed, PAIR_STARTS, network) - image
            shift = SHIFT * generator(cfg.seed, SHIFTS, network).standard_normal(len(image))
            few, many = DEEP
            for steps in (few, many) if network < cfg.networks else (few,):
                left = descend(matrix, error, _rates(cfg, steps), cfg.descent.weight)[0]
                output = np.linalg.norm(matrix @ left) / np.linalg.norm(matrix @ shift)
                distance = np.linalg.norm(left) / np.linalg.norm(shift)
                where = {"layers": layers}
                if steps == few:
                    out.add("output_nearer_input_farther", output < 1 < distance, where, network, "proportion")
                else:
                    out.add("output_to_shifted", output, where, network)
                    out.add("input_to_shifted", distance, where, network)
