"""Layers of ReLU, tanh and sigmoid units: how many directions of the input do they keep, at a given input?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.dense_stacks import (
    FUNCTIONS,
    SLOPES,
    Activation,
    gaussian_weights,
    local_jacobians,
    narrowest_relu_layers,
)
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.stats.jacobian_rank import condition, rank
from soapbubble.stats.random_points import generator


class Relu(Part):
    """Directions of the input that random dense layers keep at a given input."""

    seed: int = setting(71, ge=0, doc="seed of the random numbers")
    inputs: int = setting(60, smoke=20, ge=4, doc="n: numbers that go in")
    # 13 x 13 pixels of three colours, a fifth of the page's 2523
    many_inputs: int = setting(507, smoke=40, ge=4, doc="a second n, for the smallest width")
    networks: int = setting(100, smoke=8, ge=2, unit="networks", doc="random networks of each kind")
    factors: list[float] = setting(
        [1.0, 1.5, 2.0, 2.2, 2.4, 2.7, 3.0],
        min_length=2,
        doc="widths of all layers, in units of n",
    )
    depth: int = setting(6, ge=3, unit="layers", doc="layers of the deepest stack")
    narrowed_to: float = setting(1.5, gt=1, doc="width of the one narrow layer in a stack of wide ones, in units of n")
    wide: float = setting(3.0, gt=1, doc="width of the other layers, in units of n")
    active_shares: list[float] = setting([0.3, 0.5, 0.7, 0.9], min_length=1, doc="p: probability that a unit is active")
    chains: int = setting(
        40, smoke=3, ge=2, unit="networks", doc="networks whose layers are cut to their smallest width"
    )
    chain_layers: int = setting(4, ge=2, unit="layers", doc="layers of such a network")
    scales: list[float] = setting(
        [1.0, 3.0, 10.0, 30.0, 100.0],
        smoke=[1.0, 100.0],
        min_length=2,
        doc="factors on the weights of tanh and sigmoid",
    )

    def reads(self) -> Reads:
        return Reads(memory_mb=400)


DEFINED, STACKS, CHAINS, NARROWED, BIJECTIVE, POSITIVE, GROWING = range(7)  # places in the tree of random streams
SQUARE_LAYERS = 2  # layers of the square stacks, which lose nothing but digits
SMOOTH: tuple[Activation, ...] = ("tanh", "sigmoid")


def measure(cfg: Relu, lab: Lab) -> Outcome:
    """Ranks of Jacobians, smallest widths, and the inverse of smooth layers."""
    out = Outcome()
    _definition(out, cfg)
    _stacks(out, cfg)
    _growing(out, cfg)
    _narrowed(out, cfg)
    _chains(out, cfg)
    _smooth(out, cfg)
    _positive(out, cfg)
    return out


def _definition(out: Outcome, cfg: Relu) -> None:
    """The printed definition against torch's functions; leaky ReLU shows that a difference would be seen."""
    z = np.concatenate([generator(cfg.seed, DEFINED).standard_normal(10_000), [0.0, -0.0]])
    for name, function in (("ReLU", torch.relu), ("leaky ReLU", torch.nn.functional.leaky_relu)):
        theirs = function(torch.from_numpy(z)).numpy()
        out.add("relu_definition_error", np.abs(theirs - FUNCTIONS["ReLU"](z)).max(), {"function": name}, n=len(z))


def _stacks(out: Outcome, cfg: Relu) -> None:
    """Layers of one width: the share of networks that keep all directions after each layer, and of directions lost."""
    n = cfg.inputs
    kinds: list[tuple[Activation, float, int]] = [("ReLU", factor, cfg.depth) for factor in cfg.factors]
    kinds += [(activation, 1.0, SQUARE_LAYERS) for activation in ("linear", *SMOOTH)]
    for place, (activation, factor, depth) in enumerate(kinds):
        rng = generator(cfg.seed, STACKS, place)
        gain = 2.0 if activation == "ReLU" else 1.0  # keeps the size of the signal, whatever the depth
        weights = gaussian_weights([n] + [round(factor * n)] * depth, cfg.networks, rng, gain)
        inputs = rng.standard_normal((cfg.networks, n))
        for layer, (_, jacobians) in enumerate(local_jacobians(weights, inputs, activation), start=1):
            where = {"activation": activation, "factor": factor, "layers": layer}
            _ranks(out, rank(jacobians), n, where)


def _ranks(out: Outcome, ranks: np.ndarray, n: int, where: Mapping[str, float | str]) -> None:
    out.add("all_directions_kept", (ranks == n).mean(), where, 0, "proportion", len(ranks))
    for network, kept in enumerate(ranks):
        out.add("directions_lost", 1 - kept / n, where, network)


def _growing(out: Outcome, cfg: Relu) -> None:
    """Widths 2n, 4n, 8n: directions lost after the first layer, and what the later and wider ones bring back."""
    n = cfg.inputs
    rng = generator(cfg.seed, GROWING)
    weights = gaussian_weights([n, 2 * n, 4 * n, 8 * n], cfg.networks, rng)
    inputs = rng.standard_normal((cfg.networks, n))
    kept = [rank(jacobians) for _, jacobians in local_jacobians(weights, inputs, "ReLU")]
    for layer, ranks in enumerate(kept, start=1):
        out.add("all_directions_kept_growing", (ranks == n).mean(), {"layers": layer}, 0, "proportion", len(ranks))


def _narrowed(out: Outcome, cfg: Relu) -> None:
    """Wide stacks with one narrower layer, first to last."""
    n, layers = cfg.inputs, cfg.chain_layers
    wide, narrow = round(cfg.wide * n), round(cfg.narrowed_to * n)
    for place in range(layers):
        widths = [n] + [narrow if layer == place else wide for layer in range(layers)]
        rng = generator(cfg.seed, NARROWED, place)
        weights = gaussian_weights(widths, cfg.networks, rng, 2.0)
        *_, (_, jacobians) = local_jacobians(weights, rng.standard_normal((cfg.networks, n)), "ReLU")
        where = {"narrow_layer": place + 1}
        out.add("all_directions_kept_narrowed", (rank(jacobians) == n).mean(), where, 0, "proportion", cfg.networks)


def _chains(out: Outcome, cfg: Relu) -> None:
    """The smallest width of each layer, in units of n, by the probability that a unit is active."""
    jobs: list[tuple[str, int, float, int, int]] = [
        ("few", cfg.inputs, share, cfg.chain_layers, cfg.chains) for share in cfg.active_shares
    ]
    jobs.append(("many", cfg.many_inputs, 0.5, 1, max(2, cfg.chains // 4)))
    for place, (name, n, share, layers, networks) in enumerate(jobs):
        for network in range(networks):
            rng = generator(cfg.seed, CHAINS, place, network)
            widths = narrowest_relu_layers(rng.standard_normal(n), layers, share, rng)
            for layer, width in enumerate(widths, start=1):
                out.add("smallest_width", width / n, {"inputs": name, "p": share, "layer": layer}, network)


def _smooth(out: Outcome, cfg: Relu) -> None:
    """Square tanh and sigmoid layers: their exact inverse, their condition number, and where float32 saturates."""
    n = cfg.inputs
    for network in range(cfg.chains):
        rng = generator(cfg.seed, BIJECTIVE, network)
        weights = rng.standard_normal((2, n, n)) / np.sqrt(n)
        inputs = rng.standard_normal(n)
        for activation in SMOOTH:
            out.add("inverse_error", _inverse_error(weights, inputs, activation), {"activation": activation}, network)
            jacobian = SLOPES[activation](weights[0] @ inputs)[:, None] * weights[0]
            worse = condition(jacobian) / condition(weights[0])
            out.add("condition_to_linear", worse, {"activation": activation}, network)
            for scale in cfg.scales:
                where = {"activation": activation, "scale": scale}
                out.add("distinct_in_float32", _distinct(weights[0], inputs, scale, activation), where, network)


def _inverse_error(weights: np.ndarray, inputs: np.ndarray, activation: Activation) -> float:
    """Relative error of the input found again from the output of the layers, by inverse functions and matrices."""
    state = inputs
    for weight in weights:
        state = FUNCTIONS[activation](weight @ state)
    for weight in weights[::-1]:
        before = np.arctanh(state) if activation == "tanh" else np.log(state) - np.log1p(-state)
        state = np.linalg.solve(weight, before)
    return float(np.linalg.norm(state - inputs) / np.linalg.norm(inputs))


def _distinct(weight: np.ndarray, inputs: np.ndarray, scale: float, activation: Activation) -> float:
    """The share of units that still tell a change by 1 % of their argument in single precision."""
    z = (scale * weight @ inputs).astype(np.float32)
    function = FUNCTIONS[activation]
    return float((function(z) != function(np.float32(1.01) * z)).mean())


def _positive(out: Outcome, cfg: Relu) -> None:
    """Square layers with positive inputs, and weights of one sign: all units active, or none."""
    n = cfg.inputs
    rng = generator(cfg.seed, POSITIVE)
    magnitudes = np.abs(rng.standard_normal((cfg.networks, n, n)))
    inputs = rng.uniform(size=(cfg.networks, n))
    for name, sign in (("positive", 1), ("negative", -1)):
        ((states, jacobians),) = local_jacobians([sign * magnitudes], inputs, "ReLU")
        for network, (state, kept) in enumerate(zip(states, rank(jacobians), strict=True)):
            out.add("one_sign_active", (state > 0).mean(), {"weights": name}, network, n=n)
            out.add("one_sign_rank", kept / n, {"weights": name}, network)
