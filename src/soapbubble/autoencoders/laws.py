"""Laws from which latents are drawn: the prior, the codes themselves, and what can be fitted to codes.

Every law gives float32 (n, d). `codes` are those of the pictures that the law is fitted to.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from soapbubble.autoencoders.codes import Codes
from soapbubble.models.initialise import seeded


def prior(count: int, dimension: int, rng: np.random.Generator, scale: float = 1.0) -> np.ndarray:
    """`count` draws from N(0, scale^2 I); `scale` is the temperature."""
    return np.float32(scale) * rng.standard_normal((count, dimension), dtype=np.float32)


def posterior(codes: Codes, rng: np.random.Generator) -> np.ndarray:
    """One draw for each picture from its own law: the aggregated posterior."""
    return codes.mean + codes.deviation * rng.standard_normal(codes.mean.shape, dtype=np.float32)


def unit_noise(codes: Codes, rng: np.random.Generator, scale: float = 1.0) -> np.ndarray:
    """One draw for each picture from N(mean, scale^2 I)."""
    return codes.mean + prior(len(codes), codes.mean.shape[1], rng, scale)


def diagonal(codes: Codes, count: int, rng: np.random.Generator) -> np.ndarray:
    """A Gaussian with the mean and the variance of the aggregated posterior, axis by axis."""
    return codes.mean.mean(axis=0) + np.sqrt(_variances(codes)) * prior(count, codes.mean.shape[1], rng)


def full_gaussian(codes: Codes, count: int, rng: np.random.Generator) -> np.ndarray:
    """A Gaussian with the mean and the whole covariance of the aggregated posterior.

    Random combinations of the centred means have exactly their covariance, so that no matrix (d, d) is needed.
    """
    return _combined(codes.mean - codes.mean.mean(axis=0), codes, count, rng)


def low_rank_gaussian(codes: Codes, rank: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """The same with only the first `rank` principal components of the means; what they leave out is independent."""
    centred = codes.mean - codes.mean.mean(axis=0)
    scores, axes = _components(codes, rank)
    kept = scores @ axes
    lost = np.square(centred - kept).mean(axis=0)
    return _combined(kept, codes, count, rng) + np.sqrt(lost) * prior(count, centred.shape[1], rng)


def mixture(codes: Codes, components: int, rank: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """A mixture of Gaussians with full covariances for the first `rank` principal components of the means.

    What these leave out of the means, and the codes' own noise, is independent from axis to axis.
    """
    from sklearn.mixture import GaussianMixture

    scores, axes = _components(codes, rank)
    fitted = GaussianMixture(components, reg_covar=1e-3 * float(scores.var(axis=0).mean()), random_state=0, max_iter=50)
    fitted.fit(scores.astype(np.float64))
    which = rng.choice(components, size=count, p=fitted.weights_ / fitted.weights_.sum())
    roots = np.linalg.cholesky(fitted.covariances_)
    noise = rng.standard_normal((count, scores.shape[1]))
    drawn = fitted.means_[which] + np.einsum("nij,nj->ni", roots[which], noise)
    return _from_scores(drawn, scores, axes, codes, rng)


def second_stage(codes: Codes, rank: int, count: int, rng: np.random.Generator, steps: int = 1500) -> np.ndarray:
    """A second VAE for the first `rank` principal components of the means (Dai and Wipf 2019), sampled from its prior.

    Two dense hidden layers on each side and a learnt deviation of its output; the rest is independent, as in `mixture`.
    """
    scores, axes = _components(codes, rank)
    spread = scores.std(axis=0)
    drawn = _second_vae(scores / spread, count, int(rng.integers(2**31)), steps) * spread
    return _from_scores(drawn, scores, axes, codes, rng)


def site_shuffled(latents: np.ndarray, shape: tuple[int, int, int], rng: np.random.Generator) -> np.ndarray:
    """Each cell's channels from another row of `latents` (n, d): every cell keeps its law, none knows of the others."""
    channels, rows, columns = shape
    cells = latents.reshape(len(latents), channels, rows * columns)
    mixed = np.empty_like(cells)
    for cell in range(rows * columns):
        mixed[:, :, cell] = cells[rng.permutation(len(cells)), :, cell]
    return mixed.reshape(latents.shape)


def axis_shuffled(latents: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each axis from another row: every axis keeps its law, whatever its shape, and none knows of the others."""
    return rng.permuted(latents, axis=0)


def within_cells(codes: Codes, shape: tuple[int, int, int], count: int, rng: np.random.Generator) -> np.ndarray:
    """The Gaussian of `full_gaussian` without its covariances between cells."""
    return site_shuffled(full_gaussian(codes, count, rng), shape, rng)


def _variances(codes: Codes) -> np.ndarray:
    return codes.mean.var(axis=0) + np.square(codes.deviation).mean(axis=0)


def _own_noise(codes: Codes, count: int, rng: np.random.Generator) -> np.ndarray:
    return np.sqrt(np.square(codes.deviation).mean(axis=0)) * prior(count, codes.mean.shape[1], rng)


def _combined(centred: np.ndarray, codes: Codes, count: int, rng: np.random.Generator) -> np.ndarray:
    weights = rng.standard_normal((count, len(centred)), dtype=np.float32) / np.float32(np.sqrt(len(centred)))
    return codes.mean.mean(axis=0) + weights @ centred + _own_noise(codes, count, rng)


def _components(codes: Codes, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores (n, r) and unit axes (r, d) of the first `rank` principal components of the means, fewer if there are."""
    centred = codes.mean - codes.mean.mean(axis=0)
    n, d = centred.shape
    if d <= n:
        _, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
        axes = axes[:, ::-1][:, : min(rank, d)].T.astype(np.float32)
    else:
        values, vectors = np.linalg.eigh((centred @ centred.T).astype(np.float64))
        rank = min(rank, n - 1)
        values, vectors = values[::-1][:rank], vectors[:, ::-1][:, :rank]
        axes = ((vectors / np.sqrt(values)).T @ centred).astype(np.float32)
    return centred @ axes.T, axes


def _from_scores(
    drawn: np.ndarray, scores: np.ndarray, axes: np.ndarray, codes: Codes, rng: np.random.Generator
) -> np.ndarray:
    lost = np.square(codes.mean - codes.mean.mean(axis=0) - scores @ axes).mean(axis=0)
    noise = np.sqrt(lost + np.square(codes.deviation).mean(axis=0))
    shown = codes.mean.mean(axis=0) + drawn.astype(np.float32) @ axes
    return shown + noise * prior(len(drawn), axes.shape[1], rng)


def _second_vae(scores: np.ndarray, count: int, seed: int, steps: int) -> np.ndarray:
    dimension, hidden, batch = scores.shape[1], 128, 128
    with seeded(seed):
        encoder, decoder = _dense(dimension, hidden, 2 * dimension), _dense(dimension, hidden, dimension)
    # From a small deviation: at 1, the spread of the scores, a network that ignores its latents is as good as any
    # linear one, and training stays there.
    log_deviation = torch.tensor(-1.5, requires_grad=True)
    weights = [*encoder.parameters(), *decoder.parameters(), log_deviation]
    optimiser = torch.optim.Adam(weights, lr=2e-3, fused=True)
    generator = torch.Generator().manual_seed(seed)
    data = torch.from_numpy(np.ascontiguousarray(scores, dtype=np.float32))
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * (1 - step / steps)
        rows = data[torch.randint(len(data), (batch,), generator=generator)]
        mean, log_variance = encoder(rows).chunk(2, dim=1)
        noise = torch.randn(mean.shape, generator=generator)
        shown = decoder(mean + torch.exp(log_variance / 2) * noise)
        fidelity = (0.5 * ((rows - shown) / log_deviation.exp()).square() + log_deviation).sum(1)
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
        loss = (fidelity + divergence).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.inference_mode():
        shown = decoder(torch.randn((count, dimension), generator=generator))
        noise = torch.randn(shown.shape, generator=generator)
        return (shown + log_deviation.exp() * noise).numpy()


def _dense(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, outputs)
    )
