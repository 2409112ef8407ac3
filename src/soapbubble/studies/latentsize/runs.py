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
from soapbubble.measuring.training import cosine_decay, fit, random_batches
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
    rows: int = setting(6000, smoke=300, ge=100, doc="training rows, and as many test rows")
    width: int = setting(128, smoke=16, ge=1, doc="units of a hidden layer")
    steps: int = setting(1500, smoke=30, ge=1, doc="steps of training")
    batch_size: int = setting(128, ge=1, doc="rows in a step")
    lr: float = setting(0.002, gt=0, doc="initial learning rate of Adam; it decays along a cosine")
    neighbours: int = setting(5, ge=1, doc="neighbours in the latent space from which boundaries are predicted")
    shown: int = setting(24, ge=10, doc="rows in the figure")

    def reads(self) -> Reads:
        return Reads(memory_mb=1000)


def measure(cfg: Runs, lab: Lab) -> Outcome:
    """Test errors of an autoencoder and of PCA of equal size, and how well each predicts the boundaries of runs."""
    out = Outcome()
    for replicate in progress(range(cfg.seeds), "autoencoders of rows with runs"):
        rng = np.random.default_rng((cfg.seed, replicate))
        train, test = draw_boundaries(cfg, rng), draw_boundaries(cfg, rng)
        rows, test_rows = paint(train, cfg.pixels), paint(test, cfg.pixels)
        encoder, decoder = _trained(cfg, rows, cfg.seed + replicate)
        with torch.inference_mode():
            latents, codes = encoder(torch.from_numpy(rows)).numpy(), encoder(torch.from_numpy(test_rows))
            reconstruction = torch.sigmoid(decoder(codes)).numpy()
        linear = PCA(2 * cfg.runs, svd_solver="full").fit(rows)
        projected = linear.inverse_transform(linear.transform(test_rows))
        errors = {
            "autoencoder": np.mean((reconstruction - test_rows) ** 2),
            "PCA": np.mean((projected - test_rows) ** 2),
            "mean row": np.mean((rows.mean(axis=0) - test_rows) ** 2),
        }
        for method, error in errors.items():
            out.add("squared_error", error, {"method": method}, replicate)
        predicted = predict_boundaries(cfg, latents, train, codes.numpy())
        predictions = {
            "autoencoder": predicted,
            "PCA": predict_boundaries(cfg, linear.transform(rows), train, linear.transform(test_rows)),
            "latents of other rows": predict_boundaries(cfg, latents, rng.permutation(train), codes.numpy()),
        }
        for method, prediction in predictions.items():
            out.add("boundary_r2", r2(test, prediction), {"method": method}, replicate)
        out.add("boundary_rank_r2", rank_r2_of_best_latent(codes.numpy(), test), {}, replicate)
        if replicate == 0:
            for name, images in {"rows": test_rows, "autoencoder": reconstruction, "PCA": projected.clip(0, 1)}.items():
                out.picture(name, images[: cfg.shown])
            out.picture("true boundaries", test[: 10 * cfg.shown])
            out.picture("predicted boundaries", predicted[: 10 * cfg.shown])
    return out


def draw_boundaries(cfg: Runs, rng: np.random.Generator) -> np.ndarray:
    """Where runs begin and end by turns, (rows, 2 * runs): distinct places between pixels, in rising order."""
    places = np.argsort(rng.random((cfg.rows, cfg.pixels - 1)), axis=1)[:, : 2 * cfg.runs] + 1
    return np.sort(places, axis=1).astype(np.float32)


def paint(boundaries: np.ndarray, pixels: int) -> np.ndarray:
    """Rows (n, pixels) of black pixels with white runs between each two boundaries (n, 2 * runs)."""
    passed = (boundaries[:, :, None] <= np.arange(pixels)).sum(axis=1)
    return (passed % 2).astype(np.float32)


def r2(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Coefficient of determination of predicted boundaries (n, k), all boundaries pooled."""
    return float(1 - np.square(truth - predicted).sum() / np.square(truth - truth.mean(axis=0)).sum())


def predict_boundaries(cfg: Runs, latents: np.ndarray, boundaries: np.ndarray, test_latents: np.ndarray) -> np.ndarray:
    """Boundaries of test rows by a nearest-neighbour regression on standardised latents, weighted by distance."""
    centre, std = latents.mean(axis=0), latents.std(axis=0)
    regression = KNeighborsRegressor(cfg.neighbours, weights="distance").fit((latents - centre) / std, boundaries)
    return regression.predict((test_latents - centre) / std)


def rank_r2_of_best_latent(latents: np.ndarray, boundaries: np.ndarray) -> float:
    """Squared rank correlation of a boundary with the one latent that follows it best, mean over the boundaries."""
    between = spearmanr(latents, boundaries).statistic[: latents.shape[1], latents.shape[1] :]
    return float(np.square(between).max(axis=0).mean())


def _trained(cfg: Runs, rows: np.ndarray, seed: int) -> tuple[nn.Module, nn.Module]:
    """Encoder and decoder of three dense layers each, trained on the cross-entropy of the pixels."""
    size, width, images = 2 * cfg.runs, cfg.width, torch.from_numpy(rows)
    with seeded(seed):
        encoder = _dense(cfg.pixels, width, size)
        decoder = _dense(size, width, cfg.pixels)
    batches = random_batches(len(images), cfg.batch_size, cfg.steps, seed)

    def loss(step: int) -> torch.Tensor:
        batch = images[batches[step]]
        return functional.binary_cross_entropy_with_logits(decoder(encoder(batch)), batch)

    fit([*encoder.parameters(), *decoder.parameters()], loss, cfg.steps, cosine_decay(cfg.lr, cfg.steps))
    return encoder.eval(), decoder.eval()


def _dense(inputs: int, width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs)
    )
