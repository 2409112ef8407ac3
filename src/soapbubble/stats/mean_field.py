"""How the correlation of two inputs travels through the layers of a wide random dense network (Poole et al. 2016)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

NODES = 64


def correlation_after(
    activation: Callable[[np.ndarray], np.ndarray],
    weight_variance: float,
    bias_variance: float,
    layers: int,
    correlation: float,
    power: float = 1.0,
) -> float:
    """Correlation of the pre-activations of two inputs in layer `layers`, in the limit of infinite width.

    The inputs have mean square `power` and the given `correlation`; weights have variance `weight_variance` / fan-in.
    The Gaussian averages are Gauss-Hermite sums.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()
    q = weight_variance * power + bias_variance
    c = (weight_variance * power * correlation + bias_variance) / q
    for _ in range(layers - 1):
        first = activation(np.sqrt(q) * nodes)
        second = activation(np.sqrt(q) * (c * nodes[:, None] + np.sqrt(max(1 - c * c, 0.0)) * nodes[None, :]))
        product = (weights * first) @ (second @ weights)
        q_next = weight_variance * float(weights @ np.square(first)) + bias_variance
        c = min((weight_variance * float(product) + bias_variance) / q_next, 1.0)
        q = q_next
    return float(c)
