"""The codes of faces in all 256 dimensions, against clouds of equal size with the same covariance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.spatial import cKDTree

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.nulls import gaussian_copula, gaussian_matched
from soapbubble.measuring.pca import principal_components
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.coverage import distinct_orthants, nearest_distances, orthant_codes
from soapbubble.stats.intrinsic_dimension import two_nn
from soapbubble.stats.nearest import nearest_others
from soapbubble.studies.filaments.clouds import (
    BLURRED,
    CLUSTERS,
    COPULA,
    CURVE,
    DATA,
    FIVE,
    GAUSSIAN,
    SHEET,
    TWENTY,
    WIGGLY,
    cloud,
)
from soapbubble.studies.filaments.codes import MODEL, all_codes
from soapbubble.studies.filaments.statistics import DIMENSION, compared, dimensions, of_space, rejected_share, stacked


class Geometry(Part):
    """The codes of faces in all their dimensions, against clouds of equal size and covariance."""

    seed: int = setting(22200, ge=0, doc="seed of the surrogates")
    surrogates: int = setting(8, smoke=4, ge=4, doc="Gaussian clouds with the mean and covariance of the codes")
    volume_points: int = setting(4000, smoke=300, ge=100, doc="random points by which volumes are measured")
    volume_axes: list[int] = setting([2, 3, 5, 10], doc="principal components of the spaces whose volume is")
    volume_neighbour: int = setting(5, ge=1, doc="the balls reach to this neighbour, in the median")

    def reads(self) -> Reads:
        return Reads(models=[MODEL], memory_mb=600)


PARTS = (4, 2, 1)  # a quarter, a half and all of the points
BOX = (0.01, 0.99)  # quantiles of the axes between which volumes are measured
ORTHANT_AXES = (4, 8, 12, 16, 20)
UNTRAINED = "untrained"


def measure(cfg: Geometry, lab: Lab) -> Outcome:
    """Intrinsic dimension along scales, and all other statistics, of codes, surrogates and planted clouds."""
    out = Outcome()
    model = lab.faces[MODEL]
    for replicate, (codes, held_out) in enumerate(progress(all_codes(lab), "geometry of networks")):
        rng = np.random.default_rng((cfg.seed, replicate))
        gaussians = [gaussian_matched(codes, rng) for _ in range(cfg.surrogates)]
        spectrum = principal_components(codes, codes.shape[1]).scores(codes).var(axis=0, dtype=np.float64)
        clouds = {DATA: codes, GAUSSIAN: gaussians[0], COPULA: gaussian_copula(codes, rng)}
        clouds |= {name: cloud(name, len(codes), spectrum, rng) for name in (CURVE, SHEET, FIVE, TWENTY)}
        _tests(out, {DATA: codes, COPULA: clouds[COPULA]}, gaussians, replicate)
        untrained = model.untrained_latents(replicate).train
        for name, points in (
            clouds | {UNTRAINED: untrained, "untrained gaussian": gaussian_matched(untrained, rng)}
        ).items():
            for k, (value, distance) in dimensions(points).items():
                where = {"cloud": name, "neighbours": k}
                out.add("intrinsic_dimension", value, where, replicate, n=len(points))
                out.add("neighbour_distance", distance, where, replicate, n=len(points))
        for name in (DATA, GAUSSIAN, CURVE, SHEET):
            found = of_space(clouds[name])
            out.add("first_local_share", found["first local share"], {"cloud": name}, replicate, n=len(codes))
            out.add("largest_component", found["largest component"], {"cloud": name}, replicate, n=len(codes))
            out.add("distance_spread", found["distance spread"], {"cloud": name}, replicate, n=len(codes))
            _sizes(out, name, clouds[name], replicate, rng)
            _orthants(out, name, clouds[name], replicate)
            _volumes(out, cfg, name, clouds[name], replicate, rng)
        _boxes(out, codes, gaussians[0], replicate, rng)
        _held_out(out, codes, held_out, replicate, rng)
        _controls(out, spectrum, len(codes), np.random.default_rng((cfg.seed, replicate, 1)), replicate)
    return out


def _controls(out: Outcome, spectrum: np.ndarray, n: int, rng: np.random.Generator, replicate: int) -> None:
    """The same of strings that are blurred or take many turns, and of clusters: what the statistics must see."""
    for name in (BLURRED, WIGGLY, CLUSTERS):
        found = of_space(cloud(name, n, spectrum, rng))
        where = {"cloud": name}
        out.add("intrinsic_dimension", found[DIMENSION], where | {"neighbours": 2}, replicate, n=n)
        out.add("first_local_share", found["first local share"], where, replicate, n=n)
        out.add("largest_component", found["largest component"], where, replicate, n=n)


def _tests(out: Outcome, clouds: Mapping[str, np.ndarray], gaussians: list[np.ndarray], replicate: int) -> None:
    """How far every statistic lies from that of the Gaussian clouds, and the share of them that differs."""
    nulls = stacked([of_space(gaussian) for gaussian in gaussians])
    for name, points in clouds.items():
        tests = compared(of_space(points), nulls)
        for statistic, (beyond, _) in tests.items():
            where = {"cloud": name, "statistic": statistic}
            out.add("geometry_excess", beyond, where, replicate, n=len(gaussians))
        rejected = rejected_share(p for _, p in tests.values())
        out.add("geometry_tests_rejected", rejected, {"cloud": name}, replicate, n=len(tests))


def _sizes(out: Outcome, name: str, points: np.ndarray, replicate: int, rng: np.random.Generator) -> None:
    """The estimate from two neighbours with fewer points: a finer structure would show with more of them."""
    order = rng.permutation(len(points))
    for part in PARTS:
        some = points[order[: len(points) // part]]
        out.add("dimension_by_size", two_nn(some), {"cloud": name, "part": 1 / part}, replicate, n=len(some))


def _orthants(out: Outcome, name: str, points: np.ndarray, replicate: int) -> None:
    """Different orthants of the first principal components that are met, over the number of points."""
    axes = [count for count in ORTHANT_AXES if count <= min(points.shape[1], len(points) - 1)]
    codes = orthant_codes(principal_components(points, max(axes)).scores(points))
    for count in axes:
        share = distinct_orthants(codes, count) / min(len(points), 2**count)
        out.add("orthants_met", share, {"cloud": name, "axes": count}, replicate, n=len(points))


def _volumes(
    out: Outcome, cfg: Geometry, name: str, points: np.ndarray, replicate: int, rng: np.random.Generator
) -> None:
    """Share of a box of principal components that lies within the balls around the points."""
    scores = principal_components(points, max(cfg.volume_axes)).scores(points).astype(np.float64)
    for axes in cfg.volume_axes:
        cloud_points = scores[:, :axes]
        tree = cKDTree(cloud_points)
        radius = np.median(tree.query(cloud_points, cfg.volume_neighbour + 1)[0][:, -1])
        low, high = np.quantile(cloud_points, BOX, axis=0)
        reached = tree.query(rng.uniform(low, high, (cfg.volume_points, axes)))[0] <= radius
        out.add("filled_volume", reached.mean(), {"cloud": name, "axes": axes}, replicate, n=cfg.volume_points)


def _boxes(out: Outcome, codes: np.ndarray, surrogate: np.ndarray, replicate: int, rng: np.random.Generator) -> None:
    """Distance to the nearest other code, over that of even points in the box of the codes and of the surrogate."""
    box = rng.uniform(codes.min(axis=0), codes.max(axis=0), codes.shape).astype(codes.dtype)
    own = np.median(nearest_others(codes, codes))
    for name, points in (("box", box), (GAUSSIAN, surrogate)):
        other = np.median(nearest_others(points, points))
        out.add("nearest_distance_ratio", own / other, {"against": name}, replicate, n=len(codes))


def _held_out(out: Outcome, codes: np.ndarray, held_out: np.ndarray, replicate: int, rng: np.random.Generator) -> None:
    """Distance from held-out codes to the nearest training codes, over that of training codes among themselves."""
    some = rng.permutation(len(codes))[: len(held_out)]
    others = codes[np.setdiff1d(np.arange(len(codes)), some)]
    unseen = np.median(nearest_distances(held_out, [others]))
    out.add(
        "held_out_distance",
        unseen / np.median(nearest_distances(codes[some], [others])),
        {},
        replicate,
        n=len(held_out),
    )
