"""Does the structure of the untrained output tell a good way of drawing the first weights from a bad one?"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import torch

from soapbubble.config.ingredients import Bias, Init
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.decoders import DecoderSpec, build_decoder, draw_latents
from soapbubble.models.encoders import build_encoder, mirror
from soapbubble.models.vae import VAE
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.autocorrelation import neighbour_correlation
from soapbubble.stats.contrasts import auc, jackknife_values
from soapbubble.studies.decoders.pictures import grey
from soapbubble.studies.decoders.small_vae import loss_per_picture, mean_picture_loss, train_and_test


class Initialisation(Part):
    """One decoder, many ways of drawing its first weights: does the untrained output tell which can be trained?"""

    seed: int = setting(12000, ge=0, doc="first seed of the networks and of the training")
    # the ways of initialising are the units
    seeds: int = setting(1, ge=1, doc="trainings of each way")
    side: int = setting(16, ge=16, doc="side of the pictures in pixels; 4 times a power of two")
    width: int = setting(12, smoke=6, ge=1, doc="channels of every layer")
    latent_channels: int = setting(12, ge=1, doc="length of the latent vector")
    inits: tuple[Init, ...] = setting(
        ["default", "he", "orthogonal"], smoke=["default"], min_length=1, doc="families of initialisers"
    )
    # variances of the weights from a sixteenth to sixteen times
    gains: tuple[float, ...] = setting(
        [0.25, 0.5, 1.0, 2.0, 4.0], smoke=[0.25, 1.0, 4.0], min_length=2, doc="factors on every weight of the decoder"
    )
    biases: tuple[Bias, ...] = setting(["zero", "normal"], min_length=1, doc="distributions of the biases")
    latents: int = setting(16, smoke=4, ge=2, doc="outputs of each untrained network")
    steps: int = setting(300, smoke=10, ge=1, doc="training steps")
    batch_size: int = setting(32, ge=1, doc="pictures in a training step")
    lr: float = setting(0.01, gt=0, doc="learning rate")

    def reads(self) -> Reads:
        return Reads(data=["digits"], memory_mb=1000)


DIAGNOSTICS = ("structure", "contrast", "gradient ratio")


def measure(cfg: Initialisation, lab: Lab) -> Outcome:
    """Three diagnostics of each untrained network, and how well each predicts whether it can be trained.

    A diagnostic is a distance from what a network that already printed digits would show: of the neighbour
    correlation, of the log contrast, and of the log ratio of gradients of the first and last layer from 1.
    """
    out = Outcome()
    train, test = (grey(images, cfg.side) for images in (lab.data["digits"].train, lab.data["digits"].test))
    data_rho = float(neighbour_correlation(test.numpy()).mean())
    ways = list(product(cfg.inits, cfg.gains, cfg.biases))
    diagnostics, losses, rhos = [], [], []
    for init, gain, bias in progress(ways, "training from many first weights"):
        spec = DecoderSpec(
            blocks=(cfg.side // 4).bit_length() - 1,
            width=cfg.width,
            latent_channels=cfg.latent_channels,
            latent_size=1,
            init=init,
            gain=gain,
            bias=bias,
            out_channels=1,
        )
        of_seeds = []
        for seed in range(cfg.seed, cfg.seed + cfg.seeds):
            # The encoder keeps PyTorch's own initialiser: only the decoder is on trial.
            encoder = mirror(replace(spec, init="default", gain=1.0, bias="default"))
            network = VAE(build_encoder(encoder, seed), build_decoder(spec, seed))
            rho, contrast = _output(network.decoder, draw_latents(spec, cfg.latents, seed))
            ratio = gradient_ratio(network, train[: cfg.batch_size], seed)
            loss = train_and_test(network, train, test, cfg.steps, cfg.batch_size, cfg.lr, seed)
            of_seeds.append((abs(rho - data_rho), abs(np.log(contrast)), abs(np.log(ratio)), loss, rho))
            place = {"init": init, "gain": gain, "bias": bias}
            out.add("untrained_neighbour_correlation", rho, place, seed - cfg.seed)
            out.add("untrained_contrast", contrast, place, seed - cfg.seed)
            out.add("initialised_loss", loss, place, seed - cfg.seed, unit="nat")
        mean = np.mean(of_seeds, axis=0)
        diagnostics.append(mean[:3])
        losses.append(mean[3])
        rhos.append(mean[4])
    # Trained: better than always printing the mean picture, which needs no latent at all.
    goal = mean_picture_loss(train, test)
    trainable = np.array(losses) < goal
    out.add("mean_digit_loss", goal, unit="nat", n=len(test))
    out.add("trainable_share", float(trainable.mean()), n=len(ways))
    for bias in cfg.biases:
        changes = [
            np.ptp([rho for rho, way in zip(rhos, ways, strict=True) if (way[0], way[2]) == (init, bias)])
            for init in cfg.inits
        ]
        if bias == "zero":
            # A ReLU network without biases is homogeneous in its weights: the gain scales the output and no more.
            out.add("structure_change_by_gain", max(changes), {"bias": bias}, "exact")
            continue
        for replicate, change in enumerate(changes):
            out.add("structure_change_by_gain", change, {"bias": bias}, replicate)
    for name, column in zip(DIAGNOSTICS, np.transpose(diagnostics), strict=True):
        for unit, value in enumerate(jackknife_values(auc, -column, trainable)):
            out.add("initialisation_auc", value, {"diagnostic": name}, unit)
    return out


def _output(decoder: torch.nn.Module, latents: torch.Tensor) -> tuple[float, float]:
    """Neighbour correlation of the untrained outputs, and the standard deviation over the pixels of one."""
    with torch.inference_mode():
        output = decoder(latents).numpy()
    return float(neighbour_correlation(output).mean()), float(output.std(axis=(1, 2, 3)).mean())


def gradient_ratio(network: VAE, images: torch.Tensor, seed: int) -> float:
    """Root mean square gradient of the decoder's first weights over that of its last ones, at the first step."""
    network.zero_grad()
    loss_per_picture(network, images, torch.Generator().manual_seed(seed)).backward()
    weights = [parameter for parameter in network.decoder.parameters() if parameter.dim() > 1]
    first, last = (_root_mean_square_gradient(weight) for weight in (weights[0], weights[-1]))
    network.zero_grad()
    return first / last


def _root_mean_square_gradient(weight: torch.Tensor) -> float:
    assert weight.grad is not None
    return float(weight.grad.square().mean().sqrt())
