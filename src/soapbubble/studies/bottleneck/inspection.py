"""What inspecting latent maps can and cannot show: two distributions of maps with known dependence.

`smooth, independent`: every map is one fixed smooth pattern plus independent noise at each site. Each map looks
structured; no site carries information about another. `white, dependent`: every map mixes a few factors with random
signs and sizes. Each map looks like noise; sites predict each other. In both, the factors determine the image.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.special import ndtr
from sklearn.decomposition import PCA
from torch import nn
from torch.nn import functional

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.evaluator import SampleEvaluator
from soapbubble.measuring.nulls import axis_shuffled
from soapbubble.measuring.training import fit, random_batches
from soapbubble.models.initialise import seeded
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.spatial import morans_i
from soapbubble.stats.total_correlation import gaussian_total_correlation
from soapbubble.studies.bottleneck.planted import PLANTED, MapDistribution


class Inspection(Part):
    """Planted latent maps: smooth ones with independent sites, and noisy ones with dependent sites."""

    seed: int = setting(241, ge=0, doc="seed of the random numbers")
    # Moran's I varies by 0.05 between distributions: 40 of them bring the mean to 0.02
    replicates: int = setting(40, smoke=3, ge=2, doc="distributions of each kind")
    decoders: int = setting(4, smoke=2, ge=2, doc="of these, the distributions for which a decoder is trained")
    # the post's first latent map
    side: int = setting(7, ge=3, doc="sites a side of a map")
    factors: int = setting(4, ge=4, le=4, doc="numbers that determine an image: position (two), length and angle")
    # of the variance of a site
    noise: float = setting(0.1, gt=0, lt=1, doc="fraction of each site's variance that is independent noise")
    maps: int = setting(2000, smoke=300, ge=100, doc="maps, and images, in a set")
    # the smallest number that can tell 1 %
    permutations: int = setting(99, ge=19, doc="permutations of a map, against which it is tested")
    tested_maps: int = setting(100, smoke=20, ge=10, doc="maps of each distribution that are tested one by one")
    pixels: int = setting(16, ge=8, unit="px", doc="side of an image")
    width: int = setting(128, smoke=16, ge=1, doc="units of a hidden layer of the decoder")
    steps: int = setting(600, smoke=20, ge=1, doc="training steps of the decoder")
    batch_size: int = setting(128, ge=1, doc="codes in a training step")
    lr: float = setting(0.002, gt=0, doc="learning rate")
    components: int = setting(16, ge=2, doc="principal components of the images in which distances are measured")
    shown: int = setting(5, ge=1, doc="maps and images in the figure")

    def reads(self) -> Reads:
        return Reads(memory_mb=1000)


LEVEL = 0.05


def measure(cfg: Inspection, lab: Lab) -> Outcome:
    """Spatial autocorrelation, dependence between sites, and what independent sites do to decoded images."""
    out = Outcome()
    shown: dict[str, list[np.ndarray]] = {"maps": [], "joint": [], "independent": []}
    for replicate in progress(range(cfg.replicates), "planted latent maps"):
        rng = np.random.default_rng((cfg.seed, replicate))
        for name, plant in PLANTED.items():
            distribution, where = plant(cfg, rng), {"maps": name}
            maps, _ = distribution.draw(cfg.maps, rng)
            sites = maps.reshape(cfg.maps, -1)
            out.add("morans_i", morans_i(maps).mean(), where, replicate)
            out.add("maps_flagged", flagged(maps[: cfg.tested_maps], cfg.permutations, rng), where, replicate)
            for null, values in ((False, sites), (True, axis_shuffled(sites, rng))):
                total = total_correlation(values)
                out.add("total_correlation", total, {**where, "shuffled": null}, replicate, "nats")
            if replicate < cfg.decoders:
                distances, examples = decoded(cfg, distribution, rng, cfg.seed + replicate)
                for sites_drawn, distance in distances.items():
                    out.add("frechet_distance", distance, where | {"sites": sites_drawn}, replicate)
            if replicate == 0:
                for key, value in ({"maps": maps} | examples).items():
                    shown[key].append(value[: cfg.shown])
    for key, drawn in shown.items():
        out.picture(key, np.stack(drawn).astype(np.float32))
    return out


def render(factors: np.ndarray, pixels: int) -> np.ndarray:
    """Images (n, pixels, pixels) in [0, 1] of a stroke; normal factors (n, 4) give position, length and angle."""
    uniform = ndtr(factors)[:, :, None, None]
    rows, columns = np.meshgrid(np.arange(pixels), np.arange(pixels), indexing="ij")
    down, right = (rows - pixels * (0.2 + 0.6 * uniform[:, 0]), columns - pixels * (0.2 + 0.6 * uniform[:, 1]))
    long, angle = pixels * (0.08 + 0.2 * uniform[:, 2]), np.pi * uniform[:, 3]
    along = right * np.cos(angle) + down * np.sin(angle)
    across = down * np.cos(angle) - right * np.sin(angle)
    return np.exp(-((along / long) ** 2 + (across / (0.08 * pixels)) ** 2) / 2).astype(np.float32)


def total_correlation(sites: np.ndarray) -> float:
    """Total correlation in nats of the sites' values (n, sites), as of a Gaussian."""
    return gaussian_total_correlation(sites[:, :, None])


def flagged(maps: np.ndarray, permutations: int, rng: np.random.Generator) -> float:
    """Share of maps whose Moran's I is significant at `LEVEL` against random permutations of their sites."""
    flat = np.repeat(maps.reshape(len(maps), 1, -1), permutations, axis=1)
    copies = rng.permuted(flat, axis=2).reshape(-1, *maps.shape[1:])
    null = morans_i(copies).reshape(len(maps), permutations)
    p = (1 + (null >= morans_i(maps)[:, None]).sum(axis=1)) / (permutations + 1)
    return float((p <= LEVEL).mean())


def decoded(
    cfg: Inspection, distribution: MapDistribution, rng: np.random.Generator, seed: int
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Frechet distances to real images of what a trained decoder makes of joint and of independently drawn sites."""
    maps, factors = distribution.draw(cfg.maps, rng)
    codes = maps.reshape(cfg.maps, -1)
    mean, std = codes.mean(axis=0), codes.std(axis=0)
    decoder = _trained(cfg, (codes - mean) / std, render(factors, cfg.pixels), seed)
    fresh = distribution.draw(cfg.maps, rng)[0].reshape(cfg.maps, -1)
    latents = {"joint": fresh, "independent": axis_shuffled(fresh, rng)}
    images = {name: _images(decoder, (sites - mean) / std) for name, sites in latents.items()}
    real = render(distribution.draw(cfg.maps, rng)[1], cfg.pixels).reshape(cfg.maps, -1)
    evaluator = SampleEvaluator.on(PCA(cfg.components, svd_solver="full").fit(real).transform, real)
    distances = {key: evaluator.frechet(value) for key, value in images.items()}
    return distances, {key: value.reshape(-1, cfg.pixels, cfg.pixels) for key, value in images.items()}


def _images(decoder: nn.Module, codes: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return torch.sigmoid(decoder(torch.from_numpy(codes.astype(np.float32)))).numpy()


def _trained(cfg: Inspection, codes: np.ndarray, images: np.ndarray, seed: int) -> nn.Module:
    """A dense decoder from codes (n, sites) to images, trained on the cross-entropy of the pixels."""
    inputs = torch.from_numpy(codes.astype(np.float32))
    targets = torch.from_numpy(images.reshape(len(images), -1))
    with seeded(seed):
        decoder = nn.Sequential(
            nn.Linear(inputs.shape[1], cfg.width),
            nn.ReLU(),
            nn.Linear(cfg.width, cfg.width),
            nn.ReLU(),
            nn.Linear(cfg.width, targets.shape[1]),
        )
    batches = random_batches(len(inputs), cfg.batch_size, cfg.steps, seed)

    def loss(step: int) -> torch.Tensor:
        rows = batches[step]
        return functional.binary_cross_entropy_with_logits(decoder(inputs[rows]), targets[rows])

    fit(decoder.parameters(), loss, cfg.steps, cfg.lr)
    return decoder.eval()
