"""Does a fully convolutional VAE take images of any size, and a dense one only images of its own size?"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import torch
from pydantic import Field

from soapbubble.autoencoders.pictures import DIGIT_SIDE
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.evaluator import Features, SampleEvaluator
from soapbubble.models.autoencoder import AutoencoderNet, distortion
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress

Side = Annotated[int, Field(ge=8)]


class Canvas(Part):
    """Images of other sizes than the networks were trained on."""

    seed: int = setting(22000, ge=0, doc="seed of the random numbers")
    sizes: list[tuple[Side, Side]] = setting(
        [
            [28, 28],
            [32, 32],
            [36, 36],
            [48, 48],
            [56, 56],
            [64, 64],
            [100, 100],
            [56, 28],
            [40, 100],
            [29, 29],
            [30, 30],
            [31, 31],
            [45, 45],
            [50, 34],
        ],
        smoke=[[28, 28], [36, 36], [56, 28], [29, 29], [30, 30], [31, 31]],
        min_length=2,
        unit="px",
        doc="width and height of the images",
    )
    # 313,600 pixels of each size
    images: int = setting(
        400, smoke=8, ge=4, doc="images of the training size; of larger ones fewer, with as many pixels in all"
    )
    samples: int = setting(1000, smoke=60, ge=40, doc="samples from the prior whose windows are compared")
    shown: list[tuple[Side, Side]] = setting(
        [[28, 28], [36, 36], [56, 56], [100, 44]],
        smoke=[[28, 28], [36, 36]],
        min_length=1,
        unit="px",
        doc="sizes in the figure",
    )

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=["grid-7x7x4", "dense-196", "classifier"], memory_mb=1500)


GRID, DENSE = "grid-7x7x4", "dense-196"
CELL = 4  # pixels a side of what one latent cell covers
Size = tuple[int, int]


def measure(cfg: Canvas, lab: Lab) -> Outcome:
    """Output sizes and nats per pixel of images of many sizes, and the quality of larger samples from the prior."""
    out = Outcome()
    for width, height in cfg.sizes:
        size = (height, width)
        own = size == (DIGIT_SIDE, DIGIT_SIDE)
        refused = refuses(lab.models[DENSE].network(0), torch.zeros(1, 1, *size))
        cells = f"{width // CELL}x{height // CELL}"  # halvings round down
        out.add("size_refused", float(refused), {**_at(size), "own": own, "multiple": fits(size), "cells": cells})
        lost = change(lab.models[GRID].network(0), size)
        out.add("side_change", min(lost), {**_at(size), "multiple": fits(size)}, unit="px")
    for replicate in progress(lab.models[GRID].replicates, "images of many sizes"):
        network = lab.models[GRID].network(replicate)
        test = lab.models[GRID].pictures(lab.data["digits"], replicate).test
        _costs(cfg, out, network, test, replicate)
        _samples(cfg, out, network, lab.models.classifiers[replicate].features, replicate)
        if replicate == 0:
            _examples(cfg, out, network, test)
    return out


def tiled(digits: torch.Tensor, size: Size, count: int, within: Size, rng: np.random.Generator) -> torch.Tensor:
    """`count` images (count, 1, height, width) out of a plane tiled with random ones of `digits` (n, 1, s, s).

    Corners are drawn up to `within` pixels from that of a digit. Within (s, s) every pixel of a digit is as likely at
    every place, so that images of all sizes hold the same share of ink; within (0, 0) no corner cuts a digit.
    """
    side = digits.shape[-1]
    rows, columns = (-(-length // side) + 1 for length in size)
    images = []
    for _ in range(count):
        chosen = digits[rng.integers(len(digits), size=rows * columns)]
        plane = chosen.view(rows, columns, side, side).permute(0, 2, 1, 3).reshape(rows * side, columns * side)
        top, left = (int(rng.integers(max(1, most))) for most in within)
        images.append(plane[top : top + size[0], left : left + size[1]])
    return torch.stack(images)[:, None]


def _at(size: Size) -> dict[str, str]:
    """The size as people write it, width first."""
    return {"size": f"{size[1]}x{size[0]}"}


@torch.inference_mode()
def refuses(network: AutoencoderNet, image: torch.Tensor) -> bool:
    """Whether the layers themselves cannot take the image; `encode` would check its size before they see it."""
    try:
        network.mean(network.encoder(image))
    except RuntimeError:
        return True
    return False


@torch.inference_mode()
def change(network: AutoencoderNet, size: Size) -> tuple[int, int]:
    """How many pixels more come out than went in, down and across; negative where some are lost."""
    out = network.decode(network.encode(torch.zeros(1, 1, *size))[0])
    return out.shape[-2] - size[0], out.shape[-1] - size[1]


@torch.inference_mode()
def _cost(network: AutoencoderNet, images: torch.Tensor, generator: torch.Generator) -> float:
    """Distortion of `images` (n, 1, height, width) in nats per pixel."""
    decoded = network.decode(network.draw(*network.encode(images), generator))
    return float(distortion(network, decoded, images).mean()) / (images.shape[-2] * images.shape[-1])


def fits(size: Size) -> bool:
    """Whether both sides are multiples of the pixels that a latent cell covers."""
    return size[0] % CELL == 0 and size[1] % CELL == 0


def _costs(cfg: Canvas, out: Outcome, network: AutoencoderNet, test: torch.Tensor, replicate: int) -> None:
    """Distortion per pixel of digits, whole and cut, at the training size; and the ratio of other sizes to that."""
    cuts = {"whole": (0, 0), "cut": (DIGIT_SIDE, DIGIT_SIDE)}
    own = (DIGIT_SIDE, DIGIT_SIDE)

    def cost(size: Size, content: str) -> float:
        count = max(2, round(cfg.images * DIGIT_SIDE**2 / (size[0] * size[1])))  # as many pixels of every size
        images = tiled(test, size, count, cuts[content], np.random.default_rng((cfg.seed, replicate, *size)))
        return _cost(network, images, torch.Generator().manual_seed(cfg.seed + replicate))

    for content in cuts:
        usual = cost(own, content)
        out.add("distortion_per_pixel", usual, {"content": content}, replicate, "nats", cfg.images)
        for width, height in cfg.sizes:
            size = (height, width)
            whole = height % DIGIT_SIDE == 0 and width % DIGIT_SIDE == 0
            if size != own and fits(size) and (whole or content == "cut"):
                out.add("distortion_ratio", cost(size, content) / usual, {**_at(size), "content": content}, replicate)


def _samples(cfg: Canvas, out: Outcome, network: AutoencoderNet, features: Features, replicate: int) -> None:
    """Frechet distance of windows in samples twice as wide and high from samples of the usual size."""
    rng = np.random.default_rng((cfg.seed, replicate))
    usual = (DIGIT_SIDE, DIGIT_SIDE)
    small, again = (_sampled(network, usual, cfg.samples, rng) for _ in range(2))
    large = _sampled(network, (2 * DIGIT_SIDE, 2 * DIGIT_SIDE), cfg.samples, rng)
    middle = slice(DIGIT_SIDE // 2, DIGIT_SIDE // 2 + DIGIT_SIDE)
    evaluator = SampleEvaluator.on(features, small)
    for what, images in {"windows of 56x56": large[:, middle, middle], "28x28 again": again}.items():
        out.add("window_frechet_distance", evaluator.frechet(images), {"samples": what}, replicate, n=cfg.samples)


@torch.inference_mode()
def _sampled(network: AutoencoderNet, size: Size, count: int, rng: np.random.Generator) -> np.ndarray:
    """Samples (count, height, width) from the prior of `size`, a multiple of four each way."""
    shape = (count, network.latent_shape[0], size[0] // CELL, size[1] // CELL)
    latents = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
    return torch.cat([network.expected_images(part)[:, 0] for part in latents.split(128)]).numpy()


@torch.inference_mode()
def _examples(cfg: Canvas, out: Outcome, network: AutoencoderNet, test: torch.Tensor) -> None:
    """Tiled digits, their reconstruction and a sample of each size in the figure."""
    for number, (width, height) in enumerate(cfg.shown):
        rng = np.random.default_rng((cfg.seed, number))
        image = tiled(test, (height, width), 1, (0, 0), rng)
        reconstruction = network.expected_images(network.encode(image)[0])[0, 0].numpy()
        sample = _sampled(network, (height, width), 1, rng)[0]
        for kind, made in {"original": image[0, 0].numpy(), "reconstruction": reconstruction, "sample": sample}.items():
            out.picture(f"{kind} {width}x{height}", (255 * made).round().astype(np.uint8))
