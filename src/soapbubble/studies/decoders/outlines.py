"""Do the outlines of a real picture survive an untrained encoder and decoder, and what drowns them?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from scipy.optimize import curve_fit
from scipy.special import expit

from soapbubble.config.ingredients import Doubling, Norm
from soapbubble.data.dataset import Dataset
from soapbubble.lab import Lab
from soapbubble.measurements import Condition, Outcome, Scalar
from soapbubble.models.decoders import DecoderSpec
from soapbubble.models.vae import VAE, build_vae
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.contrasts import auc
from soapbubble.stats.edges import correlations, edge_maps, identified, luminance, matched_excess
from soapbubble.stats.linear_filter import CrossValidatedFilter
from soapbubble.studies.decoders.pictures import as_bytes, pictures, spread


class Outlines(Part):
    """Pictures through untrained encoder and decoder: which outlines survive, and what drowns them."""

    seed: int = setting(7000, ge=0, doc="first seed of the networks; each network has the next one")
    # networks of each kind
    seeds: int = setting(10, smoke=2, ge=2, doc="networks of each kind, the replicates")
    # pictures to be told apart: chance is 1 in 16
    images: int = setting(
        16, smoke=6, ge=4, doc="pictures that are sent through each network, and told apart afterwards"
    )
    side: int = setting(64, ge=16, doc="side of the pictures in pixels; a multiple of two to the power of blocks")
    # half the standard width, at a quarter of the time
    width: int = setting(32, smoke=8, ge=1, doc="channels of every layer and of the latent grid")
    # one that blurs and one that does not
    upsampling: tuple[Doubling, ...] = setting(
        ["nearest", "transposed"], min_length=1, doc="ways of upsampling; the first is shown"
    )
    # latent grids of 16, 8 and 4 sites a side
    blocks: tuple[int, ...] = setting(
        [2, 3, 4], smoke=[2, 3], min_length=1, doc="numbers of halvings and doublings of the side"
    )
    norms: tuple[Norm, ...] = setting(
        ["none", "batch", "group"], smoke=["none", "batch"], min_length=1, doc="normalisations in encoder and decoder"
    )
    # from the latents' mean to a sample, as in training
    noise: tuple[float, ...] = setting(
        [0.0, 0.03, 0.1, 0.3, 1.0],
        smoke=[0.0, 0.1, 1.0],
        min_length=2,
        doc="multiples of the latents' noise, from 0 (the mean) to 1 (a sample)",
    )
    # edges are compared on a grid of 16 x 16: outlines, not texture
    pool: int = setting(4, ge=1, doc="edge maps are averaged over squares of so many pixels")
    filter_side: int = setting(7, ge=1, doc="side in pixels of the linear filter from picture to output; odd")
    draws: int = setting(32, smoke=4, ge=2, doc="draws of the latents that are averaged")
    draw_images: int = setting(4, smoke=2, ge=2, doc="pictures for which many draws are made")
    shown: int = setting(2, ge=1, doc="pictures of each dataset in the figure")

    def reads(self) -> Reads:
        return Reads(data=["faces", "photos"], memory_mb=1500)


DATA = ("faces", "photos")


def measure(cfg: Outlines, lab: Lab) -> Outcome:
    """Agreement of edges, identification, latent signal-to-noise and explained variance, network by network.

    Each replicate has pictures of its own, which its networks of all kinds are given.
    """
    out = Outcome()
    sweep: list[tuple[int, int, float, float, float]] = []
    for name, seed in progress(list(product(DATA, range(cfg.seeds))), "pictures through untrained networks"):
        subject = _Subject.of(name, pictures(lab.data[name], cfg.images, cfg.side, cfg.seed + seed), cfg)
        levels = cfg.noise if name == "faces" else (cfg.noise[0], cfg.noise[-1])
        for spec in _cells(cfg):
            passed = _through(out, cfg, subject, spec, seed, levels)
            if name == "faces":
                sweep += [(seed, spec.blocks, *found) for found in passed]
    _prediction(out, np.array(sweep), cfg)
    _draws(out, cfg, lab.data["faces"])
    _page(out, cfg, lab.data)
    return out


@dataclass(frozen=True)
class _Subject:
    """Pictures that are sent through networks, and what their outputs are held against."""

    name: str
    images: torch.Tensor
    edges: np.ndarray
    filters: CrossValidatedFilter

    @staticmethod
    def of(name: str, images: torch.Tensor, cfg: Outlines) -> _Subject:
        brightness = luminance(images.numpy())
        return _Subject(
            name, images, edge_maps(brightness, cfg.pool), CrossValidatedFilter(brightness, cfg.filter_side)
        )


def _through(
    out: Outcome, cfg: Outlines, subject: _Subject, spec: DecoderSpec, seed: int, levels: Sequence[float]
) -> list[tuple[float, float, float]]:
    """Measure one network; return level of noise, the network's own signal-to-noise ratio, and the share identified."""
    place: dict[str, Scalar] = {"data": subject.name}
    place |= {"upsampling": spec.upsampling, "blocks": spec.blocks, "norm": spec.norm}
    network = build_vae(spec, cfg.seed + seed)
    with torch.inference_mode():
        mean, log_variance = network.encode(subject.images)
        outputs = [_decode(network, mean, log_variance, level, cfg.seed + seed) for level in levels]
    ratio = latent_ratio(mean, log_variance)
    out.add("latent_signal_to_noise", ratio, place | {"sites": spec.latent_size}, seed)
    passed = []
    for level, output in zip(levels, outputs, strict=True):
        here = place | {"noise": level}
        _agreement(out, cfg, subject, output, here | {"centred": False}, seed)
        share = _agreement(out, cfg, subject, output - output.mean(axis=0), here | {"centred": True}, seed)
        if level in (cfg.noise[0], cfg.noise[-1]):
            out.add("outline_explained_share", subject.filters.explained(output), here, seed)
        if level > 0:
            passed.append((level, ratio, share))
    return passed


def _agreement(
    out: Outcome, cfg: Outlines, subject: _Subject, output: np.ndarray, condition: Condition, seed: int
) -> float:
    """Record how the edges of outputs agree with those of their inputs; return the share of inputs identified."""
    agreement = correlations(subject.edges, edge_maps(output, cfg.pool))
    share = float(identified(agreement).mean())
    out.add("outline_excess", matched_excess(agreement), condition, seed, n=cfg.images)
    out.add("outline_gain", share * cfg.images, condition, seed, n=cfg.images)
    return share


def latent_ratio(mean: torch.Tensor, log_variance: torch.Tensor) -> float:
    """Signal-to-noise ratio of latents (n, c, h, w): variance over places over the variance of the noise.

    The signal is what differs between pictures, without the pattern that padding and biases print into all of them.
    """
    varying = mean - mean.mean(dim=0)
    return float(varying.var(dim=(2, 3)).mean() / log_variance.exp().mean())


def _cells(cfg: Outlines) -> Iterator[DecoderSpec]:
    for upsampling, blocks, norm in product(cfg.upsampling, cfg.blocks, cfg.norms):
        yield spec_of(cfg, upsampling, blocks, norm)


def spec_of(cfg: Outlines, upsampling: Doubling, blocks: int, norm: Norm) -> DecoderSpec:
    """The decoder of one cell of the grid: its latent grid is as fine as the number of blocks leaves it."""
    return DecoderSpec(
        upsampling=upsampling,
        blocks=blocks,
        width=cfg.width,
        latent_channels=cfg.width,
        latent_size=cfg.side // 2**blocks,
        norm=norm,
    )


def _decode(network: VAE, mean: torch.Tensor, log_variance: torch.Tensor, noise: float, seed: int) -> np.ndarray:
    """Brightness (n, h, w) of the outputs for one draw of the latents."""
    drawn = network.sample(mean, log_variance, noise, torch.Generator().manual_seed(seed))
    return luminance(network.decoder(drawn).numpy())


def _prediction(out: Outcome, sweep: np.ndarray, cfg: Outlines) -> None:
    """Does the signal-to-noise ratio say whether outputs can be told apart, and more than either of its two factors?

    `sweep` has the columns seed, blocks, level of noise, the network's own ratio, share identified.
    """
    seed, blocks, level, own, share = sweep.T
    ratio = own / level**2
    passed = share >= 3 / cfg.images
    groups = {str(b): blocks == b for b in cfg.blocks} | {"all": np.ones(len(blocks), dtype=bool)}
    for group, chosen in groups.items():
        for s in range(cfg.seeds):
            rows = chosen & (seed == s)
            out.add("signal_to_noise_auc", auc(ratio[rows], passed[rows]), {"blocks": group}, s, n=int(rows.sum()))
            for score, values in {"noise level": -level, "network's ratio": own}.items():
                place = {"blocks": group, "score": score}
                out.add("rival_auc", auc(values[rows], passed[rows]), place, s, n=int(rows.sum()))
    grid = np.logspace(np.log10(ratio.min()), np.log10(ratio.max()), 100)
    finest = blocks == min(cfg.blocks)
    curve = _logistic(ratio[finest], share[finest], 1 / cfg.images, grid)
    for at, height in zip(grid, curve, strict=True):
        out.add("fitted_share_identified", height, {"ratio": at}, n=int(finest.sum()))


def _logistic(ratio: np.ndarray, share: np.ndarray, chance: float, grid: np.ndarray) -> np.ndarray:
    """Least-squares logistic curve in log ratio that starts at chance and ends at a free height, on `grid`."""

    def curve(x: np.ndarray, middle: float, steepness: float, height: float) -> np.ndarray:
        return chance + height * expit(steepness * (x - middle))

    fitted, _ = curve_fit(
        curve,
        np.log10(ratio),
        share,
        p0=(0.0, 2.0, 0.5),
        bounds=([-6, 0.1, 0], [6, 20, 1 - chance]),
        maxfev=20000,
    )
    return curve(np.log10(grid), *fitted)


def _draws(out: Outcome, cfg: Outlines, faces: Dataset) -> None:
    """Contrast of what the picture prints into the output, over the noise of one draw of the latents."""
    blocks = min(cfg.blocks)
    for norm, seed in progress(list(product(cfg.norms, range(cfg.seeds))), "many draws of the same picture"):
        network = build_vae(spec_of(cfg, cfg.upsampling[0], blocks, norm), cfg.seed + seed)
        images = pictures(faces, cfg.draw_images, cfg.side, cfg.seed + seed)
        generator = torch.Generator().manual_seed(cfg.seed + seed)
        with torch.inference_mode():
            mean, log_variance = network.encode(images)
            outputs = np.stack(
                [
                    luminance(network.decoder(network.sample(mean, log_variance, 1.0, generator)).numpy())
                    for _ in range(cfg.draws)
                ]
            )
        out.add("outline_contrast_to_noise", contrast_to_noise(outputs), {"norm": norm}, seed, n=cfg.draws)


def contrast_to_noise(outputs: np.ndarray) -> float:
    """Standard deviation between pictures over that between draws, for outputs (draws, pictures, h, w).

    The noise that is left in the mean over draws is taken off, so that outputs that ignore their picture give 0
    in expectation (negative estimates count as 0).
    """
    draws = len(outputs)
    noise = outputs.var(axis=0, ddof=1).mean()
    means = outputs.mean(axis=0)
    signal = means.var(axis=0, ddof=1).mean() - noise / draws
    return float(np.sqrt(max(signal, 0.0) / noise))


def _page(out: Outcome, cfg: Outlines, data: Mapping[str, Dataset]) -> None:
    """Pictures, their outputs and the edges of all, from one batch-normalised network with the finest latent grid.

    A row a picture: itself, the output for the mean of its latents, for one sample, and the mean over many.
    """
    spec = spec_of(cfg, cfg.upsampling[0], min(cfg.blocks), "batch")
    for name in DATA:
        images = pictures(data[name], cfg.images, cfg.side, cfg.seed)
        network = build_vae(spec, cfg.seed)
        generator = torch.Generator().manual_seed(cfg.seed)
        with torch.inference_mode():
            mean, log_variance = network.encode(images)
            draws = [network.decoder(network.sample(mean, log_variance, 1.0, generator)) for _ in range(cfg.draws)]
            steps = [images, network.decoder(mean), draws[0], torch.stack(draws).mean(dim=0)]
        batch = np.stack([step[spread(cfg.images, cfg.shown)].numpy() for step in steps], axis=1)
        edges = np.stack([edge_maps(luminance(row), cfg.pool) for row in batch])
        out.picture(name, as_bytes(batch))
        out.picture(f"edges of {name}", edges.astype(np.float32))
