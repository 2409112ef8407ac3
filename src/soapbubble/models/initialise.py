"""How the weights of an untrained network are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar, get_args

import torch
from torch import nn

from soapbubble.config.ingredients import Bias, Init
from soapbubble.errors import SoapbubbleError

Network = TypeVar("Network", bound=nn.Module)

WEIGHTED = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw everything inside from `seed`, on the CPU, and leave the surrounding random stream untouched."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def initialise(network: Network, init: Init, gain: float = 1.0, bias: Bias = "default") -> Network:
    """Draw the weights of all dense and convolutional layers of `network`, in place, and return it.

    `default` keeps what PyTorch drew when the layer was made: Kaiming-uniform with a = sqrt(5), that is
    weights of variance 1 / (3 fan-in), and biases from the same uniform distribution. `small` is N(0, 0.02^2),
    DCGAN's choice. The fan-in is counted as PyTorch does, also for transposed convolutions. `gain` multiplies every
    weight, never a bias.

    Raises:
        SoapbubbleError: the name of a scheme is unknown.
    """
    if init not in get_args(Init) or bias not in get_args(Bias):
        raise SoapbubbleError(
            f"initialiser {init!r} with bias {bias!r} is unknown; choose from {get_args(Init)} and {get_args(Bias)}."
        )
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, WEIGHTED):
                _draw_weight(layer.weight, init)
                layer.weight.mul_(gain)
                if layer.bias is not None:
                    _draw_bias(layer.bias, bias)
    return network


def _draw_weight(weight: torch.Tensor, init: Init) -> None:
    if init == "he":
        nn.init.kaiming_normal_(weight, nonlinearity="relu")
    elif init == "xavier":
        nn.init.xavier_normal_(weight)
    elif init == "orthogonal":
        nn.init.orthogonal_(weight)
    elif init == "small":
        nn.init.normal_(weight, std=0.02)


def _draw_bias(bias: torch.Tensor, distribution: Bias) -> None:
    if distribution == "zero":
        nn.init.zeros_(bias)
    elif distribution == "normal":
        nn.init.normal_(bias)


def parameter_count(network: nn.Module) -> int:
    """How many trainable numbers a network holds."""
    return sum(parameter.numel() for parameter in network.parameters())
