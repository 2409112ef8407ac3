"""How many latents are worth having, and is a VAE a compressor?"""

from __future__ import annotations

import copy
from itertools import pairwise

import numpy as np
import torch

from soapbubble.autoencoders.picture_cache import PictureCache
from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import decode_digits, encode
from soapbubble.measuring.splits import first_of_each
from soapbubble.models.autoencoder import AutoencoderNet, distortion, rate
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats import binary_png
from soapbubble.stats.intrinsic_dimension import two_nn
from soapbubble.stats.jacobian_rank import rank
from soapbubble.stats.latent_use import ACTIVE, active, effective_rank, principal_directions, spectrum


class Features(Part):
    """What more latents bring: the ELBO, latents in use, code lengths."""

    seed: int = setting(22000, ge=0, doc="seed of the random numbers")
    # all 359 test digits of the built-in set
    images: int = setting(500, smoke=20, ge=20, doc="test images, at most")
    # each over some hundred pictures
    samples: int = setting(1, smoke=1, ge=1, doc="posterior samples an image, over which the distortion is averaged")
    # if all have full rank in five networks, an interval above 0.99 among nine
    points: int = setting(360, smoke=1, ge=1, doc="codes at which the rank of a decoder's Jacobian is taken")
    groups: int = setting(
        5, smoke=2, ge=2, doc="disjoint sets of training images, whose intrinsic dimension is estimated"
    )
    group: int = setting(300, smoke=20, ge=10, doc="images in such a set, at most")
    variance: float = setting(0.95, gt=0, lt=1, doc="share of the variance that principal components must explain")

    def reads(self) -> Reads:
        return Reads(
            data=["digits"],
            models=[
                "dense-2",
                "dense-8",
                "dense-16",
                "dense-64",
                "dense-256",
                "dense-1024",
                "grid-8x8x1",
                "grid-8x8x4",
                "grid-8x8x16",
                "grid-8x8x1024",
                "grid-8x8x1024-mean",
                "classifier",
            ],
            memory_mb=1500,
        )


DENSE = tuple(f"dense-{size}" for size in (2, 8, 16, 64, 256, 1024))
GRIDS = ("grid-8x8x1", "grid-8x8x4", "grid-8x8x16", "grid-8x8x1024")
MEAN = ("grid-8x8x1024-mean",)
REFERENCE = "dense-16"  # all of these models have the same images
RANKED = ("dense-2", "dense-8", "dense-16")
BATCH_SIZE = 100


def measure(cfg: Features, lab: Lab) -> Outcome:
    """ELBO of test images, latents in use and code lengths against the number of latents.

    A replicate is a trained network with its own test images, one of each original.
    """
    out = Outcome()
    cache = PictureCache(lab.models, lab.data["digits"])
    tests, png = [], []
    for replicate in range(len(lab.models.classifiers)):  # as many as any model has networks
        rng = np.random.default_rng((cfg.seed, replicate, 1))
        tests.append(test_images(cache.of(REFERENCE, replicate), cfg.images, rng))
        binary = digits_only(tests[-1][0]) > 0.5
        png.append({"own file": binary_png.bits_each(binary), "one file": binary_png.bits_together(binary)})
        for file, bits in png[-1].items():
            out.add("png_bits", bits, {"png": file}, replicate, unit="bit")
    _of_the_data(out, cfg, cache.of(REFERENCE, 0))
    elbos: dict[int, list[float]] = {}
    for name in progress((*DENSE, *GRIDS, *MEAN), "models of each size"):
        trained = lab.models[name]
        latents = trained.spec.latents
        kind = "dense" if name in DENSE else "grid" if name in GRIDS else "grid, averaged loss"
        where = {"model": name, "bottleneck": kind, "latents": latents}
        out.add("latents_per_pixel", latents / trained.spec.side**2, where)
        for replicate in trained.replicates:
            test, labels = tests[replicate]
            network = trained.network(replicate)
            codes = encode(network, test)
            n = len(test)
            lost, kl = elbo_terms(network, test, cfg.samples, cfg.seed + replicate)
            out.add("test_elbo", -(lost + kl), where, replicate, unit="nat", n=n)
            out.add("test_kl", kl, where, replicate, unit="nat", n=n)
            if name in DENSE:
                elbos.setdefault(latents, []).append(-(lost + kl))
            variances = spectrum(codes.mean)
            out.add("active_units", active(codes.mean).sum(), where, replicate, n=n)
            out.add("active_components", (variances > ACTIVE).sum(), where, replicate, n=n)
            out.add("effective_rank", effective_rank(variances), where, replicate, n=n)
            accuracy = lab.models.classifiers[replicate].label_accuracy(decode_digits(network, codes.mean), labels)
            out.add("label_accuracy", accuracy, {**where, "decoded": "posterior mean"}, replicate)
            bits = sum(elbo_terms(network, (test > 0.5).float(), cfg.samples, cfg.seed + replicate)) / np.log(2)
            out.add("description_bits", bits, where, replicate, unit="bit", n=n)
            # Here and not in a claim: models may have fewer networks than there are splits.
            out.add("png_over_description", png[replicate]["one file"] / bits, where, replicate, n=n)
            if name in RANKED:
                points = codes.mean[: cfg.points]
                share = _full_rank_share(network, points)
                out.add("decoder_full_rank_share", share, where, replicate, "proportion", len(points))
    _gains(out, elbos)
    return out


def test_images(pictures: Pictures, count: int, rng: np.random.Generator) -> tuple[torch.Tensor, np.ndarray]:
    """The first copy of each of at most `count` random test originals, and their labels."""
    rows = np.sort(rng.permutation(first_of_each(pictures.test_origin))[:count])
    return pictures.test[rows], pictures.test_labels[rows]


@torch.inference_mode()
def elbo_terms(network: AutoencoderNet, images: torch.Tensor, samples: int, seed: int) -> tuple[float, float]:
    """Mean distortion and KL in nats an image, whose sum is the negative ELBO.

    For black and white images and a Bernoulli decoder the sum is what bits-back coding spends on an image
    (Hinton and van Camp 1993; Townsend et al. 2019), beside a constant number of bits to start with.
    """
    generator = torch.Generator().manual_seed(seed)
    distortions, kls = [], []
    for batch in images.split(BATCH_SIZE):
        mean, log_variance = network.encode(batch)
        kls.append(rate(mean, log_variance))
        for _ in range(samples):
            decoded = network.decode(network.draw(mean, log_variance, generator))
            distortions.append(distortion(network, decoded, batch))
    return float(torch.cat(distortions).mean()), float(torch.cat(kls).mean())


def _full_rank_share(network: AutoencoderNet, latents: np.ndarray) -> float:
    """Share of the latents (n, d) at which the decoder's Jacobian has rank d."""
    precise = copy.deepcopy(network).double()

    def pixels(several: torch.Tensor) -> torch.Tensor:
        return precise.decode(several.view(-1, *network.latent_shape)).flatten(1)

    full = []
    for points in torch.from_numpy(latents).double().split(BATCH_SIZE):
        # One direction at a time for many points at once: a tenth of the time of point by point.
        along = [direction.expand_as(points) for direction in torch.eye(points.shape[1], dtype=points.dtype)]
        columns = [torch.func.jvp(pixels, (points,), (direction,))[1].detach().numpy() for direction in along]
        full.append(rank(np.stack(columns, axis=2)) == latents.shape[1])
    return float(np.concatenate(full).mean())


def _of_the_data(out: Outcome, cfg: Features, pictures: Pictures) -> None:
    """Intrinsic dimension and principal components of the images themselves; a replicate is a set of originals."""
    first = first_of_each(pictures.train_origin)
    order = np.random.default_rng(cfg.seed).permutation(first)[: cfg.groups * cfg.group]
    for replicate, rows in enumerate(np.array_split(order, cfg.groups)):
        flat = pictures.train[np.sort(rows)].flatten(1).double().numpy()
        out.add("data_intrinsic_dimension", two_nn(flat), {}, replicate, n=len(rows))
        out.add("data_principal_components", principal_directions(flat, cfg.variance), {}, replicate, n=len(rows))


def _gains(out: Outcome, elbos: dict[int, list[float]]) -> None:
    """What one more latent adds to the ELBO, from each dense size to the next."""
    for low, high in pairwise(sorted(elbos)):
        for replicate, (before, after) in enumerate(zip(elbos[low], elbos[high], strict=True)):
            gain = (after - before) / (high - low)
            out.add("elbo_gain_per_latent", gain, {"from": low, "to": high}, replicate, unit="nat")
