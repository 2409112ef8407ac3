"""Do prior samples get worse as the latent space grows, and is it the number of latents or the rate that counts?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from soapbubble.autoencoders.classifier import Judge
from soapbubble.autoencoders.codes import decode
from soapbubble.autoencoders.laws import prior
from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.autoencoders.store import Trained
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.frechet import frechet_distance
from soapbubble.stats.sample_quality import precision_recall
from soapbubble.studies.latentsize.held_out import Album
from soapbubble.studies.latentsize.rows import values
from soapbubble.studies.latentsize.samples import codes_of, one_each


class Dimensions(Part):
    """Prior samples against the number of latents, at equal weight of the divergence and at equal rate."""

    seed: int = setting(21000, ge=0, doc="seed of the random numbers")
    # no fewer than there are originals to test with (359)
    pictures: int = setting(360, smoke=40, ge=20, doc="real pictures and samples in every Frechet distance")
    # the rate to about 2 %
    coded: int = setting(100, ge=2, doc="training pictures whose codes give the rate")
    neighbours: int = setting(5, ge=1, doc="neighbours that set the width of the balls around real pictures")
    arms: dict[str, list[str]] = setting(
        {
            "dense": ["dense-2", "dense-8", "dense-16", "dense-64", "dense-256", "dense-1024"],
            "grid": ["grid-8x8x1", "grid-8x8x4", "grid-8x8x16", "grid-8x8x1024"],
            "mean loss": ["dense-16-mean", "grid-8x8x4-mean", "grid-8x8x1024-mean"],
        },
        doc="models that differ in the number of latents only",
    )
    # below, reconstruction is what limits the samples
    slope_from: int = setting(16, ge=1, doc="fewest latents among the models of a slope")
    # the largest models have two seeds and are compared by themselves
    slope_to: int = setting(1024, ge=2, doc="most latents; larger models have fewer seeds")
    # from the least weight of the divergence to the greatest
    sweeps: dict[str, list[str]] = setting(
        {
            "dense-16": ["dense-16-beta-64th", "dense-16", "dense-16-beta-4", "dense-16-mean"],
            "grid-8x8x16": ["grid-8x8x16-beta-64th", "grid-8x8x16-beta-8th", "grid-8x8x16", "grid-8x8x16-beta-4"],
            "grid-8x8x1024": ["grid-8x8x1024-mean", "grid-8x8x1024-beta-4th", "grid-8x8x1024"],
        },
        doc="models that differ in the weight of the divergence only",
    )

    @property
    def models(self) -> list[str]:
        """All models of the part, each once."""
        named = [*self.arms.values(), *self.sweeps.values()]
        return sorted({name for names in named for name in names})

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=[*self.models, "classifier"], memory_mb=1900)


Found = dict[str, dict[int, float]]  # model -> replicate -> value


def measure(cfg: Dimensions, lab: Lab) -> Outcome:
    """Frechet distance, precision and recall of prior samples, and the rate, model by model and arm by arm."""
    out = Outcome()
    distances: Found = {}
    rates: Found = {}
    latents = {name: lab.models[name].spec.latents for name in cfg.models}
    floors: list[float] = []
    album = Album(lab.models, lab.data["digits"])
    for name in progress(cfg.models, "prior samples of models of all sizes"):
        distances[name], rates[name] = _one_model(cfg, lab.models[name], album.of(name), lab.models.judge, out, floors)
    for replicate, floor in enumerate(floors):
        out.add("frechet_floor", floor, replicate=replicate)
    _slopes(cfg, latents, distances, out)
    curves = _at_equal_rate(cfg, latents, distances, rates, out)
    _figure(cfg, latents, distances, rates, floors, curves, out)
    return out


def _one_model(
    cfg: Dimensions, trained: Trained, pictures: Pictures, judge: Judge, out: Outcome, floors: list[float]
) -> tuple[dict[int, float], dict[int, float]]:
    condition = {"model": trained.name, "latents": trained.spec.latents}
    distances, rates = {}, {}
    for replicate in trained.replicates:
        rng = np.random.default_rng((cfg.seed, replicate))
        network = trained.network(replicate)
        rows = one_each(pictures.train_origin, cfg.pictures, rng)
        unseen = one_each(pictures.test_origin, len(rows), rng)
        count = len(unseen)
        real = judge.features(digits_only(pictures.test[unseen]))
        codes = codes_of(network, pictures.train, rows[: cfg.coded])
        fake = judge.features(decode(network, prior(count, trained.spec.latents, rng)))
        if len(floors) <= replicate:
            floors.append(frechet_distance(judge.features(digits_only(pictures.train[rows[:count]])), real))
        distances[replicate], rates[replicate] = frechet_distance(fake, real), float(codes.rates.mean())
        precision, recall = precision_recall(real, fake, cfg.neighbours)
        for quantity, value in {
            "prior_frechet": distances[replicate],
            "prior_precision": precision,
            "prior_recall": recall,
            "prior_rate": rates[replicate],
        }.items():
            out.add(quantity, value, condition, replicate, "nat" if quantity == "prior_rate" else "1", count)
    return distances, rates


def _slopes(cfg: Dimensions, latents: Mapping[str, int], distances: Found, out: Outcome) -> None:
    """By what factor the distance grows with each doubling of the number of latents, arm by arm."""
    for arm, names in cfg.arms.items():
        used = [name for name in names if cfg.slope_from <= latents[name] <= cfg.slope_to]
        shared = sorted(set.intersection(*(set(distances[name]) for name in used))) if len(used) > 1 else []
        for replicate in shared:
            doublings = np.log2([latents[name] for name in used])
            logs = np.log2([distances[name][replicate] for name in used])
            slope = float(np.polyfit(doublings, logs, 1)[0])
            out.add("frechet_slope", slope, {"arm": arm}, replicate)


def _at_equal_rate(
    cfg: Dimensions, latents: Mapping[str, int], distances: Found, rates: Found, out: Outcome
) -> dict[str, np.ndarray]:
    """The distance at one rate for all sizes: interpolated between models that differ in the divergence's weight.

    The rate is the middle, on a logarithmic scale, of the rates that all sweeps of a replicate reach; if there is
    none, the value is NaN. Logarithms of the distance are interpolated over logarithms of the rate.
    """
    names = [name for sweep in cfg.sweeps.values() for name in sweep]
    for replicate in sorted(set.intersection(*(set(distances[name]) for name in names))):
        sweeps = {
            sweep: sorted((np.log(rates[name][replicate]), np.log(distances[name][replicate])) for name in members)
            for sweep, members in cfg.sweeps.items()
        }
        low = max(points[0][0] for points in sweeps.values())
        high = min(points[-1][0] for points in sweeps.values())
        rate = (low + high) / 2 if low <= high else np.nan
        out.add("equal_rate", float(np.exp(rate)), replicate=replicate, unit="nat")
        for sweep, points in sweeps.items():
            condition = {"latents": latents[cfg.sweeps[sweep][0]]}
            value = float(np.exp(np.interp(rate, *zip(*points, strict=True))))
            out.add("equal_rate_frechet", value, condition, replicate)
    return {
        sweep: np.array([[np.mean([*found[name].values()]) for name in members] for found in (rates, distances)])
        for sweep, members in cfg.sweeps.items()
    }


def _figure(
    cfg: Dimensions,
    latents: Mapping[str, int],
    distances: Found,
    rates: Found,
    floors: list[float],
    curves: Mapping[str, np.ndarray],
    out: Outcome,
) -> None:
    rows = [(arm, name, r, d) for arm, names in cfg.arms.items() for name in names for r, d in distances[name].items()]
    swept = [(sweep, rate, distance) for sweep, found in curves.items() for rate, distance in found.T]
    out.figure(
        "latentsize-dimensions",
        arms=np.array([arm for arm, *_ in rows]),
        latents=np.array([latents[name] for _, name, *_ in rows]),
        distances=np.array([distance for *_, distance in rows]),
        rates=np.array([rates[name][replicate] for _, name, replicate, _ in rows]),
        floor=np.mean(floors),
        sweeps=np.array([sweep for sweep, *_ in swept]),
        swept_latents=np.array([latents[cfg.sweeps[sweep][0]] for sweep, *_ in swept]),
        swept_rates=np.array([rate for _, rate, _ in swept]),
        swept_distances=np.array([distance for *_, distance in swept]),
        equal_rate=np.mean(values(out, "equal_rate")),
    )
