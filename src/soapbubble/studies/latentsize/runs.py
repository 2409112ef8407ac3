"""Do autoencoders find features like run lengths by themselves? Rows with a few runs through a dense bottleneck."""

from __future__ import annotations

import numpy as np
import torch
from scipy.stats import spearmanr
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsRegressor
from torch import nn
from torch.nn import functional

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.initialise import seeded
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress


class Runs(Part):
    """Rows of pixels with a few runs, through a small dense autoencoder."""

    seed: int = setting(231, ge=0, doc="first seed of the networks and of their rows")
    seeds: int = setting(5, smoke=2, ge=2, doc="networks, each with rows of its own: the replicates")
    pixels: int = setting(48, ge=8, doc="pixels of a row")
    # four numbers say where they begin and end
    runs: int = setting(2, ge=1, doc="white runs in a row")
    rows: int = setting(6000, smoke=300, ge=100, doc="rows to train on, and as many to judge by")
    width: int = setting(128, smoke=16, ge=1, doc="units of a hidden layer")
    steps: int = setting(1500, smoke=30, ge=1, doc="steps of training")
    batch: int = setting(128, ge=1, doc="rows in a step")
    rate: float = setting(0.002, gt=0, doc="learning rate")
    neighbours: int = setting(5, ge=1, doc="neighbours in the latent space from which boundaries are read off")
    shown: int = setting(24, ge=10, doc="rows in the figure")

    def reads(self) -> Reads:
        return Reads(memory_mb=1000)


def measure(cfg: Runs, lab: Lab) -> Outcome:
    """Errors of an autoencoder and of principal components with as many latents, and what tells of the boundaries."""
    out = Outcome()
    for replicate in progress(range(cfg.seeds), "autoencoders of rows with runs"):
        rng = np.random.default_rng((cfg.seed, replicate))
        train, test = draw_boundaries(cfg, rng), draw_boundaries(cfg, rng)
        rows, new = paint(train, cfg.pixels), paint(test, cfg.pixels)
        encoder, decoder = _trained(cfg, rows, cfg.seed + replicate)
        with torch.inference_mode():
            latents, codes = encoder(torch.from_numpy(rows)).numpy(), encoder(torch.from_numpy(new))
            rebuilt = torch.sigmoid(decoder(codes)).numpy()
        linear = PCA(2 * cfg.runs, svd_solver="full").fit(rows)
        projected = linear.inverse_transform(linear.transform(new))
        errors = {
            "autoencoder": np.mean((rebuilt - new) ** 2),
            "principal components": np.mean((projected - new) ** 2),
            "mean row": np.mean((rows.mean(axis=0) - new) ** 2),
        }
        for method, error in errors.items():
            out.add("squared_error", error, {"method": method}, replicate)
        predicted = _read_off(cfg, latents, train, codes.numpy())
        readings = {
            "autoencoder": predicted,
            "principal components": _read_off(cfg, linear.transform(rows), train, linear.transform(new)),
            "latents of other rows": _read_off(cfg, latents, rng.permutation(train), codes.numpy()),
        }
        for method, reading in readings.items():
            out.add("boundaries_explained", explained(test, reading), {"method": method}, replicate)
        out.add("boundary_by_one_latent", _best_single(codes.numpy(), test), {}, replicate)
        if replicate == 0:
            out.figure(
                "latentsize-runs",
                rows=new[: cfg.shown],
                rebuilt=rebuilt[: cfg.shown],
                projected=projected[: cfg.shown].clip(0, 1),
                boundaries=test[: 10 * cfg.shown],
                predicted=predicted[: 10 * cfg.shown],
            )
    return out


def draw_boundaries(cfg: Runs, rng: np.random.Generator) -> np.ndarray:
    """Where runs begin and end by turns, (rows, 2 * runs): distinct places between pixels, in rising order."""
    places = np.argsort(rng.random((cfg.rows, cfg.pixels - 1)), axis=1)[:, : 2 * cfg.runs] + 1
    return np.sort(places, axis=1).astype(np.float32)


def paint(boundaries: np.ndarray, pixels: int) -> np.ndarray:
    """Rows (n, pixels) of black pixels with white runs between each two boundaries (n, 2 * runs)."""
    passed = (boundaries[:, :, None] <= np.arange(pixels)).sum(axis=1)
    return (passed % 2).astype(np.float32)


def explained(truth: np.ndarray, reading: np.ndarray) -> float:
    """Share of the variance of the boundaries (n, k) that a reading explains, all boundaries together."""
    return float(1 - np.square(truth - reading).sum() / np.square(truth - truth.mean(axis=0)).sum())


def _read_off(cfg: Runs, latents: np.ndarray, boundaries: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Boundaries of new rows as those of their nearest neighbours in the latent space, nearer ones counting more."""
    centre, spread = latents.mean(axis=0), latents.std(axis=0)
    reader = KNeighborsRegressor(cfg.neighbours, weights="distance").fit((latents - centre) / spread, boundaries)
    return reader.predict((new - centre) / spread)


def _best_single(latents: np.ndarray, boundaries: np.ndarray) -> float:
    """Squared rank correlation of a boundary with the one latent that follows it best, mean over the boundaries."""
    between = spearmanr(latents, boundaries).statistic[: latents.shape[1], latents.shape[1] :]
    return float(np.square(between).max(axis=0).mean())


def _trained(cfg: Runs, rows: np.ndarray, seed: int) -> tuple[nn.Module, nn.Module]:
    """Encoder and decoder of three dense layers each, trained on the cross-entropy of the pixels."""
    size, width, images = 2 * cfg.runs, cfg.width, torch.from_numpy(rows)
    with seeded(seed):
        encoder = _dense(cfg.pixels, width, size)
        decoder = _dense(size, width, cfg.pixels)
    parameters = [*encoder.parameters(), *decoder.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=cfg.rate, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, cfg.steps)
    order = torch.randint(len(images), (cfg.steps, cfg.batch), generator=torch.Generator().manual_seed(seed))
    for step in order:
        batch = images[step]
        optimiser.zero_grad()
        functional.binary_cross_entropy_with_logits(decoder(encoder(batch)), batch).backward()
        optimiser.step()
        schedule.step()
    return encoder.eval(), decoder.eval()


def _dense(inputs: int, width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs)
    )
