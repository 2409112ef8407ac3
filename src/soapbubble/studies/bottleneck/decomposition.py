"""What of the loss of sample quality is due to what: steps from the prior to the codes, each with its share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from soapbubble.autoencoders import laws
from soapbubble.autoencoders.codes import Codes

# Two shapes of the axes' laws by three reaches of dependence; the prior comes before, with moments of its own.
NONE, WITHIN, ALL = 0, 1, 2
GAUSSIAN = ("diagonal", "within cells", "full covariance")
EMPIRICAL = ("axes shuffled", "cells shuffled", "posterior")
PARTS = ("moments", "shape", "within cells", "between cells")


def ladder(codes: Codes, shape: tuple[int, int, int], count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Latents (count, d) of each law from the prior to the aggregated posterior; `codes` are those it is fitted to.

    `shape` (channels, rows, columns) says which axes make up a cell; a vector may be cut into cells at will.
    """
    drawn = laws.posterior(codes[:count], rng)
    prior = laws.prior(count, drawn.shape[1], rng)
    return {
        "prior": prior,
        "mean only": prior + codes.mean.mean(axis=0),
        "diagonal": laws.diagonal(codes, count, rng),
        "within cells": laws.within_cells(codes, shape, count, rng),
        "full covariance": laws.full_gaussian(codes, count, rng),
        "axes shuffled": laws.axis_shuffled(drawn, rng),
        "cells shuffled": laws.site_shuffled(drawn, shape, rng),
        "channels shuffled": channel_shuffled(drawn, shape, rng),
        "posterior": drawn,
    }


def channel_shuffled(latents: np.ndarray, shape: tuple[int, int, int], rng: np.random.Generator) -> np.ndarray:
    """Each channel's whole map from another row of `latents` (n, d): no channel knows of the others."""
    maps = latents.reshape(len(latents), shape[0], -1)
    mixed = [maps[rng.permutation(len(maps)), channel] for channel in range(shape[0])]
    return np.stack(mixed, axis=1).reshape(latents.shape)


def excess_parts(distance: Mapping[str, float]) -> dict[str, float]:
    """The excess distance of the prior over the aggregated posterior, in parts that add up to it.

    From the prior the first step gives each axis its mean and variance. From there three steps lead to the codes: the
    axes get their true shape, dependence within cells, then dependence between cells. The first of these may be taken
    at any of three places; what a step saves is averaged over the three ways.
    """
    gaussian = [distance[law] for law in GAUSSIAN]
    empirical = [distance[law] for law in EMPIRICAL]
    shape = np.mean([g - e for g, e in zip(gaussian, empirical, strict=True)])
    within = (2 * (gaussian[NONE] - gaussian[WITHIN]) + empirical[NONE] - empirical[WITHIN]) / 3
    between = (gaussian[WITHIN] - gaussian[ALL] + 2 * (empirical[WITHIN] - empirical[ALL])) / 3
    parts = (distance["prior"] - gaussian[NONE], shape, within, between)
    return {part: float(value) for part, value in zip(PARTS, parts, strict=True)}


def share(distance: Mapping[str, float], worse: str, better: str) -> float:
    """What the step from one law to another saves, as a share of the prior's excess over the aggregated posterior."""
    return (distance[worse] - distance[better]) / (distance["prior"] - distance["posterior"])
