"""Latents of somebody else's encoder: lines and voids among them, against clouds that have none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from soapbubble.config.base import OwnPath
from soapbubble.errors import SoapbubbleError
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.latents_file import LEAST_ROWS, open_latents, spread_rows
from soapbubble.measuring.nulls import gaussian_matched
from soapbubble.measuring.pca import SMALLEST, principal_components
from soapbubble.measuring.splits import evenly_spread
from soapbubble.measuring.tsne import tsne_map
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.evenness import dispersion
from soapbubble.stats.map_gaps import cells_inside, empty_area
from soapbubble.stats.nearest import k_nearest
from soapbubble.studies.filaments.clouds import CURVE, DATA, GAUSSIAN, cloud
from soapbubble.studies.filaments.planes import centres, smooth, standard
from soapbubble.studies.filaments.statistics import (
    compared,
    dimensions,
    mean_of_squares,
    of_space,
    rejected_share,
    stacked,
)


class Own(Part):
    """A file of latents: statistics of lines and voids, and a t-SNE map; nothing is measured without one."""

    seed: int = setting(22900, ge=0, doc="seed of the surrogates, of the planted curve and of the maps")
    latents: OwnPath | None = setting(None, doc="a .npy file of floats (images, dimensions); null: none")
    points: int = setting(2000, smoke=300, ge=100, doc="rows that are looked at, evenly spread over the file")
    surrogates: int = setting(20, smoke=6, ge=4, doc="surrogates of each kind, of the size of the data")
    square: int = setting(300, smoke=60, ge=12, unit="points", doc="points of a square, a quarter of all at most")
    offset: float = setting(0.6, ge=0, unit="standard deviations", doc="distance of four more squares along both axes")
    map_points: int = setting(1000, smoke=100, ge=60, unit="points", doc="points of a map, at most")
    maps: int = setting(8, smoke=4, ge=4, doc="maps of Gaussian clouds: one map of such a cloud is unlike another")
    perplexity: float = setting(30.0, smoke=10, gt=1, doc="of the maps")
    exaggeration: float = setting(12.0, ge=1, doc="early exaggeration of the maps")
    early_steps: int = setting(250, smoke=10, ge=1, unit="steps", doc="steps with early exaggeration")
    steps: int = setting(500, smoke=20, ge=1, unit="steps", doc="steps after it")
    mean_count: float = setting(2.0, gt=0, unit="points", doc="points of a cell in which a map is counted")

    def reads(self) -> Reads:
        return Reads(files=[] if self.latents is None else [self.latents], memory_mb=1500)


COARSE = 0.1  # of the distance between neighbours: a coarser rounding would put the points on a lattice that shows


def measure(cfg: Own, lab: Lab) -> Outcome:
    """The latents, a Gaussian cloud and a planted curve of the same variances: how each differs from surrogates."""
    out = Outcome()
    if cfg.latents is None:
        return out
    rng = np.random.default_rng(cfg.seed)
    points = _points(out, cfg, Path(cfg.latents))
    gaussian = gaussian_matched(points, rng)
    curve = cloud(CURVE, len(points), points.var(axis=0), rng)
    _space(out, cfg, {DATA: points, GAUSSIAN: gaussian}, rng)
    _space(out, cfg, {CURVE: curve}, rng)
    for name, some in progress({DATA: points, GAUSSIAN: gaussian, CURVE: curve}.items(), "planes"):
        for k, (value, distance) in dimensions(some).items():
            out.add("own_intrinsic_dimension", value, {"cloud": name, "neighbours": k}, n=len(some))
            out.add("own_neighbour_distance", distance, {"cloud": name, "neighbours": k}, n=len(some))
        _plane(out, cfg, name, standard(some[:, :2]), rng)
    _maps(out, cfg, points, curve, rng)
    return out


def _points(out: Outcome, cfg: Own, path: Path) -> np.ndarray:
    """Different rows of the file, on their principal components; those without variance are left out."""
    file = open_latents(path)
    rows = spread_rows(file, cfg.points)
    different = rows[np.sort(np.unique(rows, axis=0, return_index=True)[1])]
    out.add("own_rows", len(rows))
    out.add("own_points", len(different), n=len(rows))
    out.add("own_dimensions", file.shape[1])
    _check_rounding(path, different, file.dtype)
    if len(different) < LEAST_ROWS:
        raise SoapbubbleError(
            f"{path}: has {len(different)} different ones among {len(rows)} rows; save each image once, at least "
            f"{LEAST_ROWS} of them."
        )
    wide = different.astype(np.float64)
    scores = principal_components(wide, wide.shape[1]).scores(wide)
    points = scores[:, scores.var(axis=0) > SMALLEST * scores[:, 0].var()]
    if points.shape[1] < 2:
        raise SoapbubbleError(f"{path}: all rows lie on one straight line; nothing here can be asked of a line.")
    return points


def _check_rounding(path: Path, rows: np.ndarray, stored: np.dtype) -> None:
    kept = np.dtype(f"f{min(stored.itemsize, rows.itemsize)}")
    step = np.linalg.norm(np.spacing(np.median(np.abs(rows), axis=0).astype(kept)).astype(np.float64))
    near = np.median(k_nearest(rows, 1)[0])
    if step > COARSE * near:
        raise SoapbubbleError(
            f"{path}: numbers are rounded to {step / near:.0%} of the distance between neighbours; subtract the mean "
            "before saving, or save 32 bits."
        )


def _space(out: Outcome, cfg: Own, clouds: Mapping[str, np.ndarray], rng: np.random.Generator) -> None:
    """Statistics of the whole space against Gaussian clouds with the mean and covariance of the first cloud."""
    first = next(iter(clouds.values()))
    drawn = [of_space(gaussian_matched(first, rng)) for _ in progress(range(cfg.surrogates), "surrogates")]
    for name, points in clouds.items():
        found = of_space(points)
        for statistic, value in found.items():
            out.add("own_statistic", value, {"cloud": name, "statistic": statistic}, n=len(points))
        _tests(out, "own", {"cloud": name}, found, drawn)


def _plane(out: Outcome, cfg: Own, name: str, plane: np.ndarray, rng: np.random.Generator) -> None:
    """Statistics of squares in the plane of the first two components against a smooth density of the same shape."""
    places, count = centres(plane, cfg.offset), min(cfg.square, len(plane) // 4)
    drawn = [mean_of_squares(smooth(plane, rng), places, count) for _ in range(cfg.surrogates)]
    _tests(out, "own_plane", {"cloud": name}, mean_of_squares(plane, places, count), drawn)


def _maps(out: Outcome, cfg: Own, points: np.ndarray, curve: np.ndarray, rng: np.random.Generator) -> None:
    """How unevenly t-SNE maps of the latents and of the curve are filled, against those of Gaussian clouds."""
    some = evenly_spread(len(points), cfg.map_points)
    drawn = [
        _map(out, cfg, GAUSSIAN, gaussian_matched(points, rng)[some], k) for k in progress(range(cfg.maps), "maps")
    ]
    for name, cloud_points in ((DATA, points), (CURVE, curve)):
        _tests(out, "own_map", {"cloud": name}, _map(out, cfg, name, cloud_points[some], 0), drawn)


def _map(out: Outcome, cfg: Own, name: str, points: np.ndarray, number: int) -> dict[str, float]:
    """The statistics of a map with standard parameters; the first one of a cloud is shown."""
    made = tsne_map(points, cfg.perplexity, cfg.exaggeration, cfg.early_steps, cfg.steps, cfg.seed)
    found = {"unevenness": dispersion(cells_inside(made, cfg.mean_count)), "empty area": empty_area(made)}
    for statistic, value in found.items():
        out.add("own_map_statistic", value, {"cloud": name, "statistic": statistic}, number, n=len(made))
    if number == 0:
        out.picture(f"{name} map", made.astype(np.float32))
    return found


def _tests(
    out: Outcome, prefix: str, where: Mapping[str, str], found: Mapping[str, float], drawn: list[dict[str, float]]
) -> None:
    """The excess of each statistic over its surrogates, and the share that differs.

    A statistic that is the same in all surrogates has no scale, and is not tested.
    """
    tests = compared(found, {name: values for name, values in stacked(drawn).items() if np.ptp(values) > 0})
    for statistic, (beyond, _) in tests.items():
        out.add(f"{prefix}_excess", beyond, {**where, "statistic": statistic}, n=len(drawn))
    out.add(f"{prefix}_tests_rejected", rejected_share(p for _, p in tests.values()), where, n=len(tests))
