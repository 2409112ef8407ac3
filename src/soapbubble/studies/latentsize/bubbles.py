"""Norms of Gaussian vectors, and the overlap of a shifted Gaussian with the prior: closed forms and simulation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.stats import chi2, ncx2, norm

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome, Replicate
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.gaussian_length import length_sd, mean_length


class Bubbles(Part):
    """Norms of Gaussian vectors, and how far a shifted Gaussian overlaps with the prior."""

    seed: int = setting(220, ge=0, doc="seed of the random numbers")
    # up to the thread's latent space
    dimensions: tuple[int, ...] = setting(
        [2, 4, 16, 64, 256, 1024, 4096, 16384, 65536],
        smoke=[2, 16, 64, 1024, 65536],
        min_length=3,
        doc="dimensions in which vectors are drawn",
    )
    # 0.4 s a dimension, but more for the largest two,
    numbers: int = setting(40000000, smoke=100000, ge=10_000, doc="random numbers that each dimension may cost")
    max_vectors: int = setting(100000, smoke=2000, ge=100, doc="at most so many vectors in each dimension")
    # which give the thickness to 1 %
    min_vectors: int = setting(8000, smoke=100, ge=100, doc="at least so many vectors in each dimension")
    replicates: int = setting(20, smoke=4, ge=2, doc="batches in which they are drawn")
    # projections on orthogonal directions are independent: 16 shifts for the price of one vector
    directions: int = setting(16, ge=1, doc="orthogonal directions in which the Gaussian is shifted, at most")
    # 11 nats: log of the 60,000 training digits of MNIST; beyond, simulation sees nothing
    simulated_kl: tuple[float, ...] = setting(
        [1.0, 5.0, 11.0], min_length=1, unit="nat", doc="KL from the prior at which the overlap is simulated"
    )
    kl: tuple[float, ...] = setting(
        [1.0, 5.0, 11.0, 25.0, 50.0, 100.0, 500.0], min_length=1, unit="nat", doc="KL at which it is computed"
    )
    # of each coordinate: "close to 0"
    offset: float = setting(0.1, gt=0, doc="shift of each coordinate, where the shift grows with the dimension")
    # as a VAE of digits has
    shell_kl: float = setting(25.0, gt=0, unit="nat", doc="KL at which norms alone are compared")

    def reads(self) -> Reads:
        return Reads(memory_mb=1000)


BLOCK = 2**22  # random numbers in memory at once
SHELL = 0.99  # share of the prior's draws that its practical support holds
BINS = np.linspace(-3.5, 3.5, 36)  # of the norm less the square root of the dimension


def measure(cfg: Bubbles, lab: Lab) -> Outcome:
    """Radius and thickness of the shell by dimension; overlap by KL, by dimension, and by norm alone."""
    out = Outcome()
    for d in progress(cfg.dimensions, "dimensions of Gaussian vectors"):
        _closed_forms(out, cfg, d)
        directions = _directions(d, min(cfg.directions, d), cfg.seed)
        counts = np.zeros(len(BINS) - 1)
        for replicate in range(cfg.replicates):
            norms, components = _draw(cfg, d, replicate, directions)
            _shell(out, norms.mean(), norms.std(ddof=1), {"by": "simulation", "d": d}, replicate)
            for kl in cfg.simulated_kl:
                value = simulated_overlap(components, kl)
                out.add("overlap", value, {"by": "simulation", "d": d, "kl": kl}, replicate)
            counts += np.histogram(norms - math.sqrt(d), BINS)[0]
        for low, high, count in zip(BINS, BINS[1:], counts, strict=False):
            where = {"d": d, "norm_minus_root": (low + high) / 2}
            out.add("density_of_norm", count / counts.sum() / (high - low), where)
    for kl in sorted({*cfg.kl, *np.geomspace(0.5, 100, 60)}):
        out.add("overlap", overlap(kl), {"by": "closed form", "kl": kl})
    return out


def _shell(out: Outcome, radius: float, thickness: float, where: dict[str, Any], replicate: Replicate) -> None:
    out.add("radius", radius, where, replicate)
    out.add("thickness", thickness, where, replicate)
    out.add("relative_thickness", thickness / radius, where, replicate)


def _closed_forms(out: Outcome, cfg: Bubbles, d: int) -> None:
    radius = mean_length(d)
    _shell(out, radius, length_sd(d), {"by": "closed form", "d": d}, "exact")
    out.add("radius_to_root", radius / math.sqrt(d), {"d": d})
    out.add("overlap_of_offset", overlap(offset_kl(cfg.offset, d)), {"d": d, "offset": cfg.offset})
    out.add("inside_prior_shell", inside_prior_shell(cfg.shell_kl, d), {"d": d, "kl": cfg.shell_kl})


def overlap(kl: float) -> float:
    """What N(mean, I) and N(0, I) have in common, 1 - TV = 2 Phi(-|mean| / 2), where |mean|^2 = 2 `kl`."""
    return float(2 * norm.cdf(-math.sqrt(2 * kl) / 2))


def simulated_overlap(components: np.ndarray, kl: float) -> float:
    """The same as the mean of min(1, q / p) over draws from the prior, given their components along the mean."""
    length = math.sqrt(2 * kl)
    return float(np.exp(np.minimum(0, length * np.concatenate([components, -components]) - kl)).mean())


def offset_kl(offset: float, dimension: int) -> float:
    """KL from the prior, in nats, of a code that is shifted by `offset` in each coordinate, with unit noise."""
    return dimension * offset**2 / 2


def inside_prior_shell(kl: float, dimension: int) -> float:
    """Share of N(mean, I), |mean|^2 = 2 `kl`, whose norm is among the SHELL most central norms of N(0, I)."""
    low, high = chi2.ppf(((1 - SHELL) / 2, (1 + SHELL) / 2), dimension)
    return float(np.diff(ncx2.cdf((low, high), dimension, 2 * kl))[0])


def _directions(dimension: int, count: int, seed: int) -> np.ndarray:
    """Orthonormal columns (dimension, count) in random directions."""
    rng = np.random.default_rng((seed, dimension))
    return np.linalg.qr(rng.standard_normal((dimension, count)))[0].astype(np.float32)


def _draw(cfg: Bubbles, dimension: int, replicate: int, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Norms (n,) of a batch of standard normal vectors, and their components (n * directions,) in the directions."""
    norms, components = [], []
    for vectors in _vectors(cfg, dimension, replicate):
        norms.append(np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)))
        components.append((vectors @ directions).ravel().astype(np.float64))
    return np.concatenate(norms), np.concatenate(components)


def _vectors(cfg: Bubbles, dimension: int, replicate: int) -> Iterator[np.ndarray]:
    rng = np.random.Generator(np.random.SFC64((cfg.seed, dimension, replicate)))
    left = min(cfg.max_vectors, max(cfg.min_vectors, cfg.numbers // dimension)) // cfg.replicates
    while left > 0:
        rows = min(left, max(1, BLOCK // dimension))
        yield rng.standard_normal((rows, dimension), dtype=np.float32)
        left -= rows
