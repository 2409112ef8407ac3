"""What inspecting latent maps can and cannot show: two planted laws of maps whose dependence is known.

`smooth, independent`: every map is one fixed smooth pattern plus noise of its own at each site. Each map looks
structured; no site says anything about another. `white, dependent`: every map mixes a few factors with random signs and
sizes. Each map looks like noise; the sites tell each other's values. In both, the same factors decide the picture.
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
from soapbubble.models.initialise import seeded
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.frechet import frechet_distance
from soapbubble.stats.spatial import morans_i
from soapbubble.stats.total_correlation import gaussian_total_correlation
from soapbubble.studies.bottleneck.planted import LAWS, Law


class Inspection(Part):
    """Planted latent maps: some that look alike all over but do not depend, some that look like noise but do."""

    seed: int = setting(241, ge=0, doc="seed of the random numbers")
    # a law's likeness within maps scatters by 0.05: 40 of them bring the mean to 0.02
    replicates: int = setting(40, smoke=3, ge=2, doc="planted laws of each kind")
    decoders: int = setting(4, smoke=2, ge=2, doc="of these, the laws for which a decoder is trained")
    # the post's first latent map
    side: int = setting(7, ge=3, doc="sites a side of a map")
    factors: int = setting(4, ge=4, le=4, doc="numbers that decide a picture: its place (two), length and direction")
    # of the variance of a site
    noise: float = setting(0.1, gt=0, lt=1, doc="share of each site's variance that no other site shares")
    maps: int = setting(2000, smoke=300, ge=100, doc="maps, and pictures, in a set")
    # the smallest number that can tell 1 %
    permutations: int = setting(99, ge=19, doc="shuffled copies of a map, against which it is tested")
    tested_maps: int = setting(100, smoke=20, ge=10, doc="maps of each law that are tested one by one")
    pixels: int = setting(16, ge=8, doc="pixels a side of a picture")
    width: int = setting(128, smoke=16, ge=1, doc="units of a hidden layer of the decoder")
    steps: int = setting(600, smoke=20, ge=1, doc="steps of its training")
    batch: int = setting(128, ge=1, doc="codes in a step")
    rate: float = setting(0.002, gt=0, doc="learning rate")
    components: int = setting(16, ge=2, doc="principal components of the pictures in which distances are measured")
    shown: int = setting(5, ge=1, doc="maps and pictures in the figure")

    def reads(self) -> Reads:
        return Reads(memory_mb=1000)


LEVEL = 0.05


def measure(cfg: Inspection, lab: Lab) -> Outcome:
    """Likeness within maps, dependence across maps, and what independent sites do to a decoder, for both laws."""
    out = Outcome()
    shown: dict[str, list[np.ndarray]] = {"maps": [], "joint": [], "independent": []}
    for replicate in progress(range(cfg.replicates), "planted latent maps"):
        rng = np.random.default_rng((cfg.seed, replicate))
        for name, plant in LAWS.items():
            law, where = plant(cfg, rng), {"law": name}
            maps, _ = law.draw(cfg.maps, rng)
            sites = maps.reshape(cfg.maps, -1)
            out.add("morans_i", morans_i(maps).mean(), where, replicate)
            out.add("maps_flagged", _flagged(maps[: cfg.tested_maps], cfg.permutations, rng), where, replicate)
            out.add("total_correlation", _dependence(sites), where, replicate)
            out.add("total_correlation_shuffled", _dependence(rng.permuted(sites, axis=0)), where, replicate)
            if replicate < cfg.decoders:
                distances, examples = _decode(cfg, law, rng, cfg.seed + replicate)
                for codes, distance in distances.items():
                    out.add("frechet_distance", distance, where | {"codes": codes}, replicate)
            if replicate == 0:
                for key, value in ({"maps": maps} | examples).items():
                    shown[key].append(value[: cfg.shown])
    measured = {quantity: _by_law(out, quantity) for quantity in ("morans_i", "total_correlation")}
    pictures = {key: np.stack(value).astype(np.float32) for key, value in shown.items()}
    out.figure("bottleneck-inspection", laws=np.array(list(LAWS)), **measured, **pictures)
    return out


def _by_law(out: Outcome, quantity: str) -> np.ndarray:
    """Values (laws, replicates) of a quantity."""
    rows = [row for row in out.rows if row.quantity == quantity]
    return np.array([[row.value for row in rows if row.condition["law"] == law] for law in LAWS])


def render(factors: np.ndarray, pixels: int) -> np.ndarray:
    """Pictures (n, pixels, pixels) in [0, 1] of a stroke; normal factors (n, 4) give place, length and direction."""
    uniform = ndtr(factors)[:, :, None, None]
    rows, columns = np.meshgrid(np.arange(pixels), np.arange(pixels), indexing="ij")
    down, right = (rows - pixels * (0.2 + 0.6 * uniform[:, 0]), columns - pixels * (0.2 + 0.6 * uniform[:, 1]))
    long, angle = pixels * (0.08 + 0.2 * uniform[:, 2]), np.pi * uniform[:, 3]
    along = right * np.cos(angle) + down * np.sin(angle)
    across = down * np.cos(angle) - right * np.sin(angle)
    return np.exp(-((along / long) ** 2 + (across / (0.08 * pixels)) ** 2) / 2).astype(np.float32)


def _dependence(sites: np.ndarray) -> float:
    """Total correlation in nats of the sites' values (n, sites)."""
    return gaussian_total_correlation(sites[:, :, None])


def _flagged(maps: np.ndarray, permutations: int, rng: np.random.Generator) -> float:
    """Share of maps that are more alike within than `LEVEL` of their shuffled copies."""
    flat = np.repeat(maps.reshape(len(maps), 1, -1), permutations, axis=1)
    copies = rng.permuted(flat, axis=2).reshape(-1, *maps.shape[1:])
    null = morans_i(copies).reshape(len(maps), permutations)
    p = (1 + (null >= morans_i(maps)[:, None]).sum(axis=1)) / (permutations + 1)
    return float((p <= LEVEL).mean())


def _decode(
    cfg: Inspection, law: Law, rng: np.random.Generator, seed: int
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Distances to real pictures of what a trained decoder makes of codes drawn jointly and site by site."""
    maps, factors = law.draw(cfg.maps, rng)
    codes = maps.reshape(cfg.maps, -1)
    centre, spread = codes.mean(axis=0), codes.std(axis=0)
    decoder = _trained(cfg, (codes - centre) / spread, render(factors, cfg.pixels), seed)
    fresh = law.draw(cfg.maps, rng)[0].reshape(cfg.maps, -1)
    # Each site's values in an order of their own: every site keeps its law.
    laws = {"joint": fresh, "independent": rng.permuted(fresh, axis=0)}
    pictures = {name: _printed(decoder, (sites - centre) / spread) for name, sites in laws.items()}
    real = render(law.draw(cfg.maps, rng)[1], cfg.pixels).reshape(cfg.maps, -1)
    space = PCA(cfg.components, svd_solver="full").fit(real)
    reference = space.transform(real)
    distances = {key: frechet_distance(space.transform(value), reference) for key, value in pictures.items()}
    return distances, {key: value.reshape(-1, cfg.pixels, cfg.pixels) for key, value in pictures.items()}


def _printed(decoder: nn.Module, codes: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return torch.sigmoid(decoder(torch.from_numpy(codes.astype(np.float32)))).numpy()


def _trained(cfg: Inspection, codes: np.ndarray, pictures: np.ndarray, seed: int) -> nn.Module:
    """A dense decoder from codes (n, sites) to pictures, trained on the cross-entropy of the pixels."""
    inputs = torch.from_numpy(codes.astype(np.float32))
    targets = torch.from_numpy(pictures.reshape(len(pictures), -1))
    with seeded(seed):
        decoder = nn.Sequential(
            nn.Linear(inputs.shape[1], cfg.width),
            nn.ReLU(),
            nn.Linear(cfg.width, cfg.width),
            nn.ReLU(),
            nn.Linear(cfg.width, targets.shape[1]),
        )
    optimiser = torch.optim.Adam(decoder.parameters(), lr=cfg.rate, fused=True)
    order = torch.randint(len(inputs), (cfg.steps, cfg.batch), generator=torch.Generator().manual_seed(seed))
    for step in order:
        optimiser.zero_grad()
        functional.binary_cross_entropy_with_logits(decoder(inputs[step]), targets[step]).backward()
        optimiser.step()
    return decoder.eval()
