"""Condition numbers of products of layers by depth and initialisation, and what they do to training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.linear_stack import SCHEMES, draw_biases, draw_layers, product
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.linear_descent import descend, falling_rates
from soapbubble.stats.random_points import generator
from soapbubble.stats.rank_correlation import spearman
from soapbubble.studies.width.inversion import Descent


class Conditioning(Part):
    """Spectra of products of random layers, and the training of stacks with chosen spectra."""

    seed: int = setting(67, ge=0, doc="seed of the random numbers")
    descent: Descent = setting(doc="the descent")
    draws: int = setting(10, smoke=3, ge=2, unit="stacks", doc="stacks of each kind")
    sizes: list[int] = setting([50, 150], smoke=[10, 50], min_length=2, unit="units", doc="widths of the square layers")
    known_draws: int = setting(400, smoke=100, ge=100, unit="matrices", doc="Gaussian matrices of the known answer")
    networks: int = setting(8, smoke=2, ge=2, unit="networks", doc="trained networks of each spectrum")
    training_steps: int = setting(200, smoke=5, ge=1, unit="steps", doc="steps of gradient descent on the weights")
    inversion_steps: int = setting(500, smoke=20, ge=1, unit="steps", doc="steps of a descent on the input")

    def reads(self) -> Reads:
        return Reads(memory_mb=600)


DEPTHS = (1, 2, 3, 4, 6, 8)
GROWTH = ("default", "kaiming_normal", "xavier_uniform", "orthogonal", "identity plus noise")
UNEVEN = tuple(name for name in SCHEMES if name != "identity plus noise")  # those that torch.nn.init offers
UNEVEN_DEPTH = 4
KNOWN_SIZE, KNOWN_BATCHES = 100, 10
SPREADS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)  # largest over smallest singular value of each layer
RATES = (0.01, 0.03, 0.1)  # learning rates tried for each network; the best of them counts
WIDTH, LAYERS, SAMPLES = 32, 6, 256
GAUSSIAN = len(SPREADS)  # place of the Gaussian layers behind those of chosen spectra
START = 0.23  # standard deviation of the input error that descent sets out from
GAINS = {"linear": 1.0, "ReLU": 2**0.5}  # keep the size of a signal from layer to layer


def measure(cfg: Conditioning, lab: Lab) -> Outcome:
    """Condition numbers, unevenness, composition, and training beside inversion."""
    out = Outcome()
    _composition(out, cfg)
    _known_answer(out, cfg)
    _growth(out, cfg)
    _unevenness(out, cfg)
    for network in progress(range(cfg.networks), "stacks of chosen spectra trained"):
        _training(out, cfg, network)
    return out


def log10_condition(layers: list[np.ndarray]) -> float:
    """log10 of the condition number of a product of square layers.

    The smallest singular value is taken as the inverse of the largest one of the product of the inverses, which keeps
    its digits where the product itself has lost them.
    """
    whole = product(layers)
    back = product([np.linalg.inv(layer) for layer in reversed(layers)])
    return float(np.log10(np.linalg.norm(whole, 2)) + np.log10(np.linalg.norm(back, 2)))


def _composition(out: Outcome, cfg: Conditioning) -> None:
    """Largest relative difference of a stack applied layer by layer and of its one matrix, without and with biases."""
    for network in range(cfg.draws):
        widths = [cfg.sizes[-1]] * 5
        seed = _seed(cfg, 0, network)
        layers, biases = draw_layers(widths, seed), draw_biases(widths, seed)
        vectors = generator(cfg.seed, 0, network).standard_normal((widths[0], 10))
        for name, factor in (("without", 0.0), ("with", 1.0)):
            stepwise, shift = vectors, np.zeros((widths[0], 1))
            for layer, bias in zip(layers, biases, strict=True):
                stepwise = layer @ stepwise + factor * bias[:, None]
                shift = layer @ shift + factor * bias[:, None]
            difference = np.abs(product(layers) @ vectors + shift - stepwise).max() / np.abs(stepwise).max()
            out.add("composition_error", difference, {"biases": name}, network)


def _known_answer(out: Outcome, cfg: Conditioning) -> None:
    """Mean of log condition - log n of square Gaussian matrices, in batches: 1.537 for large n (Edelman 1988)."""
    for batch in range(KNOWN_BATCHES):
        matrices = generator(cfg.seed, 1, batch).standard_normal(
            (cfg.known_draws // KNOWN_BATCHES, KNOWN_SIZE, KNOWN_SIZE)
        )
        excess = np.log(np.linalg.cond(matrices)).mean() - np.log(KNOWN_SIZE)
        out.add("gaussian_condition_excess", excess, {}, batch, n=len(matrices))


def _growth(out: Outcome, cfg: Conditioning) -> None:
    """log10 of the condition number by depth, for several initialisations."""
    jobs = [(*named, size, draw) for named in enumerate(GROWTH) for size in cfg.sizes for draw in range(cfg.draws)]
    for place, scheme, size, draw in progress(jobs, "condition numbers by depth"):
        layers = draw_layers([size] * (max(DEPTHS) + 1), _seed(cfg, 1, place, size, draw), scheme)
        for depth in DEPTHS:
            where = {"init": scheme, "inputs": "few" if size == cfg.sizes[0] else "many", "layers": depth}
            out.add("condition_log10", log10_condition(layers[:depth]), where, draw, n=size)


def _unevenness(out: Outcome, cfg: Conditioning) -> None:
    """Condition number and quartiles of the singular values of four layers, square or twice as wide as the input."""
    size = cfg.sizes[0]
    for place, scheme in enumerate(UNEVEN):
        for name, factor in (("square", 1), ("double", 2)):
            for draw in range(cfg.draws):
                widths = [size, *[factor * size] * UNEVEN_DEPTH]
                matrix = product(draw_layers(widths, _seed(cfg, 2, place, factor, draw), scheme))
                values = np.linalg.svd(matrix, compute_uv=False)
                upper, lower = np.quantile(values, (0.75, 0.25))
                where = {"init": scheme, "width": name}
                out.add("uneven_condition_log10", np.log10(values[0] / values[-1]), where, draw, n=size)
                out.add("uneven_quartile_ratio", upper / lower, where, draw, n=size)


def _seed(cfg: Conditioning, *place: int) -> int:
    return int(np.random.SeedSequence(cfg.seed, spawn_key=place).generate_state(1)[0])


def _training(out: Outcome, cfg: Conditioning, network: int) -> None:
    """Stacks with layers of chosen spectra and of Gaussian weights: inverted as they begin, and trained."""
    random = generator(cfg.seed, 3, network)
    stacks = [
        *([_with_spread(spread, random) for _ in range(LAYERS)] for spread in SPREADS),
        [random.standard_normal((WIDTH, WIDTH)) / WIDTH**0.5 for _ in range(LAYERS)],
    ]
    error = START * random.standard_normal(WIDTH)
    rates = falling_rates(cfg.inversion_steps, cfg.descent.first_rate, cfg.descent.last_rate)
    inverted = [np.linalg.norm(descend(product(s), error, rates, cfg.descent.weight)) for s in stacks]
    samples = random.standard_normal((WIDTH, SAMPLES))
    first, second = (np.linalg.qr(random.standard_normal((WIDTH, WIDTH)))[0] for _ in range(2))
    targets = {"linear": first @ samples, "ReLU": second @ np.maximum(first @ samples, 0)}
    for name, place in (("orthogonal", 0), ("Gaussian", GAUSSIAN)):
        cosine = first_step_cosine(stacks[place], samples, targets["linear"])
        out.add("first_step_cosine", cosine, {"init": name}, network, n=SAMPLES)
    for activation, gain in GAINS.items():
        losses = _trained(np.array(stacks) * gain, samples, targets[activation], activation, cfg.training_steps)
        for name, place in (("orthogonal", 0), ("Gaussian", GAUSSIAN)):
            out.add("trained_loss", losses[place], {"init": name, "activation": activation}, network, n=SAMPLES)
        rank = spearman(np.array([inverted[:GAUSSIAN]]).T, np.array([losses[:GAUSSIAN]]).T)[0, 0]
        out.add("inversion_training_correlation", rank, {"activation": activation}, network, n=len(SPREADS))
        for spread, distance, loss in zip(SPREADS, inverted, losses, strict=False):
            where = {"activation": activation, "spread": spread}
            out.add("spread_inversion", distance / np.linalg.norm(error), where, network, n=cfg.inversion_steps)
            out.add("spread_loss", loss, where, network, n=SAMPLES)


def _with_spread(spread: float, random: np.random.Generator) -> np.ndarray:
    """A square layer with random singular vectors, whose singular values run evenly in their logarithms."""
    outputs, inputs = (np.linalg.qr(random.standard_normal((WIDTH, WIDTH)))[0] for _ in range(2))
    values = np.geomspace(1, 1 / spread, WIDTH)
    return (outputs * (values * (WIDTH / np.square(values).sum()) ** 0.5)) @ inputs.T


def first_step_cosine(layers: list[np.ndarray], samples: np.ndarray, targets: np.ndarray) -> float:
    """Cosine between the gradient for the first layer of a linear stack and its Gauss-Newton step.

    With M the later layers and R what the stack leaves of `targets` (n, k), the gradient for half the squared residual
    is -M^T R X^T, and the step that removes as much of R as the first layer can is M^+ R X^+.
    """
    later = product(layers[1:])
    rest = targets - later @ (layers[0] @ samples)
    gradient = later.T @ rest @ samples.T
    newton = np.linalg.pinv(later) @ rest @ np.linalg.pinv(samples)
    return float((gradient * newton).sum() / (np.linalg.norm(gradient) * np.linalg.norm(newton)))


def _trained(stacks: np.ndarray, samples: np.ndarray, targets: np.ndarray, activation: str, steps: int) -> np.ndarray:
    """Loss of each stack (s, layers, n, n) after training, over the loss of answering 0, at its best learning rate."""
    act: Callable[[Tensor], Tensor] = torch.relu if activation == "ReLU" else (lambda x: x)
    rates = torch.tensor(RATES, dtype=torch.float32).repeat_interleave(len(stacks))[:, None, None]
    start = torch.from_numpy(np.tile(stacks, (len(RATES), 1, 1, 1))).float()
    weights = [start[:, layer].clone().requires_grad_() for layer in range(LAYERS)]
    inputs, wanted = (torch.from_numpy(array).float() for array in (samples, targets))

    def losses() -> Tensor:
        found = weights[0] @ inputs
        for weight in weights[1:]:
            found = weight @ act(found)
        return (found - wanted).square().mean(dim=(1, 2))

    for _ in range(steps):
        gradients = torch.autograd.grad(losses().sum() * WIDTH, weights)
        with torch.no_grad():
            for weight, gradient in zip(weights, gradients, strict=True):
                weight -= rates * gradient
    with torch.no_grad():
        final = losses().nan_to_num(torch.inf, torch.inf).reshape(len(RATES), len(stacks)).amin(dim=0)
    return (final / wanted.square().mean()).numpy()
