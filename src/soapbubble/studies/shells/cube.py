"""Points in a three-dimensional cube: what projections, stripes and corners hold."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats import edge_stripes, evenness, ripley
from soapbubble.stats.random_points import generator


class Cube(Part):
    """Points in a three-dimensional cube, as the eye sees them and as a count sees them."""

    seed: int = setting(14, ge=0, doc="seed of the random numbers")
    side: float = setting(10.0, gt=0, doc="side of the cube")
    # the posts' two pictures
    few: int = setting(200, ge=20, doc="points in the first cube that is shown")
    many: int = setting(400, ge=20, doc="points in the second one")
    # the posts' stripe, one tenth of the side
    stripe: float = setting(0.1, gt=0, lt=0.5, doc="width of an edge stripe, as a share of the side")
    # a depletion that an eye can see, as a control
    thinning: float = setting(0.25, gt=0, lt=1, doc="share of the stripes' points kept in the planted control")
    # 20,000 points in a stripe: its density to 0.7 %
    repeats: int = setting(10000, smoke=200, ge=20, doc="cubes of each size in which stripes are counted")
    replicates: int = setting(20, smoke=4, ge=2, doc="groups of repeats, the unit of replication")
    volume_points: int = setting(1000000, smoke=20000, ge=1000, doc="points for the probabilities of single regions")
    # 95 % +- 1.4 % of them pass by chance
    plane_repeats: int = setting(1000, smoke=20, ge=20, doc="cubes whose projections are tested")
    # p-values in steps of 0.001
    plane_nulls: int = setting(999, smoke=39, ge=19, doc="simulated patterns of complete spatial randomness")
    # 12.5 points in each
    quadrats: int = setting(4, ge=2, doc="quadrats an axis of a projection")

    def reads(self) -> Reads:
        return Reads(memory_mb=300)


VIEWS, THINNED, STRIPES, REGIONS, PLANES, NULLS, CONTROLS = range(7)  # places in the tree of random streams
PLANE_AXES = {"x1 x2": [0, 1], "x1 x3": [0, 2], "x2 x3": [1, 2]}
LEVEL = 0.05  # a plane passes a test whose p-value exceeds this


def measure(cfg: Cube, lab: Lab) -> Outcome:
    """Tests of the planes, counts in the stripes and regions, and the cubes that are shown."""
    out = Outcome()
    _views(out, cfg)
    for points in (cfg.few, cfg.many):
        _stripes(out, cfg, points)
    _regions(out, cfg)
    _planes(out, cfg)
    return out


def _views(out: Outcome, cfg: Cube) -> None:
    """One cube of each size, and one of the larger size whose stripes were thinned on purpose."""
    few, many = (generator(cfg.seed, VIEWS, points).random((points, 3)) for points in (cfg.few, cfg.many))
    random = generator(cfg.seed, THINNED)
    # More points than shown are drawn, so that as many as in the even cube are left after thinning.
    thinned_few, thinned_many = (
        edge_stripes.thin(random.random((2 * points, 3)), cfg.stripe, cfg.thinning, random)[:points]
        for points in (cfg.few, cfg.many)
    )
    for name, points in (("few", few), ("many", many), ("thinned", thinned_many)):
        counts = edge_stripes.in_stripes(points, cfg.stripe).sum(axis=1)
        for stripe, count in zip(edge_stripes.NAMES, counts, strict=True):
            where = {"cube": name, "stripe": stripe, "width": cfg.stripe, "side": cfg.side}
            out.add("points_in_stripe", count, where, n=len(points))
    out.picture("few", cfg.side * few)
    out.picture("few thinned", cfg.side * thinned_few)
    out.picture("many", cfg.side * (many - 0.5))
    out.picture("thinned", cfg.side * (thinned_many - 0.5))


def _stripes(out: Outcome, cfg: Cube, points: int) -> None:
    """Points of many cubes in their stripes: density over that of the cube, and how often each count occurs."""
    per_replicate = cfg.repeats // cfg.replicates
    share, whole = cfg.stripe**2, edge_stripes.union_volume(cfg.stripe)
    counts = []
    for replicate in progress(range(cfg.replicates), f"stripes of cubes with {points} points"):
        cubes = generator(cfg.seed, STRIPES, points, replicate).random((per_replicate, points, 3), dtype=np.float32)
        inside = edge_stripes.in_stripes(cubes, cfg.stripe)
        count = inside.sum(axis=2).T
        for stripe, name in enumerate(edge_stripes.NAMES):
            ratio = count[:, stripe].mean() / (points * share)
            out.add("stripe_density_ratio", ratio, {"points": points, "stripe": name}, replicate, n=per_replicate)
        together = inside.any(axis=0).sum(axis=1).mean() / (points * whole)
        out.add("all_stripes_density_ratio", together, {"points": points}, replicate, n=per_replicate)
        empty = (count == 0).any(axis=1).mean()
        out.add("cubes_with_empty_stripe", empty, {"points": points}, replicate, "proportion", per_replicate)
        counts.append(count)
    frequencies = np.bincount(np.concatenate(counts).ravel())
    for number, share in enumerate(frequencies / frequencies.sum()):
        where = {"points": points, "count": number, "width": cfg.stripe}
        out.add("stripe_count_share", share, where, n=frequencies.sum())


def _regions(out: Outcome, cfg: Cube) -> None:
    """The posts' two regions, x1 in the lowest and x2 in the highest tenth, and all coordinates in the lowest tenth.

    And of the points in the corners of a plane, the share that lies in a corner of the cube.
    """
    per_replicate = cfg.volume_points // cfg.replicates
    for replicate in range(cfg.replicates):
        points = generator(cfg.seed, REGIONS, replicate).random((per_replicate, 3), dtype=np.float32)
        low = points < cfg.stripe
        stripe = (low[:, 0] & (points[:, 1] >= 1 - cfg.stripe)).mean()
        out.add("region_share", stripe, {"region": "stripe"}, replicate, "proportion", per_replicate)
        out.add("region_share", low.all(axis=1).mean(), {"region": "corner"}, replicate, "proportion", per_replicate)
        near = low | (points >= 1 - cfg.stripe)
        for plane, axes in PLANE_AXES.items():
            cornered = np.all(near[near[:, axes].all(axis=1)], axis=1)
            where = {"plane": plane}
            out.add("plane_corner_in_cube_corner", cornered.mean(), where, replicate, "proportion", len(cornered))


def _planes(out: Outcome, cfg: Cube) -> None:
    """Quadrat counts and Ripley's L of each projection, cube after cube; of one projection for the two controls."""
    random = generator(cfg.seed, NULLS)
    nulls = np.array([ripley.departure(random.random((cfg.few, 2))) for _ in range(cfg.plane_nulls)])
    per_replicate = cfg.plane_repeats // cfg.replicates

    def test(distribution: str, plane: str, cubes: Iterable[np.ndarray], replicate: int) -> None:
        projections = [cube[:, PLANE_AXES[plane]] for cube in cubes]
        quadrats = [evenness.p_value(evenness.cell_counts(item, cfg.quadrats)) > LEVEL for item in projections]
        clusters = [ripley.p_value(ripley.departure(item), nulls) > LEVEL for item in projections]
        where = {"distribution": distribution, "plane": plane}
        out.add("plane_quadrats_passed", np.mean(quadrats), where, replicate, "proportion", per_replicate)
        out.add("plane_ripley_passed", np.mean(clusters), where, replicate, "proportion", per_replicate)

    for replicate in progress(range(cfg.replicates), "projections of cubes"):
        cubes = generator(cfg.seed, PLANES, replicate).random((per_replicate, cfg.few, 3))
        for plane in PLANE_AXES:
            test("uniform", plane, cubes, replicate)
        random = generator(cfg.seed, CONTROLS, replicate)
        drawn = random.random((per_replicate, 2 * cfg.few, 3))
        thinned = [edge_stripes.thin(cube, cfg.stripe, cfg.thinning, random)[: cfg.few] for cube in drawn]
        test("gaussian in the cube", "x1 x2", evenness.gaussian_in_cube(random.random(cubes.shape)), replicate)
        test("thinned stripes", "x1 x2", thinned, replicate)
