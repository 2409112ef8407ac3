"""How figures name models and latent distributions."""

from __future__ import annotations

LATENTS = {
    "prior": "prior",
    "shifted prior": "prior, at the codes' mean",
    "diagonal Gaussian": "mean and variance of each axis",
    "within-cell Gaussian": "+ covariance within cells",
    "full Gaussian": "+ covariance between cells",
    "axes shuffled": "axes of the codes, shuffled",
    "cells shuffled": "cells of the codes, shuffled",
    "channels shuffled": "channels of the codes, shuffled",
    "mixture": "mixture of Gaussians",
    "second-stage VAE": "second-stage VAE",
    "aggregate posterior": "own codes",
    "aggregate posterior, test": "test digits",
}
KINDS = {"grid": "convolutional", "dense": "dense"}
ENDINGS = {
    "ae": "plain autoencoder",
    "coordinates": "with coordinates",
    "reach": "with wide view",
    "n100": "100 images",
}


def model_name(name: object) -> str:
    """The name of a model as a reader knows it: `grid-7x7x4-ae` is a grid of 7×7×4, plain autoencoder."""
    words = str(name).removeprefix("photos-").replace("-beta-", "-beta=").split("-")
    if words[:2] in (["dense", "encoder"], ["dense", "decoder"]):
        return f"{words[2].replace('x', '×')}, dense {words[1]}"
    size = words[1].replace("x", "×")
    kind = f"grid {size}" if words[0] == "grid" else f"dense {size}"
    return ",\n".join([kind, *(ENDINGS.get(word) or word.replace("beta=", "β = ") for word in words[2:])])
