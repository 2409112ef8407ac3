"""The distribution of each latent axis: its peak and its width, how normal it looks, and where the centre lies."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
from scipy.stats import norm

from soapbubble.data.dataset import Dataset
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.axis_histograms import FWHM, AxisHistograms
from soapbubble.measuring.latent_moments import LatentMoments, latent_moments
from soapbubble.measuring.latents_file import row_blocks
from soapbubble.measuring.normality import cdf_distances, looks_normal, rejected_share
from soapbubble.measuring.splits import evenly_spread
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.faces.latents import Network, gaussian_like, independent_gaussian_like, networks, turned
from soapbubble.studies.faces.source import TABLE, in_posts_units, table_cloud


class Marginals(Part):
    """Histograms of every axis, their moments, and controls."""

    seed: int = setting(901, ge=0, doc="seed of the surrogates, the rotations and the projections")
    # the posts' 0.25
    interval: float = setting(0.25, gt=0, doc="width of a histogram's intervals, in the post's units")
    reach: float = setting(12.0, gt=0, doc="the histograms go from minus this to this")
    means: list[float] = setting([0.25, 1.0], min_length=1, doc="from here on an axis counts as off the centre")
    widths: list[float] = setting([1.0, 1.5, 3.0], min_length=1, doc="from here on an axis counts as broad")
    top: list[int] = setting([5, 25], min_length=1, doc="axes with the largest means, whose share of it is taken")
    directions: int = setting(2000, smoke=200, ge=100, doc="random directions, against which that share is judged")
    pixel_images: int = setting(1600, smoke=38, ge=20, doc="faces whose pixels are projected at random")
    # Sizes up to the posts' 170,000 images
    sizes: list[int] = setting([1600, 20000, 170000], smoke=[170000], doc="draws from known normal distributions")
    intervals: list[int] = setting([50, 100, 200], smoke=[100], min_length=1, doc="intervals of their histograms")
    repeats: int = setting(5, smoke=2, ge=2, doc="independent draws of each")

    def reads(self) -> Reads:
        return Reads(data=["faces"], models=["faces-case-1", "faces-case-2"], memory_mb=1500)


KNOWN_WIDTHS = np.linspace(0.75, 4.0, 27)  # full widths at half maximum of known normal distributions
WIDTH_ERROR = 0.125  # half of the posts' interval
LISTED = len(TABLE)
PROJECTIONS = 64
FEWEST = 20  # faces on which networks are compared: fewer agree by chance


def measure(cfg: Marginals, lab: Lab) -> Outcome:
    """All networks, each with its controls; then the networks among themselves, and widths where they are known."""
    out = Outcome()
    found = list(networks(lab))
    for network in progress(found, "axes of latent spaces"):
        _network(out, cfg, network, lab.data["faces"].of_replicate(network.replicate))
    for number, (one, other) in enumerate(combinations(found, 2)):
        _pair(out, lab.data["faces"], one, other, number)
    _known_widths(out, cfg)
    _curves(out, cfg, found)
    return out


def _network(out: Outcome, cfg: Marginals, network: Network, faces: Dataset) -> None:
    rng = np.random.default_rng((cfg.seed, network.replicate, network.case == "case I"))
    own = network.latents.train
    scaled = in_posts_units(own)
    r, where = network.replicate, {"model": network.case}
    sources = {
        "trained": scaled,
        "untrained": in_posts_units(network.untrained.train),
        "turned": turned(scaled, rng),
        "normal": independent_gaussian_like(scaled, len(scaled), rng),
    }
    clipped = np.maximum(scaled - np.median(scaled, axis=0), 0)
    shown = {**sources, "clipped": clipped, "pixels": _projected(cfg, faces, rng)}
    for source, rows in shown.items():
        out.add("looks_normal_share", looks_normal(rows).mean(), where | {"source": source}, r, n=len(rows))
        out.add("normality_rejected_share", rejected_share(rows), where | {"source": source}, r, n=len(rows))
    for source, rows in sources.items():
        moments = latent_moments(row_blocks(rows))
        _counts(out, cfg, rows, moments, where | {"source": source}, r)
        _centre(out, cfg, moments, where | {"source": source}, r)
        _spread(out, moments, where | {"source": source}, r)
    _null_of_centre(out, cfg, own.shape[1], where, r, rng)
    _own_units(out, cfg, own, where, r)
    _widths(out, cfg, scaled, where, r)
    _table(out, cfg, scaled, where, r)
    shells = {
        "trained": scaled,
        "held out": in_posts_units(network.latents.test),
        "normal": gaussian_like(scaled, len(scaled), rng),
        "crowded": scaled.mean(axis=0) + 0.3 * rng.random((len(scaled), 1)) * (scaled - scaled.mean(axis=0)),
    }
    _distances(out, shells, scaled.mean(axis=0), where, r)
    rng = np.random.default_rng((cfg.seed, network.replicate, network.case == "case I", 1))
    planted = latent_moments(row_blocks(table_cloud(len(scaled), scaled.shape[1], rng)))
    _centre(out, cfg, planted, where | {"source": "post's table"}, r)


def _distances(out: Outcome, shells: dict[str, np.ndarray], centre: np.ndarray, where: dict[str, str], r: int) -> None:
    """How far from the centre the latents lie, in units of the root mean square distance of the training ones."""
    rms = np.sqrt(np.square(np.linalg.norm(shells["trained"] - centre, axis=1)).mean())
    for source, rows in shells.items():
        distances = np.linalg.norm(rows - centre, axis=1)
        near = (distances < rms / 2).mean()
        out.add("near_centre_share", near, where | {"source": source}, r, "proportion", len(rows))
        out.add("distance_cv", distances.std(ddof=1) / distances.mean(), where | {"source": source}, r, n=len(rows))
        out.add("nearest_to_centre", distances.min() / rms, where | {"source": source}, r, n=len(rows))


def _projected(cfg: Marginals, faces: Dataset, rng: np.random.Generator) -> np.ndarray:
    """Random projections of the pixels of some training images."""
    images = faces.train[evenly_spread(len(faces.train), cfg.pixel_images)]
    flat = images.reshape(len(images), -1).astype(np.float32)
    return flat @ rng.standard_normal((flat.shape[1], PROJECTIONS), dtype=np.float32)


def _histograms(cfg: Marginals, rows: np.ndarray, interval: float) -> AxisHistograms:
    histograms = AxisHistograms(rows.shape[1], cfg.reach, interval)
    for block in row_blocks(rows):
        histograms.add(block)
    return histograms


def _counts(
    out: Outcome, cfg: Marginals, rows: np.ndarray, moments: LatentMoments, where: dict[str, str], r: int
) -> None:
    """How many axes are off the centre or broad, in the post's units."""
    widths = _histograms(cfg, rows, cfg.interval).full_widths()
    for threshold in cfg.means:
        off = np.abs(moments.mean) >= threshold
        out.add("axes_off_centre", off.sum(), where | {"threshold": threshold}, r, "axes", moments.n)
    for threshold in cfg.widths:
        for reading, scale in (("full width", 1.0), ("half width", 0.5)):
            condition = where | {"threshold": threshold, "reading": reading}
            out.add("axes_broad", (scale * widths >= threshold).sum(), condition, r, "axes", moments.n)


def _centre(out: Outcome, cfg: Marginals, moments: LatentMoments, where: dict[str, str], r: int) -> None:
    """How far from the origin the centre lies, and how few axes say in which direction."""
    squares = np.sort(moments.mean**2)[::-1]
    out.add("centre_share", moments.centre_share, where, r, n=moments.n)
    for axes in cfg.top:
        out.add("top_mean_share", squares[:axes].sum() / squares.sum(), where | {"axes": axes}, r, n=moments.n)


def _null_of_centre(
    out: Outcome, cfg: Marginals, dimension: int, where: dict[str, str], r: int, rng: np.random.Generator
) -> None:
    """The same share for a centre in a random direction, which is what turned coordinates give: mean, 99 % quantile."""
    squares = np.sort(rng.standard_normal((cfg.directions, dimension)) ** 2, axis=1)[:, ::-1]
    for axes in cfg.top:
        shares = squares[:, :axes].sum(axis=1) / squares.sum(axis=1)
        for name, value in (("random mean", shares.mean()), ("random 99 %", np.quantile(shares, 0.99))):
            out.add("top_mean_share", value, where | {"source": name, "axes": axes}, r, n=cfg.directions)


def _spread(out: Outcome, moments: LatentMoments, where: dict[str, str], r: int) -> None:
    """How many directions are more than twice as wide as the median one, and what they hold of the variance."""
    for axes, variances in (("coordinates", moments.std**2), ("principal", moments.spectrum())):
        broad = variances > 4 * np.median(variances)
        out.add("broad_share", broad.mean(), where | {"axes": axes}, r, n=moments.n)
        held = variances[broad].sum() / variances.sum()
        out.add("broad_variance_share", held, where | {"axes": axes}, r, n=moments.n)


def _own_units(out: Outcome, cfg: Marginals, own: np.ndarray, where: dict[str, str], r: int) -> None:
    """What depends on the network's arbitrary scale: its range, its length, and counts at the post's thresholds."""
    largest = np.abs(own)
    for units, scale in (("own", 1.0), ("posts", float(np.abs(in_posts_units(own)).max() / largest.max()))):
        out.add("largest_component", scale * largest.max(), where | {"units": units}, r, n=own.size)
        out.add("largest_component_9999", scale * np.quantile(largest, 0.9999), where | {"units": units}, r, n=own.size)
    moments = latent_moments(row_blocks(own))
    out.add("rms_length", moments.rms_length, where, r, n=len(own))
    for threshold in cfg.means:
        off = np.abs(moments.mean) >= threshold
        out.add("axes_off_centre_own_units", off.sum(), where | {"threshold": threshold}, r, "axes", len(own))
    for threshold in cfg.widths:
        broad = FWHM * moments.std >= threshold
        out.add("axes_broad_own_units", broad.sum(), where | {"threshold": threshold}, r, "axes", len(own))


def _widths(out: Outcome, cfg: Marginals, scaled: np.ndarray, where: dict[str, str], r: int) -> None:
    """Widths read off histograms against 2.355 standard deviations, and the lengths that both imply."""
    widths = _histograms(cfg, scaled, cfg.interval).full_widths()
    expected = FWHM * scaled.std(axis=0)
    ratio = widths / expected
    normal = looks_normal(scaled)
    out.add("width_over_normal", np.median(ratio), where, r, n=len(scaled))
    agrees = (ratio[normal] > 0.9) & (ratio[normal] < 1.1)
    out.add("width_agrees_share", agrees.mean() if normal.any() else np.nan, where, r, n=int(normal.sum()))
    rms = np.sqrt(np.square(scaled, dtype=np.float64).sum(axis=1).mean())
    for reading, divisor in (("full width", FWHM), ("half width", FWHM / 2)):
        implied = np.sqrt((scaled.mean(axis=0) ** 2 + (widths / divisor) ** 2).sum())
        out.add("implied_over_rms_length", implied / rms, where | {"reading": reading}, r, n=len(scaled))


def _table(out: Outcome, cfg: Marginals, scaled: np.ndarray, where: dict[str, str], r: int) -> None:
    """The dominant axes in order, against the post's twenty, up to one common factor for means and widths."""
    mean, widths = np.abs(scaled.mean(axis=0)), _histograms(cfg, scaled, cfg.interval).full_widths()
    dominant = np.argsort(np.maximum(mean, widths) / np.median(widths))[::-1][:LISTED]
    ours = {"mean": np.sort(mean[dominant])[::-1], "width": np.sort(widths[dominant])[::-1]}
    theirs = {"mean": np.sort(np.abs(TABLE[:, 0]))[::-1], "width": np.sort(TABLE[:, 1])[::-1]}
    scale = np.exp(np.mean(np.log(theirs["width"] / ours["width"])))
    out.add("table_scale", scale, where, r, n=len(scaled))
    for column, source in theirs.items():
        for rank, value in enumerate(scale * ours[column], start=1):
            out.add("dominant_axis", value, where | {"column": column, "rank": rank}, r, n=len(scaled))
        kept = source > 0  # peaks of 0 on a raster of 0.25 have no ratio
        factor = scale * ours[column][kept] / source[kept]
        near = (factor > 0.5) & (factor < 2)
        out.add("table_agrees_share", near.mean(), where | {"column": column}, r, n=int(kept.sum()))


def _pair(out: Outcome, faces: Dataset, one: Network, other: Network, number: int) -> None:
    """Two networks: axis by axis, sorted, and up to a linear map on the faces that neither was trained on."""
    pair = one.case if one.case == other.case else "both"
    a, b = in_posts_units(one.latents.train), in_posts_units(other.latents.train)
    means = np.corrcoef(a.mean(axis=0), b.mean(axis=0))[0, 1]
    out.add("means_correlation", abs(means), {"pair": pair}, number, n=a.shape[1])
    for name, of in (("coordinates", lambda z: z.std(axis=0)), ("principal", _axis_stds)):
        x, y = np.sort(of(a)), np.sort(of(b))
        half = slice(len(x) // 2, None)  # the broader half, which holds nearly all of the variance
        gap = np.abs(x[half] - y[half]) / (x[half] + y[half])
        out.add("sorted_spread_gap", np.sqrt(2) * gap.mean(), {"pair": pair, "axes": name}, number, n=len(x))
    rows, others = on_the_same(faces, one.replicate, other.replicate)
    a, b = one.latents.all[rows], other.latents.all[others]
    out.add("cka", linear_cka(a, b), {"pair": pair, "source": "trained"}, number, n=len(a))
    shuffled = np.random.default_rng(number).permutation(b)
    out.add("cka", linear_cka(a, shuffled), {"pair": pair, "source": "shuffled"}, number, n=len(a))
    untrained = one.untrained.all[rows], other.untrained.all[others]
    out.add("cka", linear_cka(*untrained), {"pair": pair, "source": "untrained"}, number, n=len(a))


def on_the_same(faces: Dataset, one: int, other: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the latents of two replicates that are of the same faces: of those that neither was trained on.

    If these are fewer than `FEWEST`, as in a set of a few hundred, of all faces.
    """
    (a, train_a), (b, train_b) = rows_of(faces, one), rows_of(faces, other)
    _, held_a, held_b = np.intersect1d(a[train_a:], b[train_b:], return_indices=True)
    if len(held_a) < FEWEST:
        return np.argsort(a), np.argsort(b)
    return train_a + held_a, train_b + held_b


def rows_of(faces: Dataset, replicate: int) -> tuple[np.ndarray, int]:
    """The rows of `faces` in the order of a replicate's split, and how many of them are for training."""
    numbered = replace(faces, images=np.arange(len(faces.images))).of_replicate(replicate)
    return numbered.images, len(numbered.train)


def _axis_stds(rows: np.ndarray) -> np.ndarray:
    return np.sqrt(latent_moments(row_blocks(rows)).spectrum())


def linear_cka(a: np.ndarray, b: np.ndarray) -> float:
    """Linear centred kernel alignment of rows (n, p) and (n, q) of the same images (Kornblith et al. 2019).

    Without bias (Song et al. 2012): few rows of many numbers would else be alike by chance, the more the fewer.
    """
    x, y = (_hollow_kernel(rows) for rows in (a, b))
    return float(_dependence(x, y) / np.sqrt(_dependence(x, x) * _dependence(y, y)))


def _hollow_kernel(rows: np.ndarray) -> np.ndarray:
    """Inner products (n, n) of the centred rows; zero for a row with itself."""
    centred = rows.astype(np.float64) - rows.mean(axis=0, dtype=np.float64)
    kernel = centred @ centred.T
    np.fill_diagonal(kernel, 0)
    return kernel


def _dependence(x: np.ndarray, y: np.ndarray) -> float:
    """The unbiased estimate of the Hilbert-Schmidt independence criterion of two hollow kernels, up to a factor."""
    n, sums_x, sums_y = len(x), x.sum(axis=0), y.sum(axis=0)
    together = sums_x.sum() * sums_y.sum() / ((n - 1) * (n - 2))
    return float(np.vdot(x, y) + together - 2 * (sums_x @ sums_y) / (n - 2))


def _known_widths(out: Outcome, cfg: Marginals) -> None:
    """How well a histogram gives the width of a normal distribution, by its intervals and the number of images."""
    for repeat in range(cfg.repeats):
        rng = np.random.default_rng((cfg.seed, repeat, 77))
        for size in cfg.sizes:
            rows = rng.standard_normal((size, len(KNOWN_WIDTHS)), dtype=np.float32)
            rows *= (KNOWN_WIDTHS / FWHM).astype(np.float32)
            for intervals in cfg.intervals:
                widths = _histograms(cfg, rows, 2 * cfg.reach / intervals).full_widths()
                near = np.abs(widths - KNOWN_WIDTHS) < WIDTH_ERROR
                where = {"images": size, "intervals": intervals}
                out.add("known_width_found_share", near.mean(), where, repeat, n=len(near))
                out.add("known_width_ratio", (widths / KNOWN_WIDTHS).mean(), where, repeat, n=len(near))


def _curves(out: Outcome, cfg: Marginals, found: list[Network]) -> None:
    """The curves that the figures show: the first network of each case, its broadest axes, and a normal surrogate."""
    for case in {network.case: None for network in found}:
        scaled = in_posts_units(next(n for n in found if n.case == case).latents.train)
        histograms = _histograms(cfg, scaled, cfg.interval)
        mean, std = scaled.mean(axis=0), scaled.std(axis=0)
        widths = histograms.full_widths()
        order = np.argsort(np.maximum(np.abs(mean), widths))[::-1]
        half = cfg.interval / 2
        centres = histograms.centres
        expected = len(scaled) * np.stack(
            [norm.cdf(centres + half, m, s) - norm.cdf(centres - half, m, s) for m, s in zip(mean, std, strict=True)]
        )
        standard = (np.sort(scaled, axis=0) - mean) / std
        levels = evenly_spread(len(standard), 200)
        shown = {
            "centres": centres,
            "counts": histograms.counts[order].astype(np.int32),
            "normal": expected[order].astype(np.float32),
            "mean": mean[order],
            "std": std[order],
            "widths": widths[order],
            "quantiles": standard[levels][:, order].astype(np.float32),
            "distances": cdf_distances(scaled)[order],
        }
        for name, values in shown.items():
            out.picture(f"{case}/{name}", values)
