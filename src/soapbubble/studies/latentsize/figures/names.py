"""What models and latent distributions are called in figures."""

from __future__ import annotations

import re

LATENTS = {
    "prior": "prior",
    "shifted prior": "shifted\nprior",
    "diagonal Gaussian": "diagonal\nGaussian",
    "low-rank Gaussian": "low-rank\nGaussian",
    "full Gaussian": "full\nGaussian",
    "mixture": "mixture",
    "second-stage VAE": "second-stage\nVAE",
    "aggregate posterior": "aggregate\nposterior",
}
ENDINGS = {
    "mean": "mean loss",
    "ae": "autoencoder",
    "long": "longer",
    "beta-4": r"$\beta=4$",
    "beta-4th": r"$\beta=1/4$",
    "beta-8th": r"$\beta=1/8$",
    "beta-64th": r"$\beta=1/64$",
}


def model_name(name: str) -> str:
    """`grid-8x8x1024-mean` as a person would write it."""
    kind, size, *rest = str(name).split("-", 2)
    shape = re.sub("x", "\u00d7", size) if kind == "grid" else f"dense {size}"
    return ", ".join([shape, *(ENDINGS.get(item, item) for item in rest)])
