"""How the settings of decoders are called in figures."""

from __future__ import annotations

from collections.abc import Iterable

OPERATORS = {
    "nearest": "nearest",
    "bilinear": "bilinear",
    "bicubic": "bicubic",
    "transposed": "transposed 4",
    "transposed3": "transposed 3",
    "pixelshuffle": "pixel shuffle",
    "none": "same side",
    "dense": "dense",
    "blurred noise": "blurred noise",
    "enlarged latent": "enlarged latent",
}
"""upsampling operators, and what stands for one"""

READABLE = {
    # upsampling operators
    "transposed": "transposed 4",
    "transposed3": "transposed 3",
    "pixelshuffle": "pixel shuffle",
    "dense": "dense layers",
    # activations
    "identity": "none (linear)",
    "relu": "ReLU",
    "leaky": "leaky ReLU",
    "silu": "SiLU",
    "gelu": "GELU",
    "elu": "ELU",
    # initialisers
    "default": "PyTorch's",
    "he": "He's",
    # ingredients
    "upsampling": "upsampling operator",
    "blocks": "number of upsampling steps",
    "upsampling and blocks": "operator and number of steps",
    "upsampling, blocks and residual": "operator, steps and shortcuts",
    "kernel": "size of kernels",
    "norm": "normalisation",
    "residual": "shortcuts",
    "padding": "treatment of borders",
    "bias": "biases",
    "init": "initialiser",
    "gain": "gain of initial weights",
    "output": "output function",
    "latent distribution": "distribution of latents",
}


def readable(name: object) -> str:
    """The name of a setting as a reader knows it; names that need no translation stay as they are."""
    return READABLE.get(str(name), str(name))


def readables(names: Iterable[object]) -> list[str]:
    """`readable` for each of `names`."""
    return [readable(name) for name in names]
