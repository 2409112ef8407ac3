"""Squares in planes of two axes: lines, crossings and voids, against clouds that have none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import gaussian_kde

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome, Scalar
from soapbubble.measuring.pca import principal_components
from soapbubble.measuring.planted import manifold, zeldovich
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.point_pattern import in_square
from soapbubble.stats.surrogate_tests import excess
from soapbubble.studies.filaments.clouds import CURVE, DATA, GAUSSIAN, SMOOTH, cloud
from soapbubble.studies.filaments.codes import MODEL, train_codes
from soapbubble.studies.filaments.statistics import compared, mean_of_squares, of_square, rejected_share, stacked


class Planes(Part):
    """Squares in planes of two axes, against clouds without lines and voids."""

    seed: int = setting(22100, ge=0, doc="seed of the surrogates")
    # the post saw some 380 points in its smallest square
    square: int = setting(300, smoke=20, ge=12, unit="points", doc="points of a square")
    # in the middle and towards the corners, so that a verdict does not hang on the points of one square
    offset: float = setting(0.6, ge=0, unit="standard deviations", doc="distance of four more squares along both axes")
    surrogates: int = setting(10, smoke=4, ge=4, doc="surrogates of each kind, of the size of the data")
    zooms: list[float] = setting([1.0, 0.25, 0.08], doc="shares of the points that the squares of a zoom hold")
    rings: int = setting(6, ge=3, doc="rings of equal share of a Gaussian, around the middle of the plane")
    cells: int = setting(12, smoke=4, ge=2, doc="cells along the side of the square in which empty ones are counted")
    shown: int = setting(300, smoke=20, ge=12, unit="points", doc="points in a panel of the figures")

    def reads(self) -> Reads:
        return Reads(models=[MODEL], memory_mb=600)


PLANES = {"PC 1, 2": (0, 1), "PC 1, 18": (0, 17), "PC 8, 35": (7, 34)}
BROADEST = "two broadest axes"
FIRST = "PC 1, 2"
HALVES = (4, 2, 1)  # a quarter, a half and all of the points
MIDDLE = 1.0  # standard deviations to either side: the square in which empty cells are counted
PAIR_AXES = 3  # principal components in whose space near pairs are counted
PANELS = 9
TANGLED, TANGLED_WAVES = "tangled curve", 200  # crosses every plane so often that its lines nearly fill it


def measure(cfg: Planes, lab: Lab) -> Outcome:
    """Statistics of squares in four planes, how the first plane fills, and near pairs of points."""
    out = Outcome()
    for replicate, codes in enumerate(progress(train_codes(lab), "planes of networks")):
        rng = np.random.default_rng((cfg.seed, replicate))
        scores = principal_components(codes, max(max(axes) for axes in PLANES.values()) + 1)
        on_axes = scores.scores(codes).astype(np.float64)
        broadest = np.argsort(-codes.var(axis=0), kind="stable")[:2]
        planes = {name: standard(on_axes[:, axes]) for name, axes in PLANES.items()}
        planes[BROADEST] = standard(codes[:, broadest])
        curve = cloud(CURVE, len(codes), np.ones(on_axes.shape[1]), rng)
        curves = {name: curve[:, axes] for name, axes in PLANES.items()} | {BROADEST: curve[:, 2:4]}
        for kind, clouds in ((DATA, planes), (CURVE, curves)):
            _squares(out, cfg, kind, clouds, replicate, rng)
        _zooms(out, cfg, planes[FIRST], replicate, rng)
        _rings(out, cfg, planes[FIRST], replicate)
        _empty_cells(out, cfg, {DATA: planes[FIRST], CURVE: curves[FIRST]}, replicate, rng)
        _pairs(out, cfg, on_axes[:, :PAIR_AXES], replicate, rng)
        if replicate == 0:
            _pictures(out, cfg, planes, curves, rng)
        again = np.random.default_rng((cfg.seed, replicate, 1))
        _zooms(out, cfg, curves[FIRST], replicate, again, "curve_zoom")
        last = np.random.default_rng((cfg.seed, replicate, 2))
        tangled = manifold(len(codes), 1, TANGLED_WAVES, np.ones(on_axes.shape[1]), last)
        _squares(out, cfg, TANGLED, {name: tangled[:, axes] for name, axes in PLANES.items()}, replicate, last)
    return out


def standard(plane: np.ndarray) -> np.ndarray:
    """The points (n, 2) in units of the standard deviations of the axes, from their mean.

    A square cut from a plane whose axes are of very different width would hold a line of points, whatever the cloud.
    """
    return ((plane - plane.mean(axis=0)) / plane.std(axis=0)).astype(np.float64)


def gaussian(plane: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As many Gaussian points (n, d) with the mean and covariance of `plane` (n, d)."""
    return rng.multivariate_normal(plane.mean(axis=0), np.cov(plane.T), len(plane))


def smooth(plane: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As many points (n, d) of a kernel estimate of the density of `plane` (n, d), of Scott's width.

    What is finer than the kernel goes; unlike a Gaussian cloud it keeps the large shape, whatever that is.
    """
    return gaussian_kde(plane.T).resample(len(plane), seed=rng).T


NULLS = {GAUSSIAN: gaussian, SMOOTH: smooth}


def centres(plane: np.ndarray, offset: float) -> np.ndarray:
    """The middle of a plane (n, 2), and four places around it `offset` standard deviations off along both axes."""
    signs = np.array([(0, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)])
    return plane.mean(axis=0) + offset * signs * plane.std(axis=0)


def _squares(
    out: Outcome,
    cfg: Planes,
    kind: str,
    planes: Mapping[str, np.ndarray],
    replicate: int,
    rng: np.random.Generator,
) -> None:
    """How far the statistics of squares lie from those of either kind of surrogate, in every plane."""
    for null, surrogate in NULLS.items():
        if kind != DATA and null == GAUSSIAN:
            continue
        tests = {}
        for name, plane in planes.items():
            places, count = centres(plane, cfg.offset), min(cfg.square, len(plane))
            found = mean_of_squares(plane, places, count)
            drawn = [mean_of_squares(surrogate(plane, rng), places, count) for _ in range(cfg.surrogates)]
            for statistic, (beyond, p) in compared(found, stacked(drawn)).items():
                where = {"cloud": kind, "plane": name, "statistic": statistic, "surrogate": null}
                out.add("plane_excess", beyond, where, replicate, n=cfg.surrogates)
                tests[name, statistic] = p
            if null == SMOOTH:
                where = {"cloud": kind, "plane": name}
                out.add("plane_anisotropy", found["anisotropy"], where, replicate, n=count)
        where = {"cloud": kind, "surrogate": null}
        out.add("plane_tests_rejected", rejected_share(tests.values()), where, replicate, n=len(tests))


def _zooms(
    out: Outcome, cfg: Planes, plane: np.ndarray, replicate: int, rng: np.random.Generator, prefix: str = "zoom"
) -> None:
    """Squares around the middle of the plane that hold ever fewer points, against a smooth density."""
    middle = plane.mean(axis=0)
    for share in cfg.zooms:
        count = max(12, round(share * len(plane)))
        reach = np.sort(np.abs(plane - middle).max(axis=1))[count - 1]
        nulls = [of_square(in_square(smooth(plane, rng), middle, count)) for _ in range(cfg.surrogates)]
        found = of_square(in_square(plane, middle, count))
        where: dict[str, Scalar] = {"share": share}
        out.add(f"{prefix}_half_side", reach, where, replicate, n=count)
        for statistic, values in stacked(nulls).items():
            out.add(
                f"{prefix}_excess",
                excess(found[statistic], values),
                where | {"statistic": statistic},
                replicate,
                n=count,
            )


def _rings(out: Outcome, cfg: Planes, plane: np.ndarray, replicate: int) -> None:
    """Points per area in elliptical rings, over that in the whole outermost ellipse."""
    centred = plane - plane.mean(axis=0)
    squares = np.einsum("ni,ij,nj->n", centred, np.linalg.inv(np.cov(centred.T)), centred)
    # Each ring holds an equal share of a Gaussian, out to where 1 of (rings + 1) shares remains.
    edges = -2 * np.log(1 - np.arange(cfg.rings + 1) / (cfg.rings + 1))
    counts = np.histogram(squares, edges)[0]
    areas = np.diff(edges)
    for ring, value in enumerate(counts / areas / (counts.sum() / areas.sum())):
        out.add("ring_density", value, {"ring": ring}, replicate, n=int(counts[ring]))


def _empty_cells(
    out: Outcome, cfg: Planes, planes: Mapping[str, np.ndarray], replicate: int, rng: np.random.Generator
) -> None:
    """Share of empty cells in the middle of the plane as the number of points grows: real voids stay empty."""
    for kind, plane in planes.items():
        for null, points in ((kind, plane), (f"smooth {kind}", smooth(plane, rng))):
            order = rng.permutation(len(points))
            for part in HALVES:
                some = points[order[: len(points) // part]]
                places = (some - plane.mean(axis=0)) / plane.std(axis=0)
                counts = np.histogram2d(places[:, 0], places[:, 1], bins=cfg.cells, range=((-MIDDLE, MIDDLE),) * 2)[0]
                out.add("empty_cells", np.mean(counts == 0), {"cloud": null, "part": 1 / part}, replicate, n=len(some))


def _pairs(out: Outcome, cfg: Planes, points: np.ndarray, replicate: int, rng: np.random.Generator) -> None:
    """Near pairs in the first principal components beyond those of a smooth density: the correlation at small lengths.

    The control is a cloud of even points displaced along the gradient of a random potential, as gravity begins to
    gather matter on a web.
    """
    web = zeldovich(len(points), points.shape[1], rng)
    for kind, place in ((DATA, points), ("web", web)):
        near = np.median(cKDTree(place).query(place, 2)[0][:, 1])
        expected = float(np.mean([_near_pairs(smooth(place, rng), near) for _ in range(cfg.surrogates)]))
        out.add(
            "pair_correlation",
            _near_pairs(place, near) / max(expected, 1) - 1,
            {"cloud": kind},
            replicate,
            n=len(points),
        )


def _near_pairs(points: np.ndarray, distance: float) -> float:
    tree = cKDTree(points)
    return (tree.count_neighbors(tree, distance) - len(points)) / 2


def _pictures(
    out: Outcome,
    cfg: Planes,
    planes: Mapping[str, np.ndarray],
    curves: Mapping[str, np.ndarray],
    rng: np.random.Generator,
) -> None:
    """The points of the figures: overview and middle of every plane, of the data, a surrogate and the curve."""
    names = list(planes)
    out.picture("plane names", np.array(names))
    for place, name in enumerate(names):
        plane = planes[name]
        clouds = {DATA: plane, GAUSSIAN: gaussian(plane, rng), CURVE: curves[name]}
        for kind, points in clouds.items():
            out.picture(f"{kind} {place}", _middle(points, cfg.shown))
            if name == FIRST:
                out.picture(f"{kind} overview", points.astype(np.float32))
    hidden = int(rng.integers(PANELS))
    panels = [smooth(planes[FIRST], rng) for _ in range(PANELS)]
    panels[hidden] = planes[FIRST]
    out.picture("line-up", np.stack([_middle(panel, cfg.shown) for panel in panels]))
    out.add("line_up_place", hidden + 1)


def _middle(points: np.ndarray, count: int) -> np.ndarray:
    return in_square(points, points.mean(axis=0), min(count, len(points))).astype(np.float32)
