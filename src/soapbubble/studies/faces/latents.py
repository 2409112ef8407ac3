"""The latents that this study measures, and what stands beside them to compare with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from soapbubble.autoencoders.face_store import FaceLatents
from soapbubble.lab import Lab
from soapbubble.measuring.autoencoder import Codes
from soapbubble.measuring.distributions import diagonal_gaussian

CASES: Mapping[str, str] = {"case I": "faces-case-1", "case II": "faces-case-2"}
"""the post's two networks: as the tables name them, and as the configuration does"""

SIZES: Mapping[int, str] = {
    **{z: f"faces-case-1-z{z}" for z in (2, 3, 8, 32, 64, 128)},
    256: "faces-case-1",
}
"""case I with fewer latents, and with all"""


@dataclass(frozen=True)
class Network:
    """One trained network of a case: its number, and the latents of its split's faces before and after training."""

    case: str
    replicate: int
    latents: FaceLatents
    untrained: FaceLatents


def networks(lab: Lab) -> Iterator[Network]:
    """All networks of both cases."""
    for case, name in CASES.items():
        model = lab.faces[name]
        for replicate in model.replicates:
            yield Network(case, replicate, model.latents(replicate), model.untrained_latents(replicate))


def as_codes(latents: np.ndarray) -> Codes:
    """The latents (n, d) as codes without noise."""
    return Codes(latents, np.zeros_like(latents))


def gaussian_like(latents: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draws (count, d) of a Gaussian with the mean and the covariance of the latents (n, d), float32."""
    values, axes = np.linalg.eigh(np.cov(latents, rowvar=False, dtype=np.float64))
    root = (axes * np.sqrt(np.maximum(values, 0))).T.astype(np.float32)
    noise = rng.standard_normal((count, latents.shape[1]), dtype=np.float32)
    return latents.mean(axis=0, dtype=np.float64).astype(np.float32) + noise @ root


def independent_gaussian_like(latents: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draws (count, d) of independent Gaussians with the axes' means and variances."""
    return diagonal_gaussian(as_codes(latents), count, rng)


def turned(latents: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The latents (n, d) in coordinates turned at random: all that depends on the choice of axes is lost."""
    d = latents.shape[1]
    return latents @ np.linalg.qr(rng.standard_normal((d, d)))[0].astype(np.float32)
