"""How many latents are worth having, and is a VAE a compressor?"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import numpy as np
import torch

from soapbubble.autoencoders.codes import Codes, decode, encode
from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.autoencoders.store import Models
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.autoencoder import AutoencoderNet, distortion, rate
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats import binary_png
from soapbubble.stats.intrinsic_dimension import two_nn
from soapbubble.stats.jacobian_rank import rank
from soapbubble.stats.latent_use import ACTIVE, active, effective_rank, principal_directions, spectrum


class Features(Part):
    """What more latents bring: the bound on the likelihood, latents in use, code lengths."""

    seed: int = setting(22000, ge=0, doc="seed of the random numbers")
    # all 359 test digits of the built-in set
    pictures: int = setting(500, smoke=20, ge=20, doc="held-out pictures, at most")
    # each over some hundred pictures
    draws: int = setting(
        1, smoke=1, ge=1, doc="draws of the latents of a picture, over which the distortion is averaged"
    )
    # if all have full rank in three networks, an interval above 0.99 among nine
    points: int = setting(360, smoke=1, ge=1, doc="codes at which the rank of a decoder is taken")
    groups: int = setting(5, smoke=2, ge=2, doc="disjoint sets of training pictures, whose dimension is estimated")
    group: int = setting(300, smoke=20, ge=10, doc="pictures in such a set, at most")
    variance: float = setting(0.95, gt=0, lt=1, doc="share of the variance that principal components must hold")

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


SIZES = (2, 8, 16, 64, 256, 1024)
DENSE = {f"dense-{size}": size for size in SIZES}
GRIDS = {"grid-8x8x1": 64, "grid-8x8x4": 256, "grid-8x8x16": 1024, "grid-8x8x1024": 65536}
MEAN = {"grid-8x8x1024-mean": 65536}
RANKED = ("dense-2", "dense-8", "dense-16")
PART = 100  # pictures at a time


def measure(cfg: Features, lab: Lab) -> Outcome:
    """Held-out bound on the likelihood, latents in use and code lengths against the number of latents.

    A replicate is a trained network; the pictures are those of the test set, one for each original.
    """
    out = Outcome()
    bounds: dict[str, list[float]] = {}
    pictures = lab.models["dense-16"].pictures(lab.data["digits"])  # the same for all of these models
    test, labels = held_out(pictures, cfg.pictures)
    truth = digits_only(test) > 0.5
    png = {"own file": binary_png.bits_each(truth), "one file": binary_png.bits_together(truth)}
    for kind, rival in png.items():
        out.add("png_bits", rival, {"png": kind}, unit="bit")
    _of_the_data(out, cfg, pictures)
    for name in progress((*DENSE, *GRIDS, *MEAN), "models of each size"):
        trained = lab.models[name]
        where = {"model": name}
        out.add("latents_per_pixel", trained.spec.latents / test[0].numel(), where)
        bounds[name] = []
        for replicate in trained.replicates:
            network = trained.network(replicate)
            codes = encode(network, test)
            lost, kept = bound_terms(network, test, cfg.draws, cfg.seed + replicate)
            bounds[name].append(-(lost + kept))
            out.add("held_out_elbo", -(lost + kept), where, replicate, unit="nat", n=len(test))
            out.add("held_out_rate", kept, where, replicate, unit="nat", n=len(test))
            out.add("active_units", active(codes.mean).sum(), where, replicate, n=len(test))
            variances = spectrum(codes.mean)
            out.add("active_principal_axes", (variances > ACTIVE).sum(), where, replicate, n=len(test))
            out.add("effective_rank", effective_rank(variances), where, replicate, n=len(test))
            out.add("reconstruction_agreement", _agreement(lab.models, network, codes, labels), where, replicate)
            black_and_white = sum(bound_terms(network, (test > 0.5).float(), cfg.draws, cfg.seed + replicate))
            bits = black_and_white / np.log(2)
            out.add("description_bits", bits, where, replicate, unit="bit", n=len(test))
            for kind, rival in png.items():
                out.add("png_over_description", rival / bits, {**where, "png": kind}, replicate, n=len(test))
            if name in RANKED:
                points = codes.mean[: cfg.points]
                share = _full_rank_share(network, points)
                out.add("decoder_full_rank_share", share, where, replicate, "proportion", len(points))
    _gains(out, {DENSE[name]: bounds[name] for name in DENSE})
    _figures(out)
    return out


def held_out(pictures: Pictures, count: int) -> tuple[torch.Tensor, np.ndarray]:
    """The first copy of each test original, at most `count`, and the digits they show."""
    first = np.unique(pictures.test_origin, return_index=True)[1]
    rows = np.sort(np.random.default_rng(0).permutation(first)[:count])
    return pictures.test[rows], pictures.test_labels[rows]


@torch.inference_mode()
def bound_terms(network: AutoencoderNet, pictures: torch.Tensor, draws: int, seed: int) -> tuple[float, float]:
    """Mean distortion and rate, nats a picture, whose sum bounds the negative log likelihood from above.

    For black and white pictures and a Bernoulli decoder the sum is what bits-back coding spends on a picture
    (Hinton and van Camp 1993; Townsend et al. 2019), beside a constant number of bits to start with.
    """
    generator = torch.Generator().manual_seed(seed)
    lost, kept = [], []
    for part in pictures.split(PART):
        mean, log_variance = network.encode(part)
        kept.append(rate(mean, log_variance))
        for _ in range(draws):
            shown = network.decode(network.draw(mean, log_variance, generator))
            lost.append(distortion(network, shown, part))
    return float(torch.cat(lost).mean()), float(torch.cat(kept).mean())


def _agreement(models: Models, network: AutoencoderNet, codes: Codes, labels: np.ndarray) -> float:
    guesses = models.judge.probabilities(decode(network, codes.mean)).argmax(axis=1)
    return float((guesses == labels).mean())


def _full_rank_share(network: AutoencoderNet, latents: np.ndarray) -> float:
    """Share of points at which the decoder's derivative keeps all directions of the latent space apart."""
    precise = copy.deepcopy(network).double()

    def pixels(several: torch.Tensor) -> torch.Tensor:
        return precise.decode(several.view(-1, *network.latent_shape)).flatten(1)

    full = []
    for points in torch.from_numpy(latents).double().split(PART):
        # One direction at a time for many points at once: a tenth of the time of point by point.
        along = [direction.expand_as(points) for direction in torch.eye(points.shape[1], dtype=points.dtype)]
        columns = [torch.func.jvp(pixels, (points,), (direction,))[1].detach().numpy() for direction in along]
        full.append(rank(np.stack(columns, axis=2)) == latents.shape[1])
    return float(np.concatenate(full).mean())


def _of_the_data(out: Outcome, cfg: Features, pictures: Pictures) -> None:
    """Intrinsic dimension and principal components of the pictures themselves; a replicate is a set of originals."""
    first = np.unique(pictures.train_origin, return_index=True)[1]
    order = np.random.default_rng(cfg.seed).permutation(first)[: cfg.groups * cfg.group]
    for number, rows in enumerate(np.array_split(order, cfg.groups)):
        flat = pictures.train[np.sort(rows)].flatten(1).double().numpy()
        out.add("data_dimension", two_nn(flat), {}, number, n=len(rows))
        out.add("data_principal_directions", principal_directions(flat, cfg.variance), {}, number, n=len(rows))


def _gains(out: Outcome, bounds: Mapping[int, list[float]]) -> None:
    """What more latents bring: nats a latent from each size to the next."""
    table = np.array([bounds[size] for size in SIZES])
    for replicate, values in enumerate(table.T):
        gains = np.diff(values) / np.diff(SIZES)
        for number, gain in enumerate(gains):
            where = {"from": SIZES[number], "to": SIZES[number + 1]}
            out.add("elbo_gain_a_latent", gain, where, replicate, unit="nat")
            out.add("elbo_gain_over_first", gain / gains[0], where, replicate)


def _figures(out: Outcome) -> None:
    def of(quantity: str, name: str) -> list[float]:
        return [row.value for row in out.rows if row.quantity == quantity and row.condition == {"model": name}]

    def padded(quantity: str, names: Mapping[str, int]) -> np.ndarray:
        lists = [of(quantity, name) for name in names]
        widest = max(map(len, lists))
        return np.array([values + [np.nan] * (widest - len(values)) for values in lists])

    pngs = {row.condition["png"]: row.value for row in out.rows if row.quantity == "png_bits"}
    kinds = {"dense": DENSE, "grid": GRIDS, "mean": MEAN}
    sizes = {f"{kind}_sizes": np.array(list(names.values())) for kind, names in kinds.items()}

    def panels(*quantities: str) -> dict[str, np.ndarray]:
        return {f"{kind}_{item}": padded(item, names) for kind, names in kinds.items() for item in quantities}

    out.figure(
        "latentsize-elbo-by-size",
        **sizes,
        **panels("held_out_elbo", "active_units", "active_principal_axes", "effective_rank"),
    )
    out.figure(
        "latentsize-description-length",
        **sizes,
        **panels("held_out_rate", "description_bits"),
        png=np.array([pngs["own file"], pngs["one file"]]),
    )
