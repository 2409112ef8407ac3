"""What follows from the post's own numbers: its table of axes, its lengths and widths, its layers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from scipy.special import ndtr
from scipy.stats import skew
from torch import nn

from soapbubble.config.face_autoencoders import FaceAutoencoder
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.nulls import axis_shuffled
from soapbubble.measuring.pca import principal_components
from soapbubble.models.face_autoencoder import build_face_autoencoder
from soapbubble.models.initialise import parameter_count
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.stats import gaussian_length
from soapbubble.stats.random_points import generator
from soapbubble.stats.roughness import peaks, reduced_chi_square


class Arithmetic(Part):
    """What follows from the post's own numbers: its table, its lengths and widths, its layers."""

    seed: int = setting(22300, ge=0, doc="seed of the random vectors")
    # as many as the post has images
    points: int = setting(170_000, smoke=20_000, ge=1000, doc="random vectors of each reading of the table")
    replicates: int = setting(5, smoke=2, ge=2, doc="independent repetitions")
    tilted_points: int = setting(20_000, smoke=5000, ge=1000, doc="points of the shifted three-dimensional cloud")

    def reads(self) -> Reads:
        return Reads(memory_mb=400)


DIMENSION = 256
FWHM = 2 * math.sqrt(2 * math.log(2))  # full width at half maximum of a Gaussian, in standard deviations
TABLE = {  # the axes that the post lists, with the centre and the width of their distributions
    52: (5.0, 8.0),
    61: (1.0, 3.0),
    73: (0.0, 5.5),
    83: (-0.5, 5.0),
    94: (0.0, 4.0),
    116: (0.0, 4.0),
    119: (1.0, 3.0),
    130: (-2.0, 9.0),
    171: (0.7, 5.0),
    188: (0.75, 2.75),
    200: (0.5, 11.0),
    221: (-1.0, 8.0),
}
NAMED = (52, 130, 171, 200, 221)  # those that it calls significantly displaced
LISTED_AS_DISPLACED = tuple(TABLE)
QUOTED = {52: -2.0, 221: 5.0}  # the centres that it recalls later
COUNTS = {"first series": 170_000, "second series": 165_000, "second series, fewer": 80_000, "t-SNE": 20_000}
CELEBA = 202_599
LIMIT = 32  # the length beyond which the post finds nothing
WIDTHS = (0.5, 0.05)  # of the post's intervals of length
ROUGH_DEGREE, LEAST = 8, 100  # of the smooth curve through the counts, and the counts that an interval must hold for it
BIN, SMOOTHING = 0.1, 3  # width of the intervals in which the mode is sought, and of the kernel over them
SIDE = 96  # pixels of the post's images


def stacks() -> dict[str, FaceAutoencoder]:
    """The two stacks of layers of the sister series, with mirrored decoders."""
    return {
        "I": FaceAutoencoder(
            filters=[32, 64, 128, 256],
            kernels=[3, 3, 3, 3],
            decoder_filters=[128, 64, 32],
            decoder_kernels=[3, 3, 3, 3],
            z_dim=DIMENSION,
        ),
        "II": FaceAutoencoder(
            filters=[64, 64, 128, 128],
            kernels=[5, 5, 3, 3],
            decoder_filters=[128, 64, 64],
            decoder_kernels=[3, 3, 5, 5],
            z_dim=DIMENSION,
        ),
    }


@dataclass(frozen=True)
class Reading:
    """The standard deviation of the 244 ordinary axes, and centres (12,) and standard deviations of the listed ones."""

    ordinary: float
    centres: np.ndarray
    widths: np.ndarray

    @property
    def mean_square(self) -> float:
        """Expected squared length."""
        rest = DIMENSION - len(self.centres)
        return rest * self.ordinary**2 + float(np.sum(self.centres**2 + self.widths**2))

    def lengths(self, points: int, rng: np.random.Generator) -> np.ndarray:
        """Lengths (points,) of vectors of independent Gaussian components."""
        rest = self.ordinary**2 * rng.chisquare(DIMENSION - len(self.centres), points)
        listed = self.centres + self.widths * rng.standard_normal((points, len(self.centres)))
        return np.sqrt(rest + np.square(listed).sum(axis=1))


def readings() -> dict[str, Reading]:
    """What the post's widths may mean, and what of the table is left out."""
    centres, widths = np.array(list(TABLE.values())).T
    zeros, ones = np.zeros(len(TABLE)), np.ones(len(TABLE))
    return {
        "unit Gaussians": Reading(1, zeros, ones),
        "centres only": Reading(1, centres, ones),
        "widths only": Reading(1, zeros, widths / FWHM),
        "std 1, listed FWHM": Reading(1, centres, widths / FWHM),
        "FWHM 2": Reading(2 / FWHM, centres, widths / FWHM),
        "FWHM 1": Reading(1 / FWHM, centres, widths / FWHM),
        "HWHM 1": Reading(2 / FWHM, centres, 2 * widths / FWHM),
    }


def measure(cfg: Arithmetic, lab: Lab) -> Outcome:
    """Lengths under every reading of the table, exact identities, counts and layers."""
    out = Outcome()
    for name, reading in readings().items():
        where = {"reading": name}
        out.add("table_length_rms", math.sqrt(reading.mean_square), where)
        for replicate in range(cfg.replicates):
            lengths = reading.lengths(cfg.points, generator(cfg.seed, replicate))
            out.add("table_length_mode", mode(lengths), where, replicate, n=cfg.points)
            out.add("table_length_std", lengths.std(ddof=1), where, replicate, n=cfg.points)
            out.add("table_length_skewness", skew(lengths), where, replicate, n=cfg.points)
            out.add("table_length_largest", lengths.max() / mode(lengths), where, replicate, n=cfg.points)
            if name == "FWHM 2":
                _roughness(out, lengths, replicate)
            out.add("table_beyond_limit", np.mean(lengths > LIMIT), where, replicate, "proportion", cfg.points)
    _identities(out)
    _table(out)
    _tilts(out, cfg)
    _layers(out)
    return out


def _roughness(out: Outcome, lengths: np.ndarray, replicate: int) -> None:
    """How rough the counts of so many lengths are in intervals of the post's two widths."""
    for width in WIDTHS:
        counts = np.histogram(lengths, np.arange(0, lengths.max() + width, width))[0]
        rough = reduced_chi_square(counts, ROUGH_DEGREE, LEAST)
        out.add("table_length_roughness", rough, {"width": width}, replicate, n=len(lengths))
        out.add("table_length_peaks", peaks(counts), {"width": width}, replicate, n=len(lengths))


def mode(lengths: np.ndarray) -> float:
    """The most frequent length, from smoothed counts in narrow intervals."""
    edges = np.arange(lengths.min() - BIN, lengths.max() + 2 * BIN, BIN)
    counts = gaussian_filter1d(np.histogram(lengths, edges)[0].astype(float), SMOOTHING)
    return float(edges[np.argmax(counts)] + BIN / 2)


def _identities(out: Outcome) -> None:
    """Lengths of vectors whose components have the mean size 1 or the mean square 1; densities; the cigar."""
    # The root mean square over the mean size of a component.
    ratios = {"constant": 1.0, "normal": math.sqrt(math.pi / 2), "uniform": math.sqrt(4 / 3)}
    for name, ratio in ratios.items():
        out.add("length_at_mean_size_one", math.sqrt(DIMENSION) * ratio, {"components": name})
    lengths = {
        "root mean square": math.sqrt(DIMENSION),
        "mean": gaussian_length.mean_length(DIMENSION),
        "mode": math.sqrt(DIMENSION - 1),
        "standard deviation": gaussian_length.length_sd(DIMENSION),
    }
    for name, value in lengths.items():
        out.add("unit_gaussian_length", value, {"statistic": name})
    # log10 of the density at the origin over that at the length 16, and of the count per length there.
    radius = math.sqrt(DIMENSION)
    out.add("origin_density_log10", radius**2 / 2 / math.log(10), {"per": "volume"})
    counts = (DIMENSION - 1) * math.log10(0.5 / radius) + (radius**2 - 0.25) / 2 / math.log(10)
    out.add("origin_density_log10", counts, {"per": "length"})
    for name, std in (("FWHM", 8 / FWHM), ("HWHM", 16 / FWHM)):
        out.add("cigar_share", 1 - 2 * ndtr(-8 / std), {"reading": name})
    for name, reach in (("as drawn", 8), ("FWHM", 4)):
        out.add("cigar_end", 5 - reach, {"reading": name})


def _table(out: Outcome) -> None:
    """How far the listed axes are displaced, and how what is said of them later agrees."""
    offsets = {axis: abs(centre) / (width / FWHM) for axis, (centre, width) in TABLE.items()}
    for axis, (centre, width) in TABLE.items():
        out.add("table_centre", centre, {"axis": axis})
        out.add("table_width", width, {"axis": axis})
        out.add("table_offset", offsets[axis], {"axis": axis})
    for axis, quoted in QUOTED.items():
        out.add("recalled_centre_error", abs(quoted - TABLE[axis][0]), {"axis": axis, "read_as": axis})
    out.add("recalled_centre_error", abs(QUOTED[52] - TABLE[130][0]), {"axis": 52, "read_as": 130})
    out.add("recalled_centre_error", abs(QUOTED[221] - TABLE[52][0]), {"axis": 221, "read_as": 52})
    rankings: Mapping[str, Mapping[int, float]] = {
        "centre": {axis: abs(centre) for axis, (centre, _) in TABLE.items()},
        "centre over standard deviation": offsets,
    }
    for name, sizes in rankings.items():
        # An axis counts if fewer than five of the others are displaced further.
        first = [axis for axis in NAMED if sum(other > sizes[axis] for other in sizes.values()) < len(NAMED)]
        out.add("named_axes_among_first_five", len(first), {"ranked_by": name})
    centred = [axis for axis in LISTED_AS_DISPLACED if TABLE[axis][0] == 0]
    out.add("listed_axes_at_zero", len(centred))
    for name, count in COUNTS.items():
        out.add("images_named", count, {"of": name})
        out.add("images_named_share", count / CELEBA, {"of": name})


def _tilts(out: Outcome, cfg: Arithmetic) -> None:
    """How well the principal axes of three-dimensional clouds agree with the coordinate axes."""
    root = np.linalg.cholesky(np.array([[9, 4.2, 0], [4.2, 4, 0], [0, 0, 1]]))
    for replicate in range(cfg.replicates):
        rng = generator(cfg.seed, replicate, 1)
        noise = rng.standard_normal((cfg.tilted_points, 3))
        shifted = noise * (3, 2, 1) + 5
        correlated = noise @ root.T + 5
        clouds = {"shifted": shifted, "correlated": correlated, "shuffled": axis_shuffled(correlated, rng)}
        for name, points in clouds.items():
            alignment = np.abs(principal_components(points, 3).axes).max(axis=1).min()
            out.add("axis_alignment", alignment, {"cloud": name}, replicate, n=cfg.tilted_points)


def _layers(out: Outcome) -> None:
    """Sides and parameters of the layers of both stacks at the post's image size, from the networks themselves."""
    for case, stack in stacks().items():
        network = build_face_autoencoder(stack, SIDE, seed=0)
        kinds = {"convolutions": nn.Conv2d, "dense layer": nn.Linear, "transposed convolutions": nn.ConvTranspose2d}
        for name, kind in kinds.items():
            half = network.decoder if kind is nn.ConvTranspose2d else network.encoder
            count = sum(parameter_count(layer) for layer in half if isinstance(layer, kind))
            out.add("layer_parameters", count, {"case": case, "of": name})
        for half_name, half, shown in (
            ("encoder", network.encoder, torch.zeros(1, 3, SIDE, SIDE)),
            ("decoder", network.decoder, torch.zeros(1, DIMENSION)),
        ):
            number = 0
            for layer in half:
                shown = layer(shown)
                if parameter_count(layer) > 0:
                    number += 1
                    where = {"case": case, "half": half_name, "layer": number}
                    side = shown.shape[-1] if shown.ndim == 4 else 1
                    out.add("layer_side", side, where, unit="pixel")
                    out.add("layer_channels", shown.shape[1] if shown.ndim == 4 else shown.shape[-1], where)
                    out.add("layer_weights", parameter_count(layer), where)
