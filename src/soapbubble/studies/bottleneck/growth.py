"""Do the blobs of an untrained decoder stay while it learns: realistic patches in unrealistic images?"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Self

import numpy as np
from pydantic import model_validator

from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.autoencoders.store import Trained
from soapbubble.autoencoders.train import train
from soapbubble.config.autoencoders import Training
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import decode_digits
from soapbubble.measuring.distributions import prior
from soapbubble.measuring.evaluator import Features, SampleEvaluator
from soapbubble.measuring.splits import evenly_spread
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.stats.autocorrelation import autocorrelation, correlation_length
from soapbubble.stats.scales import long_range_share, patch_distance


class Growth(Part):
    """The first training steps of the two main networks, repeated with snapshots."""

    seed: int = setting(23000, ge=0, doc="seed of the random numbers")
    # seeds, batches and rates of autoencoders.training: its first steps, over again
    training: Training = setting(
        {
            "device": "auto",
            "seeds": 5,
            "seed": 300,
            "steps": 200,
            "batch_size": 32,
            "lr": 0.006,
            "warm_up": 20,
            "decay": 0.001,
            "validate_every": 200,
            "patience": 5,
            "checkpoint_seconds": 30.0,
        },
        smoke={"steps": 6, "warm_up": 2, "validate_every": 6},
        doc="training of the repeated steps",
    )
    snapshots: list[int] = setting(
        [0, 10, 30, 100, 200], smoke=[0, 3, 6], min_length=2, unit="steps", doc="when samples are measured"
    )
    early: int = setting(100, smoke=3, ge=1, unit="steps", doc="the snapshot from which improvement is measured")
    samples: int = setting(600, smoke=60, ge=40, doc="samples, and test images, that a distance compares")
    # nearly all training images
    max_train: int = setting(5000, ge=40, doc="training images, at most, for long-range correlations")
    # between one latent cell (4 pixels) and two
    patch: int = setting(5, ge=2, le=14, unit="px", doc="side of a patch")
    patches: int = setting(20000, smoke=400, ge=100, doc="patches that a distance compares")
    shown: int = setting(2, ge=1, doc="latents in the figure")

    @model_validator(mode="after")
    def _snapshots_in_training(self) -> Self:
        if self.snapshots[0] != 0 or self.early not in self.snapshots or self.snapshots[-1] > self.training.steps:
            raise ValueError("snapshots must begin at 0, hold `early` and end with training.steps at most")
        return self

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=["grid-7x7x4", "dense-196", "classifier"], memory_mb=1500)


KINDS = {"grid": "grid-7x7x4", "dense": "dense-196"}
LAGS = 14  # half the side of a digit
BEYOND = 10.0  # pixels; more than twice the side of a latent cell
CONTROL = {"control": "training digits"}


@dataclass(frozen=True)
class _Measures:
    """What samples (n, 28, 28) are compared with: `real` test images, as many, and `train` images."""

    cfg: Growth
    evaluator: SampleEvaluator
    real: np.ndarray
    train: np.ndarray

    @classmethod
    def of(cls, cfg: Growth, features: Features, pictures: Pictures) -> _Measures:
        """Those of a replicate: the features of its classifier and its `pictures`."""
        train_images = digits_only(pictures.train[evenly_spread(len(pictures.train), cfg.max_train)])
        real = digits_only(pictures.test[evenly_spread(len(pictures.test), cfg.samples)])
        return cls(cfg, SampleEvaluator.on(features, real), real, train_images)

    def record(
        self, out: Outcome, samples: np.ndarray, condition: dict[str, str], replicate: int, rng: np.random.Generator
    ) -> None:
        """Frechet distances of whole images and of patches, and correlations over distance."""
        n = len(samples)
        lengths = correlation_length(autocorrelation(samples[:, None], LAGS))
        of_patches = patch_distance(samples, self.real, self.cfg.patch, self.cfg.patches, rng)
        out.add("frechet_distance", self.evaluator.frechet(samples), condition, replicate, n=n)
        out.add("patch_frechet_distance", of_patches, condition, replicate, n=self.cfg.patches)
        long_range = long_range_share(samples, self.train, BEYOND)
        out.add("long_range_correlation", long_range, condition, replicate, n=n)
        out.add("correlation_length", np.nanmean(lengths), condition, replicate, unit="px", n=n)


def measure(cfg: Growth, lab: Lab) -> Outcome:
    """Samples from the prior while the networks learn, compared at the scale of a patch and of the whole image.

    The first training steps of each network are repeated with its own images; the last snapshot is of the trained one.
    """
    out = Outcome()
    replicates = lab.models[KINDS["grid"]].replicates
    for replicate in replicates:
        pictures = lab.models[KINDS["grid"]].pictures(lab.data["digits"], replicate)
        measures = _Measures.of(cfg, lab.models.classifiers[replicate].features, pictures)
        for kind, name in KINDS.items():
            film = _followed(measures, out, lab.models[name], kind, replicate, pictures)
            if replicate == 0:
                out.picture(kind, (255 * film).round().astype(np.uint8))
        rng = np.random.default_rng((cfg.seed, replicate))
        chosen = rng.choice(len(measures.train), size=len(measures.real), replace=False)
        measures.record(out, measures.train[chosen], CONTROL, replicate, rng)
    last = max(lab.models[name].curve(0).step[-1] for name in KINDS.values())
    for stage, step in {**{_stage(cfg, step): step for step in cfg.snapshots}, "trained": last}.items():
        out.add("step", step, {"stage": stage})
    _improvement(out, replicates)
    return out


def _followed(
    measures: _Measures, out: Outcome, trained: Trained, kind: str, replicate: int, pictures: Pictures
) -> np.ndarray:
    """Measure the samples of one network along its training; a few of each snapshot (snapshots, shown, 28, 28)."""
    cfg, frames = measures.cfg, []

    def snapshot(stage: str, network: AutoencoderNet) -> None:
        # The same latents in every snapshot: one of them can be followed along the training.
        rng = np.random.default_rng((cfg.seed, replicate))
        samples = decode_digits(network, prior(len(measures.real), network.spec.latents, rng))
        measures.record(out, samples, {"bottleneck": kind, "stage": stage}, replicate, rng)
        frames.append(samples[: cfg.shown])

    def watch(step: int, network: AutoencoderNet) -> None:
        if step in cfg.snapshots:
            snapshot(_stage(cfg, step), deepcopy(network).cpu().eval())

    spec = trained.spec.model_copy(update={"early_stop": False, "steps": None})
    train(trained.name, spec, cfg.training, pictures, cfg.training.seed + replicate, watch=watch)
    snapshot("trained", trained.network(replicate))
    return np.stack(frames)


def _stage(cfg: Growth, step: int) -> str:
    """What claims call a snapshot, whatever its step."""
    return {0: "untrained", cfg.early: "early"}.get(step, f"step {step}")


def _improvement(out: Outcome, replicates: range) -> None:
    """The distances at the early snapshot, relative to those of the trained network."""
    for scale, quantity in {"patch": "patch_frechet_distance", "image": "frechet_distance"}.items():
        found = {
            (row.condition["bottleneck"], row.replicate, row.condition["stage"]): row.value
            for row in out.rows
            if row.quantity == quantity and row.condition != CONTROL
        }
        for kind in KINDS:
            for replicate in replicates:
                ratio = found[kind, replicate, "early"] / found[kind, replicate, "trained"]
                out.add("improvement", ratio, {"bottleneck": kind, "scale": scale}, replicate)
