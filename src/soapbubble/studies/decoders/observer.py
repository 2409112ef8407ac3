"""Pareidolia or pattern: can an algorithm that never saw a network tell its output from a copy without the pattern?"""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from soapbubble.config.ingredients import Doubling
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.nulls import gaussian_fields, phase_randomised, pixel_permuted
from soapbubble.measuring.training import fit, random_batches
from soapbubble.models.decoders import DecoderSpec, build_decoder, draw_latents
from soapbubble.models.initialise import seeded
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.decoders.pictures import as_bytes


class Observer(Part):
    """A small network that has to tell untrained outputs from copies without their pattern."""

    seed: int = setting(10000, ge=0, doc="first seed of the networks, and seed of the observer")
    train: int = setting(400, smoke=16, ge=2, doc="networks whose outputs the observer learns from")
    # trials: a share of one half has an interval of 4 percentage points either way
    test: int = setting(500, smoke=16, ge=2, doc="other networks, on whose outputs it is tested: the trials")
    # those that can be made without a seam at the border
    upsampling: tuple[Doubling, ...] = setting(
        ["nearest", "pixelshuffle"], min_length=1, doc="kinds of untrained decoders"
    )
    blocks: int = setting(4, ge=1, doc="doublings of the side")
    width: int = setting(32, smoke=8, ge=1, doc="channels of every layer and of the latent grid")
    latent_size: int = setting(4, ge=2, doc="side of the latent grid")
    # pixels; about as smooth as what nearest-neighbour decoders print
    field_length: float = setting(6.0, gt=0, doc="correlation length in pixels of the control field")
    # half the side: the observer need not learn from more
    crop: int = setting(32, ge=8, doc="side in pixels of what the observer sees")
    # the loss is flat by then
    steps: int = setting(160, smoke=6, ge=1, doc="training steps of the observer")
    batch_size: int = setting(32, ge=1, doc="pairs in a training step")
    lr: float = setting(0.003, gt=0, doc="learning rate of the observer")

    def reads(self) -> Reads:
        return Reads(memory_mb=1500)


FIELD = "stationary Gaussian field"
NOISE = "white noise"
CONTROLS = (FIELD, NOISE)


def measure(cfg: Observer, lab: Lab) -> Outcome:
    """Accuracy of two-alternative forced choice on outputs of unseen networks, for each kind of copy.

    The negative controls differ from a copy in nothing: the stationary Gaussian field from its phase-randomised one,
    white noise from every one.
    """
    out = Outcome()
    strips: list[np.ndarray] = []
    for number, source in enumerate((*cfg.upsampling, *CONTROLS)):
        rng = np.random.default_rng((cfg.seed, number))
        real = _outputs(cfg, source, rng)
        copies = {
            "permuted": pixel_permuted(real, rng),
            "phase-randomised": phase_randomised(real, rng),
            "Gaussian, same spectrum": gaussian_fields(real, rng),
        }
        for kind, fake in copies.items():
            score = _trained_observer(cfg, _seen(real[cfg.test :], cfg.crop), _seen(fake[cfg.test :], cfg.crop))
            with torch.inference_mode():
                lead = score(_seen(real[: cfg.test], cfg.crop)) - score(_seen(fake[: cfg.test], cfg.crop))
            correct = float((lead > 0).float().mean())
            out.add("observer_correct", correct, {"source": source, "copy": kind}, 0, "proportion", cfg.test)
        strips.append(as_bytes(np.concatenate([_seen(images[:1], cfg.crop) for images in (real, *copies.values())])))
    out.picture("output and copies", np.stack(strips)[..., 0])
    return out


def _outputs(cfg: Observer, source: str, rng: np.random.Generator) -> np.ndarray:
    """One grey picture (n, 1, side, side) from each of cfg.test + cfg.train sources.

    The networks pad circularly, so that their pictures have no seam: a Fourier transform would take a seam for
    a pattern and spread it over the phase-randomised copy, and the observer would see that instead.
    """
    count = cfg.test + cfg.train
    spec = DecoderSpec(
        upsampling=cast("Doubling", "nearest" if source in CONTROLS else source),
        blocks=cfg.blocks,
        width=cfg.width,
        latent_channels=cfg.width,
        latent_size=cfg.latent_size,
        padding="circular",
        out_channels=1,
    )
    if source in CONTROLS:
        side = spec.image_side
        white = rng.standard_normal((count, 1, side, side))
        if source == NOISE:
            return white
        frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None, :])
        shape = np.exp(-((cfg.field_length * np.pi * frequency) ** 2))
        return np.fft.ifft2(np.fft.fft2(white) * shape).real
    images = []
    for seed in progress(range(cfg.seed, cfg.seed + count), f"untrained networks, {source}"):
        with torch.inference_mode():
            images.append(build_decoder(spec, seed)(draw_latents(spec, 1, seed)).numpy())
    return np.concatenate(images).astype(float)


def _seen(images: np.ndarray, crop: int) -> torch.Tensor:
    """The middle of each picture, with mean 0 and standard deviation 1."""
    top, left = ((side - crop) // 2 for side in images.shape[-2:])
    middle = images[..., top : top + crop, left : left + crop]
    axes = (1, 2, 3)
    scaled = (middle - middle.mean(axis=axes, keepdims=True)) / middle.std(axis=axes, keepdims=True)
    return torch.from_numpy(scaled).float()


def _trained_observer(cfg: Observer, real: torch.Tensor, fake: torch.Tensor) -> nn.Module:
    """A small network whose score is higher for the real one of a pair; it is shown each pair in all orientations."""
    with seeded(cfg.seed):
        network = nn.Sequential(
            nn.Conv2d(1, 16, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 24, 3),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(24, 1),
        )
    rows = random_batches(len(real), cfg.batch_size, cfg.steps, cfg.seed)

    def loss(step: int) -> torch.Tensor:
        pair = torch.cat([real[rows[step]], fake[rows[step]]])
        turned = torch.rot90(pair, step % 4, dims=(2, 3))
        mirrored = turned.flip(3) if step // 4 % 2 else turned
        scores = network(mirrored)[:, 0]
        return functional.softplus(scores[cfg.batch_size :] - scores[: cfg.batch_size]).mean()

    fit(network.parameters(), loss, cfg.steps, cfg.lr)
    return network.eval()
