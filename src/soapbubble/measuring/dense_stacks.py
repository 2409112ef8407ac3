"""Stacks of dense layers without biases, many networks at a time, and what they do to small changes of the input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy.special import expit, ndtri

from soapbubble.stats.jacobian_rank import rank

Activation = Literal["linear", "ReLU", "tanh", "sigmoid"]

FUNCTIONS: Mapping[Activation, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda z: z,
    "ReLU": lambda z: np.where(z > 0, z, 0),
    "tanh": np.tanh,
    "sigmoid": expit,
}
SLOPES: Mapping[Activation, Callable[[np.ndarray], np.ndarray]] = {
    "linear": np.ones_like,
    "ReLU": lambda z: (z > 0).astype(z.dtype),
    "tanh": lambda z: 1 / np.cosh(z) ** 2,
    "sigmoid": lambda z: expit(z) * expit(-z),
}


def gaussian_weights(
    widths: Sequence[int], networks: int, rng: np.random.Generator, gain: float = 1.0
) -> list[np.ndarray]:
    """Weights N(0, gain / inputs) (networks, out, in) of each layer; `widths` begins with the number of inputs."""
    return [rng.standard_normal((networks, out, inputs)) * np.sqrt(gain / inputs) for inputs, out in pairwise(widths)]


def local_jacobians(
    weights: Sequence[np.ndarray], inputs: np.ndarray, activation: Activation
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """After each layer: outputs (networks, out) for `inputs` (networks, in), and Jacobians (networks, out, in)."""
    state, jacobian = inputs, None
    for weight in weights:
        z = (weight @ state[:, :, None])[:, :, 0]
        through = weight if jacobian is None else weight @ jacobian
        jacobian = SLOPES[activation](z)[:, :, None] * through
        state = FUNCTIONS[activation](z)
        yield state, jacobian


def narrowest_relu_layers(inputs: np.ndarray, layers: int, active_share: float, rng: np.random.Generator) -> list[int]:
    """The smallest width of each of several ReLU layers for which the Jacobian at `inputs` (n,) keeps rank n.

    Layer by layer, Gaussian units are added one at a time until n directions are kept; each layer stands on the one
    before, cut to its smallest width. Every unit has the bias for which it is active with probability `active_share`.
    """
    n = len(inputs)
    state, image = inputs, np.eye(n)  # an orthonormal basis of what small changes of the input can reach
    widths = []
    for _ in range(layers):
        fan_in, length = len(state), np.linalg.norm(state)
        enough = int(3 * n / active_share) + 20
        rows = rng.standard_normal((enough, fan_in)) / np.sqrt(fan_in)
        z = rows @ state + ndtri(active_share) * length / np.sqrt(fan_in)
        active = np.flatnonzero(z > 0)
        kept = n
        while rank(rows[active[:kept]] @ image) < n:
            kept += 1
            if kept > len(active):
                raise ArithmeticError(f"{enough} units do not keep {n} directions apart")
        widths.append(int(active[kept - 1]) + 1)
        # Silent units pass on neither values nor directions, so only the active ones are carried along.
        state, image = z[active[:kept]], np.linalg.qr(rows[active[:kept]] @ image).Q
    return widths
