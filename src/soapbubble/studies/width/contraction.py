"""Uneven contraction: examples in two and four dimensions, balls and ellipsoids, descent on a chosen spectrum."""

from __future__ import annotations

import numpy as np

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.linear_stack import draw_layers, product
from soapbubble.parts.declaration import Part, setting
from soapbubble.progress import progress
from soapbubble.stats.linear_descent import descend, falling_rates
from soapbubble.stats.random_points import generator
from soapbubble.stats.rank_correlation import spearman


class Contraction(Part):
    """Maps that contract some directions much more than others."""

    seed: int = setting(63, ge=0, doc="seed of the random numbers")
    networks: int = setting(10, smoke=3, ge=2, unit="draws", doc="draws of every random map, the unit of replication")
    points: int = setting(20_000, smoke=2000, ge=1000, unit="points", doc="points of the sphere that is mapped")
    inputs: int = setting(100, smoke=30, ge=10, unit="values", doc="inputs of the maps with a chosen spectrum")
    steps: int = setting(500, smoke=60, ge=10, unit="steps", doc="steps of a descent")
    stack_inputs: int = setting(192, smoke=30, ge=10, unit="values", doc="inputs of the stacks of default layers")


SQUEEZE = np.diag([1 / 1000, 1.0])  # the page's map
FAR, NEAR = np.array([1000.0, 0.0]), np.array([1.0, 1.0])  # its two vectors
ORDERS = {"1": 1, "2": 2}  # norms
PLACES = {"0, 0": (0.0, 0.0), "5, 5": (5.0, 5.0), "500, 0.5": (500.0, 0.5)}  # points x for the printed formulas

BALL_DIMENSION, BALL_LAYERS = 50, 4

CONDITIONS = (1, 10, 100, 1000, 10_000, 1_000_000)  # largest over smallest singular value
FIRST_RATE, LAST_RATE, WEIGHT = 0.1, 1e-4, 0.35  # as in the page's script
START = 0.23  # standard deviation of an input error, as of photographs against the page's start

SPIKE = np.array([1.0, 1.0, 1.0, 0.05])  # contraction of the four directions of the sketch
SHIFTED = np.array([0.3, 0.3, 0.3, 0.3])  # a' - a
BEGIN = np.array([1.0, 1.0, 1.0, 4.0])  # start of the descent less a
SPIKE_STEPS, SPIKE_RATE = 60, 0.05

DEPTHS = (1, 2, 3, 4)
SHIFT = 0.04  # standard deviation of the page's shift of an image


def measure(cfg: Contraction, lab: Lab) -> Outcome:
    """The examples, the shapes, the descents and the bounds."""
    out = Outcome()
    _two_dimensions(out)
    _four_dimensions(out)
    _balls(out, cfg)
    _spectra(out, cfg)
    _inverse_notation(out, cfg)
    _closest_input(out, cfg)
    return out


def _two_dimensions(out: Outcome) -> None:
    """The page's map and vectors: their sizes, and the order that its formulas give at several x."""
    for name, vector in (("far", FAR), ("near", NEAR)):
        for order, number in ORDERS.items():
            out.add("example_size", np.linalg.norm(vector, number), {"vector": name, "norm": order})
            out.add("example_mapped_size", np.linalg.norm(SQUEEZE @ vector, number), {"vector": name, "norm": order})
    for place, coordinates in PLACES.items():
        x = np.array(coordinates)
        printed = {name: np.abs(SQUEEZE @ (x - vector)).sum() for name, vector in (("far", FAR), ("near", NEAR))}
        out.add("printed_order_gap", printed["near"] - printed["far"], {"x": place})
        for name, vector in (("far", FAR), ("near", NEAR)):
            moved = np.abs(SQUEEZE @ (x + vector) - SQUEEZE @ x).sum()
            out.add("displaced_output", moved, {"x": place, "vector": name})


def _four_dimensions(out: Outcome) -> None:
    """A map that contracts one of four directions: descent ends nearer than a' in the output, farther in the input."""
    found = descend(np.diag(SPIKE), BEGIN, falling_rates(SPIKE_STEPS, SPIKE_RATE, SPIKE_RATE), 1.0)[0]
    for name, error in (("shifted", SHIFTED), ("descent", found)):
        out.add("sketch_input_distance", np.linalg.norm(error), {"point": name})
        out.add("sketch_output_distance", np.linalg.norm(SPIKE * error), {"point": name})
    out.picture("sketch errors", np.stack([SHIFTED, found, BEGIN]))
    out.picture("sketch contraction", SPIKE)


def _balls(out: Outcome, cfg: Contraction) -> None:
    """The unit sphere mapped by products of Gaussian matrices, and mapped back: where the long axes lie."""
    n = BALL_DIMENSION
    for network in range(cfg.networks):
        random = generator(cfg.seed, 1, network)
        matrix = product([random.standard_normal((n, n)) / n**0.5 for _ in range(BALL_LAYERS)])
        outputs, values, inputs = np.linalg.svd(matrix)
        sphere = random.standard_normal((cfg.points, n))
        sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
        mapped, back = sphere @ matrix.T, np.linalg.solve(matrix, sphere.T).T
        out.add("image_axis_least_contracted", _along(mapped, outputs[:, 0]), {}, network, n=cfg.points)
        out.add("image_axis_most_contracted", _along(mapped, outputs[:, -1]), {}, network, n=cfg.points)
        out.add("preimage_axis_most_contracted", _along(back, inputs[-1]), {}, network, n=cfg.points)
        on_ellipsoid = np.square((mapped @ outputs) / values).sum(axis=1)
        out.add("ellipsoid_misfit", np.abs(on_ellipsoid - 1).max(), {}, network, n=cfg.points)


def _along(points: np.ndarray, direction: np.ndarray) -> float:
    """|cosine| between a unit vector and the axis along which `points` reach farthest."""
    longest = np.linalg.eigh(points.T @ points)[1][:, -1]
    return float(abs(longest @ direction))


def _spectra(out: Outcome, cfg: Contraction) -> None:
    """Descent on maps with singular values evenly spaced in their logarithms, all of the same Frobenius norm."""
    n = cfg.inputs
    rates = falling_rates(cfg.steps, FIRST_RATE, LAST_RATE)
    for network in progress(range(cfg.networks), "descent on chosen spectra"):
        random = generator(cfg.seed, 2, network)
        outputs, inputs = (np.linalg.qr(random.standard_normal((n, n)))[0] for _ in range(2))
        start = START * random.standard_normal(n)
        distances = []
        for condition in CONDITIONS:
            values = np.geomspace(1, 1 / condition, n)
            values *= (n / np.square(values).sum()) ** 0.5
            left = descend((outputs * values) @ inputs.T, start, rates, WEIGHT)[0]
            distances.append(np.linalg.norm(left) / np.linalg.norm(start))
            parts = np.square(inputs.T @ left)  # the most contracted directions come last
            where = {"condition": condition}
            out.add("spectrum_input_distance", distances[-1], where, network, n=cfg.steps)
            out.add("spectrum_error_in_weak_half", parts[n // 2 :].sum() / parts.sum(), where, network, n=cfg.steps)
        rank = spearman(np.log([CONDITIONS]).T, np.array([distances]).T)[0, 0]
        out.add("spectrum_rank_correlation", rank, {}, network, n=len(CONDITIONS))


def _inverse_notation(out: Outcome, cfg: Contraction) -> None:
    """The formula as printed, E^-1 a = a, and as meant, E^-1 (E a) = a: relative errors."""
    n = BALL_DIMENSION
    for network in range(cfg.networks):
        random = generator(cfg.seed, 3, network)
        matrix, vector = random.standard_normal((n, n)) / n**0.5, random.standard_normal(n)
        size = np.linalg.norm(vector)
        printed = np.linalg.norm(np.linalg.solve(matrix, vector) - vector) / size
        meant = np.linalg.norm(np.linalg.solve(matrix, matrix @ vector) - vector) / size
        out.add("inverse_as_printed_error", printed, {}, network, n=n)
        out.add("inverse_as_meant_error", meant, {}, network, n=n)


def _closest_input(out: Outcome, cfg: Contraction) -> None:
    """Distances of the closest and farthest inputs with a shifted image's output distance, over its own distance."""
    n = cfg.stack_inputs
    for depth in DEPTHS:
        for network in range(cfg.networks):
            layers = draw_layers([n] * (depth + 1), 10_000 * cfg.seed + 100 * depth + network)
            matrix = product(layers)
            shift = SHIFT * generator(cfg.seed, 4, depth, network).standard_normal(n)
            reach = np.linalg.norm(matrix @ shift)
            _, values, inputs = np.linalg.svd(matrix)
            closest = reach / values[0] * inputs[0]
            where = {"layers": depth}
            ratio = np.linalg.norm(closest) / np.linalg.norm(shift)
            out.add("closest_to_shifted", ratio, where, network, n=n)
            out.add("closest_output_ratio", np.linalg.norm(matrix @ closest) / reach, where, network, n=n)
            out.add("farthest_to_shifted", reach / values[-1] / np.linalg.norm(shift), where, network, n=n)
