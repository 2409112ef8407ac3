"""How long the latents are, beside vectors that are uniform in cubes and beside normal surrogates."""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import skew

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.nulls import axis_shuffled
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats import uniform_length
from soapbubble.stats.random_points import bit_stream, uniform_square_lengths
from soapbubble.studies.faces.latents import gaussian_like, independent_gaussian_like, networks
from soapbubble.studies.faces.source import in_posts_units


class Lengths(Part):
    """Distributions of lengths, in the post's units."""

    seed: int = setting(903, ge=0, doc="seed of the surrogates and of the uniform vectors")
    half_widths: list[float] = setting([0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 12.0], min_length=1, doc="b of the cubes")
    vectors: int = setting(20_000, smoke=2000, ge=200, doc="uniform vectors of each cube")
    interval: float = setting(0.25, gt=0, doc="width of the histograms' intervals")
    coarse: float = setting(1.0, gt=0, doc="width of the intervals in which surrogates are compared with latents")
    surrogate: int = setting(20_000, smoke=2000, ge=200, doc="draws of each surrogate")
    reach: float = setting(130.0, gt=0, doc="their last edge")

    def reads(self) -> Reads:
        return Reads(models=["faces-case-1", "faces-case-2"], memory_mb=700)


SHOWN_TO = 42.0  # no figure shows more


def measure(cfg: Lengths, lab: Lab) -> Outcome:
    """Every network against every cube, and against surrogates that keep some of what its latents have."""
    out = Outcome()
    for number, network in enumerate(progress(list(networks(lab)), "lengths of latents")):
        rng = np.random.default_rng((cfg.seed, number))
        scaled = in_posts_units(network.latents.train)
        centre = scaled.mean(axis=0)
        sources = {
            "latents": scaled,
            "held out": in_posts_units(network.latents.test),
            "normal": gaussian_like(scaled, cfg.surrogate, rng),
            "normal, independent": independent_gaussian_like(scaled, cfg.surrogate, rng),
            "axes shuffled": axis_shuffled(scaled, rng),
            "normal, centred": gaussian_like(scaled - centre, cfg.surrogate, rng),
        }
        where: dict[str, str | float] = {"model": network.case}
        lengths = {name: np.linalg.norm(rows, axis=1) for name, rows in sources.items()}
        edges = np.arange(0, cfg.reach + cfg.interval, cfg.interval)
        coarse = np.arange(0, cfg.reach + cfg.coarse, cfg.coarse)
        real, coarsely = _shares(lengths["latents"], edges), _shares(lengths["latents"], coarse)
        for source, found in lengths.items():
            condition = where | {"source": source}
            out.add("length_mean", found.mean(), condition, network.replicate, n=len(found))
            out.add("latent_length_cv", found.std(ddof=1) / found.mean(), condition, network.replicate, n=len(found))
            out.add("length_skewness", skew(found), condition, network.replicate, n=len(found))
            overlap = np.minimum(coarsely, _shares(found, coarse)).sum()
            out.add("length_overlap_surrogate", overlap, condition, network.replicate, n=len(found))
        for b in cfg.half_widths:
            blocks = uniform_square_lengths(bit_stream(cfg.seed, number, round(100 * b)), scaled.shape[1], cfg.vectors)
            uniform = b * np.sqrt(np.concatenate([block.copy() for block in blocks]))
            condition = where | {"b": b}
            overlap = np.minimum(real, _shares(uniform, edges)).sum()
            out.add("length_overlap", overlap, condition, network.replicate, n=cfg.vectors)
            beyond = (uniform > lengths["latents"].max()).mean()
            out.add("beyond_latents_share", beyond, condition, network.replicate, "proportion", cfg.vectors)
            gap = uniform.mean() / (b * uniform_length.mean_length(scaled.shape[1])) - 1
            out.add("uniform_length_error", abs(gap), condition, network.replicate, n=cfg.vectors)
            longer = (uniform > b).mean()
            out.add("longer_than_b_share", longer, condition, network.replicate, "proportion", cfg.vectors)
            if network.replicate == 0:
                _density(out, uniform, edges, where | {"source": f"uniform, b={b:g}"})
        if network.replicate == 0:
            for source in ("latents", "normal", "normal, independent"):
                _density(out, lengths[source], edges, where | {"source": source})
    return out


def _shares(lengths: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.histogram(lengths, edges)[0] / len(lengths)


def _density(out: Outcome, lengths: np.ndarray, edges: np.ndarray, where: dict[str, str | float]) -> None:
    """Probability density of the length at the middles of the intervals that a figure shows, where there is any."""
    shares = _shares(lengths, edges)
    width = float(edges[1] - edges[0])
    for left, share in zip(edges, shares, strict=False):
        if share > 0 and left < SHOWN_TO:
            out.add("length_density", share / width, where | {"length": float(left) + width / 2}, n=len(lengths))
    assert math.isclose(shares.sum(), 1)
