"""What ties the latent axes together: correlations, principal components, and whether the latents are one cloud."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from sklearn.mixture import GaussianMixture

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.axis_histograms import FWHM
from soapbubble.measuring.latent_moments import latent_moments, participation_ratio
from soapbubble.measuring.latents_file import row_blocks
from soapbubble.measuring.nulls import axis_shuffled
from soapbubble.measuring.pca import principal_components
from soapbubble.measuring.splits import evenly_spread
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.neighbour_graph import largest_component_share
from soapbubble.stats.rotation import noise_edge
from soapbubble.studies.faces.latents import SIZES, gaussian_like, independent_gaussian_like, networks, turned
from soapbubble.studies.faces.source import TABLE, in_posts_units


class Components(Part):
    """Correlations between axes, principal components, clusters; and how they go with the number of latents."""

    seed: int = setting(904, ge=0, doc="seed of the surrogates, the permutations and the planted clusters")
    shares: list[float] = setting([0.5, 0.8, 0.9, 0.95], min_length=1, doc="of the variance, which components hold")
    permutations: int = setting(20, smoke=3, ge=2, doc="of the axes, against which correlations are judged")
    # as many as the post shows
    pair_points: int = setting(
        1000, smoke=38, ge=10, doc="latents of which correlations of the broadest axes are taken"
    )
    neighbours: int = setting(10, smoke=5, ge=1, doc="neighbours of each latent in the graph")
    most_mixed: int = setting(4, smoke=2, ge=2, doc="Gaussians of the largest mixture that is fitted")
    mixed_rank: int = setting(5, smoke=2, ge=1, doc="principal components in which mixtures are fitted")
    clusters: int = setting(5, smoke=3, ge=2, doc="planted clusters of the positive control")

    def reads(self) -> Reads:
        return Reads(models=sorted({*SIZES.values(), "faces-case-2"}), memory_mb=700)


APART = 8.0  # distance of planted clusters from each other, in standard deviations along the first components
BROADEST = len(TABLE)


def measure(cfg: Components, lab: Lab) -> Outcome:
    """Every network of both cases; then case I with fewer latents."""
    out = Outcome()
    for number, network in enumerate(progress(list(networks(lab)), "components of latents")):
        rng = np.random.default_rng((cfg.seed, number))
        where, r = {"model": network.case}, network.replicate
        scaled = in_posts_units(network.latents.train)
        _correlations(out, cfg, scaled, where, r, rng, shown=r == 0)
        _spectra(out, cfg, scaled, where, r, rng)
        _cloud(out, cfg, scaled, where, r, rng)
        _planted_spectrum(out, len(scaled), scaled.shape[1], where, r, np.random.default_rng((cfg.seed, number, 1)))
    for z_dim, name in SIZES.items():
        model = lab.faces[name]
        for r in model.replicates:
            _size(out, model.latents(r).train, z_dim, r, np.random.default_rng((cfg.seed, z_dim, r)))
            if z_dim == 3:
                _three(out, model.latents(r).train, r)
    return out


def _correlations(
    out: Outcome,
    cfg: Components,
    scaled: np.ndarray,
    where: dict[str, str],
    r: int,
    rng: np.random.Generator,
    shown: bool,
) -> None:
    """Of the axes that the post would call dominant, in as many latents as it shows; and of all axes in all latents."""
    widths, means = FWHM * scaled.std(axis=0), np.abs(scaled.mean(axis=0))
    dominant = np.argsort(np.maximum(widths, means))[::-1][:BROADEST]
    chosen = scaled[evenly_spread(len(scaled), cfg.pair_points)][:, dominant]
    upper = np.triu_indices(BROADEST, 1)
    correlations = np.corrcoef(chosen, rowvar=False)[upper]
    strongest = int(np.abs(correlations).argmax())
    out.add("largest_correlation", np.abs(correlations).max(), where | {"source": "latents"}, r, n=len(chosen))
    null = [np.abs(np.corrcoef(axis_shuffled(chosen, rng), rowvar=False)[upper]).max() for _ in range(cfg.permutations)]
    out.add("largest_correlation", np.max(null), where | {"source": "axes shuffled"}, r, n=len(chosen))
    planted = gaussian_like(chosen, len(chosen), rng)
    planted[:, 1] = 0.5 * planted[:, 0] / planted[:, 0].std() + np.sqrt(0.75) * rng.standard_normal(len(planted))
    found = np.abs(np.corrcoef(planted, rowvar=False)[0, 1])
    out.add("largest_correlation", found, where | {"source": "planted at 0.5"}, r, n=len(chosen))
    everywhere = np.triu_indices(scaled.shape[1], 1)
    for source, rows in (("latents", scaled), ("axes shuffled", axis_shuffled(scaled, rng))):
        size = np.abs(np.corrcoef(rows, rowvar=False)[everywhere])
        out.add("mean_correlation", size.mean(), where | {"source": source}, r, n=len(rows))
        out.add("correlated_pairs_share", (size > 0.1).mean(), where | {"source": source}, r, n=len(rows))
    if shown:
        x, y = (int(index[strongest]) for index in upper)
        mixed = axis_shuffled(chosen, rng)
        out.picture(f"{where['model']}/latents", chosen[:, [x, y]])
        out.picture(f"{where['model']}/shuffled", mixed[:, [x, y]])


def _spectra(
    out: Outcome, cfg: Components, scaled: np.ndarray, where: dict[str, str], r: int, rng: np.random.Generator
) -> None:
    """How many principal components hold a share of the variance, and how many stand out from chance."""
    sources = {
        "latents": scaled,
        "axes shuffled": axis_shuffled(scaled, rng),
        "isotropic": rng.standard_normal(scaled.shape, dtype=np.float32),
    }
    for source, rows in sources.items():
        spectrum = latent_moments(row_blocks(rows)).spectrum()
        condition = where | {"source": source}
        out.add("effective_dimension", participation_ratio(spectrum), condition, r, n=len(rows))
        out.add("broken_stick_components", broken_stick(spectrum), condition, r, n=len(rows))
        for share in cfg.shares:
            needed = np.searchsorted(np.cumsum(spectrum) / spectrum.sum(), share) + 1
            out.add("components_for_share", needed, condition | {"share": share}, r, n=len(rows))
        standard = np.linalg.eigvalsh(np.corrcoef(rows, rowvar=False))[::-1]
        edge = noise_edge(len(rows), rows.shape[1])
        out.add("components_beyond_noise", (standard > 1.05 * edge).sum(), condition, r, n=len(rows))
        if r == 0:
            for rank in np.unique(np.geomspace(1, len(spectrum), 40).astype(int)):
                share = spectrum[rank - 1] / spectrum.sum()
                out.add("variance_share", share, condition | {"rank": rank}, n=len(rows))


def _planted_spectrum(
    out: Outcome, n: int, dimension: int, where: dict[str, str], r: int, rng: np.random.Generator
) -> None:
    """The same numbers of Gaussian points of which a tenth of the components dominate: they are ten times as wide."""
    stds = np.where(np.arange(dimension) < round(dimension / 10), 1.0, 0.1)
    rows = turned((stds * rng.standard_normal((n, dimension))).astype(np.float32), rng)
    spectrum = latent_moments(row_blocks(rows)).spectrum()
    condition = where | {"source": "a tenth dominant"}
    out.add("effective_dimension", participation_ratio(spectrum), condition, r, n=n)
    out.add("broken_stick_components", broken_stick(spectrum), condition, r, n=n)


def broken_stick(spectrum: np.ndarray) -> int:
    """How many first components hold more than a stick broken at random places would give them (Jackson 1993)."""
    d = len(spectrum)
    expected = np.cumsum(1 / np.arange(d, 0, -1))[::-1] / d
    more = spectrum / spectrum.sum() > expected
    return int(d if more.all() else more.argmin())


def _cloud(
    out: Outcome, cfg: Components, scaled: np.ndarray, where: dict[str, str], r: int, rng: np.random.Generator
) -> None:
    """Whether the latents hang together, and how many Gaussians describe them best, against one and several clouds."""
    sources = {
        "latents": scaled,
        "normal": gaussian_like(scaled, len(scaled), rng),
        "planted clusters": _clusters(cfg, scaled, rng),
    }
    for source, rows in sources.items():
        joined = largest_component_share(rows, cfg.neighbours)
        out.add("largest_component_share", joined, where | {"source": source}, r, n=len(rows))
        scores = principal_components(rows, cfg.mixed_rank).scores(rows).astype(np.float64)
        bic = [
            GaussianMixture(count, random_state=0, reg_covar=1e-3 * float(scores.var(axis=0).mean()))
            .fit(scores)
            .bic(scores)
            for count in range(1, cfg.most_mixed + 1)
        ]
        out.add("mixture_gain", (bic[0] - min(bic)) / len(rows), where | {"source": source}, r, n=len(rows))


def _clusters(cfg: Components, scaled: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A normal surrogate in `clusters` parts that were pulled apart along the first principal component."""
    rows = gaussian_like(scaled, len(scaled), rng)
    axes = principal_components(scaled, 1)
    spread = axes.scores(scaled).std()
    member = rng.integers(cfg.clusters, size=len(rows))
    return rows + (APART * spread * member)[:, None].astype(np.float32) * axes.axes[0]


def _size(out: Outcome, latents: np.ndarray, z_dim: int, r: int, rng: np.random.Generator) -> None:
    spectrum = latent_moments(row_blocks(latents)).spectrum()
    out.add("effective_dimension_by_size", participation_ratio(spectrum), {"N": z_dim}, r, n=len(latents))
    needed = np.searchsorted(np.cumsum(spectrum) / spectrum.sum(), 0.9) + 1
    out.add("components_for_ninety_by_size", needed, {"N": z_dim}, r, n=len(latents))
    free = latent_moments(row_blocks(independent_gaussian_like(latents, len(latents), rng))).spectrum()
    shuffled = {"N": z_dim, "source": "independent"}
    out.add("effective_dimension_independent", participation_ratio(free), shuffled, r, n=len(latents))


def _three(out: Outcome, latents: np.ndarray, r: int) -> None:
    """The post's picture in three dimensions: an ellipsoid, long in one direction, centred near a plane of two axes."""
    moments = latent_moments(row_blocks(latents))
    axes = np.sqrt(moments.spectrum())
    for rank, (wide, narrow) in enumerate(pairwise(axes), start=1):
        out.add("semi_axis_ratio", wide / narrow, {"rank": rank}, r, n=len(latents))
    centre = np.sort(np.abs(moments.mean))
    out.add("smallest_centre_share", centre[0] / np.linalg.norm(centre), {}, r, n=len(latents))
