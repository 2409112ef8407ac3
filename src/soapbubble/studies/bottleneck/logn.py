"""What a code of more than log N nats does to the mixture of the codes of N pictures: it leaves the prior.

The mixture q_N = mean of q(z|x) over N pictures is at KL(q_N | p) = R - I_N nats from the prior p, where R is the rate,
the mean of KL(q(z|x) | p), and I_N, what a code tells of its picture's number, is at most log N (Hoffman and Johnson
2016, "ELBO surgery").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from soapbubble.autoencoders.codes import Codes, encode
from soapbubble.autoencoders.store import Models
from soapbubble.data.dataset import Dataset
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.mixture_overlap import mixture_ratio


class LogN(Part):
    """A mixture of one Gaussian a picture against the prior, by rate and number of pictures."""

    seed: int = setting(250, ge=0, doc="seed of the random numbers")
    dimension: int = setting(512, ge=2, doc="dimension of the synthetic mixtures")
    pictures: tuple[int, ...] = setting([1000, 10000], min_length=1, doc="components of the synthetic mixtures")
    # of log N, where the mixture parts from the prior
    shares: tuple[float, ...] = setting(
        [0.2, 0.4, 0.6, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4, 1.7, 2.0, 3.0],
        min_length=3,
        doc="rates, as multiples of the logarithm of that number",
    )
    replicates: int = setting(8, smoke=3, ge=2, doc="mixtures of each kind")
    # 2000 in all
    draws: int = setting(250, smoke=40, ge=10, doc="draws from each")
    models: tuple[str, ...] = setting(
        ["dense-16", "dense-16-beta-4", "dense-16-n100", "dense-16-beta-4-n100", "grid-7x7x4"],
        min_length=1,
        doc="trained models of at most 1024 latents",
    )
    batches: int = setting(20, smoke=3, ge=2, doc="batches of draws from a trained model, the replicates")
    # 2000 in all: nats to 0.2
    batch_draws: int = setting(
        100, smoke=10, ge=2, multiple_of=2, doc="draws in a batch, in pairs mirrored at the mean"
    )
    # all of MNIST
    most_pictures: int = setting(60000, ge=100, doc="training pictures in a model's mixture, at most")

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=[*self.models], memory_mb=2000)


PIECE = 4096  # components of a mixture at a time


def measure(cfg: LogN, lab: Lab) -> Outcome:
    """Divergence and total variation of mixtures from the prior by rate over log N, planted and trained."""
    out = Outcome()
    curves = [_planted(out, cfg, n) for n in progress(cfg.pictures, "planted mixtures")]
    points = [_trained(out, cfg, lab.data, lab.models, name) for name in progress(cfg.models, "trained mixtures")]
    out.figure(
        "bottleneck-log-n",
        pictures=np.array(cfg.pictures),
        shares=np.array(cfg.shares),
        divergence=np.array([[[item.divergence for item in row] for row in curve] for curve in curves]),
        total_variation=np.array([[[item.total_variation for item in row] for row in curve] for curve in curves]),
        own=np.array([[[item.own for item in row] for row in curve] for curve in curves]),
        models=np.array(cfg.models),
        trained=np.array([np.mean(point, axis=0) for point in points]),
    )
    return out


@dataclass(frozen=True)
class Parting:
    """How far a mixture is from the prior."""

    divergence: float  # nats
    total_variation: float
    own: float  # mean share of a draw's density that its own component gives


def parting(directions: np.ndarray, rates: np.ndarray, draws: int, rng: np.random.Generator) -> list[Parting]:
    """The mixture of N(m_j, I), m_j along `directions` (n, d) of unit length with |m_j|^2 = 2 rate, for each rate.

    By Monte Carlo; the log density ratio of a draw's own component, of which the rate is the mean, is the control.
    """
    count, dimension = directions.shape
    source = rng.integers(count, size=draws)
    noise = rng.standard_normal((draws, dimension), dtype=np.float32)
    along_noise, between = noise @ directions.T, directions[source] @ directions.T
    found = []
    for rate in rates:
        # log N(z; m_j, I) - log N(z; 0, I) at z = m_i + noise.
        ratios = 2 * rate * between + np.sqrt(2 * rate) * along_noise - rate
        own = ratios[np.arange(draws), source].astype(np.float64)
        mixture = logsumexp(ratios, axis=1).astype(np.float64) - np.log(count)
        found.append(
            Parting(
                divergence=float(controlled(mixture, own, rate).mean()),
                total_variation=float(-np.expm1(-np.maximum(mixture, 0)).mean()),
                own=float(np.exp(own - np.log(count) - mixture).mean()),
            )
        )
    return found


def controlled(values: np.ndarray, control: np.ndarray, known: float) -> np.ndarray:
    """`values` without the part that follows a control of which the mean is known: less noise, the same mean."""
    if np.ptp(control) == 0:
        return values
    slope = np.cov(values.ravel(), control.ravel())[0, 1] / control.var(ddof=1)
    return values - slope * (control - known)


def crossing(shares: np.ndarray, values: np.ndarray, level: float) -> float:
    """Where rising `values` first pass `level`, by linear interpolation; not a number if they do not."""
    above = np.flatnonzero(np.asarray(values) >= level)
    if len(above) == 0 or above[0] == 0:
        return float("nan")
    after = above[0]
    return float(np.interp(level, values[after - 1 : after + 1], shares[after - 1 : after + 1]))


def _planted(out: Outcome, cfg: LogN, count: int) -> list[list[Parting]]:
    """Unit noise around unrelated centres: [replicate][share]."""
    rates = np.array(cfg.shares) * np.log(count)
    curves = []
    for replicate in range(cfg.replicates):
        rng = np.random.default_rng((cfg.seed, count, replicate))
        directions = rng.standard_normal((count, cfg.dimension), dtype=np.float32)
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        curve = parting(directions, rates, cfg.draws, rng)
        curves.append(curve)
        for share, rate, item in zip(cfg.shares, rates, curve, strict=True):
            where = {"pictures": count, "share": share}
            out.add("divergence", item.divergence, where, replicate, "nats")
            bound = max(0.0, rate - np.log(count))
            out.add("divergence_above_bound", item.divergence - bound, where, replicate, "nats")
            out.add("mixture_total_variation", item.total_variation, where, replicate)
            out.add("own_share", item.own, where, replicate)
        halves = {
            "own share": [item.own for item in curve],
            "total variation": [item.total_variation for item in curve],
        }
        for quantity, values in halves.items():
            place = crossing(np.array(cfg.shares), np.array(values), 0.5)
            out.add("half_way", place, {"pictures": count, "of": quantity}, replicate)
    return curves


def _trained(
    out: Outcome, cfg: LogN, data: Mapping[str, Dataset], models: Models, name: str
) -> list[tuple[float, float, float, float]]:
    """Rate, log N, divergence and total variation of each network's mixture of its training pictures."""
    model = models[name]
    images = model.pictures(data[model.spec.data]).train[: cfg.most_pictures]
    log_n = float(np.log(len(images)))
    points = []
    for replicate in model.replicates:
        codes = encode(model.network(replicate), images)
        rates = codes.rates
        rng = np.random.default_rng((cfg.seed, len(images), replicate))
        source = np.tile(rng.integers(len(images), size=(cfg.batches, cfg.batch_draws // 2)), 2)
        draws = np.concatenate([_mirrored_draws(codes[rows], rng) for rows in source])
        ratios = mixture_ratio(draws, _pieces(codes)).reshape(source.shape)
        rate = float(rates.mean())
        divergences = controlled(ratios, rates[source], rate).mean(axis=1)
        for batch, divergence in enumerate(divergences):
            above = divergence - max(0.0, rate - log_n)
            out.add("trained_divergence_above_bound", above, {"model": name, "seed": replicate}, batch, "nats")
        divergence = float(divergences.mean())
        apart = float(-np.expm1(-np.maximum(ratios, 0)).mean())
        where = {"model": name}
        out.add("trained_rate", rate, where, replicate, "nats", len(images))
        out.add("trained_rate_over_log_n", rate / log_n, where, replicate, "1", len(images))
        out.add("trained_divergence", divergence, where, replicate, "nats")
        out.add("trained_information", rate - divergence, where, replicate, "nats")
        out.add("trained_total_variation", apart, where, replicate)
        points.append((rate, log_n, divergence, apart))
    out.add("trained_log_n", log_n, {"model": name})
    return points


def _mirrored_draws(codes: Codes, rng: np.random.Generator) -> np.ndarray:
    """A draw of each code; the second half's noise mirrors that of the first, so that its linear part cancels."""
    noise = rng.standard_normal((len(codes) // 2, codes.mean.shape[1]), dtype=np.float32)
    return codes.mean + codes.deviation * np.concatenate([noise, -noise])


def _pieces(codes: Codes) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for start in range(0, len(codes), PIECE):
        piece = codes[start : start + PIECE]
        yield piece.mean, piece.deviation
