"""Which ingredient of an untrained decoder makes the structure, and does size matter?"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import torch

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.decoders import build_decoder, draw_latents
from soapbubble.models.initialise import parameter_count
from soapbubble.models.wide_networks import image_covariance, predicted_autocorrelation
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.variance import omega_squared
from soapbubble.studies.decoders.standard import SIDE, neighbour_and_length, pictures_of, standard


class Factors(Part):
    """Which ingredient of a decoder makes the structure."""

    seed: int = setting(5000, ge=0, doc="seed of the random numbers")
    designs: int = setting(8, smoke=2, ge=2, doc="independent random designs, the unit of replication")
    # some four or five for each of the 28 pairs of a way and a number of doublings
    cells: int = setting(128, smoke=20, ge=20, doc="random decoders in each design")
    depth_seeds: int = setting(20, smoke=2, ge=2, doc="networks of each number of doublings")
    # leaves a 4x4 latent grid at 5 doublings
    depth_side: int = setting(128, smoke=32, ge=32, doc="side of their images in pixels")
    # 48 combinations
    map_seeds: int = setting(6, smoke=2, ge=2, doc="networks of each activation and operator")
    size_seeds: int = setting(12, smoke=2, ge=2, doc="networks of each width, and of each depth")
    widths: list[int] = setting(
        [4, 8, 16, 32, 64, 128, 256], smoke=[4, 16], min_length=2, doc="channels, for the effect of size"
    )

    def reads(self) -> Reads:
        return Reads(memory_mb=1000)


INGREDIENTS: dict[str, tuple] = {
    "upsampling": ("nearest", "bilinear", "bicubic", "transposed", "transposed3", "pixelshuffle", "none"),
    "blocks": (1, 2, 3, 4),
    "kernel": (1, 3, 5),
    "width": (8, 16, 32, 64),
    "activation": ("identity", "relu", "leaky", "tanh", "silu", "gelu", "elu", "sine"),
    "norm": ("none", "batch", "group", "instance", "layer"),
    "residual": (False, True),
    "attention": (False, True),
    "padding": ("zeros", "reflect", "circular"),
    "bias": ("zero", "default", "normal"),
    "init": ("default", "he", "xavier", "orthogonal", "small"),
    "gain": (0.5, 1.0, 2.0),
    "output": ("none", "tanh", "sigmoid"),
    "latent distribution": ("normal", "uniform", "sign"),
}
"""what is varied; the latent grid follows from the number of blocks, so that all images have the same side"""

GROUPS = {name: (name,) for name in INGREDIENTS} | {
    "upsampling and blocks": ("upsampling", "blocks"),
    "upsampling, blocks and residual": ("upsampling", "blocks", "residual"),
}
RESPONSES = ("correlation", "length")
DEPTHS = (1, 2, 3, 4, 5)
DEPTH_OPERATORS = ("nearest", "bilinear", "transposed")
DEPTH_WIDTH = 32
MAP_OPERATORS = ("nearest", "bilinear", "transposed", "transposed3", "pixelshuffle", "none")
SIZE_DEPTHS = (2, 3, 4)
LATENT_CHANNELS = (1, 4, 16, 64, 256)
LATENTS = 2


def measure(cfg: Factors, lab: Lab) -> Outcome:
    """Random designs over all ingredients, then depth, activation and size one by one."""
    out = Outcome()
    _ingredients(out, cfg)
    _depth(out, cfg)
    _activations(out, cfg)
    _size(out, cfg)
    return out


def _structure(spec_changes: Mapping[str, Any], seed: int, side: int = SIDE) -> tuple[float, float]:
    """Correlation of neighbours and correlation length of one network with these changes to the standard decoder."""
    changes = dict(spec_changes)
    operator = changes.pop("upsampling")
    distribution = changes.pop("latent distribution", "normal")
    spec = standard(operator, side, **({"latent_size": _grid(operator, side, changes)} | changes))
    latents = _with_distribution(draw_latents(spec, LATENTS, seed), distribution)
    return neighbour_and_length(pictures_of(build_decoder(spec, seed), latents), max_lag=side)


def _grid(operator: str, side: int, changes: Mapping[str, Any]) -> int:
    if operator == "none":
        return side
    return side >> changes["blocks"] if "blocks" in changes else 4


def _with_distribution(normal: torch.Tensor, distribution: str) -> torch.Tensor:
    """Normal latents, or from them uniform or two-valued ones of the same variance."""
    if distribution == "uniform":
        return (torch.special.ndtr(normal) - 0.5) * 12**0.5
    return normal.sign() if distribution == "sign" else normal


def _ingredients(out: Outcome, cfg: Factors) -> None:
    """Share of the differences between a design's random decoders that lies between the levels of each ingredient."""
    sizes = np.array([len(levels) for levels in INGREDIENTS.values()])
    for design in progress(range(cfg.designs), "random decoders"):
        rng = np.random.default_rng((cfg.seed, design))
        codes = rng.integers(sizes, size=(cfg.cells, len(sizes)))
        found = np.array(
            [_structure(_decoded(code), cfg.seed + design * cfg.cells + row) for row, code in enumerate(codes)]
        )
        usable = np.isfinite(found).all(axis=1)
        out.add("designs_usable", usable.mean(), {}, design, n=cfg.cells)
        levels = dict(zip(INGREDIENTS, codes[usable].T, strict=True))
        for r, response in enumerate(RESPONSES):
            values = found[usable, r] if response == "correlation" else np.log2(found[usable, r])
            for group, members in GROUPS.items():
                together = np.unique([levels[member] for member in members], axis=1, return_inverse=True)[1]
                share = omega_squared(values, together)
                here = {"response": response, "ingredient": group}
                out.add("ingredient_omega_squared", share, here, design, n=len(values))


def _decoded(code: np.ndarray) -> dict[str, object]:
    return {name: levels[level] for (name, levels), level in zip(INGREDIENTS.items(), code, strict=True)}


def _depth(out: Outcome, cfg: Factors) -> None:
    """Correlation length by the number of doublings, at one side of the image."""
    for operator, number in progress(list(product(DEPTH_OPERATORS, range(cfg.depth_seeds))), "doublings"):
        lengths = []
        for blocks in DEPTHS:
            changes = {"upsampling": operator, "blocks": blocks, "width": DEPTH_WIDTH}
            rho, length = _structure(changes, cfg.seed + number, cfg.depth_side)
            here = {"operator": operator, "blocks": blocks}
            out.add("depth_length", length, here, number, unit="px", n=LATENTS)
            out.add("depth_correlation", rho, here, number, n=LATENTS)
            lengths.append(length)
        slope = np.polyfit(DEPTHS, np.log2(lengths), 1)[0]
        out.add("depth_slope", slope, {"operator": operator}, number)


def _activations(out: Outcome, cfg: Factors) -> None:
    """Structure of every pair of an activation and an operator."""
    cells = list(product(INGREDIENTS["activation"], MAP_OPERATORS, range(cfg.map_seeds)))
    for name, operator, number in progress(cells, "activations and operators"):
        rho, length = _structure({"upsampling": operator, "activation": name}, cfg.seed + number)
        here = {"activation": name, "operator": operator}
        out.add("activation_correlation", rho, here, number, n=LATENTS)
        out.add("activation_length", length, here, number, unit="px", n=LATENTS)


def _size(out: Outcome, cfg: Factors) -> None:
    """Structure against the number of parameters: by width at three depths, and by the channels of the latent."""
    rho = np.empty((len(SIZE_DEPTHS), len(cfg.widths), cfg.size_seeds))
    counts = np.empty(rho.shape[:2])
    for (d, blocks), (w, width) in progress(
        list(product(enumerate(SIZE_DEPTHS), enumerate(cfg.widths))), "decoders of all sizes"
    ):
        changes = {"upsampling": "nearest", "blocks": blocks, "width": width, "init": "he", "bias": "zero"}
        spec = standard("nearest", latent_size=SIDE >> blocks, blocks=blocks, width=width, init="he", bias="zero")
        counts[d, w] = parameter_count(build_decoder(spec, cfg.seed))
        here = {"blocks": blocks, "width": width}
        out.add("size_parameters", counts[d, w], here, unit="parameters")
        for number in range(cfg.size_seeds):
            rho[d, w, number], length = _structure(changes, cfg.seed + number)
            out.add("size_correlation", rho[d, w, number], here, number, n=LATENTS)
            out.add("size_length", length, here, number, unit="px", n=LATENTS)
        if w == 0:
            asymptote = predicted_autocorrelation(image_covariance(spec), 1, border=8)[1]
            out.add("size_asymptote", asymptote, {"blocks": blocks})
    for (d, blocks), number in product(enumerate(SIZE_DEPTHS), range(cfg.size_seeds)):
        slope = np.polyfit(np.log10(counts[d]), rho[d, :, number], 1)[0]
        out.add("size_slope", slope, {"blocks": blocks}, number)
        widest, middle = rho[d, -1, number], rho[d, len(cfg.widths) // 2, number]
        out.add("width_gain", widest - rho[d, 0, number], {"blocks": blocks}, number)
        out.add("upper_width_gain", widest - middle, {"blocks": blocks}, number)
        out.add("widest_correlation", widest, {"blocks": blocks}, number, n=LATENTS)
    for channels, number in product(LATENT_CHANNELS, range(cfg.size_seeds)):
        found = _structure({"upsampling": "nearest", "latent_channels": channels}, cfg.seed + number)
        out.add("latent_channels_correlation", found[0], {"channels": channels}, number, n=LATENTS)
