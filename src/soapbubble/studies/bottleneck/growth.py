"""Do the blobs of an untrained decoder stay while it learns: patches that look right in pictures that do not?"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from pydantic import model_validator

from soapbubble.autoencoders.classifier import Judge
from soapbubble.autoencoders.codes import decode
from soapbubble.autoencoders.laws import prior
from soapbubble.autoencoders.pictures import digits_only
from soapbubble.autoencoders.train import train
from soapbubble.config.autoencoders import Training
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.stats.autocorrelation import autocorrelation, correlation_length
from soapbubble.stats.frechet import frechet_distance
from soapbubble.stats.scales import long_range_share, patch_distance


class Growth(Part):
    """The first steps of the trainings of the two main networks, repeated and watched."""

    seed: int = setting(23000, ge=0, doc="seed of the random numbers")
    # seeds, batches and rates of autoencoders.training: its first steps, over again
    training: Training = setting(
        {
            "device": "auto",
            "seeds": 3,
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
        doc="training",
    )
    looks: list[int] = setting(
        [0, 10, 30, 100, 200], smoke=[0, 3, 6], min_length=2, doc="steps at which samples are looked at"
    )
    early: int = setting(100, smoke=3, ge=1, doc="the look from which progress is counted")
    samples: int = setting(600, smoke=60, ge=40, doc="samples, and test pictures, that a distance compares")
    # nearly all training pictures
    known: int = setting(5000, ge=40, doc="training pictures, at most, whose far correlations are looked for")
    # between one latent cell (4 pixels) and two
    patch: int = setting(5, ge=2, le=14, doc="side of a patch in pixels")
    patches: int = setting(20000, smoke=400, ge=100, doc="patches that a distance compares")
    shown: int = setting(2, ge=1, doc="latents in the figure")

    @model_validator(mode="after")
    def _looks_in_training(self) -> Self:
        if self.looks[0] != 0 or self.early not in self.looks or self.looks[-1] > self.training.steps:
            raise ValueError("looks must begin at 0, hold `early` and end with training.steps at most")
        return self

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=["grid-7x7x4", "dense-196", "classifier"], memory_mb=1500)


KINDS = {"grid": "grid-7x7x4", "dense": "dense-196"}
LAGS = 14  # half the side of a digit
BEYOND = 10.0  # pixels; more than twice the side of a latent cell


@dataclass(frozen=True)
class _Measures:
    """What samples (n, 28, 28) are held against: `real` test pictures, as many, and `known` training pictures."""

    cfg: Growth
    judge: Judge
    real: np.ndarray
    known: np.ndarray

    def of(self, samples: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
        """Each measure of `samples` by its name."""
        lengths = correlation_length(autocorrelation(samples[:, None], LAGS))
        return {
            "picture_distance": frechet_distance(self.judge.features(samples), self.judge.features(self.real)),
            "patch_distance": patch_distance(samples, self.real, self.cfg.patch, self.cfg.patches, rng),
            "long_range_share": long_range_share(samples, self.known, BEYOND),
            "ink_length": float(np.nanmean(lengths)),
        }


def measure(cfg: Growth, lab: Lab) -> Outcome:
    """Samples from the prior while the networks learn, judged at the scale of a patch and of the whole picture.

    The first steps of the trainings are repeated; the last look is at the trained networks.
    """
    out = Outcome()
    pictures = lab.models[KINDS["grid"]].pictures(lab.data["digits"])
    count = min(cfg.samples, len(pictures.test))
    known = _even(pictures.train, cfg.known)
    measures = _Measures(cfg, lab.models.judge, digits_only(_even(pictures.test, count)), digits_only(known))
    film: dict[str, list[np.ndarray]] = {kind: [] for kind in KINDS}

    def look(kind: str, replicate: int, stage: str, network: AutoencoderNet) -> None:
        # The same latents at every look: one of them can be followed along the training.
        rng = np.random.default_rng((cfg.seed, replicate))
        samples = decode(network, prior(count, network.spec.latents, rng))
        for quantity, value in measures.of(samples, rng).items():
            out.add(f"growth_{quantity}", value, {"bottleneck": kind, "stage": stage}, replicate, n=count)
        if replicate == 0:
            film[kind].append(samples[: cfg.shown])

    for kind, name in KINDS.items():
        trained = lab.models[name]
        spec = trained.spec.model_copy(update={"early_stop": False, "steps": None})
        for replicate in trained.replicates:

            def watch(step: int, network: AutoencoderNet, kind: str = kind, replicate: int = replicate) -> None:
                if step in cfg.looks:
                    look(kind, replicate, _stage(cfg, step), deepcopy(network).cpu().eval())

            train(name, spec, cfg.training, pictures, cfg.training.seed + replicate, watch=watch)
            look(kind, replicate, "trained", trained.network(replicate))
    replicates = lab.models[KINDS["grid"]].replicates
    _progress(out, replicates)
    _real(cfg, out, measures, replicates)
    _figure(cfg, out, film, len(replicates), max(lab.models[name].curve(0).step[-1] for name in KINDS.values()))
    return out


def _even(pictures: torch.Tensor, count: int) -> torch.Tensor:
    """At most `count` pictures from the first to the last."""
    return pictures[np.linspace(0, len(pictures) - 1, min(count, len(pictures))).round().astype(int)]


def _stage(cfg: Growth, step: int) -> str:
    """What rules call a look, whatever its step."""
    return {0: "untrained", cfg.early: "early"}.get(step, f"step {step}")


def _progress(out: Outcome, replicates: range) -> None:
    """How many times smaller the distances are at the trained network than at the early look: its logarithm."""
    for scale in ("patch", "picture"):
        rows = [row for row in out.rows if row.quantity == f"growth_{scale}_distance"]
        found = {(row.condition["bottleneck"], row.replicate, row.condition["stage"]): row.value for row in rows}
        for kind in KINDS:
            for replicate in replicates:
                fall = np.log(found[kind, replicate, "early"] / found[kind, replicate, "trained"])
                out.add("log_growth_fall", fall, {"bottleneck": kind, "scale": scale}, replicate)


def _real(cfg: Growth, out: Outcome, measures: _Measures, replicates: range) -> None:
    """The same measures of training pictures, another draw for each replicate."""
    for replicate in replicates:
        rng = np.random.default_rng((cfg.seed, replicate))
        chosen = measures.known[rng.choice(len(measures.known), size=len(measures.real), replace=False)]
        for quantity, value in measures.of(chosen, rng).items():
            out.add(f"growth_real_{quantity}", value, {}, replicate, n=len(chosen))


def _figure(cfg: Growth, out: Outcome, film: Mapping[str, list[np.ndarray]], replicates: int, last: int) -> None:
    arrays = {}
    for name in ("picture_distance", "patch_distance", "long_range_share", "ink_length"):
        found = [row.value for row in out.rows if row.quantity == f"growth_{name}"]
        arrays[name] = np.array(found).reshape(len(film), replicates, len(cfg.looks) + 1)
        real = [row.value for row in out.rows if row.quantity == f"growth_real_{name}"]
        arrays[f"real_{name}"] = np.mean(real)
    out.figure(
        "bottleneck-growth",
        bottlenecks=np.array(list(film)),
        steps=np.array([*cfg.looks, last]),
        film=np.array([(255 * np.stack(frames)).round().astype(np.uint8) for frames in film.values()]),
        **arrays,
    )
