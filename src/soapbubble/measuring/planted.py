"""Clouds whose structure is known: curves, sheets and manifolds of more dimensions, and clusters.

All have the variances `spectrum` (d,) along their axes and no covariance between them, but for chance, so that they
differ from a Gaussian cloud of the same spectrum in nothing that a mean and a covariance could tell.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np


def manifold(n: int, dimension: int, waves: int, spectrum: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`n` random points (n, d) of a closed manifold of the given dimension: 1 for a curve, 2 for a sheet.

    Its coordinates are random mixtures of the cosine and the sine of the `waves` slowest waves on a torus, which are
    uncorrelated there. More waves make it more crumpled. Only the first 2 x `waves` axes of the spectrum can vary.
    """
    frequencies = slow_waves(dimension, waves)
    phases = rng.uniform(0, 2 * np.pi, (n, dimension)) @ frequencies.T
    functions = np.sqrt(2) * np.hstack([np.cos(phases), np.sin(phases)])
    axes = min(len(spectrum), 2 * waves)
    mixing = np.linalg.qr(rng.standard_normal((2 * waves, axes)))[0]
    points = np.zeros((n, len(spectrum)))
    points[:, :axes] = functions @ mixing * np.sqrt(spectrum[:axes])
    return points


def slow_waves(dimension: int, count: int) -> np.ndarray:
    """The `count` slowest waves on a torus of that dimension along one or two of its axes, one of each pair ±f.

    Whole frequencies (count, dimension).
    """
    axes = np.eye(dimension, dtype=int)
    pairs = list(combinations(axes, 2))
    waves: list[np.ndarray] = []
    fastest = 0
    while len(waves) < count:
        fastest += 1
        steps = range(1, fastest + 1)
        waves = [step * axis for step in steps for axis in axes]
        waves += [s * a + sign * t * b for a, b in pairs for s in steps for t in steps for sign in (1, -1)]
    return np.array(sorted(waves, key=lambda wave: int(wave @ wave))[:count])


def clusters(n: int, count: int, within: float, spectrum: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`n` points (n, d) around `count` random centres, with the share `within` of the variance inside a cluster."""
    centres = rng.standard_normal((count, len(spectrum)))
    noise = rng.standard_normal((n, len(spectrum)))
    return (np.sqrt(1 - within) * centres[rng.integers(count, size=n)] + np.sqrt(within) * noise) * np.sqrt(spectrum)


def with_noise(points: np.ndarray, share: float, spectrum: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The points (n, d) with Gaussian noise of the same spectrum that makes up `share` of the variance."""
    noise = rng.standard_normal(points.shape) * np.sqrt(spectrum)
    return np.sqrt(1 - share) * points + np.sqrt(share) * noise


def zeldovich(n: int, dimension: int, rng: np.random.Generator, side: int = 24, strength: float = 1.0) -> np.ndarray:
    """`n` points (n, dimension) of a periodic unit box that have begun to gather on walls, filaments and knots.

    Even points are moved along the gradient of a random potential (Zel'dovich 1970), until flows begin to cross: at the
    `strength` 1 the root mean square of the relative compression is 1. The potential lives on `side` cells an axis.
    """
    waves = np.stack(np.meshgrid(*[np.fft.fftfreq(side, 1 / side)] * dimension, indexing="ij"))
    squares = (waves**2).sum(axis=0)
    noise = np.fft.fftn(rng.standard_normal((side,) * dimension))
    # Density contrasts of all wave lengths down to a sixth of the box, and none below.
    contrast = np.where((squares > 0) & (squares <= 36), noise, 0)
    contrast *= strength / np.fft.ifftn(contrast).real.std()
    field = [np.fft.ifftn(1j * w * contrast / np.maximum(squares, 1)).real / (2 * np.pi) for w in waves]
    places = rng.random((n, dimension))
    cells = tuple((places * side).astype(int).T)
    return (places + np.stack([component[cells] for component in field], axis=1)) % 1
