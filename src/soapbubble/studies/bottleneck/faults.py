"""Could a mistake in the code make a fully convolutional VAE sample badly and leave a dense one as it is?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from pydantic import Field

from soapbubble.autoencoders.classifier import Judge
from soapbubble.autoencoders.codes import decode
from soapbubble.autoencoders.laws import prior
from soapbubble.autoencoders.pictures import digits_only
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.frechet import frechet_distance
from soapbubble.studies.bottleneck.generators import WRONG, normality
from soapbubble.studies.bottleneck.proofs import prove


class Faults(Part):
    """Mistakes planted in training and in sampling, and proofs of the code without them."""

    seed: int = setting(21000, ge=0, doc="seed of the random numbers")
    # of the 1,436 test pictures; some 160 sets of samples are compared with them
    pictures: int = setting(600, smoke=80, ge=40, doc="test pictures, and samples, that a distance compares")
    # the best lies within
    temperatures: list[Annotated[float, Field(gt=0)]] = setting(
        [0.3, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0],
        smoke=[0.7, 1.0],
        min_length=2,
        doc="deviations of the latents",
    )
    # a share of 5 % to 2 percentage points
    tests: int = setting(400, smoke=20, ge=20, doc="tests of normality of each generator")
    # 9,800 numbers a test
    test_vectors: int = setting(50, smoke=20, ge=10, doc="latents in each test")
    proof_pictures: int = setting(64, smoke=8, ge=2, doc="test pictures at which draws and divergence are proven")
    # the divergence to a tenth of a per cent
    draws: int = setting(400, smoke=20, ge=10, doc="draws of each of them")
    shown: int = setting(8, smoke=4, ge=1, doc="samples in the figure")

    def reads(self) -> Reads:
        return Reads(
            data=["digits"],
            models=[
                "grid-7x7x4",
                "grid-7x7x4-variance",
                "grid-7x7x4-no-noise",
                "grid-7x7x4-shared-noise",
                "grid-7x7x4-site-mean",
                "dense-196",
                "dense-196-variance",
                "dense-196-no-noise",
                "grid-7x7x4-batchnorm",
                "dense-196-batchnorm",
                "classifier",
            ],
            memory_mb=1500,
        )


CLEAN = {"grid": "grid-7x7x4", "dense": "dense-196"}
FAULTS = ("variance", "no-noise", "shared-noise", "site-mean")
# Where there is one site only, noise that all sites share is its own and a mean over sites is their sum: the faulty
# network would be the clean one, number by number.
CURED_BY_DENSE = ("shared-noise", "site-mean")


@dataclass(frozen=True)
class _Bench:
    """What all networks are held against: test pictures (count, 1, 28, 28) and the judge's features of them."""

    cfg: Faults
    judge: Judge
    pictures: torch.Tensor
    features: np.ndarray

    def distance(self, images: np.ndarray) -> float:
        """Frechet distance of `images` (count, 28, 28) to the test pictures in the judge's features."""
        return frechet_distance(self.judge.features(images), self.features)

    def rng(self, replicate: int) -> np.random.Generator:
        """The same for all networks of a replicate, so that they are compared with the same latents."""
        return np.random.default_rng((self.cfg.seed, replicate))


def measure(cfg: Faults, lab: Lab) -> Outcome:
    """Sample quality with faults planted in training and in the generator of latents, and proofs of the clean code."""
    out = Outcome()
    pictures = lab.models[CLEAN["grid"]].pictures(lab.data["digits"])
    count = min(cfg.pictures, len(pictures.test))
    test = _spread(pictures.test, count)
    bench = _Bench(cfg, lab.models.judge, test, lab.models.judge.features(digits_only(test)))
    out.add("fault_real_distance", bench.distance(digits_only(_spread(pictures.train, count))), replicate=0)
    examples: dict[str, np.ndarray] = {}
    for kind, clean in CLEAN.items():
        for fault in progress(("clean", *FAULTS), f"faults planted in training, {kind}"):
            retrained = fault != "clean" and not (kind == "dense" and fault in CURED_BY_DENSE)
            trained = lab.models[f"{clean}-{fault}" if retrained else clean]
            for replicate in trained.replicates:
                network = trained.network(replicate)
                shown = _planted_in_training(bench, out, network, {"bottleneck": kind, "fault": fault}, replicate)
                if replicate == 0:
                    examples[f"{kind} {fault}"] = shown[: cfg.shown]
        for replicate in lab.models[f"{clean}-batchnorm"].replicates:
            _forgotten_mode(bench, out, lab.models[f"{clean}-batchnorm"].network(replicate), kind, replicate)
        for replicate in progress(lab.models[clean].replicates, f"wrong generators, {kind}"):
            _planted_in_sampling(bench, out, lab.models[clean].network(replicate), kind, replicate)
            _proofs(bench, out, lab.models[clean].network(replicate), kind, replicate)
    _generator_tests(cfg, out, lab.models[CLEAN["grid"]].spec.latents)
    _figures(cfg, out, examples)
    return out


def _spread(pictures: torch.Tensor, count: int) -> torch.Tensor:
    return pictures[np.linspace(0, len(pictures) - 1, count).round().astype(int)]


def _planted_in_training(
    bench: _Bench, out: Outcome, network: AutoencoderNet, condition: Mapping[str, str], replicate: int
) -> np.ndarray:
    """Distances of samples from the prior and of decoded test pictures; returns the samples."""
    rng = bench.rng(replicate)
    count = len(bench.pictures)
    samples = decode(network, prior(count, network.spec.latents, rng))
    out.add("fault_distance", bench.distance(samples), condition, replicate, n=count)
    with torch.inference_mode():
        latents = network.draw(*network.encode(bench.pictures), torch.Generator().manual_seed(replicate))
    rebuilt = bench.distance(decode(network, latents.flatten(1).numpy()))
    out.add("fault_rebuilt_distance", rebuilt, condition, replicate, n=count)
    if network.spec.noise == "shared":
        channels, rows, columns = network.latent_shape
        shared = np.repeat(prior(count, channels, rng), rows * columns, axis=1)
        alike = {**condition, "generator": "shared as in training"}
        out.add("fault_in_both_distance", bench.distance(decode(network, shared)), alike, replicate, n=count)
    return samples


def _planted_in_sampling(bench: _Bench, out: Outcome, network: AutoencoderNet, kind: str, replicate: int) -> None:
    """Distances of samples of a clean network when the generator of its latents is wrong, or too cold or too hot."""
    count, d = len(bench.pictures), network.spec.latents

    def distance(latents: np.ndarray) -> float:
        return bench.distance(decode(network, latents.astype(np.float32)))

    right = prior(count, d, bench.rng(replicate))
    wrong = {name: draw(count, d, bench.rng(replicate)) for name, draw in WRONG.items()}
    found = {name: distance(latents) for name, latents in {"normal": right, **wrong}.items()}
    for name, value in found.items():
        out.add("generator_distance", value, {"bottleneck": kind, "generator": name}, replicate, n=count)
    by_temperature = {temperature: distance(temperature * right) for temperature in bench.cfg.temperatures}
    for temperature, value in by_temperature.items():
        out.add("temperature_distance", value, {"bottleneck": kind, "temperature": temperature}, replicate, n=count)
    best = min(*found.values(), *by_temperature.values())
    out.add("best_distance", best, {"bottleneck": kind}, replicate, n=count)


def _forgotten_mode(bench: _Bench, out: Outcome, network: AutoencoderNet, kind: str, replicate: int) -> None:
    """Distances of samples with batch normalisation as it should be, and as in training, by the batch's own moments."""
    for mode, switched in (("evaluation", network.eval), ("training", network.train)):
        samples = decode(switched(), prior(len(bench.pictures), network.spec.latents, bench.rng(replicate)))
        at = {"bottleneck": kind, "mode": mode}
        out.add("norm_mode_distance", bench.distance(samples), at, replicate, n=len(samples))


def _proofs(bench: _Bench, out: Outcome, network: AutoencoderNet, kind: str, replicate: int) -> None:
    cfg, at = bench.cfg, {"bottleneck": kind}
    pictures = _spread(bench.pictures, min(cfg.proof_pictures, len(bench.pictures)))
    generator = torch.Generator().manual_seed(cfg.seed + replicate)
    proof = prove(network, pictures, cfg.draws, generator)
    out.add("noise_mean", proof.noise_mean, at, replicate, n=cfg.draws)
    out.add("noise_deviation", proof.noise_deviation, at, replicate, n=cfg.draws)
    out.add("divergence_over_sampled", proof.divergence / proof.sampled_divergence, at, replicate, n=cfg.draws)


def _generator_tests(cfg: Faults, out: Outcome, d: int) -> None:
    """How often tests at 5 % reject the generators that are used here, and a wrong one as a control."""

    def torch_normal(count: int, d: int, rng: np.random.Generator) -> np.ndarray:
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        return torch.randn((count, d), generator=generator).numpy()

    generators: dict[str, Callable[[int, int, np.random.Generator], np.ndarray]] = {
        "sampling": prior,
        "training": torch_normal,
        "uniform, variance 1": WRONG["uniform, variance 1"],
        "one number a picture": WRONG["one number a picture"],
    }
    for name, draw in generators.items():
        rng = np.random.default_rng(cfg.seed)
        found = np.array([normality(draw(cfg.test_vectors, d, rng)) for _ in range(cfg.tests)])
        for number, what in enumerate(("components", "lengths")):
            rejected = float((found[:, number] < 0.05).mean())
            at = {"generator": name, "of": what}
            out.add("generator_rejected", rejected, at, replicate=0, unit="proportion", n=cfg.tests)


def _values(out: Outcome, quantity: str, **condition: str | float) -> list[float]:
    return [
        row.value for row in out.rows if row.quantity == quantity and condition.items() <= dict(row.condition).items()
    ]


def _figures(cfg: Faults, out: Outcome, examples: Mapping[str, np.ndarray]) -> None:
    kinds, faults, generators = list(CLEAN), ["clean", *FAULTS], ["normal", *WRONG]

    def table(quantity: str, key: str, items: Sequence[str | float]) -> np.ndarray:
        """Values (bottlenecks, items, replicates)."""
        return np.array([[_values(out, quantity, **{"bottleneck": k, key: item}) for item in items] for k in kinds])

    real = np.array(_values(out, "fault_real_distance"))
    pictures = [[examples[f"{kind} {fault}"] for fault in faults] for kind in kinds]
    out.figure(
        "bottleneck-faults",
        bottlenecks=np.array(kinds),
        faults=np.array(faults),
        distances=table("fault_distance", "fault", faults),
        rebuilt=table("fault_rebuilt_distance", "fault", faults),
        cured=np.array([[kind == "dense" and fault in CURED_BY_DENSE for fault in faults] for kind in kinds]),
        examples=(255 * np.array(pictures)).round().astype(np.uint8),
        real=real,
    )
    out.figure(
        "bottleneck-temperature",
        bottlenecks=np.array(kinds),
        temperatures=np.array(cfg.temperatures),
        by_temperature=table("temperature_distance", "temperature", cfg.temperatures),
        generators=np.array(generators),
        by_generator=table("generator_distance", "generator", generators),
        real=real,
    )
