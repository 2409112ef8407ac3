"""What does the input of an untrained VAE contribute to its output, and what does its encoder?"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import RidgeCV
from torch import nn
from torch.nn import functional

from soapbubble.data.dataset import Dataset
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.nulls import pixel_permuted
from soapbubble.models.decoders import DecoderSpec, build_decoder, draw_latents
from soapbubble.models.encoders import build_encoder, mirror
from soapbubble.models.layers import DOUBLING
from soapbubble.models.vae import build_vae
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.autocorrelation import crop_border, neighbour_correlation
from soapbubble.stats.variance import changing_share
from soapbubble.studies.decoders.pictures import as_bytes, pictures
from soapbubble.studies.decoders.standard import (
    KINDS,
    SIDE,
    as_tones,
    neighbour_and_length,
    pictures_of,
    standard,
)


class Inputs(Part):
    """What the input of an untrained VAE contributes to its output."""

    seed: int = setting(2000, ge=0, doc="seed of the random numbers")
    seeds: int = setting(20, smoke=2, ge=2, doc="networks of each kind")
    images: int = setting(8, smoke=3, ge=2, doc="noise images or latents a network is shown")
    # the split is unbiased in their number
    latents: int = setting(8, smoke=6, ge=2, doc="latents for the split into a fixed and a changing part of the output")
    # three times the 128 numbers of the latent that is looked for
    recovery_train: int = setting(384, smoke=160, ge=130, doc="outputs from which the way back to the latent is fitted")
    recovery_test: int = setting(96, smoke=16, ge=2, doc="outputs on which it is judged")

    def reads(self) -> Reads:
        return Reads(data=["faces"], memory_mb=1000)


OPERATORS = ("nearest", "bilinear", "transposed")
SPLIT_VARIANTS: tuple[dict[str, Any], ...] = (
    {"bias": "zero"},
    {"bias": "normal"},
    {"activation": "tanh"},
    {"activation": "identity"},
)
PERMUTED_COPIES = 4
AVERAGED = 32
"""latents in the mean picture that is shown"""
RIDGES = np.logspace(-6, 1, 8)
"""penalties tried, relative to the mean variance of the pictures' principal components"""


def measure(cfg: Inputs, lab: Lab) -> Outcome:
    """Noise images through whole VAEs, arms with and without encoder, and the split of the output by its cause."""
    out = Outcome()
    _through_the_whole(out, cfg)
    _arms(out, cfg)
    _split(out, cfg)
    _recovery(out, cfg)
    _rebuilt(out, cfg, lab.data["faces"])
    return out


def _noise(distribution: str, shape: tuple[int, ...], seed: int) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    drawn = rng.standard_normal(shape) if distribution == "normal" else rng.random(shape)
    return torch.from_numpy(drawn).float()


def _through_the_whole(out: Outcome, cfg: Inputs) -> None:
    """Noise images through encoder, sampling and decoder, against latents through the same decoder."""
    cells = list(product(OPERATORS, range(cfg.seeds)))
    for operator, number in progress(cells, "noise through whole VAEs"):
        seed = cfg.seed + number
        spec = standard(operator)
        network = build_vae(spec, seed)
        place = {"operator": operator, "kind": KINDS[operator]}
        for distribution in ("normal", "uniform"):
            images = _noise(distribution, (cfg.images, 3, SIDE, SIDE), seed)
            with torch.inference_mode():
                code = network.sample(*network.encode(images), generator=torch.Generator().manual_seed(seed))
            printed = pictures_of(network.decoder, code)
            _record(out, printed, place | {"input": f"{distribution} noise image"}, number)
        printed = pictures_of(network.decoder, draw_latents(spec, cfg.images, seed))
        _record(out, printed, place | {"input": "latent"}, number)


def _record(out: Outcome, printed: np.ndarray, place: dict[str, str], number: int) -> None:
    rho, length = neighbour_and_length(printed)
    copies = crop_border(np.repeat(printed, PERMUTED_COPIES, axis=0))
    null = neighbour_correlation(pixel_permuted(copies, np.random.default_rng(number)))
    out.add("vae_correlation", rho, place, number, n=len(printed))
    out.add("vae_correlation_permuted_top", null.max(), place, number, n=len(copies))
    out.add("vae_length", length, place, number, unit="px", n=len(printed))


def _arms(out: Outcome, cfg: Inputs) -> None:
    """Correlation length with and without an encoder, for three things that can stand behind it."""
    sources = ("encoded noise", "latent", "encoder's mean", "mean, shuffled")
    decoders = ("convolutional decoder", "interpolation only", "1x1 convolutions only")
    for number in progress(range(cfg.seeds), "arms with and without encoder"):
        lengths = {}
        for decoder in decoders:
            codes, behind = _arm(decoder, cfg, cfg.seed + number)
            for source in sources:
                rho, length = neighbour_and_length(pictures_of(behind, codes[source]))
                place = {"source": source, "decoder": decoder}
                out.add("arm_correlation", rho, place, number, n=cfg.images)
                out.add("arm_length", length, place, number, unit="px", n=cfg.images)
                lengths[source, decoder] = length
        changed = {
            "doubling taken away": ("latent", "1x1 convolutions only"),
            "encoder's mean put in front": ("encoder's mean", "convolutional decoder"),
        }
        for change, arm in changed.items():
            factor = _factor(lengths["latent", "convolutional decoder"], lengths[arm])
            out.add("length_factor", factor, {"change": change}, number)
        for bias in ("default", "zero"):
            out.add("unsampled_length", _unsampled(bias, cfg, cfg.seed + number), {"bias": bias}, number, unit="px")


def _factor(one: float, other: float) -> float:
    """How many times the longer length is the shorter: at least 1, whichever of the two is longer."""
    return max(one / other, other / one)


def _unsampled(bias: str, cfg: Inputs, seed: int) -> float:
    """Correlation length of noise images that go through a VAE as the mean of their latent, with and without biases."""
    network = build_vae(standard("nearest", bias=bias), seed)
    images = _noise("normal", (max(cfg.images // 2, 2), 3, SIDE, SIDE), seed)
    with torch.inference_mode():
        mean, _ = network.encode(images)
    return neighbour_and_length(pictures_of(network.decoder, mean))[1]


class _Enlarge(nn.Module):
    """Three channels of the code, enlarged to the side of the image by interpolation alone."""

    def forward(self, code: torch.Tensor) -> torch.Tensor:
        return functional.interpolate(code[:, :3], size=(SIDE, SIDE), mode="bilinear", align_corners=False)


def _arm(decoder: str, cfg: Inputs, seed: int) -> tuple[dict[str, torch.Tensor], nn.Module]:
    """The codes to decode, by their source, and what stands behind them."""
    count = max(cfg.images // 2, 2)
    images = _noise("normal", (count, 3, SIDE, SIDE), seed)
    spec = standard("nearest")
    with torch.inference_mode():
        if decoder == "1x1 convolutions only":
            # Without doubling the code must have the side of the image: the encoder keeps it too.
            spec = standard("none", kernel=1)
            heads = standard("none", latent_channels=3, out_channels=2 * spec.latent_channels)
            mean, log_variance = build_decoder(heads, seed)(images).chunk(2, dim=1)
        else:
            mean, log_variance = build_encoder(mirror(spec), seed)(images)
    latent = draw_latents(spec, count, seed)
    codes = {
        "encoded noise": mean + torch.exp(log_variance / 2) * draw_latents(spec, count, seed + cfg.seeds),
        "latent": latent,
        "encoder's mean": mean,
        "mean, shuffled": torch.from_numpy(pixel_permuted(mean.numpy(), np.random.default_rng(seed))),
    }
    return codes, _Enlarge() if decoder == "interpolation only" else build_decoder(spec, seed + cfg.seeds)


def _split(out: Outcome, cfg: Inputs) -> None:
    """How much of a fixed network's output changes with the latent, and how much is the same for all latents."""
    specs = [standard(operator) for operator in DOUBLING]
    specs += [replace(standard("nearest"), **changes) for changes in SPLIT_VARIANTS]
    for spec, number in progress(list(product(specs, range(cfg.seeds))), "fixed and changing parts"):
        seed = cfg.seed + number
        inner = crop_border(pictures_of(build_decoder(spec, seed), draw_latents(spec, cfg.latents, seed)))
        place = {
            "operator": spec.upsampling,
            "kind": KINDS[spec.upsampling],
            "activation": spec.activation,
            "bias": spec.bias,
        }
        out.add("changing_share", changing_share(inner), place, number, n=cfg.latents)
    for spec in specs[: len(DOUBLING)]:
        many = pictures_of(build_decoder(spec, cfg.seed), draw_latents(spec, AVERAGED, cfg.seed))
        inner = crop_border(many)
        shown = [as_tones(picture, like=inner[0]) for picture in (inner.mean(axis=0), inner[0], inner[1])]
        out.picture(f"{spec.upsampling}, mean and two latents", np.stack(shown))


def _recovery(out: Outcome, cfg: Inputs) -> None:
    """Share of the latent's variance that a linear map from the picture gives back, on pictures it has not seen."""
    for operator, number in progress(list(product(OPERATORS, range(cfg.seeds))), "latents found again"):
        seed = cfg.seed + number
        spec = standard(operator, side=32, latent_channels=8, width=16)
        latents = draw_latents(spec, cfg.recovery_train + cfg.recovery_test, seed)
        shown = pictures_of(build_decoder(spec, seed), latents).reshape(len(latents), -1)
        explained = _held_out(shown, latents.flatten(1).double().numpy(), cfg.recovery_train)
        out.add("latent_recovered", explained, {"operator": operator}, number, n=cfg.recovery_test)


def _held_out(pictures: np.ndarray, latents: np.ndarray, train: int) -> float:
    """R^2 of ridge regression of the latents on the pictures, for the rows from `train` on.

    The penalty is chosen by leaving one out among the first `train` rows.
    """
    penalties = RIDGES * pictures[:train].var(axis=0).sum()
    guess = RidgeCV(penalties).fit(pictures[:train], latents[:train]).predict(pictures[train:])
    mean = latents[:train].mean(axis=0)
    return float(1 - ((latents[train:] - guess) ** 2).sum() / ((latents[train:] - mean) ** 2).sum())


PANELS = ("noise image", "through the VAE", "latent decoded", "face", "face through the VAE", "pixels shuffled")


def _rebuilt(out: Outcome, cfg: Inputs, faces: Dataset) -> None:
    """The three pictures of the question from many networks: their structure, and whether the shown ones repeat."""
    for operator, number in progress(list(product(OPERATORS, range(cfg.seeds))), "pictures of the question"):
        spec = standard(operator, norm="batch")
        built = _panels(spec, cfg, faces, cfg.seed + number)
        for panel in PANELS:
            rho = neighbour_correlation(crop_border(built[panel])).mean()
            place = {"operator": operator, "kind": KINDS[operator], "panel": panel}
            out.add("rebuilt_correlation", rho, place, number, n=cfg.images)
        if number == 0:
            again = _panels(spec, cfg, faces, cfg.seed)
            repeated = max(float(np.abs(built[panel] - again[panel]).max()) for panel in PANELS)
            out.add("rebuilt_difference", repeated, {"operator": operator})
            out.picture(f"{operator}, rebuilt", np.stack([as_bytes(built[panel][0]) for panel in PANELS]))


def _panels(spec: DecoderSpec, cfg: Inputs, faces: Dataset, seed: int) -> dict[str, np.ndarray]:
    """A batch of each kind of picture (n, 3, side, side) from the network of `seed`; the first of each is shown."""
    network = build_vae(spec, seed)
    noise = _noise("normal", (cfg.images, 3, SIDE, SIDE), seed)
    people = pictures(faces, cfg.images, SIDE, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.inference_mode():
        through = network(noise, generator=generator)
        portrait = network(people, generator=generator)
    decoded = pictures_of(network.decoder, draw_latents(spec, cfg.images, seed))
    rng = np.random.default_rng(seed)
    arrays = (noise.numpy(), through.numpy(), decoded, people.numpy(), portrait.numpy(), pixel_permuted(decoded, rng))
    return dict(zip(PANELS, (array.astype(np.float64) for array in arrays), strict=True))
