"""Inversion of linear stacks by gradient descent on the L1 distance of outputs, in matrix form.

Whatever its layers and biases, a linear stack with the matrix E moves an error d of the input to the error E d of the
output. The gradient of `weight` * |E d|_1 is `weight` * E^T sign(E d), so that a step needs two products with E and
nothing of the layers, and the target itself drops out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def falling_rates(steps: int, first: float, last: float) -> np.ndarray:
    """Learning rates (steps,) that fall in a straight line."""
    return np.linspace(first, last, steps)


def descend(
    matrix: np.ndarray, error: np.ndarray, rates: Sequence[float] | np.ndarray, weight: float, kept: Sequence[int] = ()
) -> np.ndarray:
    """The errors of the input left by descent, in single precision.

    Args:
        matrix: E (outputs, inputs).
        error: the input error (inputs,) to begin with: start less target.
        rates: the learning rate of each step.
        weight: the factor of the L1 distance in the loss.
        kept: numbers of steps, rising, after which the error is kept; the last step where there are none.

    Returns:
        The error (kept, inputs) after each of these.
    """
    stops = list(kept) or [len(rates)]
    forward = np.ascontiguousarray(matrix, np.float32)
    left = error.astype(np.float32)
    output, step = np.empty(len(forward), np.float32), np.empty_like(left)
    sizes = np.asarray(rates, np.float32) * np.float32(weight)
    found = np.empty((len(stops), len(left)), np.float32)
    done = 0
    for place, stop in enumerate(stops):
        for size in sizes[done:stop]:
            np.dot(forward, left, out=output)
            np.sign(output, out=output)
            np.dot(output, forward, out=step)
            step *= size
            left -= step
        done = stop
        found[place] = left
    return found
