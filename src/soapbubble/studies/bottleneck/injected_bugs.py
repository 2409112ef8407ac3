"""Could a bug make a fully convolutional VAE sample badly and leave a dense one unharmed?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from pydantic import Field

from soapbubble.autoencoders.pictures import digits_only
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import decode_digits
from soapbubble.measuring.distributions import prior
from soapbubble.measuring.evaluator import SampleEvaluator
from soapbubble.measuring.splits import evenly_spread
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.bottleneck.checks import check
from soapbubble.studies.bottleneck.generators import WRONG, Generator, normality


class InjectedBugs(Part):
    """Bugs injected into training and into sampling, and checks of the code without them."""

    seed: int = setting(21000, ge=0, doc="seed of the random numbers")
    # of the 1,436 test images; some 160 sets of samples are compared with them
    images: int = setting(600, smoke=80, ge=40, doc="test images, and samples, that a distance compares")
    # the best lies within
    temperatures: list[Annotated[float, Field(gt=0)]] = setting(
        [0.3, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0],
        smoke=[0.7, 1.0],
        min_length=2,
        doc="standard deviations of the latents; 1 is added if it is missing",
    )
    # a share of 5 % to 2 percentage points
    # a right generator is rejected in 5 % of them, within 1 %
    tests: int = setting(2000, smoke=20, ge=20, doc="tests of normality of each generator")
    # 9,800 numbers a test
    test_vectors: int = setting(50, smoke=20, ge=10, doc="latents in each test")
    check_images: int = setting(64, smoke=8, ge=2, doc="test images at which draws and KL are checked")
    # the KL to a tenth of a per cent
    draws: int = setting(400, smoke=20, ge=10, doc="draws for each of them")
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
BUGS = ("clean", "variance", "no-noise", "shared-noise", "site-mean")
# Where there is one site only, noise shared by all sites is its own and a mean over sites is their sum: the network
# with the bug would be the clean one, number by number.
CURED_BY_DENSE = ("shared-noise", "site-mean")


@dataclass(frozen=True)
class Setup:
    """What the networks of a replicate are tried with: test images (count, 1, 28, 28), and an evaluator on these."""

    cfg: InjectedBugs
    images: torch.Tensor
    evaluator: SampleEvaluator

    def rng(self, replicate: int) -> np.random.Generator:
        """The same for all networks of a replicate, so that they are compared with the same latents."""
        return np.random.default_rng((self.cfg.seed, replicate))


def measure(cfg: InjectedBugs, lab: Lab) -> Outcome:
    """Sample quality with bugs in training and in the generator of latents, and checks of the clean code."""
    out = Outcome()
    setups = [_setup(cfg, lab, out, replicate) for replicate in range(len(lab.models.classifiers))]
    for kind, clean in CLEAN.items():
        for bug in progress(BUGS, f"bugs injected into training, {kind}"):
            cured = kind == "dense" and bug in CURED_BY_DENSE
            trained = lab.models[clean if bug == "clean" or cured else f"{clean}-{bug}"]
            for replicate in trained.replicates:
                condition = {"bottleneck": kind, "bug": bug}
                samples = _in_training(setups[replicate], out, trained.network(replicate), condition, replicate)
                if replicate == 0 and not cured:
                    out.picture(f"{kind} {bug}", (255 * samples[: cfg.shown]).round().astype(np.uint8))
        batch_norm = lab.models[f"{clean}-batchnorm"]
        for replicate in batch_norm.replicates:
            _forgotten_mode(setups[replicate], out, batch_norm.network(replicate), kind, replicate)
        for replicate in progress(lab.models[clean].replicates, f"wrong generators, {kind}"):
            _in_sampling(setups[replicate], out, lab.models[clean].network(replicate), kind, replicate)
            _checks(setups[replicate], out, lab.models[clean].network(replicate), kind, replicate)
    _generator_tests(cfg, out, lab.models[CLEAN["grid"]].spec.latents)
    return out


def _setup(cfg: InjectedBugs, lab: Lab, out: Outcome, replicate: int) -> Setup:
    """The setup of a replicate, whose training digits are a control."""
    pictures = lab.models[CLEAN["grid"]].pictures(lab.data["digits"], replicate)
    count = min(cfg.images, len(pictures.test))
    test, train = (images[evenly_spread(len(images), count)] for images in (pictures.test, pictures.train))
    evaluator = SampleEvaluator.on(lab.models.classifiers[replicate].features, digits_only(test))
    real = evaluator.frechet(digits_only(train))
    out.add("frechet_distance", real, {"control": "training digits, evenly spread"}, replicate, n=count)
    return Setup(cfg, test, evaluator)


def _in_training(
    setup: Setup, out: Outcome, network: AutoencoderNet, condition: dict[str, str], replicate: int
) -> np.ndarray:
    """Distances of samples from the prior and of reconstructed test images; returns the samples."""
    count = len(setup.images)
    samples = decode_digits(network, prior(count, network.spec.latents, setup.rng(replicate)))
    with torch.inference_mode():
        latents = network.draw(*network.encode(setup.images), torch.Generator().manual_seed(replicate))
    reconstructions = decode_digits(network, latents.flatten(1).numpy())
    for key, images in {"prior": samples, "reconstruction": reconstructions}.items():
        distance = setup.evaluator.frechet(images)
        out.add("frechet_distance", distance, {**condition, "latents": key}, replicate, n=count)
    return samples


def _in_sampling(setup: Setup, out: Outcome, network: AutoencoderNet, kind: str, replicate: int) -> None:
    """Distances of samples of a clean network when the generator of its latents is wrong, or too cold or too hot."""
    count, d = len(setup.images), network.spec.latents
    normal = prior(count, d, setup.rng(replicate))
    latents = {("normal", temperature): temperature * normal for temperature in {1.0, *setup.cfg.temperatures}}
    latents |= {(name, 1.0): draw(count, d, setup.rng(replicate)) for name, draw in WRONG.items()}
    for (generator, temperature), drawn in sorted(latents.items(), key=lambda item: item[0]):
        condition = {"bottleneck": kind, "generator": generator, "temperature": temperature}
        distance = setup.evaluator.frechet(decode_digits(network, drawn.astype(np.float32)))
        out.add("frechet_distance_by_generator", distance, condition, replicate, n=count)


def _forgotten_mode(setup: Setup, out: Outcome, network: AutoencoderNet, kind: str, replicate: int) -> None:
    """Distances of samples with batch normalisation in evaluation mode, and left in training mode by mistake."""
    for mode, switched in (("evaluation", network.eval), ("training", network.train)):
        samples = decode_digits(switched(), prior(len(setup.images), network.spec.latents, setup.rng(replicate)))
        condition = {"bottleneck": kind, "batch_norm": mode}
        out.add("frechet_distance", setup.evaluator.frechet(samples), condition, replicate, n=len(samples))


def _checks(setup: Setup, out: Outcome, network: AutoencoderNet, kind: str, replicate: int) -> None:
    cfg, condition = setup.cfg, {"bottleneck": kind}
    images = setup.images[evenly_spread(len(setup.images), cfg.check_images)]
    found = check(network, images, cfg.draws, torch.Generator().manual_seed(cfg.seed + replicate))
    out.add("noise_mean", found.noise_mean, condition, replicate, n=cfg.draws)
    out.add("noise_std", found.noise_std, condition, replicate, n=cfg.draws)
    out.add("kl_over_monte_carlo", found.kl / found.monte_carlo_kl, condition, replicate, n=cfg.draws)


def _generator_tests(cfg: InjectedBugs, out: Outcome, d: int) -> None:
    """How often tests at 5 % reject the generators that are used here, and a wrong one as a control."""

    def torch_normal(count: int, d: int, rng: np.random.Generator) -> np.ndarray:
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        return torch.randn((count, d), generator=generator).numpy()

    control = "uniform, variance 1"
    generators: dict[str, Generator] = {"sampling": prior, "training": torch_normal, control: WRONG[control]}
    for name, draw in generators.items():
        rng = np.random.default_rng(cfg.seed)
        p = np.array([normality(draw(cfg.test_vectors, d, rng)) for _ in range(cfg.tests)])
        for number, what in enumerate(("components", "lengths")):
            rejected = (p[:, number] < 0.05).mean()
            condition = {"generator": name, "of": what}
            out.add("generator_rejected", rejected, condition, replicate=0, unit="proportion", n=cfg.tests)
