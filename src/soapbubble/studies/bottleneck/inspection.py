"""What inspecting latent maps can and cannot show: two planted laws of maps whose dependence is known.

`smooth, independent`: every map is one fixed smooth pattern plus noise of its own at each site. Each map looks
structured; no site says anything about another. `white, dependent`: every map mixes a few factors with random signs and
sizes. Each map looks like noise; the sites tell each other's values. In both, the same factors decide the picture.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from scipy.special import ndtr
from sklearn.decomposition import PCA
from torch import nn
from torch.nn import functional

from soapbubble.config.bottleneck import Inspection
from soapbubble.data.dataset import Dataset
from soapbubble.measurements import Outcome
from soapbubble.models.initialise import seeded
from soapbubble.progress import progress
from soapbubble.stats.frechet import frechet_distance
from soapbubble.stats.spatial import morans_i
from soapbubble.stats.total_correlation import gaussian_total_correlation
from soapbubble.studies.bottleneck.planted import LAWS, Law

LEVEL = 0.05


def measure(cfg: Inspection, data: Mapping[str, Dataset]) -> Outcome:
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
