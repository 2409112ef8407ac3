"""Lengths of Gaussian vectors, and the overlap of a shifted Gaussian with the prior: closed forms and simulation."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.special import log_ndtr
from scipy.stats import chi2, ncx2, norm

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.gaussian_length import length_sd, mean_length


class Bubbles(Part):
    """Lengths of Gaussian vectors, and how far a shifted Gaussian overlaps with the prior."""

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
    most_vectors: int = setting(100000, smoke=2000, ge=100, doc="at most so many vectors in each dimension")
    # which give the thickness to 1 %
    fewest_vectors: int = setting(8000, smoke=100, ge=100, doc="at least so many vectors in each dimension")
    batches: int = setting(20, smoke=4, ge=2, doc="batches they are drawn in, the replicates")
    # projections on orthogonal directions are independent: 16 shifts for the price of one vector
    directions: int = setting(16, ge=1, doc="orthogonal directions in which the Gaussian is shifted, at most")
    # 11 nats: log of the 60,000 training digits of MNIST; beyond, simulation sees nothing
    simulated_rates: tuple[float, ...] = setting(
        [1.0, 5.0, 11.0], min_length=1, doc="rates in nats at which overlap is simulated"
    )
    rates: tuple[float, ...] = setting(
        [1.0, 5.0, 11.0, 25.0, 50.0, 100.0, 500.0], min_length=1, doc="rates in nats at which it is computed"
    )
    # of each coordinate: "close to 0"
    offset: float = setting(0.1, gt=0, doc="shift of each coordinate, where the shift grows with the dimension")
    # nats, as a VAE of digits has
    shell_rate: float = setting(25.0, gt=0, doc="rate in nats at which lengths alone are compared")

    def reads(self) -> Reads:
        return Reads(memory_mb=1000)


BLOCK = 2**22  # random numbers in memory at once
SLOPE_FROM = 16  # below this dimension a length is not yet near its limit law
SHELL = 0.99  # share of the prior's draws that its practical support shall hold
REACH = 3.5  # the figure's reach, in units of length, to either side of the square root of the dimension


def measure(cfg: Bubbles, lab: Lab) -> Outcome:
    """Radius and thickness of the shell by dimension; overlap by rate, by dimension, and by length alone."""
    out = Outcome()
    means, spreads = np.empty((2, len(cfg.dimensions), cfg.batches))
    overlaps = np.empty((len(cfg.dimensions), len(cfg.simulated_rates), cfg.batches))
    edges = np.linspace(-REACH, REACH, 36)
    histograms = np.zeros((len(cfg.dimensions), len(edges) - 1))
    for row, d in enumerate(progress(cfg.dimensions, "dimensions of Gaussian vectors")):
        directions = _directions(d, min(cfg.directions, d), cfg.seed)
        for batch in range(cfg.batches):
            lengths, shifts = _draw(cfg, d, batch, directions)
            means[row, batch], spreads[row, batch] = lengths.mean(), lengths.std(ddof=1)
            histograms[row] += np.histogram(lengths - math.sqrt(d), edges)[0]
            for place, rate in enumerate(cfg.simulated_rates):
                overlaps[row, place, batch] = simulated_overlap(shifts, rate)
    _shells(out, cfg, means, spreads)
    _overlaps(out, cfg, overlaps)
    rates = np.geomspace(0.5, 100, 60)
    out.figure(
        "latentsize-bubbles",
        dimensions=np.array(cfg.dimensions),
        centres=(edges[1:] + edges[:-1]) / 2,
        density=histograms / histograms.sum(axis=1, keepdims=True) / (edges[1] - edges[0]),
        sd=spreads.mean(axis=1),
        relative=(spreads / means).mean(axis=1),
        rates=rates,
        overlap=np.array([overlap(rate) for rate in rates]),
        simulated_rates=np.array(cfg.simulated_rates),
        simulated=overlaps.mean(axis=2),
        shown_rate=cfg.simulated_rates[-1],
        offset=cfg.offset,
        offset_overlap=np.array([overlap(offset_rate(cfg.offset, d)) for d in cfg.dimensions]),
        shell_rate=cfg.shell_rate,
        inside_shell=np.array([inside_prior_shell(cfg.shell_rate, d) for d in cfg.dimensions]),
    )
    return out


def overlap(rate: float) -> float:
    """What N(mean, I) and N(0, I) have in common, 1 - TV = 2 Phi(-|mean| / 2), where |mean|^2 = 2 `rate`."""
    return float(2 * norm.cdf(-math.sqrt(2 * rate) / 2))


def simulated_overlap(shifts: np.ndarray, rate: float) -> float:
    """The same as the mean of min(1, q / p) over draws from the prior, given their components along the mean."""
    length = math.sqrt(2 * rate)
    return float(np.exp(np.minimum(0, length * np.concatenate([shifts, -shifts]) - rate)).mean())


def offset_rate(offset: float, dimension: int) -> float:
    """Rate in nats of a code that is shifted by `offset` in each coordinate, with unit noise."""
    return dimension * offset**2 / 2


def inside_prior_shell(rate: float, dimension: int) -> float:
    """Share of N(mean, I), |mean|^2 = 2 `rate`, whose length is one of the SHELL most central lengths of N(0, I)."""
    low, high = chi2.ppf(((1 - SHELL) / 2, (1 + SHELL) / 2), dimension)
    return float(np.diff(ncx2.cdf((low, high), dimension, 2 * rate))[0])


def _directions(dimension: int, count: int, seed: int) -> np.ndarray:
    """Orthonormal columns (dimension, count) in random directions."""
    rng = np.random.default_rng((seed, dimension))
    return np.linalg.qr(rng.standard_normal((dimension, count)))[0].astype(np.float32)


def _draw(cfg: Bubbles, dimension: int, batch: int, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lengths (n,) of a batch of standard normal vectors, and their components (n * directions,) in the directions."""
    lengths, shifts = [], []
    for vectors in _vectors(cfg, dimension, batch):
        lengths.append(np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)))
        shifts.append((vectors @ directions).ravel().astype(np.float64))
    return np.concatenate(lengths), np.concatenate(shifts)


def _vectors(cfg: Bubbles, dimension: int, batch: int) -> Iterator[np.ndarray]:
    rng = np.random.Generator(np.random.SFC64((cfg.seed, dimension, batch)))
    left = min(cfg.most_vectors, max(cfg.fewest_vectors, cfg.numbers // dimension)) // cfg.batches
    while left > 0:
        rows = min(left, max(1, BLOCK // dimension))
        yield rng.standard_normal((rows, dimension), dtype=np.float32)
        left -= rows


def _shells(out: Outcome, cfg: Bubbles, means: np.ndarray, spreads: np.ndarray) -> None:
    far = [row for row, d in enumerate(cfg.dimensions) if d >= SLOPE_FROM]
    logs = np.log([cfg.dimensions[row] for row in far])
    for row, d in enumerate(cfg.dimensions):
        where = {"d": d, "far": d >= SLOPE_FROM}
        exact_mean, exact_sd = mean_length(d), length_sd(d)
        out.add("radius_to_root", exact_mean / math.sqrt(d), where)
        out.add("thickness", exact_sd, where)
        out.add("relative_thickness", exact_sd / exact_mean, where)
        for batch in range(cfg.batches):
            out.add("radius_to_exact", means[row, batch] / exact_mean, {"d": d}, batch)
            out.add("thickness_to_exact", spreads[row, batch] / exact_sd, {"d": d}, batch)
    exact = np.array([(length_sd(cfg.dimensions[row]), mean_length(cfg.dimensions[row])) for row in far])
    out.add("thickness_slope", _slope(logs, exact[:, 0]), {"by": "closed form"})
    out.add("relative_thickness_slope", _slope(logs, exact[:, 0] / exact[:, 1]), {"by": "closed form"})
    for batch in range(cfg.batches):
        out.add("thickness_slope", _slope(logs, spreads[far, batch]), {"by": "simulation"}, batch)
        relative = spreads[far, batch] / means[far, batch]
        out.add("relative_thickness_slope", _slope(logs, relative), {"by": "simulation"}, batch)


def _slope(logs: np.ndarray, values: np.ndarray) -> float:
    return float(np.polyfit(logs, np.log(values), 1)[0])


def _overlaps(out: Outcome, cfg: Bubbles, overlaps: np.ndarray) -> None:
    for rate in cfg.rates:
        out.add("overlap", overlap(rate), {"rate": rate})
        log10 = (math.log(2) + log_ndtr(-math.sqrt(2 * rate) / 2)) / math.log(10)
        out.add("log10_overlap", log10, {"rate": rate})
    for row, d in enumerate(cfg.dimensions):
        out.add("overlap_of_offset", overlap(offset_rate(cfg.offset, d)), {"d": d})
        out.add("inside_prior_shell", inside_prior_shell(cfg.shell_rate, d), {"d": d})
        for place, rate in enumerate(cfg.simulated_rates):
            for batch in range(cfg.batches):
                value = overlaps[row, place, batch]
                out.add("overlap_simulated", value, {"d": d, "rate": rate}, batch)
                out.add("overlap_to_exact", value / overlap(rate), {"d": d, "rate": rate}, batch)
