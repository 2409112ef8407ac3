"""Does a stack give its input back sooner if its later layers are wider, and if so, why?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import linear, relu

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring import inversion as general
from soapbubble.models.linear_stack import draw_biases, draw_layers, product
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.linear_descent import descend, falling_rates
from soapbubble.studies.width.inversion import Descent, different_photographs, shrunk, start


class LateWidth(Part):
    """Dense stacks whose last layers are wider than the others, each network with a photograph of its own."""

    seed: int = setting(73, ge=0, doc="seed of the random numbers")
    # the page's 29 pixels cost two hundred times as much; widths are in units of the inputs
    side: int = setting(8, smoke=4, ge=2, unit="pixels", doc="side of the images, of three colours")
    networks: int = setting(8, smoke=2, ge=2, unit="networks", doc="random networks of each kind")
    layers: int = setting(4, ge=2, unit="layers", doc="layers of a stack")
    # 1.189 is 3000 / 2523, the page's wide network
    widths: list[float] = setting(
        [1.0, 1.189, 1.5, 2.0],
        min_length=2,
        doc="widths of the early layers, in units of the inputs",
    )
    relu_width: float = setting(3.0, gt=1, doc="the same for stacks with ReLU, wide enough to lose nothing")
    multiples: list[int] = setting([1, 2, 4], min_length=2, doc="widths of the late layers, in units of the early ones")
    descent: Descent = setting(doc="how the input is sought")
    iterations: int = setting(500, smoke=40, ge=1, unit="steps", doc="steps of a descent")
    # root mean square change of a pixel
    tuned_steps: list[float] = setting(
        [0.003, 0.01, 0.02, 0.04, 0.08],
        smoke=[0.01, 0.04],
        min_length=2,
        doc="first steps tried with normalised gradients",
    )
    tuned_widths: list[float] = setting([1.0, 1.189], min_length=1, doc="widths of the early layers for that")
    swapped: float = setting(1.189, gt=1, doc="width of the stacks whose singular values are exchanged")
    many: int = setting(3000, smoke=60, ge=2, unit="steps", doc="steps where one ReLU layer is tried")
    relu_factors: list[float] = setting(
        [1.189, 1.5, 2.0, 2.5, 3.0], smoke=[1.189, 3.0], min_length=2, doc="its widths, in units of the inputs"
    )
    long: int = setting(5000, smoke=80, ge=2, unit="steps", doc="steps of a long descent, against the usual number")
    shown_side: int = setting(20, smoke=6, ge=4, unit="pixels", doc="side of the images that a figure shows")

    def reads(self) -> Reads:
        return Reads(data=["photos"], memory_mb=700)


TUNING = 1000  # the network on which steps are chosen, used for nothing else
LAST_SHARE = 1e-3  # of a tuned first step, at the end
LATE, SWAP, ONE, SHOWN, START = range(5)  # places in the tree of random streams

LOSSES: tuple[general.Loss, ...] = ("l1", "l2")


def measure(cfg: LateWidth, lab: Lab) -> Outcome:
    """Relative input distances after descents."""
    out = Outcome()
    photographs = lab.data["photos"].images
    images = shrunk(different_photographs(photographs, cfg.networks), cfg.side)
    _late(out, cfg, images)
    _tuned_late(out, cfg, images)
    _swap(out, cfg, images)
    _one_layer(out, cfg, images)
    _budget(out, cfg, images)
    small = shrunk(photographs, cfg.shown_side)
    _shown(out, cfg, small[small.std(axis=1).argmax()])  # the one with most contrast, so that something can be seen
    return out


def _seed(cfg: LateWidth, *path: int) -> int:
    return int(np.random.SeedSequence(cfg.seed, spawn_key=path).generate_state(1)[0])


def _widths(cfg: LateWidth, inputs: int, factor: float, multiple: int, late: int = 1) -> list[int]:
    """Widths of a stack, its last `late` layers `multiple` times as wide."""
    base = round(factor * inputs)
    return [inputs] + [base] * (cfg.layers - late) + [multiple * base] * late


def _error(cfg: LateWidth, image: np.ndarray, network: int) -> np.ndarray:
    """The input error with which the descent of a network begins."""
    return start(cfg.descent, len(image), cfg.seed, START, network) - image


def _left(cfg: LateWidth, matrix: np.ndarray, error: np.ndarray, iterations: int) -> float:
    """The share of the input distance that the published descent leaves."""
    rates = falling_rates(iterations, cfg.descent.first_rate, cfg.descent.last_rate)
    left = descend(matrix, error, rates, cfg.descent.weight)[-1]
    return float(np.linalg.norm(left) / np.linalg.norm(error))


def _late(out: Outcome, cfg: LateWidth, images: np.ndarray) -> None:
    """The published descent for late layers of several widths."""
    kinds = [(factor, 1) for factor in cfg.widths] + [(cfg.swapped, 2)]
    for factor, late in progress(kinds, "wider late layers"):
        for multiple in cfg.multiples:
            for network, image in enumerate(images):
                layers = draw_layers(_widths(cfg, len(image), factor, multiple, late), _seed(cfg, LATE, network))
                left = _left(cfg, product(layers), _error(cfg, image, network), cfg.iterations)
                where = {"activation": "linear", "factor": factor, "late_layers": late, "multiple": multiple}
                out.add("late_distance", left, where, network)
    for multiple in cfg.multiples:
        for network, image in enumerate(images):
            widths = _widths(cfg, len(image), cfg.relu_width, multiple)
            left = _left_by_relu(cfg, widths, _seed(cfg, LATE, network), image, network, cfg.iterations)
            where = {"activation": "ReLU", "factor": cfg.relu_width, "late_layers": 1, "multiple": multiple}
            out.add("late_distance", left, where, network)


def _left_by_relu(
    cfg: LateWidth, widths: Sequence[int], seed: int, image: np.ndarray, network: int, iterations: int
) -> float:
    """The same for a stack with ReLU after each layer."""
    weights = [torch.from_numpy(weight).float() for weight in draw_layers(widths, seed)]
    biases = [torch.from_numpy(bias).float() for bias in draw_biases(widths, seed + 1)]

    def stack(inputs: Tensor) -> Tensor:
        for weight, bias in zip(weights, biases, strict=True):
            inputs = relu(linear(inputs, weight, bias))
        return inputs

    block = cfg.descent
    descent = general.Descent(iterations, block.first_rate, block.last_rate, block.weight, blur=None)
    target = torch.from_numpy(image)[None].float()
    begin = target + torch.from_numpy(_error(cfg, image, network)).float()
    distances = general.invert(stack, target, begin, descent, record_every=iterations).input_distance
    return float(distances[-1, 0] / distances[0, 0])


def _left_tuned(
    cfg: LateWidth, matrices: Sequence[np.ndarray], tuning: np.ndarray, images: np.ndarray, loss: general.Loss
) -> list[float]:
    """The shares left by descents with normalised gradients; the first step is chosen on the matrix `tuning`."""

    def left(matrix: np.ndarray, network: int, step: float) -> float:
        weight = torch.from_numpy(matrix).float()
        error = torch.from_numpy(_error(cfg, images[network % len(images)], network)).float()[None]
        descent = general.Descent(cfg.iterations, step, LAST_SHARE * step, blur=None, normalised=True, loss=loss)
        target = torch.zeros_like(error)  # only the error counts, as the stack is linear
        moved = general.invert(lambda x: linear(x, weight), target, error, descent, record_every=cfg.iterations)
        return float(moved.input_distance[-1, 0] / moved.input_distance[0, 0])

    step = min(cfg.tuned_steps, key=lambda step: left(tuning, TUNING, step))
    return [left(matrix, network, step) for network, matrix in enumerate(matrices)]


def _tuned_late(out: Outcome, cfg: LateWidth, images: np.ndarray) -> None:
    """The gradient's length taken out: normalised, with the best first step for each width; and where it points."""
    for factor in cfg.tuned_widths:
        for multiple in cfg.multiples:
            widths = _widths(cfg, images.shape[1], factor, multiple)
            matrices = [product(draw_layers(widths, _seed(cfg, LATE, network))) for network in range(len(images))]
            tuning = product(draw_layers(widths, _seed(cfg, LATE, TUNING)))
            where = {"factor": factor, "multiple": multiple}
            for network, left in enumerate(_left_tuned(cfg, matrices, tuning, images, "l1")):
                out.add("late_distance_tuned", left, where, network)
                error = _error(cfg, images[network], network)
                slope = matrices[network].T @ np.sign(matrices[network] @ error)
                out.add("gradient_length", np.linalg.norm(slope), where, network)
                cosine = slope @ error / np.linalg.norm(slope) / np.linalg.norm(error)
                out.add("gradient_cosine", cosine, where, network)


def _swap(out: Outcome, cfg: LateWidth, images: np.ndarray) -> None:
    """Narrow and wide last layers, each with the singular values of either; normalised gradients and tuned steps."""
    inputs = images.shape[1]
    tuning = _cells(cfg, inputs, TUNING)
    networks = [_cells(cfg, inputs, network) for network in range(len(images))]
    for width, spectrum in tuning:
        where = {"width": width, "spectrum": spectrum}
        matrices = [cells[width, spectrum] for cells in networks]
        for loss in LOSSES:
            for network, left in enumerate(_left_tuned(cfg, matrices, tuning[width, spectrum], images, loss)):
                out.add("swapped_distance", left, {**where, "loss": loss}, network)
    for network, cells in enumerate(networks):
        for spectrum in ("narrow", "wide"):
            out.add("swapped_condition", np.linalg.cond(cells[spectrum, spectrum]), {"spectrum": spectrum}, network)


def _cells(cfg: LateWidth, inputs: int, network: int) -> dict[tuple[str, str], np.ndarray]:
    """Matrices by the width of their last layer and by whose singular values they have."""
    parts = {
        name: np.linalg.svd(
            product(draw_layers(_widths(cfg, inputs, cfg.swapped, multiple), _seed(cfg, SWAP, network))),
            full_matrices=False,
        )
        for name, multiple in (("narrow", 1), ("wide", cfg.multiples[-1]))
    }
    return {
        (width, spectrum): (parts[width].U * parts[spectrum].S) @ parts[width].Vh
        for width in parts
        for spectrum in parts
    }


def _one_layer(out: Outcome, cfg: LateWidth, images: np.ndarray) -> None:
    """One layer with and without ReLU, by its width, after many steps."""
    for factor in cfg.relu_factors:
        for network, image in enumerate(images[: max(2, len(images) // 2)]):
            widths, seed = [len(image), round(factor * len(image))], _seed(cfg, ONE, network)
            left = {
                "linear": _left(cfg, product(draw_layers(widths, seed)), _error(cfg, image, network), cfg.many),
                "ReLU": _left_by_relu(cfg, widths, seed, image, network, cfg.many),
            }
            for activation, share in left.items():
                out.add("one_layer_distance", share, {"activation": activation, "factor": factor}, network)


def _budget(out: Outcome, cfg: LateWidth, images: np.ndarray) -> None:
    """The same descent with the usual number of steps and with many."""
    for network, image in enumerate(images):
        matrix = product(draw_layers(_widths(cfg, len(image), cfg.swapped, 1), _seed(cfg, LATE, network)))
        for name, steps in (("usual", cfg.iterations), ("many", cfg.long)):
            left = _left(cfg, matrix, _error(cfg, image, network), steps)
            out.add("dense_budget_distance", left, {"steps": name}, network)


def _shown(out: Outcome, cfg: LateWidth, image: np.ndarray) -> None:
    """One image recovered from stacks with late layers of each width."""
    pictures = [image]
    error = _error(cfg, image, 0)
    rates = falling_rates(cfg.iterations, cfg.descent.first_rate, cfg.descent.last_rate)
    for multiple in cfg.multiples:
        matrix = product(
            draw_layers(_widths(cfg, len(image), cfg.swapped, multiple), _seed(cfg, SHOWN), dtype=torch.float32)
        )
        left = descend(matrix, error, rates, cfg.descent.weight)[-1]
        pictures.append(image + left)
        out.add("shown_distance", np.linalg.norm(left) / np.linalg.norm(error), {"multiple": multiple})
    shown = np.stack(pictures).reshape(-1, 3, cfg.shown_side, cfg.shown_side).transpose(0, 2, 3, 1)
    out.picture("recovered", shown.clip(0, 1).astype(np.float32))
