"""Do generators of adversarial networks, and other published decoders, print structure before training too?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.nulls import pixel_permuted
from soapbubble.models.decoders import DecoderSpec, draw_latents
from soapbubble.models.generators import GENERATORS, MORE_GENERATORS, Generator
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.autocorrelation import crop_border, neighbour_correlation
from soapbubble.stats.spectrum import spectral_slope
from soapbubble.stats.variance import changing_share, omega_squared
from soapbubble.studies.decoders.pictures import as_bytes
from soapbubble.studies.decoders.standard import build, neighbour_and_length, pictures_of


class Generators(Part):
    """Generators of adversarial networks and other published decoders, before training."""

    seed: int = setting(3000, ge=0, doc="seed of the random numbers")
    seeds: int = setting(20, smoke=2, ge=2, doc="networks of each kind")
    # also the batch over which batch normalisation averages
    latents: int = setting(8, smoke=3, ge=1, doc="latents a network is shown")
    # 192 channels at 4x4 pixels; the papers have 512 to 1,536
    width: int = setting(24, smoke=8, ge=8, multiple_of=8, doc="channels at the highest resolution")

    def reads(self) -> Reads:
        return Reads(memory_mb=1000)


THRESHOLD = 0.2
"""correlation of neighbouring pixels above which an image counts as structured"""

VECTOR = DecoderSpec(latent_size=1, latent_channels=32)
GRID8 = DecoderSpec(blocks=3, latent_size=8)

PUBLISHED: dict[str, tuple[str, DecoderSpec]] = {
    # Kingma and Welling 2014: a dense decoder with tanh.
    "VAE, dense": ("VAE", replace(VECTOR, activation="tanh", output="sigmoid")),
    # Burgess et al. 2018: four transposed convolutions 4x4.
    "beta-VAE": ("VAE", replace(VECTOR, upsampling="transposed")),
    # Ha and Schmidhuber 2018: transposed convolutions from a vector, here with kernel 3.
    "World Models VAE": ("VAE", replace(VECTOR, upsampling="transposed3", output="sigmoid")),
    # Hou et al. 2017: nearest doubling, batch normalisation, leaky ReLU.
    "DFC-VAE": ("VAE", replace(VECTOR, norm="batch", activation="leaky")),
    # van den Oord et al. 2017: residual units and two transposed convolutions on a grid.
    "VQ-VAE": ("VAE", DecoderSpec(upsampling="transposed", blocks=2, latent_size=16)),
    # Ramesh et al. 2021 (discrete VAE): nearest doubling in residual groups from an 8-fold coarser grid.
    "dVAE": ("VAE", replace(GRID8, residual=True)),
    # Rombach et al. 2022: nearest doubling, group normalisation, SiLU, residual, attention.
    "latent diffusion": (
        "VAE",
        replace(GRID8, latent_channels=4, norm="group", activation="silu", residual=True, attention=True),
    ),
    # Ulyanov et al. 2018: bilinear doubling, batch normalisation, leaky ReLU, reflected borders.
    "deep image prior": ("prior", DecoderSpec("bilinear", norm="batch", activation="leaky", padding="reflect")),
    # Heckel and Hand 2019: 1x1 convolutions and bilinear doubling only.
    "deep decoder": ("prior", DecoderSpec("bilinear", kernel=1, norm="batch", output="sigmoid")),
    # Shi et al. 2016: sub-pixel convolution with tanh.
    "ESPCN": ("prior", DecoderSpec("pixelshuffle", activation="tanh")),
}
"""published decoders in small: their way of doubling, activation, normalisation and shortcuts, our sizes"""


class Cell(NamedTuple):
    """A published network: its family, its way of doubling, and how to make its pictures from a seed."""

    family: str
    operator: str
    pictures: Callable[[int], np.ndarray]


def measure(cfg: Generators, lab: Lab) -> Outcome:
    """Structure of each published network before training, and how many of them have it."""
    out = Outcome()
    cells = _cells(cfg)
    rho = np.empty((len(cells), cfg.seeds))
    for c, (name, cell) in enumerate(progress(cells.items(), "published decoders", total=len(cells))):
        place = {"network": name, "family": cell.family, "operator": cell.operator}
        for number in range(cfg.seeds):
            pictures = cell.pictures(cfg.seed + number)
            rho[c, number] = _describe(out, pictures, place, number, cfg)
            if number == 0 and name in GENERATORS:
                out.picture(name, as_bytes(pictures[:2]))
    _summaries(out, cells, rho)
    return out


def _cells(cfg: Generators) -> dict[str, Cell]:
    cells = {
        name: Cell("GAN", generator.operator, partial(_generated, generator, cfg))
        for name, generator in (GENERATORS | MORE_GENERATORS).items()
    }
    for name, (family, plain) in PUBLISHED.items():
        operator = "dense" if name == "VAE, dense" else plain.upsampling
        spec = replace(plain, width=2 * cfg.width)
        cells[name] = Cell(family, operator, partial(_decoded, operator, spec, cfg))
    return cells


def _generated(generator: Generator, cfg: Generators, seed: int) -> np.ndarray:
    latent = DecoderSpec(latent_channels=generator.latent, latent_size=1)
    return pictures_of(generator.build(cfg.width, seed), draw_latents(latent, cfg.latents, seed))


def _decoded(operator: str, spec: DecoderSpec, cfg: Generators, seed: int) -> np.ndarray:
    network: nn.Module = build(operator, spec, seed)
    latents: torch.Tensor = draw_latents(spec, cfg.latents, seed)
    return pictures_of(network, latents)


def _describe(out: Outcome, pictures: np.ndarray, place: dict[str, str], number: int, cfg: Generators) -> float:
    rho, length = neighbour_and_length(pictures)
    inner = crop_border(pictures)
    shuffled = pixel_permuted(inner, np.random.default_rng((cfg.seed, number)))
    out.add("network_correlation", rho, place, number, n=len(pictures))
    out.add("network_correlation_permuted", neighbour_correlation(shuffled).mean(), place, number, n=len(pictures))
    out.add("network_length", length, place, number, unit="px", n=len(pictures))
    out.add("network_slope", spectral_slope(inner).mean(), place, number, n=len(pictures))
    out.add("network_changing_share", changing_share(inner), place, number, n=len(pictures))
    return rho


def _summaries(out: Outcome, cells: Mapping[str, Cell], rho: np.ndarray) -> None:
    operators = np.array([cell.operator for cell in cells.values()])
    families = np.array([cell.family for cell in cells.values()])
    judged = families != "prior"
    above = {"above": THRESHOLD}
    for number in range(rho.shape[1]):
        six = rho[: len(GENERATORS), number]
        out.add("generators_structured", float((six > THRESHOLD).sum()), above, number, unit="generators", n=len(six))
        out.add("published_structured", float((rho[:, number] > THRESHOLD).mean()), above, number, n=len(cells))
        for label, groups in {"operator": operators, "family": families}.items():
            share = omega_squared(rho[judged, number], groups[judged])
            out.add("correlation_omega_squared", share, {"label": label}, number, n=int(judged.sum()))
