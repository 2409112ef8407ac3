"""How many inputs share an output: narrowing maps, stacks of them, pixel grids, and maps that lose nothing."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, setting
from soapbubble.progress import progress
from soapbubble.stats.random_points import generator
from soapbubble.studies.width.maps import nullity


class Counting(Part):
    """Lost directions of random linear maps and their products, and counts of inputs on a grid."""

    seed: int = setting(62, ge=0, doc="seed of the random numbers")
    draws: int = setting(100, smoke=10, ge=2, unit="maps", doc="random maps with fewer outputs than inputs")
    networks: int = setting(10, smoke=5, ge=2, unit="draws", doc="draws of every stack and every residual map")
    residual_inputs: int = setting(256, smoke=32, ge=4, unit="values", doc="inputs of the residual maps")
    vectors: int = setting(2000, smoke=1000, ge=100, unit="vectors", doc="inputs recovered with the pseudo-inverse")


# Widths from the input on.
STACKS = {
    "one narrowing": (200, 100, 100, 100, 100),
    "every layer narrower": (200, 190, 180, 170, 160),
    "narrow and wide in turn": (200, 100, 200, 100, 200),
}
SQUARE, LOST = "square, three directions lost in each", 3
SQUARE_WIDTH, SQUARE_LAYERS = 60, 8
PIXELS, LEVELS = 8, 4  # the grid whose inputs are all listed
RESOLUTIONS = (10, 100, 1000, 10_000)  # steps between 0 and 1
BYTE = 255
CONTRACTION = 0.5  # Lipschitz bound of f in x + f(x)
ROUNDS = 60  # fixed-point steps: the error shrinks by CONTRACTION in each

# Fully connected classifiers that papers and manuals describe: inputs, hidden units of each layer, outputs.
CLASSIFIERS = {
    "LeCun 1998, 300 hidden": (784, 300, 10),
    "LeCun 1998, 1000 hidden": (784, 1000, 10),
    "LeCun 1998, 300-100": (784, 300, 100, 10),
    "LeCun 1998, 500-150": (784, 500, 150, 10),
    "Simard 2003, 800 hidden": (784, 800, 10),
    "Ciresan 2010, five hidden layers": (784, 2500, 2000, 1500, 1000, 500, 10),
    "Keras example for MNIST": (784, 512, 512, 10),
    "PyTorch tutorial": (784, 512, 512, 10),
    "scikit-learn default on digits": (64, 100, 10),
    "scikit-learn default on wines": (13, 100, 3),
    "scikit-learn default on irises": (4, 100, 3),
    "scikit-learn default on letters": (16, 100, 26),
    "scikit-learn default on forest covers": (54, 100, 7),
    "head of AlexNet": (9216, 4096, 4096, 1000),
    "head of VGG": (25088, 4096, 4096, 1000),
    "head of ResNet-50": (2048, 1000),
    "head of EfficientNet-B0": (1280, 1000),
}


def measure(cfg: Counting, lab: Lab) -> Outcome:
    """Nullities, counts and recoveries."""
    out = Outcome()
    _narrowing(out, cfg)
    _pseudo_inverse(out, cfg)
    _stacks(out, cfg)
    _grid(out)
    _range(out)
    _classifiers(out)
    _residual(out, cfg)
    return out


def _narrowing(out: Outcome, cfg: Counting) -> None:
    """Random maps to fewer values: lost directions beyond those that the sizes ask for, and one of them."""
    for draw in range(cfg.draws):
        random = generator(cfg.seed, 1, draw)
        inputs = int(random.integers(2, 60))
        outputs = int(random.integers(1, inputs))
        matrix = random.standard_normal((outputs, inputs))
        out.add("nullity_beyond_narrowing", nullity(matrix) - (inputs - outputs), {}, draw, "directions")
        lost = np.linalg.svd(matrix)[2][-1]
        out.add("null_vector_output", np.linalg.norm(matrix @ lost), {}, draw)


def _pseudo_inverse(out: Outcome, cfg: Counting) -> None:
    """What the pseudo-inverse leaves of random inputs, and whether a true inverse is to be had."""
    inputs = 100
    for network in range(cfg.networks):
        for outputs in (25, 50, 75):
            random = generator(cfg.seed, 2, network, outputs)
            matrix = random.standard_normal((outputs, inputs))
            vectors = random.standard_normal((inputs, cfg.vectors))
            rest = vectors - np.linalg.pinv(matrix) @ (matrix @ vectors)
            lost = np.linalg.svd(matrix)[2][outputs:]  # unit vectors of the null space, as rows
            where = {"outputs": outputs, "inputs": inputs}
            share = np.square(rest).sum() / np.square(vectors).sum()
            out.add("unrecovered_to_expected", share / (1 - outputs / inputs), where, network, n=cfg.vectors)
            error = np.abs(rest - lost.T @ (lost @ vectors)).max()
            out.add("pseudo_inverse_rest_error", error, where, network, n=cfg.vectors)
            out.add("inverse_refused", _refused(matrix), where, network)


def _refused(matrix: np.ndarray) -> bool:
    try:
        np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        return True
    return False


def _stacks(out: Outcome, cfg: Counting) -> None:
    """Lost directions of products of random matrices, layer by layer."""
    for network in progress(range(cfg.networks), "stacks of random matrices"):
        for place, (name, widths) in enumerate(STACKS.items()):
            random = generator(cfg.seed, 3, network, place)
            layers = [random.standard_normal((rows, columns)) / columns**0.5 for columns, rows in pairwise(widths)]
            _nullities(out, name, layers, network)
        random = generator(cfg.seed, 3, network, len(STACKS))
        _nullities(out, SQUARE, [_projection(random) for _ in range(SQUARE_LAYERS)], network)


def _projection(random: np.random.Generator) -> np.ndarray:
    """A square matrix that loses LOST random directions and keeps all others as they are."""
    lost = np.linalg.qr(random.standard_normal((SQUARE_WIDTH, LOST)))[0]
    return np.eye(SQUARE_WIDTH) - lost @ lost.T


def _nullities(out: Outcome, name: str, layers: list[np.ndarray], network: int) -> None:
    whole = np.eye(layers[0].shape[1])
    for depth, layer in enumerate(layers, 1):
        whole = layer @ whole
        out.add("stack_nullity", nullity(whole), {"stack": name, "layers": depth}, network, "directions")


def _grid(out: Outcome) -> None:
    """Inputs for each output when neighbours on a grid of few levels are averaged again and again.

    Sums stand for averages: whole numbers, which can be counted exactly.
    """
    points = np.array(list(product(range(LEVELS), repeat=PIXELS)))
    for step in range(1, PIXELS.bit_length()):
        points = points[:, ::2] + points[:, 1::2]
        size = len(points) / len(np.unique(points, axis=0))
        out.add("grid_preimages", size, {"averagings": step}, n=len(points))


def _range(out: Outcome) -> None:
    """Inputs in the unit square with mean 1/2: as many as the grid is fine, and 256 of 8-bit pixels."""
    for steps in (*RESOLUTIONS, BYTE):
        first = np.arange(steps + 1)
        second = steps - first
        found = np.count_nonzero((second >= 0) & (second <= steps) & (first + second == steps))
        out.add(
            "solutions_byte" if steps == BYTE else "solutions_in_range", found, {"resolution": steps}, unit="inputs"
        )


def _classifiers(out: Outcome) -> None:
    """Which published classifiers narrow below their input, at all and before their last layer."""
    for name, (inputs, *layers) in CLASSIFIERS.items():
        out.add("classifier_narrows", min(layers) < inputs, {"classifier": name})
        out.add("classifier_narrows_inside", min([*layers[:-1], inputs]) < inputs, {"classifier": name})


def _residual(out: Outcome, cfg: Counting) -> None:
    """Lost directions of residual maps and projections; recovery of the input of x + f(x) with a contraction f."""
    n = cfg.residual_inputs
    for network in progress(range(cfg.networks), "residual maps"):
        random = generator(cfg.seed, 4, network)
        weights = random.standard_normal((n, n)) / n**0.5
        for scale in (0.5, 1.0, 2.0):
            matrix = np.eye(n) + scale * weights
            where = {"map": f"identity + {scale:g} W"}
            out.add("skip_nullity", nullity(matrix), where, network, "directions", n)
            out.add("skip_condition", np.linalg.cond(matrix), where, network, n=n)
        inner, outer = (random.standard_normal((n, n)) / n**0.5 for _ in range(2))
        active = (inner @ random.standard_normal(n) > 0)[:, None]
        block = np.eye(n) + outer @ (active * inner)
        out.add("skip_nullity", nullity(block), {"map": "ReLU block at a point"}, network, "directions", n)
        bare = outer @ (active * inner)
        out.add("skip_nullity", nullity(bare), {"map": "ReLU block without its skip"}, network, "directions", n)
        pointwise = random.standard_normal((4 * n, n))
        out.add("skip_nullity", nullity(pointwise), {"map": "projection to four times as many"}, network, n=n)
        out.add("skip_nullity", nullity(pointwise[: n // 4]), {"map": "projection to a quarter"}, network, n=n)
        out.add("residual_recovery_error", _recovery_error(weights, random), {}, network, n=n)


def _recovery_error(weights: np.ndarray, random: np.random.Generator) -> float:
    """Relative error of x found from y = x + f(x), f a contraction, by the iteration x <- y - f(x)."""
    scaled = CONTRACTION * weights / np.linalg.norm(weights, 2)
    true = random.standard_normal(len(weights))
    output = true + np.tanh(scaled @ true)
    found = output
    for _ in range(ROUNDS):
        found = output - np.tanh(scaled @ found)
    return float(np.linalg.norm(found - true) / np.linalg.norm(true))
