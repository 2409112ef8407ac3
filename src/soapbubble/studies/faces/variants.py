"""Small autoencoders of reduced faces with one thing changed: width, task, or variational latents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from soapbubble.config.face_autoencoders import FaceAutoencoder
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.evaluator import SampleEvaluator
from soapbubble.measuring.face_evaluator import FaceEvaluator, evaluator_on, reduced
from soapbubble.measuring.images import as_images
from soapbubble.measuring.kl import kl_to_prior_torch
from soapbubble.measuring.splits import evenly_spread
from soapbubble.measuring.training import fit, linear_decay, random_batches
from soapbubble.models.face_autoencoder import FaceAutoencoderNet, build_face_autoencoder
from soapbubble.models.face_classifier import SIDE
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.parts.face_evaluator import EvaluatorSettings
from soapbubble.progress import progress
from soapbubble.stats.latent_use import effective_rank, spectrum
from soapbubble.studies.faces.latents import gaussian_like


class Variants(Part):
    """Small autoencoders of faces of 32 pixels: other widths, other tasks, variational ones."""

    seed: int = setting(46000, ge=0, doc="seed of the first network of each kind; the others follow")
    evaluator: EvaluatorSettings = setting(doc="the classifiers of faces; network k is paired with classifier k")
    networks: int = setting(3, smoke=2, ge=2, doc="networks of each kind, each with its own split of the faces")
    width: int = setting(8, smoke=4, ge=4, doc="filters of the first convolution; the next ones have twice as many")
    multipliers: list[float] = setting(
        [0.25, 0.5, 1.0, 2.0], smoke=[0.25, 1.0, 2.0], min_length=2, doc="of the filters of all layers"
    )
    z_dim: int = setting(64, smoke=8, ge=2, doc="latents")
    steps: int = setting(200, smoke=4, ge=1, doc="training steps")
    batch_size: int = setting(32, smoke=8, ge=2, doc="faces a step")
    lr: float = setting(0.003, gt=0, doc="learning rate of the first step; it decays linearly to zero")
    betas: list[float] = setting([0.1, 1.0, 10.0], min_length=1, doc="weights of the KL of the variational ones")
    noises: list[float] = setting([0.1, 0.3], min_length=1, doc="standard deviations of noise that is to be removed")
    faces: int = setting(1600, ge=10, doc="training faces, at most")
    images: int = setting(200, smoke=8, ge=4, doc="held-out faces, and samples, at most")

    def reads(self) -> Reads:
        return Reads(data=["faces", "photos"], memory_mb=1200)


BOX = 5  # pixels a side of the blur that a trained network has to beat
GREY = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)  # luma of ITU-R BT.601


Degrade = Callable[[torch.Tensor, torch.Generator], torch.Tensor]


@dataclass(frozen=True)
class _Small:
    """An encoder to the moments of latents, and a decoder of latents to log-odds."""

    encoder: nn.Module
    decoder: nn.Sequential

    @torch.inference_mode()
    def shown(self, latents: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.decoder(latents))


def measure(cfg: Variants, lab: Lab) -> Outcome:
    """What the number of filters is good for, what other tasks gain, and whether samples need a variational loss."""
    out = Outcome()
    for replicate in progress(range(cfg.networks), "small autoencoders"):
        _replicate(cfg, out, lab, replicate)
    return out


def _replicate(cfg: Variants, out: Outcome, lab: Lab, replicate: int) -> None:
    """All networks of one number, trained by its split of the faces and tested with what that holds out."""
    faces, photos = (lab.data[name].of_replicate(replicate) for name in ("faces", "photos"))
    rows = evenly_spread(len(faces.test), 2 * cfg.images)
    train = torch.from_numpy(reduced(as_images(faces.train[: cfg.faces])))
    test = torch.from_numpy(reduced(as_images(faces.test[rows])))
    _widths(cfg, out, train, test, replicate)
    _tasks(cfg, out, train, test, replicate)
    _variational(cfg, out, train, test, replicate, evaluator_on(cfg.evaluator, faces, photos, replicate))


def _trained(
    cfg: Variants,
    train: torch.Tensor,
    seed: int,
    *,
    multiplier: float = 1.0,
    beta: float = 0.0,
    degrade: Degrade | None = None,
) -> _Small:
    """A small autoencoder of the `train` images, which sees what `degrade` makes of them; variational if `beta` > 0."""
    wide = [max(1, round(multiplier * cfg.width * factor)) for factor in (1, 2, 4)]

    def built(z_dim: int) -> FaceAutoencoderNet:
        spec = FaceAutoencoder(
            filters=wide, kernels=[3, 3, 3], decoder_filters=wide[1::-1], decoder_kernels=[3, 3, 3], z_dim=z_dim
        )
        return build_face_autoencoder(spec, SIDE, seed)

    # A variational encoder gives the log-variances of the latents beside their means.
    encoder, decoder = built(2 * cfg.z_dim if beta else cfg.z_dim).encoder, built(cfg.z_dim).decoder
    rows = random_batches(len(train), cfg.batch_size, cfg.steps, seed)
    generator = torch.Generator().manual_seed(seed)

    def loss(step: int) -> torch.Tensor:
        images = train[rows[step]]
        found = encoder(images if degrade is None else degrade(images, generator))
        latents, kl = found[:, : cfg.z_dim], torch.zeros(())
        if beta:
            log_variance = found[:, cfg.z_dim :]
            kl = kl_to_prior_torch(latents, log_variance, expm1=False).sum(1).mean()
            latents = latents + torch.exp(log_variance / 2) * torch.randn(latents.shape, generator=generator)
        lost = functional.binary_cross_entropy_with_logits(decoder(latents), images, reduction="sum")
        return (lost / len(images) + beta * kl) / images[0].numel()

    fit([*encoder.parameters(), *decoder.parameters()], loss, cfg.steps, linear_decay(cfg.lr, cfg.steps))
    return _Small(encoder.eval(), decoder.eval())


def _widths(cfg: Variants, out: Outcome, train: torch.Tensor, test: torch.Tensor, replicate: int) -> None:
    """Effective rank of the decoder's last hidden maps, and the error, against the number of filters."""
    for multiplier in cfg.multipliers:
        small = _trained(cfg, train, cfg.seed + replicate, multiplier=multiplier)
        with torch.inference_mode():
            latents = small.encoder(test)
            maps = small.decoder[:-1](latents).movedim(1, -1).flatten(0, -2).numpy()
        where = {"multiplier": multiplier}
        out.add("map_rank", effective_rank(spectrum(maps[:: len(maps) // 4000 + 1])), where, replicate, n=len(test))
        error = (small.shown(latents) - test).square().mean() / (train.mean(0) - test).square().mean()
        out.add("width_unexplained", error, where, replicate, n=len(test))


def _tasks(cfg: Variants, out: Outcome, train: torch.Tensor, test: torch.Tensor, replicate: int) -> None:
    """Gain in decibels from removing noise over the noisy image, and from colouring over the grey one.

    So much is gained without training, too: by the mean training face, the same for every image, and by a box blur.
    """

    def noisy(noise: float) -> Degrade:
        return lambda images, generator: images + noise * torch.randn(images.shape, generator=generator)

    def grey(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        return (GREY * images).sum(1, keepdim=True).expand(-1, 3, -1, -1)

    generator = torch.Generator().manual_seed(cfg.seed + replicate)
    tasks: dict[str, Degrade] = {f"noise of {noise:g}": noisy(noise) for noise in cfg.noises}
    for task, degrade in {**tasks, "colouring": grey}.items():
        small = _trained(cfg, train, cfg.seed + replicate, degrade=degrade)
        given = degrade(test, generator)
        with torch.inference_mode():
            mended = small.shown(small.encoder(given))
        baselines = {"mean face": train.mean(0).expand_as(test), "box blur": _box_blurred(given)}
        measured: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {"image": lambda x: x}
        if task == "colouring":
            measured["colours alone"] = lambda x: x - grey(x, generator)
        for what, part in measured.items():
            where = {"task": task, "of": what}
            before = (part(given) - part(test)).square().mean()
            for by, after in {"network": mended, **baselines}.items():
                gain = 10 * torch.log10(before / (part(after) - part(test)).square().mean())
                if by == "network":
                    out.add("task_gain", gain, where, replicate, unit="dB", n=len(test))
                else:
                    out.add("baseline_gain", gain, where | {"by": by}, replicate, unit="dB", n=len(test))


def _box_blurred(images: torch.Tensor) -> torch.Tensor:
    """Means over BOX x BOX pixels, at the border over those that there are."""
    return functional.avg_pool2d(images, BOX, stride=1, padding=BOX // 2, count_include_pad=False)


def _variational(
    cfg: Variants, out: Outcome, train: torch.Tensor, test: torch.Tensor, replicate: int, evaluator: FaceEvaluator
) -> None:
    """Samples of the prior of variational autoencoders, and of a Gaussian fitted to the codes of a plain one."""
    real = SampleEvaluator.on(evaluator.features, test[::2].numpy())
    rng = np.random.default_rng((cfg.seed, replicate))
    count = len(real)
    plain = _trained(cfg, train, cfg.seed + replicate)
    with torch.inference_mode():
        codes = plain.encoder(train).numpy()
        held_out = plain.shown(plain.encoder(test[1::2])).numpy()
    drawn = gaussian_like(codes, count, rng)
    images = {
        "plain, prior": plain.shown(
            torch.from_numpy(rng.standard_normal((count, cfg.z_dim), dtype=np.float32))
        ).numpy(),
        "plain, full Gaussian": plain.shown(torch.from_numpy(drawn)).numpy(),
        "plain, held-out codes": held_out,
    }
    for beta in cfg.betas:
        small = _trained(cfg, train, cfg.seed + replicate, beta=beta)
        latents = torch.from_numpy(rng.standard_normal((count, cfg.z_dim), dtype=np.float32))
        images[f"variational, beta {beta:g}"] = small.shown(latents).numpy()
    for name, shown in images.items():
        out.add("small_face_share", evaluator.face_share(shown), {"samples": name}, replicate, n=len(shown))
        out.add("small_frechet", real.frechet(shown), {"samples": name}, replicate, n=len(shown))
