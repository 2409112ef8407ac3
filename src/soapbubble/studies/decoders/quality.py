"""Does the structure of a decoder's untrained output tell how good the architecture is once trained?"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import torch
from scipy.stats import spearmanr

from soapbubble.config.ingredients import Doubling, Norm
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.decoders import DecoderSpec, build_decoder, draw_latents
from soapbubble.models.encoders import EncoderSpec, build_encoder
from soapbubble.models.initialise import parameter_count
from soapbubble.models.vae import VAE
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.autocorrelation import neighbour_correlation
from soapbubble.stats.contrasts import jackknife_values
from soapbubble.stats.spectrum import spectral_slope
from soapbubble.studies.decoders.pictures import grey
from soapbubble.studies.decoders.small_vae import train_and_test


class Quality(Part):
    """Small VAEs with decoders of one size and many kinds: does the untrained output tell which trains best?"""

    seed: int = setting(11000, ge=0, doc="first seed of the networks and of the training")
    # the decoders are the units: many kinds rather than many trainings
    seeds: int = setting(1, ge=1, doc="trainings of each kind")
    # digits at a third of MNIST's area
    side: int = setting(16, ge=16, doc="side of the pictures in pixels; 4 times a power of two")
    latent_channels: int = setting(12, ge=1, doc="length of the latent vector")
    encoder_width: int = setting(16, ge=1, doc="channels of the encoder, the same for all kinds")
    parameters: int = setting(8000, smoke=2000, ge=100, doc="size of the decoder, which the width is chosen to meet")
    upsampling: tuple[Doubling, ...] = setting(
        ["nearest", "bilinear", "bicubic", "transposed", "transposed3", "pixelshuffle"],
        smoke=["nearest", "transposed"],
        min_length=2,
        doc="ways of upsampling",
    )
    kernels: tuple[int, ...] = setting([3, 5], smoke=[3], min_length=1, doc="sides of the kernels; odd")
    norms: tuple[Norm, ...] = setting(["none", "batch"], min_length=1, doc="normalisations")
    networks: int = setting(8, smoke=2, ge=2, doc="untrained networks of each kind that are measured")
    latents: int = setting(16, smoke=4, ge=2, doc="outputs of each untrained network")
    # enough to fall below the loss of the mean picture, too few to level all kinds
    steps: int = setting(250, smoke=10, ge=1, doc="training steps")
    batch_size: int = setting(32, ge=1, doc="pictures in a training step")
    lr: float = setting(0.01, gt=0, doc="learning rate")

    def reads(self) -> Reads:
        return Reads(data=["digits"], memory_mb=1000)


def measure(cfg: Quality, lab: Lab) -> Outcome:
    """Statistics of untrained outputs, losses after training, and the rank correlation over kinds of decoders."""
    out = Outcome()
    train, test = (grey(images, cfg.side) for images in (lab.data["digits"].train, lab.data["digits"].test))
    data_slope = float(spectral_slope(test.numpy()).mean())
    data_rho = float(neighbour_correlation(test.numpy()).mean())
    out.add("digits_neighbour_correlation", data_rho, n=len(test))
    specs = list(variants(cfg))
    table = []
    for number, spec in enumerate(progress(specs, "training decoders of many kinds")):
        slope, rho = _untrained(cfg, spec)
        losses = [_loss(cfg, spec, seed, train, test) for seed in range(cfg.seeds)]
        table.append((abs(slope - data_slope), abs(rho - data_rho), rho, float(np.mean(losses))))
        kind = {"decoder": number, "upsampling": spec.upsampling, "kernel": spec.kernel, "norm": spec.norm}
        out.add("kind_slope_mismatch", abs(slope - data_slope), kind, n=cfg.networks)
        out.add("kind_neighbour_correlation", rho, kind, n=cfg.networks)
        out.add("decoder_parameters", parameter_count(build_decoder(spec, 0)), kind)
        for seed, loss in enumerate(losses):
            out.add("trained_loss", loss, kind, seed, unit="nat")
    mismatch_slope, mismatch_rho, rho, loss = np.array(table).T
    statistics = {"slope mismatch": mismatch_slope, "neighbour mismatch": mismatch_rho, "neighbour": rho}
    for name, statistic in statistics.items():
        for unit, value in enumerate(jackknife_values(_rank_correlation, statistic, loss)):
            out.add("quality_rank_correlation", value, {"statistic": name}, unit, n=1)
    for number, saved in enumerate(_saved_by_normalisation(specs, loss)):
        out.add("loss_saved_by_normalisation", saved, replicate=number, unit="nat")
    return out


def _saved_by_normalisation(specs: list[DecoderSpec], loss: np.ndarray) -> list[float]:
    """For each decoder with batch normalisation, how much higher the loss of the same one without is."""
    plain = {
        (spec.upsampling, spec.kernel): value for spec, value in zip(specs, loss, strict=True) if spec.norm == "none"
    }
    return [
        float(plain[spec.upsampling, spec.kernel] - value)
        for spec, value in zip(specs, loss, strict=True)
        if spec.norm == "batch" and (spec.upsampling, spec.kernel) in plain
    ]


def variants(cfg: Quality) -> list[DecoderSpec]:
    """Decoders of many kinds, each as wide as brings it nearest to `cfg.parameters` numbers."""
    blocks = (cfg.side // 4).bit_length() - 1
    specs = []
    for upsampling, kernel, norm in product(cfg.upsampling, cfg.kernels, cfg.norms):
        spec = DecoderSpec(
            upsampling=upsampling,
            blocks=blocks,
            latent_channels=cfg.latent_channels,
            latent_size=1,
            kernel=kernel,
            norm=norm,
            out_channels=1,
        )
        specs.append(matched(spec, cfg.parameters))
    return specs


def matched(spec: DecoderSpec, parameters: int) -> DecoderSpec:
    """`spec` with the width that brings its number of parameters nearest to `parameters`."""
    sizes: dict[int, int] = {}
    width = 0
    while not sizes or sizes[width] < parameters:
        width += 1
        sizes[width] = parameter_count(build_decoder(replace(spec, width=width), 0))
    return replace(spec, width=min(sizes, key=lambda w: abs(sizes[w] - parameters)))


def _untrained(cfg: Quality, spec: DecoderSpec) -> tuple[float, float]:
    """Spectral slope and neighbour correlation of untrained outputs, mean over networks."""
    values = []
    for number in range(cfg.networks):
        seed = cfg.seed + number
        with torch.inference_mode():
            output = build_decoder(spec, seed)(draw_latents(spec, cfg.latents, seed)).numpy()
        values.append((spectral_slope(output).mean(), neighbour_correlation(output).mean()))
    slope, rho = np.mean(values, axis=0)
    return float(slope), float(rho)


def _loss(cfg: Quality, spec: DecoderSpec, seed: int, train: torch.Tensor, test: torch.Tensor) -> float:
    encoder = EncoderSpec(
        blocks=spec.blocks,
        width=cfg.encoder_width,
        latent_channels=cfg.latent_channels,
        latent_size=1,
        bottleneck="dense",
        in_channels=1,
    )
    network = VAE(build_encoder(encoder, cfg.seed + seed), build_decoder(spec, cfg.seed + seed))
    return train_and_test(network, train, test, cfg.steps, cfg.batch_size, cfg.lr, cfg.seed + seed)


def _rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(spearmanr(a, b).statistic)
