"""Latents of somebody else's encoder, looked at as the others are: in three passes over a file of any length."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
from pydantic import model_validator
from scipy.stats import norm

from soapbubble.config.base import OwnPath
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.axis_histograms import AxisHistograms
from soapbubble.measuring.exported_decoder import ExportedDecoder
from soapbubble.measuring.latent_moments import LatentMoments, latent_moments, participation_ratio
from soapbubble.measuring.latents_file import open_latents, row_blocks, spread_rows
from soapbubble.measuring.normality import FAR_KURTOSIS, FAR_SKEWNESS
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.stats import uniform_length
from soapbubble.stats.boxes import log_hit_probability
from soapbubble.studies.faces.decoded import measure_decoded
from soapbubble.studies.faces.source import BOXES, rms_in_posts_units


class Own(Part):
    """A file of latents: marginals, lengths, boxes and principal components; nothing is measured without one.

    With a decoder, what it makes of random vectors, too.
    """

    latents: OwnPath | None = setting(None, doc="a .npy file of floats (images, dimensions); null: none")
    interval: float = setting(0.25, gt=0, doc="width of the histograms' intervals, in the post's units")
    reach: float = setting(12.0, gt=0, doc="the histograms go from minus this to this")
    means: list[float] = setting([0.25, 1.0], min_length=1, doc="from here on an axis counts as off the centre")
    widths: list[float] = setting([1.0, 1.5, 3.0], min_length=1, doc="from here on an axis counts as broad")
    shares: list[float] = setting([0.5, 0.8, 0.9, 0.95], min_length=1, doc="of the variance, which components hold")
    half_widths: list[float] = setting([0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 12.0], min_length=1, doc="b of the cubes")
    decoder: OwnPath | None = setting(None, doc="exported program or TorchScript from latents to images; null: none")
    seed: int = setting(42900, ge=0, doc="seed of the vectors that it decodes")
    fitted: int = setting(4000, smoke=200, ge=100, unit="rows", doc="latents that generators are fitted to, at most")
    decoded: int = setting(512, smoke=40, ge=40, unit="images", doc="decoded vectors of each generator, at most")
    decoded_half_widths: list[float] = setting([0.5, 1.5, 3.0, 12.0], min_length=1, doc="b of the cubes decoded")
    components: int = setting(10, ge=1, doc="principal components of the pixels in which images are compared, at most")
    shown: int = setting(10, smoke=4, ge=1, doc="images of each generator in the figure")

    def reads(self) -> Reads:
        return Reads(files=[file for file in (self.latents, self.decoder) if file is not None], memory_mb=1500)

    @model_validator(mode="after")
    def _decoder_has_latents(self) -> Self:
        if self.decoder is not None and self.latents is None:
            raise ValueError("a decoder needs the latents of its encoder; give latents, too")
        return self


LENGTH_INTERVAL = 0.25
NEVER = -1e4  # stands for the logarithm of a probability of 0


def measure(cfg: Own, lab: Lab) -> Outcome:
    """All that one table can say of latents, and what their decoder makes of random vectors if there is one."""
    out = Outcome()
    if cfg.latents is None:
        return out
    latents = open_latents(Path(cfg.latents))
    some = spread_rows(latents, cfg.fitted)
    decoder = None if cfg.decoder is None else ExportedDecoder(Path(cfg.decoder), some)
    moments = latent_moments(row_blocks(latents))
    n, d = latents.shape
    scale = rms_in_posts_units(d) / moments.rms_length
    out.add("own_images", n)
    out.add("own_dimensions", d)
    out.add("own_rms_length", moments.rms_length, n=n)
    out.add("own_largest_component", max(-moments.low.min(), moments.high.max()), n=n)
    _shape(out, cfg, moments, scale)
    histograms = AxisHistograms(d, cfg.reach, cfg.interval)
    edges = np.arange(0, 4 * rms_in_posts_units(d), LENGTH_INTERVAL)
    counts = np.zeros(len(edges) - 1, dtype=np.int64)
    near = 0
    rms_distance = np.sqrt(np.trace(moments.covariance))
    for block in row_blocks(latents):
        histograms.add(block * np.float32(scale))
        counts += np.histogram(scale * np.linalg.norm(block, axis=1), edges)[0]
        near += int((np.linalg.norm(block - moments.mean.astype(np.float32), axis=1) < rms_distance / 2).sum())
    out.add("own_near_centre_share", near / n, unit="proportion", n=n)
    widths = histograms.full_widths()
    for threshold in cfg.widths:
        out.add("own_axes_broad", (widths >= threshold).sum(), {"threshold": threshold}, n=n)
    _boxes(out, scale * moments.mean, widths)
    for b in cfg.half_widths:
        out.add("own_length_overlap", _overlap(counts, edges, b, d), {"b": b}, n=n)
    if decoder is not None:
        measure_decoded(out, cfg, decoder, some)
    return out


def _shape(out: Outcome, cfg: Own, moments: LatentMoments, scale: float) -> None:
    for threshold in cfg.means:
        off = scale * np.abs(moments.mean) >= threshold
        out.add("own_axes_off_centre", off.sum(), {"threshold": threshold}, n=moments.n)
    near_normal = (np.abs(moments.skewness) < FAR_SKEWNESS) & (np.abs(moments.excess_kurtosis) < FAR_KURTOSIS)
    out.add("own_near_normal_share", near_normal.mean(), n=moments.n)
    out.add("own_centre_share", moments.centre_share, n=moments.n)
    spectrum = moments.spectrum()
    out.add("own_effective_dimension", participation_ratio(spectrum), n=moments.n)
    for share in cfg.shares:
        needed = int(np.searchsorted(np.cumsum(spectrum) / spectrum.sum(), share)) + 1
        out.add("own_components_for_share", min(needed, len(spectrum)), {"share": share}, n=moments.n)
    correlation = moments.covariance / np.outer(moments.std, moments.std)
    upper = np.abs(correlation[np.triu_indices(len(correlation), 1)])
    out.add("own_largest_correlation", upper.max(), n=moments.n)
    out.add("own_mean_correlation", upper.mean(), n=moments.n)


def _boxes(out: Outcome, peaks: np.ndarray, widths: np.ndarray) -> None:
    for b, factor in BOXES:
        log_p = log_hit_probability(peaks, factor * widths, b)
        out.add("own_hit_log10_probability", max(log_p, NEVER) / np.log(10), {"b": b, "factor": factor})


def _overlap(counts: np.ndarray, edges: np.ndarray, b: float, dimension: int) -> float:
    """Overlap of the lengths' histogram with the normal one that uniform vectors nearly have in many dimensions."""
    mean, sd = b * uniform_length.mean_length(dimension), b * uniform_length.length_sd(dimension)
    return float(np.minimum(counts / counts.sum(), np.diff(norm.cdf(edges, mean, sd))).sum())
