"""The aggregate posterior of N training images is far from the prior once the KL of a code exceeds log N.

The mixture q_N = mean of q(z|x) over N images is at KL(q_N | p) = R - I_N nats from the prior p, where R is the
mean of KL(q(z|x) | p), and I_N, the information of a code about the index of its image, is at most log N (Hoffman and
Johnson 2016, "ELBO surgery").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from soapbubble.autoencoders.store import Models
from soapbubble.data.dataset import Dataset
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import Codes, encode
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.mixture_overlap import mixture_ratio


class LogN(Part):
    """A mixture of one Gaussian per image against the prior, by KL and number of images."""

    seed: int = setting(250, ge=0, doc="seed of the random numbers")
    dimension: int = setting(512, ge=2, doc="dimension of the synthetic mixtures")
    images: tuple[int, ...] = setting([1000, 10000], min_length=1, doc="components N of the synthetic mixtures")
    # of log N, where the mixture departs from the prior
    kl_over_log_n: tuple[float, ...] = setting(
        [0.2, 0.4, 0.6, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4, 1.7, 2.0, 3.0],
        min_length=3,
        unit="log N",
        doc="KL of a component from the prior in the synthetic mixtures",
    )
    replicates: int = setting(8, smoke=3, ge=2, doc="synthetic mixtures of each kind")
    # 2000 in all
    draws: int = setting(250, smoke=40, ge=10, doc="draws from each synthetic mixture")
    models: tuple[str, ...] = setting(
        ["dense-16", "dense-16-beta-4", "dense-16-n100", "dense-16-beta-4-n100", "grid-7x7x4"],
        min_length=1,
        doc="trained models of at most 1024 latents",
    )
    trained_replicates: int = setting(20, smoke=3, ge=2, doc="sets of draws from the mixture of a trained model")
    # 2000 in all: nats to 0.2
    trained_draws: int = setting(
        100, smoke=10, ge=2, multiple_of=2, doc="draws in each of these, in pairs mirrored at the mean"
    )
    # all of MNIST
    max_images: int = setting(60000, ge=100, doc="training images in the mixture of a trained model, at most")

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=[*self.models], memory_mb=2000)


BATCH_SIZE = 4096  # components of a mixture at a time


def measure(cfg: LogN, lab: Lab) -> Outcome:
    """KL and total variation of mixtures from the prior by KL of a component over log N, synthetic and trained."""
    out = Outcome()
    for n in progress(cfg.images, "synthetic mixtures"):
        _synthetic(out, cfg, n)
    for name in progress(cfg.models, "trained mixtures"):
        _trained(out, cfg, lab.data, lab.models, name)
    return out


@dataclass(frozen=True)
class Departure:
    """How far a mixture is from the prior."""

    kl: float  # nats
    total_variation: float
    own: float  # mean share of a draw's density that its own component gives


def departures(directions: np.ndarray, kl: np.ndarray, draws: int, rng: np.random.Generator) -> list[Departure]:
    """The mixture of N(m_j, I), m_j along `directions` (n, d) of unit length with |m_j|^2 = 2 kl, for each `kl` (k,).

    By Monte Carlo; the log density ratio of a draw's own component, whose mean is the KL, is the control variate.
    """
    count, dimension = directions.shape
    source = rng.integers(count, size=draws)
    noise = rng.standard_normal((draws, dimension), dtype=np.float32)
    along_noise, between = noise @ directions.T, directions[source] @ directions.T
    found = []
    for of_component in kl:
        # log N(z; m_j, I) - log N(z; 0, I) at z = m_i + noise.
        ratios = 2 * of_component * between + np.sqrt(2 * of_component) * along_noise - of_component
        own = ratios[np.arange(draws), source].astype(np.float64)
        mixture = logsumexp(ratios, axis=1).astype(np.float64) - np.log(count)
        found.append(
            Departure(
                kl=float(controlled(mixture, own, of_component).mean()),
                total_variation=float(-np.expm1(-np.maximum(mixture, 0)).mean()),
                own=float(np.exp(own - np.log(count) - mixture).mean()),
            )
        )
    return found


def controlled(values: np.ndarray, control: np.ndarray, known: float) -> np.ndarray:
    """`values` minus their regression on a control variate with mean `known`: less variance, the same mean."""
    if np.ptp(control) == 0:
        return values
    slope = np.cov(values.ravel(), control.ravel())[0, 1] / control.var(ddof=1)
    return values - slope * (control - known)


def crossing(positions: np.ndarray, values: np.ndarray, level: float) -> float:
    """Where rising `values` first pass `level`, by linear interpolation; not a number if they do not."""
    above = np.flatnonzero(np.asarray(values) >= level)
    if len(above) == 0 or above[0] == 0:
        return float("nan")
    after = above[0]
    return float(np.interp(level, values[after - 1 : after + 1], positions[after - 1 : after + 1]))


def _synthetic(out: Outcome, cfg: LogN, count: int) -> None:
    """Unit noise around unrelated centres."""
    kl = np.array(cfg.kl_over_log_n) * np.log(count)
    for replicate in range(cfg.replicates):
        rng = np.random.default_rng((cfg.seed, count, replicate))
        directions = rng.standard_normal((count, cfg.dimension), dtype=np.float32)
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        found = departures(directions, kl, cfg.draws, rng)
        for over_log_n, of_component, item in zip(cfg.kl_over_log_n, kl, found, strict=True):
            where = {"images": count, "kl_over_log_n": over_log_n}
            out.add("mixture_kl", item.kl, where, replicate, "nats")
            bound = max(0.0, of_component - np.log(count))
            out.add("kl_above_bound", item.kl - bound, where, replicate, "nats")
            out.add("mixture_total_variation", item.total_variation, where, replicate)
            out.add("own_share", item.own, where, replicate)
        half = crossing(np.array(cfg.kl_over_log_n), np.array([item.own for item in found]), 0.5)
        out.add("half_own_share_at", half, {"images": count}, replicate)


def _trained(out: Outcome, cfg: LogN, data: Mapping[str, Dataset], models: Models, name: str) -> None:
    """KL over log N, and departure from the prior, of each network's mixture of its training images."""
    model = models[name]
    for replicate in model.replicates:
        images = model.pictures(data[model.spec.data], replicate).train[: cfg.max_images]
        log_n = float(np.log(len(images)))
        codes = encode(model.network(replicate), images)
        code_kl = codes.kl
        rng = np.random.default_rng((cfg.seed, len(images), replicate))
        source = np.tile(rng.integers(len(images), size=(cfg.trained_replicates, cfg.trained_draws // 2)), 2)
        draws = np.concatenate([_mirrored_draws(codes[rows], rng) for rows in source])
        ratios = mixture_ratio(draws, _component_batches(codes)).reshape(source.shape)
        kl = float(code_kl.mean())
        mixture_kl = controlled(ratios, code_kl[source], kl).mean(axis=1)
        for batch, value in enumerate(mixture_kl):
            above = value - max(0.0, kl - log_n)
            out.add("trained_kl_above_bound", above, {"model": name, "seed": replicate}, batch, "nats")
        where = {"model": name}
        out.add("kl_over_log_n", kl / log_n, where, replicate, "1", len(images))
        out.add("mixture_kl", float(mixture_kl.mean()), where, replicate, "nats")
        out.add("mixture_total_variation", -np.expm1(-np.maximum(ratios, 0)).mean(), where, replicate)
        if replicate == 0:  # the splits of all replicates have as many images
            out.add("log_n", log_n, where, unit="nats")


def _mirrored_draws(codes: Codes, rng: np.random.Generator) -> np.ndarray:
    """A draw of each code; the second half's noise mirrors that of the first, so that its linear part cancels."""
    noise = rng.standard_normal((len(codes) // 2, codes.mean.shape[1]), dtype=np.float32)
    return codes.mean + codes.std * np.concatenate([noise, -noise])


def _component_batches(codes: Codes) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for start in range(0, len(codes), BATCH_SIZE):
        batch = codes[start : start + BATCH_SIZE]
        yield batch.mean, batch.std
