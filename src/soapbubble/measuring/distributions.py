"""Latent distributions: the prior, the aggregate posterior, and what can be fitted to codes; each drawn from by name.

Every function gives float32 (n, d). `codes` are those of the images that a distribution is fitted to. Where the fitted
part lies in the first principal components of the means, what these leave out, and the codes' own noise, is Gaussian
and independent from axis to axis, so that every fitted distribution has the variance of the aggregate posterior.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from soapbubble.errors import SoapbubbleError
from soapbubble.measuring.autoencoder import Codes
from soapbubble.measuring.kl import kl_to_prior_torch
from soapbubble.measuring.nulls import axis_shuffled, cell_shuffled, channel_shuffled
from soapbubble.measuring.pca import SMALLEST, Whitener, covariance_spectrum, principal_components
from soapbubble.measuring.training import fit, linear_decay
from soapbubble.models.initialise import seeded

HIDDEN, BATCH_SIZE, LR = 128, 128, 2e-3  # of the second-stage VAE


@dataclass(frozen=True)
class Settings:
    """What some of the distributions need to be told.

    `fitted`: codes that a distribution is fitted to, the first ones (None: all); `rank`: principal components of
    "low-rank Gaussian", "mixture" and "second-stage VAE"; `components`: Gaussians of "mixture"; `steps`: training of
    "second-stage VAE"; `shape`: (channels, rows, columns) of the latents, of those that tell cells apart; `scale`:
    standard deviation of "prior" and "unit noise" (the temperature), half-width of "uniform cube" in units of that with
    the mean square length of the codes; `level`: share of the codes inside the ellipsoid of "ellipsoid".
    """

    fitted: int | None = None
    rank: int = 0
    components: int = 0
    steps: int = 1500
    shape: tuple[int, int, int] = (0, 0, 0)
    scale: float = 1.0
    level: float = 0.95


def prior(count: int, dimension: int, rng: np.random.Generator, scale: float = 1.0) -> np.ndarray:
    """`count` draws from N(0, scale^2 I)."""
    return np.float32(scale) * rng.standard_normal((count, dimension), dtype=np.float32)


def prior_like(latents: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As many draws from N(0, I) as there are `latents` (n, d)."""
    return prior(len(latents), latents.shape[1], rng)


def aggregate_posterior(codes: Codes, rng: np.random.Generator) -> np.ndarray:
    """One draw for each image from its own posterior."""
    return codes.mean + codes.std * rng.standard_normal(codes.mean.shape, dtype=np.float32)


def unit_noise(codes: Codes, rng: np.random.Generator, scale: float = 1.0) -> np.ndarray:
    """One draw for each image from N(mean, scale^2 I)."""
    return codes.mean + prior(len(codes), codes.mean.shape[1], rng, scale)


def shifted_prior(codes: Codes, count: int, rng: np.random.Generator) -> np.ndarray:
    """A Gaussian with the mean of the aggregate posterior and variances of 1."""
    return prior(count, codes.mean.shape[1], rng) + codes.mean.mean(axis=0)


def uniform_cube(codes: Codes, count: int, rng: np.random.Generator, scale: float = 1.0) -> np.ndarray:
    """Every axis uniform on one interval around 0; at a `scale` of 1 the mean square length is that of the codes."""
    half_width = scale * np.sqrt(3) * _rms(codes)
    return np.float32(half_width) * (2 * rng.random((count, codes.mean.shape[1]), dtype=np.float32) - 1)


def isotropic_gaussian(codes: Codes, count: int, rng: np.random.Generator) -> np.ndarray:
    """N(0, s^2 I) with the mean square length of the codes."""
    return prior(count, codes.mean.shape[1], rng, float(_rms(codes)))


def ellipsoid(codes: Codes, level: float, count: int, rng: np.random.Generator) -> np.ndarray:
    """Uniform in the ellipsoid along the principal axes of the means that holds the share `level` of them."""
    axes = principal_components(codes.mean, codes.mean.shape[1])
    scores = axes.scores(codes.mean)
    std = np.sqrt(np.maximum(scores.var(axis=0), SMALLEST * scores[:, 0].var()))
    radius = np.quantile(np.linalg.norm(scores / std, axis=1), level)
    directions = prior(count, len(std), rng)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    radii = radius * rng.random((count, 1), dtype=np.float32) ** (1 / len(std))
    return axes.points((radii * directions * std).astype(np.float32))


def diagonal_gaussian(codes: Codes, count: int, rng: np.random.Generator) -> np.ndarray:
    """A Gaussian with the mean and the variance of the aggregate posterior, axis by axis."""
    variance = codes.mean.var(axis=0) + np.square(codes.std).mean(axis=0)
    return codes.mean.mean(axis=0) + np.sqrt(variance) * prior(count, codes.mean.shape[1], rng)


def full_gaussian(codes: Codes, count: int, rng: np.random.Generator) -> np.ndarray:
    """A Gaussian with the mean and the whole covariance of the aggregate posterior.

    Random combinations of the centred means have exactly their covariance, so that no matrix (d, d) is needed.
    """
    return _combined(codes.mean - codes.mean.mean(axis=0), codes, count, rng)


def low_rank_gaussian(codes: Codes, rank: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """A Gaussian with the covariance that the first `rank` principal components of the means have."""
    known = codes.low_rank(rank)
    kept = known.scores @ known.components.axes
    return _combined(kept, codes, count, rng) + np.sqrt(known.left_out) * prior(count, codes.mean.shape[1], rng)


def mixture(codes: Codes, components: int, rank: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """A mixture of Gaussians with full covariances in the first `rank` principal components of the means."""
    from sklearn.mixture import GaussianMixture

    scores = codes.low_rank(rank).scores
    fitted = GaussianMixture(components, reg_covar=1e-3 * float(scores.var(axis=0).mean()), random_state=0, max_iter=50)
    fitted.fit(scores.astype(np.float64))
    which = rng.choice(components, size=count, p=fitted.weights_ / fitted.weights_.sum())
    roots = np.linalg.cholesky(fitted.covariances_)
    noise = rng.standard_normal((count, scores.shape[1]))
    drawn = fitted.means_[which] + np.einsum("nij,nj->ni", roots[which], noise)
    return _from_scores(drawn, codes, rank, rng)


def second_stage_vae(codes: Codes, rank: int, count: int, rng: np.random.Generator, steps: int = 1500) -> np.ndarray:
    """A second VAE on the first `rank` principal components of the means (Dai and Wipf 2019), drawn from its prior.

    Two dense hidden layers on each side and a learnt standard deviation of its output.
    """
    scores = codes.low_rank(rank).scores
    std = scores.std(axis=0)
    drawn = _second_vae(scores / std, count, int(rng.integers(2**31)), steps) * std
    return _from_scores(drawn, codes, rank, rng)


def within_cell_gaussian(codes: Codes, shape: tuple[int, int, int], count: int, rng: np.random.Generator) -> np.ndarray:
    """The full Gaussian without its covariances between cells."""
    return cell_shuffled(full_gaussian(codes, count, rng), shape, rng)


Sampler = Callable[[Codes, int, np.random.Generator, Settings], np.ndarray]

DISTRIBUTIONS: dict[str, Sampler] = {
    "prior": lambda codes, count, rng, s: prior(count, codes.mean.shape[1], rng, s.scale),
    "shifted prior": lambda codes, count, rng, s: shifted_prior(codes[: s.fitted], count, rng),
    "uniform cube": lambda codes, count, rng, s: uniform_cube(codes[: s.fitted], count, rng, s.scale),
    "isotropic Gaussian": lambda codes, count, rng, s: isotropic_gaussian(codes[: s.fitted], count, rng),
    "ellipsoid": lambda codes, count, rng, s: ellipsoid(codes[: s.fitted], s.level, count, rng),
    "diagonal Gaussian": lambda codes, count, rng, s: diagonal_gaussian(codes[: s.fitted], count, rng),
    "low-rank Gaussian": lambda codes, count, rng, s: low_rank_gaussian(_fitted(codes, s), s.rank, count, rng),
    "within-cell Gaussian": lambda codes, count, rng, s: within_cell_gaussian(codes[: s.fitted], s.shape, count, rng),
    "full Gaussian": lambda codes, count, rng, s: full_gaussian(codes[: s.fitted], count, rng),
    "mixture": lambda codes, count, rng, s: mixture(_fitted(codes, s), s.components, s.rank, count, rng),
    "second-stage VAE": lambda codes, count, rng, s: second_stage_vae(_fitted(codes, s), s.rank, count, rng, s.steps),
    "unit noise": lambda codes, count, rng, s: unit_noise(_first(codes, count), rng, s.scale),
    "axes shuffled": lambda codes, count, rng, s: axis_shuffled(aggregate_posterior(_first(codes, count), rng), rng),
    "cells shuffled": lambda codes, count, rng, s: cell_shuffled(
        aggregate_posterior(_first(codes, count), rng), s.shape, rng
    ),
    "channels shuffled": lambda codes, count, rng, s: channel_shuffled(
        aggregate_posterior(_first(codes, count), rng), s.shape, rng
    ),
    "aggregate posterior": lambda codes, count, rng, s: aggregate_posterior(_first(codes, count), rng),
}
"""every distribution by name; the last five draw once for each of the first `count` codes"""


def sample(
    name: str, codes: Codes, count: int, rng: np.random.Generator, settings: Settings | None = None
) -> np.ndarray:
    """`count` latents (count, d) from the distribution `name` of `DISTRIBUTIONS`.

    Raises:
        SoapbubbleError: no distribution has that name, or it draws once for each code and there are too few.
    """
    if name not in DISTRIBUTIONS:
        raise SoapbubbleError(f"{name}: no latent distribution has this name; take one of {', '.join(DISTRIBUTIONS)}.")
    return DISTRIBUTIONS[name](codes, count, rng, settings or Settings())


def log_density_ratio_to_prior(points: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """log of the density (m,) of a full Gaussian fitted to `fitted` (n, d) over that of the prior, at `points` (m, d).

    Give it other draws than it was fitted to.
    """
    whitened = np.square(Whitener.fit(fitted)(points), dtype=np.float64).sum(axis=1)
    raw = np.square(points, dtype=np.float64).sum(axis=1)
    return 0.5 * (raw - whitened - np.log(covariance_spectrum(fitted)).sum())


def _fitted(codes: Codes, settings: Settings) -> Codes:
    """The codes to fit to; the same object where it is all of them, so that what is known of them is kept."""
    return codes if settings.fitted is None or settings.fitted >= len(codes) else codes[: settings.fitted]


def _first(codes: Codes, count: int) -> Codes:
    if count > len(codes):
        raise SoapbubbleError(f"{count} draws from the codes of {len(codes)} images; encode more images or draw fewer.")
    return codes[:count]


def _rms(codes: Codes) -> np.floating:
    """Root mean square of the numbers of draws from the aggregate posterior."""
    return np.sqrt(np.square(codes.mean).mean() + np.square(codes.std).mean())


def _combined(centred: np.ndarray, codes: Codes, count: int, rng: np.random.Generator) -> np.ndarray:
    weights = rng.standard_normal((count, len(centred)), dtype=np.float32) / np.float32(np.sqrt(len(centred)))
    own_noise = np.sqrt(np.square(codes.std).mean(axis=0)) * prior(count, codes.mean.shape[1], rng)
    return codes.mean.mean(axis=0) + weights @ centred + own_noise


def _from_scores(drawn: np.ndarray, codes: Codes, rank: int, rng: np.random.Generator) -> np.ndarray:
    known = codes.low_rank(rank)
    noise = np.sqrt(known.left_out + np.square(codes.std).mean(axis=0))
    return known.components.points(drawn.astype(np.float32)) + noise * prior(len(drawn), codes.mean.shape[1], rng)


def _second_vae(scores: np.ndarray, count: int, seed: int, steps: int) -> np.ndarray:
    dimension, hidden = scores.shape[1], HIDDEN
    with seeded(seed):
        encoder, decoder = _dense(dimension, hidden, 2 * dimension), _dense(dimension, hidden, dimension)
    # From a small std: at 1, the spread of the scores, a network that ignores its latents is as good as any linear
    # one, and training stays there.
    log_std = torch.tensor(-1.5, requires_grad=True)
    generator = torch.Generator().manual_seed(seed)
    data = torch.from_numpy(np.ascontiguousarray(scores, dtype=np.float32))

    def loss(step: int) -> torch.Tensor:
        rows = data[torch.randint(len(data), (BATCH_SIZE,), generator=generator)]
        mean, log_variance = encoder(rows).chunk(2, dim=1)
        noise = torch.randn(mean.shape, generator=generator)
        shown = decoder(mean + torch.exp(log_variance / 2) * noise)
        distortion = (0.5 * ((rows - shown) / log_std.exp()).square() + log_std).sum(1)
        return (distortion + kl_to_prior_torch(mean, log_variance, expm1=False).sum(1)).mean()

    fit([*encoder.parameters(), *decoder.parameters(), log_std], loss, steps, linear_decay(LR, steps))
    with torch.inference_mode():
        shown = decoder(torch.randn((count, dimension), generator=generator))
        noise = torch.randn(shown.shape, generator=generator)
        return (shown + log_std.exp() * noise).numpy()


def _dense(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, outputs)
    )
