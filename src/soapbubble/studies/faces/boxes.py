"""How often vectors that are uniform in a cube fall into the region that an encoder fills."""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import chi2

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.axis_histograms import FWHM
from soapbubble.measuring.nulls import axis_shuffled
from soapbubble.measuring.pca import Whitener
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.boxes import covered_shares, inside, log_hit_probability
from soapbubble.stats.random_points import bit_stream, fill_uniform, uniform_vectors
from soapbubble.studies.faces.latents import SIZES, gaussian_like, networks
from soapbubble.studies.faces.source import BOXES, in_posts_units, table_cloud


class Boxes(Part):
    """Boxes of the post around the latents, and uniform vectors."""

    seed: int = setting(902, ge=0, doc="seed of the uniform vectors and of the surrogates")
    # as announced in the post
    vectors: int = setting(200_000, smoke=2000, ge=200, doc="uniform vectors for each network")
    # What lies near the latents is judged from fewer: none of so many comes close
    judged: int = setting(20_000, smoke=500, ge=100, doc="of them, those whose distance from the latents is taken")
    bins: int = setting(128, ge=2, le=2**12, doc="intervals of the uniform components' histograms; a power of two")

    def reads(self) -> Reads:
        return Reads(models=sorted({*SIZES.values(), "faces-case-2"}), memory_mb=1500)


FACTORS = (1.5, 2.0, 3.0, 12.0)
RATIO_PAIRS = ((12.0, 12.0), (2.0, 2.0), (1.5, 1.5))
READINGS = {"full width": 1.0, "half width": 0.5}
"""what the post's half-width may be: the whole distance between the two points at half height, or half of it"""
THREE, TWELVE = 3.0, 12.0
NEVER = -1e4  # stands for the logarithm of a probability of 0


def measure(cfg: Boxes, lab: Lab) -> Outcome:
    """Hits of boxes, by counting and by the product of probabilities; hits of an ellipsoid; cubes against latents."""
    out = Outcome()
    for number, network in enumerate(progress(list(networks(lab)), "boxes around latents")):
        train, test = network.latents.train, network.latents.test
        where = {"model": network.case}
        _boxes(out, cfg, in_posts_units(train), in_posts_units(test), where, network.replicate, number)
        _flat(out, cfg, in_posts_units(train), where, network.replicate, number)
    for z_dim, name in SIZES.items():
        model = lab.faces[name]
        for replicate in model.replicates:
            latents = model.latents(replicate)
            _ellipsoid(out, cfg, latents.train, latents.test, z_dim, replicate)
    return out


def _boxes(
    out: Outcome, cfg: Boxes, train: np.ndarray, test: np.ndarray, where: dict[str, str], r: int, number: int
) -> None:
    peaks, widths = train.mean(axis=0), FWHM * train.std(axis=0)
    dimension = train.shape[1]
    boxes = {(name, *pair): scale * pair[1] * widths for name, scale in READINGS.items() for pair in BOXES}
    # A side that reaches beyond the cube keeps nothing out; of the others the narrowest are asked first.
    asked = {key: _narrow_sides(peaks, half, key[1]) for key, half in boxes.items()}
    hits = dict.fromkeys(boxes, 0)
    missed = missed_by_table = within = 0.0
    described = table_cloud(len(train), train.shape[1], np.random.default_rng((cfg.seed, number, 7)))
    table_peaks, table_widths = described.mean(axis=0), FWHM * described.std(axis=0)
    most = 0
    for block in uniform_vectors(bit_stream(cfg.seed, number), dimension, cfg.vectors):
        for key, axes in asked.items():
            b = key[1]
            hits[key] += int(inside(block, peaks / b, boxes[key] / b, axes).sum())
        missed += (np.abs(THREE * block - peaks) > 2 * widths).sum()
        missed_by_table += (np.abs(THREE * block - table_peaks) > 2 * table_widths).sum()
        three = (np.abs(block) <= THREE / TWELVE).sum(axis=1)
        within, most = within + three.sum(), max(most, int(three.max()))
    for (name, b, factor), count in hits.items():
        condition = where | {"reading": name, "b": b, "factor": factor}
        half = boxes[name, b, factor]
        log_p = max(log_hit_probability(peaks, half, b), NEVER)
        out.add("hit_share", count / cfg.vectors, condition, r, "proportion", cfg.vectors)
        out.add("hit_log10_probability", log_p / math.log(10), condition, r)
        expected = cfg.vectors * math.exp(log_p)
        gap = abs(count - expected) / math.sqrt(max(expected * (1 - math.exp(log_p)), 1.0))
        out.add("hits_gap", gap, condition, r, n=cfg.vectors)
        contained = (half - np.abs(peaks) >= b).mean()
        out.add("sides_beyond_cube_share", contained, condition, r, n=dimension)
        if (b, factor) in RATIO_PAIRS:
            centred = log_hit_probability(np.zeros(dimension), half, b)
            out.add("centred_log10_probability", max(centred, NEVER) / math.log(10), condition, r)
            lost = (log_p - centred) / log_p if log_p < 0 else 0.0
            out.add("off_centre_log_share", lost, condition, r)
    out.add("missed_components", missed / cfg.vectors, where, r, n=cfg.vectors)
    out.add("table_missed_components", missed_by_table / cfg.vectors, where, r, n=cfg.vectors)
    expected_missed = (1 - covered_shares(peaks, 2 * widths, THREE)).sum()
    out.add("missed_components_expected", expected_missed, where, r)
    out.add(
        "components_within_three", within / cfg.vectors / dimension, where | {"source": "uniform"}, r, n=cfg.vectors
    )
    out.add("most_components_within_three", most / dimension, where | {"source": "uniform"}, r, n=cfg.vectors)
    inner = (np.abs(test) <= THREE).mean(axis=1)
    out.add("components_within_three", inner.mean(), where | {"source": "held out"}, r, n=len(test))
    out.add("most_components_within_three", inner.max(), where | {"source": "held out"}, r, n=len(test))
    _loose(out, cfg, train, test, where, r, number)


def _narrow_sides(peaks: np.ndarray, half_sides: np.ndarray, b: float) -> np.ndarray:
    """The axes on which the box covers only a part of [-b, b], the smallest part first."""
    shares = covered_shares(peaks, half_sides, b)
    order = np.argsort(shares)
    return order[shares[order] < 1]


def _loose(
    out: Outcome, cfg: Boxes, train: np.ndarray, test: np.ndarray, where: dict[str, str], r: int, number: int
) -> None:
    """What boxes let through, beside an ellipsoid: held-out latents, surrogates, uniform vectors."""
    peaks, widths = train.mean(axis=0), FWHM * train.std(axis=0)
    rng = np.random.default_rng((cfg.seed, number, 5))
    region = _Region(train, test)
    block = np.concatenate(list(uniform_vectors(bit_stream(cfg.seed, number, 5), train.shape[1], cfg.judged)))
    sources = {
        "held out": region.judged,
        "normal": gaussian_like(train, cfg.judged, rng),
        "uniform b=1": block,
        "uniform b=1.5": np.float32(1.5) * block,
    }
    for source, rows in sources.items():
        share = region.holds(rows).mean()
        out.add("ellipsoid_share", share, where | {"source": source}, r, "proportion", len(rows))
        off = np.abs(rows - peaks)
        for factor in FACTORS:
            held = (off <= factor * widths).all(axis=1).mean()
            out.add("box_share", held, where | {"source": source, "factor": factor}, r, "proportion", len(rows))
    shuffled = axis_shuffled(train, np.random.default_rng((cfg.seed, number, 8)))
    share = region.holds(shuffled).mean()
    out.add("ellipsoid_share", share, where | {"source": "axes shuffled"}, r, "proportion", len(shuffled))
    for b in (1.0, 1.5, 2.0, 3.0):
        within = (np.abs(test) <= b).all(axis=1)
        out.add("cube_share", within.mean(), where | {"b": b}, r, "proportion", len(test))


class _Region:
    """The ellipsoid around training latents that holds all of one half of the held-out latents; the other is judged."""

    def __init__(self, train: np.ndarray, test: np.ndarray) -> None:
        self._whitener = Whitener.fit(train)
        half = len(test) // 2
        self.judged = test[half:]
        self._limit = self._squares(test[:half]).max()

    def _squares(self, rows: np.ndarray) -> np.ndarray:
        return np.square(self._whitener(rows), dtype=np.float64).sum(axis=1)

    def holds(self, rows: np.ndarray) -> np.ndarray:
        """Whether each of the rows (n, d) lies inside, bool (n,)."""
        return self._squares(rows) <= self._limit


def _ellipsoid(out: Outcome, cfg: Boxes, train: np.ndarray, test: np.ndarray, z_dim: int, r: int) -> None:
    """Which share of uniform vectors that reach as far as the latents do lies in the ellipsoid, for fewer latents."""
    region = _Region(train, test)
    b = np.abs(train).max()
    uniform = np.random.default_rng((cfg.seed, z_dim, r)).uniform(-b, b, (cfg.judged, z_dim)).astype(np.float32)
    surrogate = gaussian_like(train, cfg.judged, np.random.default_rng((cfg.seed, z_dim, r, 1)))
    for source, rows in {"uniform": uniform, "normal": surrogate, "held out": region.judged}.items():
        share = region.holds(rows).mean()
        out.add("region_share", share, {"N": z_dim, "source": source}, r, "proportion", len(rows))


def _flat(out: Outcome, cfg: Boxes, train: np.ndarray, where: dict[str, str], r: int, number: int) -> None:
    """Chi-square over its degrees of freedom of each axis's histogram against an even one."""
    dimension = train.shape[1]
    counts = np.zeros((dimension, cfg.bins), dtype=np.int64)
    bits = bit_stream(cfg.seed, number, 6)
    numbers = np.empty((1024, dimension), np.float32)
    offsets = cfg.bins * np.arange(dimension)
    for _ in range(max(1, cfg.vectors // len(numbers))):
        fill_uniform(bits, numbers)
        places = np.floor((numbers + 2.0**15) * (cfg.bins / 2.0**16)).astype(np.int64) + offsets
        counts += np.bincount(places.ravel(), minlength=counts.size).reshape(counts.shape)
    places = np.clip(np.floor((train + TWELVE) * (cfg.bins / (2 * TWELVE))), 0, cfg.bins - 1).astype(np.int64)
    real = np.bincount((places + offsets).ravel(), minlength=counts.size).reshape(counts.shape)
    for source, found in (("uniform", counts), ("trained", real)):
        expected = found.sum(axis=1, keepdims=True) / cfg.bins
        statistic = (np.square(found - expected) / expected).sum(axis=1)
        condition = where | {"source": source}
        out.add("flatness_dispersion", statistic.mean() / (cfg.bins - 1), condition, r, n=dimension)
        rejected = chi2.sf(statistic, cfg.bins - 1) < 0.05 / dimension
        out.add("flatness_rejected_share", rejected.mean(), condition, r, n=dimension)
