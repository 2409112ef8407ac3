"""How far are the pictures of untrained decoders from noise, operator by operator?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np
import torch
from scipy import ndimage
from torch.nn import functional

from soapbubble.config.ingredients import Doubling
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.nulls import phase_randomised, pixel_permuted
from soapbubble.models.decoders import DecoderSpec, draw_latents
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.autocorrelation import crop_border, neighbour_correlation
from soapbubble.stats.compression import png_share
from soapbubble.stats.patches import patch_dimension
from soapbubble.stats.regions import largest_region, tile_means, tone_regions
from soapbubble.stats.spectrum import entropy_rate_deficit, low_frequency_share, spectral_flatness, spectral_slope
from soapbubble.studies.decoders.standard import (
    KINDS,
    SIDE,
    as_tones,
    build,
    neighbour_and_length,
    pictures_of,
    standard,
)


class Structure(Part):
    """How far the pictures of untrained decoders are from noise, operator by operator."""

    seed: int = setting(1000, ge=0, doc="seed of the random numbers")
    # networks a kind: intervals of about half a standard deviation over networks
    seeds: int = setting(20, smoke=3, ge=2, doc="networks of each kind; the network is the unit of replication")
    # more would only average within a network
    latents: int = setting(8, smoke=2, ge=1, doc="latents a network is shown")
    # small enough for a CPU; the effect of width is measured in `factors`
    width: int = setting(64, smoke=16, ge=1, doc="channels of a block")
    # the null: 12 shuffled copies of each image, 1,920 for each kind of decoder
    permutations: int = setting(
        96, smoke=8, ge=1, doc="copies with shuffled pixels, shared out over a network's images"
    )
    # at 256 x 256, the size the post speaks of
    large_seeds: int = setting(6, smoke=2, ge=2, doc="networks that print 256 x 256 pixels")
    large_latents: int = setting(2, smoke=1, ge=1, doc="latents each of those is shown")

    def reads(self) -> Reads:
        return Reads(memory_mb=1000)


VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "normalised": {"norm": "batch"},
    "residual": {"norm": "batch", "residual": True},
}
TILE = 8
"""side of a tile for tone regions: half a latent cell of the standard decoder, 2^(blocks - 1)"""
MEASURES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "flatness": spectral_flatness,
    "png_share": png_share,
    "patch_dimension": patch_dimension,
    "entropy_deficit": entropy_rate_deficit,
}
SHOWN = 2
TILED = ("nearest", "bilinear", "transposed", "dense")
"""operators of which a picture is shown beside the means of its tiles"""


def measure(cfg: Structure, lab: Lab) -> Outcome:
    """Every measure of structure for every operator, its nulls, and noise and smoothed noise as controls."""
    out = Outcome()
    examples = {}
    cells = [(operator, variant) for operator, variant in product(KINDS, VARIANTS) if _makes_sense(operator, variant)]
    for (operator, variant), number in progress(list(product(cells, range(cfg.seeds))), "pictures of decoders"):
        spec = standard(operator, width=cfg.width, **VARIANTS[variant])
        seed = cfg.seed + number
        network = build(operator, spec, seed)
        # What stands beside the plain decoders is only looked at for its dependence: half as many latents do.
        latents = cfg.latents if variant == "plain" else max(cfg.latents // 2, 2)
        pictures = pictures_of(network, draw_latents(spec, latents, seed))
        place = {"operator": operator, "kind": KINDS[operator], "variant": variant}
        if variant == "plain":
            _describe(out, pictures, place, number, cfg)
            if number == 0:
                examples[operator] = crop_border(pictures[:SHOWN])
        else:
            _dependence(out, pictures, place, number)
    for name, number in product(CONTROLS, range(cfg.seeds)):
        rng = np.random.default_rng((cfg.seed, number))
        place = {"operator": name, "kind": "reference", "variant": "plain"}
        _describe(out, CONTROLS[name]((cfg.latents, 3, SIDE, SIDE), rng), place, number, cfg)
    _relative(out)
    _large(out, cfg)
    _pictures(out, examples, np.random.default_rng(cfg.seed))
    return out


def _makes_sense(operator: str, variant: str) -> bool:
    return variant == "plain" or KINDS[operator] != "control"


def _white(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(shape)


def _blurred(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """White noise under a fixed Gaussian blur whose correlation length, twice its sigma, is half a latent cell."""
    return ndimage.gaussian_filter(rng.standard_normal(shape), sigma=(0, 0, TILE / 2, TILE / 2))


def _latents_enlarged(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """A 4x4 latent of three channels enlarged by interpolation alone, without any network."""
    latents = torch.from_numpy(rng.standard_normal((*shape[:2], 4, 4)))
    return functional.interpolate(latents, size=shape[2:], mode="bilinear", align_corners=False).numpy()


CONTROLS = {"white noise": _white, "blurred noise": _blurred, "enlarged latent": _latents_enlarged}


def _dependence(out: Outcome, pictures: np.ndarray, place: dict[str, str], number: int) -> None:
    rho, length = neighbour_and_length(pictures)
    out.add("neighbour_correlation", rho, place, number, n=len(pictures))
    out.add("correlation_length", length, place, number, unit="px", n=len(pictures))
    out.add("spectral_slope", spectral_slope(crop_border(pictures)).mean(), place, number, n=len(pictures))


def _describe(out: Outcome, pictures: np.ndarray, place: dict[str, str], number: int, cfg: Structure) -> None:
    """All measures of one network's pictures; the replicate is the network."""
    _dependence(out, pictures, place, number)
    inner = crop_border(pictures)
    rng = np.random.default_rng((cfg.seed, number))
    for name, function in MEASURES.items():
        out.add(name, function(inner).mean(), place, number, n=len(inner))
    out.add("low_frequency_share", low_frequency_share(inner).mean(), place, number, n=len(inner))
    copies = np.repeat(inner, max(cfg.permutations // len(inner), 1), axis=0)
    null = neighbour_correlation(pixel_permuted(copies, rng))
    out.add("neighbour_correlation_permuted_top", null.max(), place, number, n=len(copies))
    surrogates = {
        "itself": inner,
        "permuted": pixel_permuted(inner, rng),
        "phase-randomised": phase_randomised(inner, rng),
    }
    for kind, images in surrogates.items():
        here = place | {"image": kind}
        out.add("tone_regions", tone_regions(images, TILE).mean(), here, number, n=len(images))
        out.add("largest_region", largest_region(images).mean(), here, number, n=len(images))


def _relative(out: Outcome) -> None:
    """Each measure of randomness divided by that of white noise of the same shape and seed."""
    white = {
        (row.quantity, row.replicate): row.value
        for row in out.rows
        if row.quantity in MEASURES and row.condition["operator"] == "white noise"
    }
    for row in list(out.rows):
        if row.quantity in MEASURES and row.quantity != "entropy_deficit":
            ratio = row.value / white[row.quantity, row.replicate]
            out.add(f"{row.quantity}_relative", ratio, row.condition, row.replicate, n=row.n)
        elif row.quantity == "entropy_deficit":
            lost = row.value - white[row.quantity, row.replicate]
            out.add("entropy_lost", lost, row.condition, row.replicate, unit="nat/px", n=row.n)


def _large(out: Outcome, cfg: Structure) -> None:
    """The same at 256 x 256 pixels, from an 8x8 latent grid."""
    operators: tuple[Doubling, ...] = ("nearest", "bilinear", "transposed")
    cells = list(product(operators, range(cfg.large_seeds)))
    for operator, number in progress(cells, "pictures of 256 x 256 pixels"):
        spec = DecoderSpec(upsampling=operator, blocks=5, latent_size=8, latent_channels=256, width=cfg.width)
        pictures = pictures_of(
            build(operator, spec, cfg.seed + number), draw_latents(spec, cfg.large_latents, cfg.seed + number)
        )
        _dependence(out, pictures, {"operator": operator, "kind": KINDS[operator], "variant": "256 px"}, number)


def _pictures(out: Outcome, examples: Mapping[str, np.ndarray], rng: np.random.Generator) -> None:
    """Pictures for the figures, and the tone regions of those whose tiles are shown.

    "OPERATOR" are pictures for two latents, and the first with its pixels shuffled; "OPERATOR, copies" the first and
    its copies, and "OPERATOR, tile means" the same tile by tile.
    """
    for operator, pictures in examples.items():
        shuffled = pixel_permuted(pictures[:1], rng)
        out.picture(operator, np.concatenate([as_tones(pictures), as_tones(shuffled)]))
    copies = {
        "itself": lambda image: image,
        "phase-randomised": lambda image: phase_randomised(image, rng),
        "permuted": lambda image: pixel_permuted(image, rng),
    }
    for operator in TILED:
        images = {kind: copy(examples[operator][:1]) for kind, copy in copies.items()}
        for kind, image in images.items():
            out.add("shown_tone_regions", tone_regions(image, TILE)[0], {"operator": operator, "image": kind})
        out.picture(f"{operator}, copies", np.stack([as_tones(image)[0] for image in images.values()]))
        tiles = [as_tones(tile_means(image, TILE), like=image)[0] for image in images.values()]
        out.picture(f"{operator}, tile means", np.stack(tiles))
