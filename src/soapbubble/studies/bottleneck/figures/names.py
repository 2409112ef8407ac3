"""How models and laws of latents are called in figures."""

from __future__ import annotations

LAWS = {
    "prior": "prior",
    "mean only": "prior, at the codes' mean",
    "diagonal": "mean and variance of each axis",
    "within cells": "+ covariance within cells",
    "full covariance": "+ covariance between cells",
    "axes shuffled": "axes of the codes, shuffled",
    "cells shuffled": "cells of the codes, shuffled",
    "channels shuffled": "channels of the codes, shuffled",
    "mixture": "mixture of Gaussians",
    "second stage": "second VAE",
    "refitted": "fitted Gaussian",
    "posterior": "own codes",
    "held out": "held-out digits",
}
ENDINGS = {
    "ae": "plain autoencoder",
    "coordinates": "with coordinates",
    "reach": "with wide view",
    "n100": "100 pictures",
}


def model_name(name: object) -> str:
    """The name of a model as a reader knows it: `grid-7x7x4-ae` is a grid of 7×7×4, plain autoencoder."""
    words = str(name).removeprefix("photos-").replace("-beta-", "-beta=").split("-")
    if words[:2] in (["dense", "encoder"], ["dense", "decoder"]):
        return f"{words[2].replace('x', '×')}, dense {words[1]}"
    size = words[1].replace("x", "×")
    kind = f"grid {size}" if words[0] == "grid" else f"dense {size}"
    return ",\n".join([kind, *(ENDINGS.get(word) or word.replace("beta=", "β = ") for word in words[2:])])
