"""Codes along their axes, along their principal axes, and by their lengths."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from scipy.special import ndtr
from scipy.stats import gaussian_kde, skew

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import encode
from soapbubble.measuring.images import as_images
from soapbubble.measuring.nulls import axis_shuffled, gaussian_matched, phase_randomised
from soapbubble.measuring.pca import covariance_spectrum, principal_components
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.neighbourhoods import participation
from soapbubble.stats.roughness import peaks, reduced_chi_square
from soapbubble.studies.filaments.arithmetic import FWHM, TABLE
from soapbubble.studies.filaments.clouds import DATA, GAUSSIAN
from soapbubble.studies.filaments.codes import MODEL


class Axes(Part):
    """Codes along their axes, along their principal axes, and by their lengths."""

    seed: int = setting(22500, ge=0, doc="seed of the surrogates")
    # the post's own lengths peak here; codes are scaled so that their root mean square length is this
    post_length: float = setting(16.5, gt=0, doc="the length at which the post's codes peak")
    post_bin: float = setting(0.25, gt=0, doc="width of the post's intervals along an axis")
    ranks: int = setting(12, ge=1, doc="axes of the post's table")
    surrogate_points: int = setting(20_000, smoke=2000, ge=200, doc="points of the surrogates whose lengths are taken")
    components: list[int] = setting(
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 20, 30, 50, 75, 100, 125, 150],
        doc="principal components whose share of the variance is noted",
    )

    def reads(self) -> Reads:
        return Reads(data=["faces"], models=[MODEL], memory_mb=900)


USUAL_WIDTH = 2.0  # of most axes, according to the post
TEN = 10  # principal components after which the post's variances are level
TOP = 5  # principal axes whose direction is looked at
DISPLACED = 0.5  # standard deviations from which on the centre of an axis counts as displaced
COARSE, FINE = 15, 150  # intervals over the lengths: ten fine ones in a coarse one, as the post's
DEGREE, LEAST = 4, 3  # of the smooth curve through the counts, and the counts that an interval must hold for it
LADDER = ("equal axes", "with centres", "with widths", "with covariance")


def measure(cfg: Axes, lab: Lab) -> Outcome:
    """Centres and widths of the axes, the spectrum, and the distribution of lengths with what brings it about."""
    out = Outcome()
    model = lab.faces[MODEL]
    for replicate in progress(model.replicates, "axes of networks"):
        rng = np.random.default_rng((cfg.seed, replicate))
        codes = _of_length(model.latents(replicate).train.astype(np.float64), cfg.post_length)
        _axes(out, cfg, codes, replicate)
        _spectrum(out, cfg, codes, lab, replicate, rng)
        _tilt(out, codes, replicate, rng)
        _lengths(out, cfg, codes, replicate, rng)
        if replicate == 0:
            _pictures(out, cfg, codes, rng)
        _planted(out, cfg, codes, np.random.default_rng((cfg.seed, replicate, 1)), replicate)
        _centres(out, cfg, codes, np.random.default_rng((cfg.seed, replicate, 2)), replicate)
        _kinds(out, lab, replicate, np.random.default_rng((cfg.seed, replicate, 3)))
    return out


def centre_shares(points: np.ndarray, count: int, rng: np.random.Generator) -> dict[str, float]:
    """Share of the spread of lengths beyond equal axes that centres of points (n, d) bring, added first and last."""
    noise = rng.standard_normal((count, points.shape[1]))
    centres, stds = points.mean(axis=0), points.std(axis=0)
    equal = noise * np.sqrt(np.mean(stds**2))
    values, axes = np.linalg.eigh(np.cov(points.T, bias=True))
    correlated = (noise * np.sqrt(np.maximum(values, 0))) @ axes.T
    none, first, without, both = (
        np.linalg.norm(cloud, axis=1).std(ddof=1)
        for cloud in (equal, centres + equal, correlated, centres + correlated)
    )
    return {"first": float((first - none) / (both - none)), "last": float((both - without) / (both - none))}


def _centres(out: Outcome, cfg: Axes, codes: np.ndarray, rng: np.random.Generator, replicate: int) -> None:
    """The share of the spread of lengths that centres bring, of codes and of displaced equal axes, where it is all."""
    displaced = 1 + rng.standard_normal(codes.shape)
    for name, points in ((DATA, codes), ("displaced", displaced)):
        for order, share in centre_shares(points, cfg.surrogate_points, rng).items():
            out.add("centre_contribution", share, {"cloud": name, "added": order}, replicate, n=cfg.surrogate_points)


def _kinds(out: Outcome, lab: Lab, replicate: int, rng: np.random.Generator) -> None:
    """Distance from normal over that of a normal draw of as many, for all training images: few tell little."""
    model = lab.faces[MODEL]
    faces = as_images(lab.data["faces"].of_replicate(replicate).train)
    phases = torch.from_numpy(phase_randomised(faces, rng).astype(np.float32))
    n, dimension = model.latents(replicate).train.shape
    clouds = {
        "faces": model.latents(replicate).train,
        "random phases": encode(model.network(replicate), phases).mean,
        "untrained faces": model.untrained_latents(replicate).train,
        "uniform": rng.random((n, dimension)),
    }
    normal = np.median(_distance_to_normal(rng.standard_normal((n, dimension))))
    for name, points in clouds.items():
        ratio = np.median(_distance_to_normal(points.astype(np.float64))) / normal
        out.add("normal_distance_ratio", ratio, {"cloud": name}, replicate, n=n)


def table_cloud(n: int, dimension: int, rng: np.random.Generator) -> np.ndarray:
    """Gaussian points (n, dimension) as the post describes its codes.

    The axes of its table have the centres and widths listed there, all others the centre 0 and the width 2.
    """
    centres, widths = np.zeros(dimension), np.full(dimension, USUAL_WIDTH)
    centres[: len(TABLE)], widths[: len(TABLE)] = np.array(list(TABLE.values())).T
    return centres + widths / FWHM * rng.standard_normal((n, dimension))


def _planted(out: Outcome, cfg: Axes, codes: np.ndarray, rng: np.random.Generator, replicate: int) -> None:
    """The same of clouds of which the post's statements are true: its table, displaced axes, a level spectrum."""
    n, dimension = codes.shape
    _axes(out, cfg, _of_length(table_cloud(n, dimension, rng), cfg.post_length), replicate, "table_")
    displaced = ladder(1 + rng.standard_normal((n, dimension)), cfg.surrogate_points, rng)
    for name, values in displaced.items():
        out.add("displaced_length_std", values.std(ddof=1), {"cloud": name}, replicate, n=len(values))
    variances = covariance_spectrum(codes)
    variances[TEN:] = variances[TEN]
    values = covariance_spectrum(np.sqrt(variances) * rng.standard_normal((n, dimension)))
    for component in cfg.components:
        where = {"cloud": "level after ten", "component": component}
        out.add("explained_share", values[component - 1] / values.sum(), where, replicate, n=n)


def _of_length(points: np.ndarray, length: float) -> np.ndarray:
    return points * (length / np.sqrt(np.square(points).sum(axis=1).mean()))


def _axes(out: Outcome, cfg: Axes, codes: np.ndarray, replicate: int, prefix: str = "") -> None:
    """Centres and widths, in the unit in which the root mean square length is the post's."""
    n = len(codes)
    centres, stds = codes.mean(axis=0), codes.std(axis=0)
    out.add(f"{prefix}median_centre", np.median(np.abs(centres)), {}, replicate, n=n)
    out.add(f"{prefix}median_width", FWHM * np.median(stds), {}, replicate, n=n)
    out.add(f"{prefix}normal_distance", np.median(_distance_to_normal(codes)), {}, replicate, n=n)
    out.add(f"{prefix}displaced_axes", np.count_nonzero(np.abs(centres) > DISPLACED * stds), {}, replicate, n=n)
    offsets = np.sort(np.abs(centres))[::-1][: cfg.ranks] / cfg.post_length
    widths = np.sort(stds)[::-1][: cfg.ranks] / np.median(stds)
    listed = np.array(list(TABLE.values()))
    source = {
        "offset": np.sort(np.abs(listed[:, 0]))[::-1] / cfg.post_length,
        "width": np.sort(listed[:, 1])[::-1] / USUAL_WIDTH,
    }
    for name, values in (("offset", offsets), ("width", widths)):
        for rank, value in enumerate(values, start=1):
            out.add(f"{prefix}ranked_{name}", value, {"rank": rank}, replicate, n=n)
            if not prefix and replicate == 0 and rank <= len(listed):
                out.add(f"source_ranked_{name}", source[name][rank - 1], {"rank": rank})


def _distance_to_normal(codes: np.ndarray) -> np.ndarray:
    """Kolmogorov's distance (d,) of each axis of codes (n, d) from the normal distribution of its mean and std."""
    n = len(codes)
    stds = codes.std(axis=0)
    heights = ndtr((np.sort(codes, axis=0) - codes.mean(axis=0)) / np.where(stds > 0, stds, 1))
    ranks = np.arange(1, n + 1)[:, None] / n
    return np.maximum(ranks - heights, heights - ranks + 1 / n).max(axis=0)


def _spectrum(out: Outcome, cfg: Axes, codes: np.ndarray, lab: Lab, replicate: int, rng: np.random.Generator) -> None:
    """Shares of the variance on the principal components, of codes and of what they are compared with."""
    model = lab.faces[MODEL]
    shuffled = axis_shuffled(codes, rng)
    clouds = {
        DATA: codes,
        "shuffled": shuffled,
        "untrained": model.untrained_latents(replicate).train,
        "equal axes": rng.standard_normal(codes.shape),
    }
    for name, points in clouds.items():
        values = covariance_spectrum(points)
        for component in cfg.components:
            where = {"cloud": name, "component": component}
            out.add("explained_share", values[component - 1] / values.sum(), where, replicate, n=len(points))
    own, variances = covariance_spectrum(codes), np.sort(codes.var(axis=0))[::-1]
    for name, values in (("axes", variances), ("shuffled", covariance_spectrum(shuffled))):
        out.add("spectrum_ratio", own[0] / values[0], {"against": name}, replicate, n=len(codes))


def _tilt(out: Outcome, codes: np.ndarray, replicate: int, rng: np.random.Generator) -> None:
    """Among how many coordinate axes the first principal axes are spread."""
    for name, points in ((DATA, codes), ("shuffled", axis_shuffled(codes, rng))):
        squares = principal_components(points, TOP).axes ** 2
        out.add("axes_of_a_component", participation(squares).mean(), {"cloud": name}, replicate, n=len(codes))


def ladder(codes: np.ndarray, count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Lengths (count,) of Gaussian vectors that share ever more with the codes (n, d): see `LADDER`."""
    noise = rng.standard_normal((count, codes.shape[1]))
    centres, stds = codes.mean(axis=0), codes.std(axis=0)
    equal = noise * np.sqrt(np.mean(stds**2))
    values, axes = np.linalg.eigh(np.cov(codes.T, bias=True))
    correlated = centres + (noise * np.sqrt(np.maximum(values, 0))) @ axes.T
    clouds = (equal, centres + equal, centres + noise * stds, correlated)
    return {name: np.linalg.norm(points, axis=1) for name, points in zip(LADDER, clouds, strict=True)}


def _lengths(out: Outcome, cfg: Axes, codes: np.ndarray, replicate: int, rng: np.random.Generator) -> None:
    """Peak, spread and flank of the lengths, beside Gaussian clouds that share ever more with the codes."""
    n = len(codes)
    lengths: Mapping[str, np.ndarray] = {DATA: np.linalg.norm(codes, axis=1)} | ladder(codes, cfg.surrogate_points, rng)
    for name, values in lengths.items():
        where = {"cloud": name}
        out.add("length_mode", density_mode(values), where, replicate, n=len(values))
        out.add("length_std", values.std(ddof=1), where, replicate, n=len(values))
        out.add("length_skewness", skew(values), where, replicate, n=len(values))
    own = lengths[DATA]
    peak = density_mode(own)
    out.add("largest_length", own.max() / peak, {}, replicate, n=n)
    out.add("short_lengths", np.mean(own < peak / 2), {}, replicate, "proportion", n)
    precision = np.linalg.inv(np.cov(codes.T))
    centred = codes - codes.mean(axis=0)
    middle = np.median(np.einsum("ni,ij,nj->n", centred, precision, centred))
    origin = codes.mean(axis=0) @ precision @ codes.mean(axis=0)
    out.add("origin_density_of_codes_log10", (middle - origin) / 2 / math.log(10), {}, replicate, n=n)
    low, high = np.quantile(own, (0.005, 0.995))
    for name, bins in (("coarse", COARSE), ("fine", FINE)):
        counts = np.histogram(own, np.linspace(low, high, bins + 1))[0]
        out.add("length_peaks", peaks(counts), {"bins": name}, replicate, n=n)
        out.add("length_roughness", reduced_chi_square(counts, DEGREE, LEAST), {"bins": name}, replicate, n=n)


def density_mode(values: np.ndarray) -> float:
    """The densest place of values (n,), from a kernel estimate of Silverman's width."""
    low, high = np.quantile(values, (0.02, 0.98))
    grid = np.linspace(low, high, 400)
    return float(grid[np.argmax(gaussian_kde(values, "silverman")(grid))])


def _pictures(out: Outcome, cfg: Axes, codes: np.ndarray, rng: np.random.Generator) -> None:
    """Counts along every axis in the post's intervals, of codes and of a Gaussian cloud; counts of lengths."""
    surrogate = gaussian_matched(codes, rng)
    reach = cfg.post_bin * math.ceil(np.quantile(np.abs(codes), 0.9999) / cfg.post_bin)
    edges = np.arange(-reach, reach + cfg.post_bin / 2, cfg.post_bin)
    out.picture("axis edges", edges)
    for name, points in ((DATA, codes), (GAUSSIAN, surrogate)):
        out.picture(f"axis counts {name}", np.stack([np.histogram(axis, edges)[0] for axis in points.T]))
    out.picture("axis stds", codes.std(axis=0))
    lengths = {DATA: np.linalg.norm(codes, axis=1)} | ladder(codes, cfg.surrogate_points, rng)
    for name, values in lengths.items():
        out.picture(f"lengths {name}", values.astype(np.float32))
