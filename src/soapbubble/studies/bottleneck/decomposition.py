"""What causes the loss of sample quality: latent distributions from the prior to the aggregate posterior."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from soapbubble.measuring.autoencoder import Codes
from soapbubble.measuring.distributions import (
    aggregate_posterior,
    diagonal_gaussian,
    full_gaussian,
    prior,
    within_cell_gaussian,
)
from soapbubble.measuring.nulls import axis_shuffled, cell_shuffled, channel_shuffled

# Two shapes of the axes' marginals by three extents of dependence; the prior comes before, with moments of its own.
NONE, WITHIN, ALL = 0, 1, 2
GAUSSIAN = ("diagonal Gaussian", "within-cell Gaussian", "full Gaussian")
EMPIRICAL = ("axes shuffled", "cells shuffled", "aggregate posterior")
PARTS = ("moments", "shape", "within cells", "between cells")


def prior_to_posterior(
    codes: Codes, shape: tuple[int, int, int], count: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Latents (count, d) of each distribution from the prior to the aggregate posterior; fitted ones fit `codes`.

    `shape` (channels, rows, columns) says which axes make up a cell; a vector may be cut into cells arbitrarily. The
    shuffled distributions shuffle the very draws of the aggregate posterior.
    """
    posterior = aggregate_posterior(codes[:count], rng)
    noise = prior(count, posterior.shape[1], rng)
    return {
        "prior": noise,
        "shifted prior": noise + codes.mean.mean(axis=0),
        "diagonal Gaussian": diagonal_gaussian(codes, count, rng),
        "within-cell Gaussian": within_cell_gaussian(codes, shape, count, rng),
        "full Gaussian": full_gaussian(codes, count, rng),
        "axes shuffled": axis_shuffled(posterior, rng),
        "cells shuffled": cell_shuffled(posterior, shape, rng),
        "channels shuffled": channel_shuffled(posterior, shape, rng),
        "aggregate posterior": posterior,
    }


def excess_parts(distance: Mapping[str, float]) -> dict[str, float]:
    """The excess distance of the prior over the aggregate posterior, in parts that add up to it.

    The first step from the prior gives each axis its mean and variance. Three steps lead from there to the codes: the
    true shape of the axes' marginals, dependence within cells, dependence between cells. Shape may be taken first,
    second or last; the gain of each step is averaged over the three orders.
    """
    gaussian = [distance[name] for name in GAUSSIAN]
    empirical = [distance[name] for name in EMPIRICAL]
    shape = float(np.mean([g - e for g, e in zip(gaussian, empirical, strict=True)]))
    within = (2 * (gaussian[NONE] - gaussian[WITHIN]) + empirical[NONE] - empirical[WITHIN]) / 3
    between = (gaussian[WITHIN] - gaussian[ALL] + 2 * (empirical[WITHIN] - empirical[ALL])) / 3
    parts = (distance["prior"] - gaussian[NONE], shape, within, between)
    return dict(zip(PARTS, parts, strict=True))


def fraction(distance: Mapping[str, float], worse: str, better: str) -> float:
    """The gain of a step from one distribution to another over the prior's excess over the aggregate posterior."""
    return (distance[worse] - distance[better]) / (distance["prior"] - distance["aggregate posterior"])
