"""Each axis of the codes looks like the prior: does it also look so along the axes in which the codes are widest?"""

from __future__ import annotations

import numpy as np

from soapbubble.autoencoders.codes import Codes
from soapbubble.autoencoders.laws import posterior, prior
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.rotation import (
    largest_variances,
    noise_edge,
    rejected_axes,
    rotated_gain,
    wide_axes,
)
from soapbubble.stats.two_sample import mean_discrepancy, sliced_distance
from soapbubble.studies.latentsize.held_out import Album
from soapbubble.studies.latentsize.samples import codes_of, one_each


class Rotation(Part):
    """Whether codes look standard normal axis by axis, and along the axes in which they are widest."""

    seed: int = setting(23000, ge=0, doc="seed of the random numbers")
    pictures: int = setting(1200, smoke=100, ge=20, doc="training pictures, one an original, whose codes are tested")
    pictures_large: int = setting(360, smoke=30, ge=20, doc="the same for models with more than `large` latents")
    large: int = setting(10000, ge=1, doc="large")
    # a random sixteenth of the largest code; corrected for all of them
    axes: int = setting(4096, smoke=256, ge=1, doc="coordinates that are tested one by one; all if there are fewer")
    rank: int = setting(30, smoke=8, ge=1, doc="wide directions that are looked for")
    directions: int = setting(100, smoke=20, ge=1, doc="random projections of the sliced distance")
    models: list[str] = setting(
        ["dense-16", "dense-64", "grid-8x8x16", "grid-8x8x1024-mean"],
        smoke=["dense-16", "grid-8x8x16", "grid-8x8x1024-mean"],
        doc="models",
    )

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=[*self.models, "classifier"], memory_mb=1900)


SCREE = 40


def measure(cfg: Rotation, lab: Lab) -> Outcome:
    """Tests axis by axis, the widest directions, and distances between clouds, for codes and for independent noise.

    The noise has as many rows as the codes, and their mean and variance on every axis: it is what they would be if
    their axes were independent.
    """
    out = Outcome()
    screes = []
    album = Album(lab.models, lab.data["digits"])
    for name in progress(cfg.models, "codes along other axes"):
        trained = lab.models[name]
        pictures = album.of(name)
        count = cfg.pictures_large if trained.spec.latents > cfg.large else cfg.pictures
        for replicate in trained.replicates:
            rng = np.random.default_rng((cfg.seed, replicate))
            rows = one_each(pictures.train_origin, count, rng)
            codes = codes_of(trained.network(replicate), pictures.train, rows)
            latents = posterior(codes, rng)
            mean, deviation = latents.mean(axis=0), latents.std(axis=0)
            noise = mean + deviation * prior(*latents.shape, rng)
            _axis_by_axis(cfg, latents, name, replicate, rng, out)
            widest = {}
            for kind, cloud, shown in (("codes", latents, codes.mean), ("noise", noise, noise)):
                condition = {"model": name, "cloud": kind}
                widest[kind] = largest_variances(cloud / deviation, SCREE)
                edge = noise_edge(*cloud.shape)
                out.add("widest_over_edge", widest[kind][0] / edge, condition, replicate)
                gain, unseen = _rotated(cfg, shown, cloud, deviation)
                out.add("rotated_gain", gain, condition, replicate, "nat")
                out.add("unseen_wide_variance", unseen, condition, replicate)
            _clouds(cfg, latents, name, replicate, rng, out)
            out.add("wide_directions", _effective_rank(codes), {"model": name}, replicate)
            if replicate == 0:
                screes.append((name, *latents.shape, widest["codes"], widest["noise"]))
    _figure(screes, out)
    return out


def _axis_by_axis(
    cfg: Rotation, latents: np.ndarray, name: str, replicate: int, rng: np.random.Generator, out: Outcome
) -> None:
    axes = latents.shape[1]
    some = latents[:, rng.permutation(axes)[: cfg.axes]]
    tested = some.shape[1]
    out.add("rejected_axes", rejected_axes(some, axes), {"model": name}, replicate, n=tested)
    variances = latents.var(axis=0)
    out.add("mean_axis_variance", float(variances.mean()), {"model": name}, replicate, n=axes)


def _rotated(cfg: Rotation, shown: np.ndarray, cloud: np.ndarray, deviation: np.ndarray) -> tuple[float, float]:
    """The gain in nats of wide directions over independent axes, and the variance along the widest, on unseen rows.

    The directions come from a third of the rows of `shown`, the variances along them from another third of `cloud`;
    the last third is scored.
    """
    thirds = np.array_split(np.arange(len(cloud)), 3)
    scaled = cloud / deviation
    axes = wide_axes(shown[thirds[0]] / deviation, cfg.rank)
    gain = rotated_gain(axes, scaled[thirds[1]], scaled[thirds[2]])
    unseen = np.concatenate([scaled[thirds[1]], scaled[thirds[2]]]) @ axes[:, 0]
    return gain, float(unseen.var())


def _clouds(
    cfg: Rotation, latents: np.ndarray, name: str, replicate: int, rng: np.random.Generator, out: Outcome
) -> None:
    """Distances between whole clouds: codes and prior, and two samples of the prior as what chance gives."""
    one, other = (prior(*latents.shape, rng) for _ in range(2))
    for kind, cloud in (("codes", latents), ("prior", other)):
        condition = {"model": name, "cloud": kind}
        out.add("mean_discrepancy", mean_discrepancy(cloud, one), condition, replicate)
        out.add("sliced_distance", sliced_distance(cloud, one, cfg.directions, rng), condition, replicate)


def _effective_rank(codes: Codes) -> float:
    """Participation ratio of the spectrum of the means: how many directions they use."""
    values = np.clip(largest_variances(codes.mean, min(codes.mean.shape)), 0, None)
    return float(values.sum() ** 2 / np.square(values).sum())


def _figure(screes: list[tuple[str, int, int, np.ndarray, np.ndarray]], out: Outcome) -> None:
    def padded(values: np.ndarray) -> np.ndarray:
        return np.pad(values, (0, SCREE - len(values)), constant_values=np.nan)

    out.figure(
        "latentsize-scree",
        models=np.array([name for name, *_ in screes]),
        pictures=np.array([n for _, n, *_ in screes]),
        latents=np.array([d for _, _, d, *_ in screes]),
        codes=np.stack([padded(values) for *_, values, _ in screes]),
        noise=np.stack([padded(values) for *_, values in screes]),
        edges=np.array([noise_edge(n, d) for _, n, d, *_ in screes]),
    )
