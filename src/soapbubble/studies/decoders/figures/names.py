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
"""what doubles the side of a decoder, and what stands for one"""

READABLE = {
    # ways of doubling the side
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
    "upsampling": "way of doubling",
    "blocks": "number of doublings",
    "upsampling and blocks": "way and number of doublings",
    "upsampling, blocks and residual": "way, number and shortcuts",
    "kernel": "size of kernels",
    "norm": "normalisation",
    "residual": "shortcuts",
    "padding": "treatment of borders",
    "bias": "biases",
    "init": "initialiser",
    "gain": "gain of first weights",
    "output": "output function",
    "latent distribution": "distribution of latents",
}


def readable(name: object) -> str:
    """The name of a setting as a reader knows it; names that need no translation stay as they are."""
    return READABLE.get(str(name), str(name))


def readables(names: Iterable[object]) -> list[str]:
    """`readable` for each of `names`."""
    return [readable(name) for name in names]
