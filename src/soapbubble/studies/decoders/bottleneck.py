"""Which bottleneck of an untrained VAE lets outlines pass: a grid, a dense layer, shuffled sites, shortcuts."""

from __future__ import annotations

from itertools import product
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import nn

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.decoders import DecoderBlock, DecoderSpec
from soapbubble.models.vae import VAE, build_vae
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.edges import correlations, edge_maps, identified, luminance, matched_excess
from soapbubble.studies.decoders.pictures import as_bytes, pictures, spread


class Bottleneck(Part):
    """Pictures through a grid of latents, a dense layer, shuffled latent sites, and shortcuts."""

    seed: int = setting(8000, ge=0, doc="first seed of the networks")
    seeds: int = setting(10, smoke=2, ge=2, doc="networks of each kind, the replicates")
    images: int = setting(16, smoke=6, ge=4, doc="pictures that are sent through each network")
    side: int = setting(64, ge=16, doc="side of the pictures in pixels")
    blocks: int = setting(2, ge=1, doc="halvings and doublings of the side")
    width: int = setting(32, smoke=8, ge=1, doc="channels of every layer")
    # 2,048 latents in all: dense heads of 17 million weights each
    latent_channels: int = setting(8, smoke=2, ge=1, doc="channels of the latent grid; few, so that dense layers fit")
    pool: int = setting(4, ge=1, doc="edge maps are averaged over squares of so many pixels")
    shown: int = setting(3, ge=1, doc="pictures in the figure")

    def reads(self) -> Reads:
        return Reads(data=["faces", "photos"], memory_mb=1500)


class Way(NamedTuple):
    """One way from a picture to an output."""

    bottleneck: Literal["spatial", "dense", "permuted"]
    skips: bool


WAYS = {
    "spatial": Way("spatial", skips=False),
    "dense": Way("dense", skips=False),
    "permuted": Way("permuted", skips=False),
    "dense + skips": Way("dense", skips=True),
}


def measure(cfg: Bottleneck, lab: Lab) -> Outcome:
    """Edge agreement and shift equivariance of each way, network by network; the latent is its mean.

    Each replicate has pictures of its own, which all ways are given.
    """
    out = Outcome()
    cell = 2**cfg.blocks
    for name, seed in progress(list(product(("faces", "photos"), range(cfg.seeds))), "pictures through bottlenecks"):
        images = pictures(lab.data[name], cfg.images, cfg.side, cfg.seed + seed)
        shifted = torch.roll(images, (cell, cell), dims=(2, 3))
        edges = edge_maps(luminance(images.numpy()), cfg.pool)
        for label, way in WAYS.items():
            spec = DecoderSpec(
                upsampling="nearest",
                blocks=cfg.blocks,
                width=cfg.width,
                latent_channels=cfg.latent_channels,
                latent_size=cfg.side // cell,
                norm="batch",
            )
            network = build_vae(spec, cfg.seed + seed, way.bottleneck)
            with torch.inference_mode():
                plain = through(network, images, way.skips)
                moved = through(network, shifted, way.skips)
            place = {"data": name, "way": label}
            seen = _centred_brightness(plain)
            agreement = correlations(edges, edge_maps(seen, cfg.pool))
            out.add("bottleneck_excess", matched_excess(agreement), place, seed)
            out.add("bottleneck_identified", float(identified(agreement).mean()), place, seed, n=cfg.images)
            out.add("shift_equivariance", equivariance(seen, _centred_brightness(moved), cell), place, seed)
            if seed == 0 and name == "photos":
                out.picture(label, as_bytes(plain[spread(cfg.images, cfg.shown)].numpy()))
    shown = pictures(lab.data["photos"], cfg.images, cfg.side, cfg.seed)[spread(cfg.images, cfg.shown)]
    out.picture("photographs", as_bytes(shown.numpy()))
    return out


def through(network: VAE, images: torch.Tensor, skips: bool) -> torch.Tensor:
    """Outputs for the mean latents; with `skips` the encoder's maps are added to the decoder's of the same size.

    Only maps finer than the latent grid are handed over, as in a U-Net (Ronneberger et al. 2015).
    """
    maps: dict[int, torch.Tensor] = {}
    x = images
    for layer in network.encoder.features:
        x = layer(x)
        maps[x.shape[-1]] = x
    # The heads are applied through the encoder itself, so that a dense or permuted bottleneck stays in place.
    h = network.encode(images)[0]
    coarsest = h.shape[-1]
    assert isinstance(network.decoder, nn.Sequential)  # a dense one has no maps
    for layer in network.decoder:
        h = layer(h)
        if skips and isinstance(layer, DecoderBlock) and h.shape[-1] > coarsest and h.shape[-1] in maps:
            h = h + maps[h.shape[-1]]
    return h


def equivariance(plain: np.ndarray, moved: np.ndarray, shift: int) -> float:
    """Correlation of the outputs for shifted pictures with the shifted outputs, away from the border.

    Both are (n, h, w); a quarter of the side is left out at each border, where the padding of the layers and the
    part of the picture that came around the edge are felt. 1 for a network that moves its output with its input.
    """
    quarter = plain.shape[1] // 4
    inner = (slice(None), slice(quarter, -quarter), slice(quarter, -quarter))
    expected = np.roll(plain, (shift, shift), axis=(1, 2))[inner]
    return float(np.diag(correlations(expected, moved[inner])).mean())


def _centred_brightness(outputs: torch.Tensor) -> np.ndarray:
    """Brightness of the outputs minus its mean over inputs, which is the network's own pattern."""
    brightness = luminance(outputs.numpy())
    return brightness - brightness.mean(axis=0)
