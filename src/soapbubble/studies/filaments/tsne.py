"""t-SNE maps of codes, of a Gaussian cloud with the same covariance, and of planted curves and clusters."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.spatial.distance import pdist
from sklearn.manifold import trustworthiness

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.nulls import gaussian_matched
from soapbubble.measuring.pca import principal_components
from soapbubble.measuring.splits import evenly_spread
from soapbubble.measuring.tsne import tsne_map
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.evenness import dispersion
from soapbubble.stats.map_gaps import cells_inside, empty_area, empty_share, zoomed_empty_share
from soapbubble.stats.nearest import k_nearest
from soapbubble.stats.rank_correlation import spearman
from soapbubble.studies.filaments.clouds import CLUSTERS, CURVE, DATA, GAUSSIAN, cloud
from soapbubble.studies.filaments.codes import MODEL, train_codes


class Tsne(Part):
    """t-SNE maps of codes and of clouds without structure."""

    seed: int = setting(22400, ge=0, doc="seed of the surrogates")
    # the post has 20,000 to 165,000; a map of so many takes hours
    points: int = setting(450, smoke=90, ge=60, doc="points of a map")
    fewer: list[int] = setting([112, 225], smoke=[60, 75], doc="points of further maps, to see how the gaps go on")
    components: list[int] = setting([2, 4, 10], doc="principal components that are mapped, besides all axes")
    perplexity: float = setting(30.0, smoke=10, gt=1, doc="of a map with standard parameters")
    perplexities: list[float] = setting([5.0, 15.0], doc="of further maps, of half of the points")
    exaggeration: float = setting(12.0, ge=1, doc="early exaggeration of a map with standard parameters")
    early_steps: int = setting(125, smoke=10, ge=1, unit="steps", doc="steps with early exaggeration")
    steps: int = setting(375, smoke=20, ge=1, unit="steps", doc="steps after it")
    # the post's first map
    post_points: int | None = setting(None, ge=60, doc="points of the post's first map; null: as of the others")
    post_perplexity: float = setting(10.0, gt=1, doc="of the post's first map")
    post_exaggeration: float = setting(16.0, ge=1, doc="its early exaggeration")
    post_early_steps: int = setting(250, smoke=10, ge=1, unit="steps", doc="its steps with early exaggeration")
    post_steps: int = setting(750, smoke=20, ge=1, unit="steps", doc="its steps after it, of 1000 in all")
    planted: int = setting(5, smoke=2, ge=2, doc="maps of each planted cloud")
    mean_count: float = setting(2.0, gt=0, unit="points", doc="points of a cell in which a map is counted")
    zooms: list[int] = setting([1, 2, 4], doc="enlargements of the densest spot of a map")

    def reads(self) -> Reads:
        return Reads(models=[MODEL], memory_mb=500)


KEPT = 10  # neighbours whose survival is counted
NEAR, FAR = 0.01, 0.5  # shares of the pairs: the nearest, and the farthest


def measure(cfg: Tsne, lab: Lab) -> Outcome:
    """Gaps in maps of codes and of Gaussian clouds: by components, points, perplexity and zoom; what distances mean."""
    out = Outcome()
    for replicate, codes in enumerate(progress(train_codes(lab), "maps of networks")):
        rng = np.random.default_rng((cfg.seed, replicate))
        some = codes[evenly_spread(len(codes), cfg.points)]
        many = codes[evenly_spread(len(codes), cfg.post_points or cfg.points)]
        matched = gaussian_matched(codes, rng)
        spectrum = principal_components(codes, codes.shape[1]).scores(codes).var(axis=0, dtype=np.float64)
        for name, points, post in ((DATA, some, many), (GAUSSIAN, matched[: len(some)], matched[: len(many)])):
            _standard(out, cfg, name, points, replicate)
            _post(out, cfg, name, post, replicate)
            _others(out, cfg, name, points, replicate)
        if replicate < cfg.planted:
            curve = cloud(CURVE, len(some), spectrum, rng)
            _post(out, cfg, CLUSTERS, cloud(CLUSTERS, len(many), spectrum, rng), replicate)
            for components in (*cfg.components, curve.shape[1]):
                made = _map(cfg, curve[:, :components])
                _gaps(out, "map", made, cfg, _mapped(CURVE, components), replicate)
            _zoomed(out, cfg, CURVE, made, replicate)
    return out


def _mapped(name: str, components: int) -> dict[str, str | int]:
    return {"cloud": name, "components": components}


def _map(cfg: Tsne, points: np.ndarray, perplexity: float | None = None) -> np.ndarray:
    return tsne_map(points, perplexity or cfg.perplexity, cfg.exaggeration, cfg.early_steps, cfg.steps, cfg.seed)


def _standard(out: Outcome, cfg: Tsne, name: str, points: np.ndarray, replicate: int) -> None:
    """Maps of the first principal components and of all axes, with standard parameters."""
    for components in (*cfg.components, points.shape[1]):
        scores = principal_components(points, components).scores(points)
        made = _map(cfg, scores)
        where = _mapped(name, components)
        _gaps(out, "map", made, cfg, where, replicate)
        if name == DATA:
            # Neighbours of the codes that survive each step, and both.
            for step, (before, after) in {
                "projection": (points, scores),
                "map": (scores, made),
                "both": (points, made),
            }.items():
                where = {"step": step, "components": components}
                out.add("neighbours_kept", _kept(before, after), where, replicate, n=len(points))
        if replicate == 0:
            out.picture(f"{name} {components if components < points.shape[1] else 'all'}", made.astype(np.float32))
    _zoomed(out, cfg, name, made, replicate)
    if name == DATA:
        for pairs, value in _distances(points, made):
            out.add("map_distance_correlation", value, {"pairs": pairs}, replicate, n=len(points))
        out.add("map_trustworthiness", trustworthiness(points, made, n_neighbors=KEPT), {}, replicate, n=len(points))
        if replicate == 0:
            out.picture("distances", np.stack([pdist(points), pdist(made)])[:, :: max(1, len(points) // 10)])


def _zoomed(out: Outcome, cfg: Tsne, name: str, made: np.ndarray, replicate: int) -> None:
    for zoom in cfg.zooms:
        share = zoomed_empty_share(made, zoom, cfg.mean_count)
        out.add("map_zoom_empty", share, {"cloud": name, "zoom": zoom}, replicate, n=len(made))


def _post(out: Outcome, cfg: Tsne, name: str, points: np.ndarray, replicate: int) -> None:
    """The map with the parameters of the post's first one."""
    made = tsne_map(points, cfg.post_perplexity, cfg.post_exaggeration, cfg.post_early_steps, cfg.post_steps, cfg.seed)
    _gaps(out, "post_map", made, cfg, {"cloud": name}, replicate)
    if replicate == 0:
        out.picture(f"{name} post", made.astype(np.float32))


def _others(out: Outcome, cfg: Tsne, name: str, points: np.ndarray, replicate: int) -> None:
    """Maps of fewer points, and with other perplexities."""
    for count in cfg.fewer:
        made = _map(cfg, points[evenly_spread(len(points), count)], cfg.perplexity)
        counts = cells_inside(made, cfg.mean_count)
        out.add("fewer_map_dispersion", dispersion(counts), {"cloud": name, "points": count}, replicate, n=count)
    half = points[evenly_spread(len(points), len(points) // 2)]
    for perplexity in cfg.perplexities:
        counts = cells_inside(_map(cfg, half, perplexity), cfg.mean_count)
        where = {"cloud": name, "perplexity": perplexity}
        out.add("perplexity_map_dispersion", dispersion(counts), where, replicate, n=len(half))


def _gaps(out: Outcome, prefix: str, made: np.ndarray, cfg: Tsne, where: dict[str, str | int], replicate: int) -> None:
    """How unevenly a map is filled: counts in cells, empty cells, and the area between the points."""
    counts = cells_inside(made, cfg.mean_count)
    out.add(f"{prefix}_dispersion", dispersion(counts), where, replicate, n=len(made))
    out.add(f"{prefix}_empty_cells", empty_share(counts), where, replicate, n=len(counts))
    out.add(f"{prefix}_empty_area", empty_area(made), where, replicate, n=len(made))


def _kept(before: np.ndarray, after: np.ndarray) -> float:
    """Share of the nearest others before that are among the nearest after."""
    near, still = (k_nearest(points, KEPT)[1] for points in (before, after))
    return float((near[:, :, None] == still[:, None, :]).any(axis=2).mean())


def _distances(points: np.ndarray, made: np.ndarray) -> Iterator[tuple[str, float]]:
    """Rank correlation of the distances of pairs in the space and in the map: all, the nearest, the farthest."""
    true, mapped = pdist(points), pdist(made)
    order = np.argsort(true)
    chosen = {
        "all": slice(None),
        "nearest": slice(round(NEAR * len(order))),
        "farthest": slice(round(FAR * len(order)), None),
    }
    for name, part in chosen.items():
        yield name, float(spearman(true[order[part]][:, None], mapped[order[part]][:, None])[0, 0])
