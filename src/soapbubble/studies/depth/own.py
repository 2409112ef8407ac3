"""What the layers of any network still know of any images: a network of torchvision or timm, or an exported program."""

from __future__ import annotations

from pathlib import Path
from typing import Self, cast, get_args

import numpy as np
import torch
from pydantic import model_validator
from torch import nn

from soapbubble.config.base import OwnPath
from soapbubble.config.networks import ResNetName
from soapbubble.data.weights import fill, resnet
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.image_similarity import MEASURES, own_and_other
from soapbubble.measuring.inversion import PAGE_SHIFT, Descent, invert, reference_distance, start
from soapbubble.measuring.layers import layer_names, up_to
from soapbubble.models.exported import load_program
from soapbubble.models.initialise import seeded
from soapbubble.models.vision import network_by_name
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.depth.photographs import photographs


class Own(Part):
    """Inversions of the layers of a network of one's own choice, on the images of `data.photos`."""

    seed: int = setting(211, ge=0, doc="seed of random weights and of the noise")
    model: OwnPath = setting(
        "squeezenet1_1",
        doc="a network of torchvision, timm:NAME where timm is installed, or the path of an exported program (.pt2)",
    )
    weights: OwnPath | None = setting(
        None,
        doc="path of its weights (state dictionary, .pth); imagenet: those of resnet18, resnet50 or resnet152, "
        "downloaded once; null: random ones",
    )
    layers: list[str] = setting(
        ["features.0", "features.5", "features.12"], min_length=1, doc="names of the layers to invert"
    )
    side: int = setting(64, smoke=32, ge=16, le=1024, unit="pixels", doc="side of the images that the network is given")
    images: int = setting(3, smoke=2, ge=2, doc="images")
    iterations: int = setting(60, smoke=2, ge=2, doc="steps of a descent")
    step: float = setting(0.05, gt=0, doc="first step, root mean square over the pixels; it falls linearly to nothing")

    def reads(self) -> Reads:
        return Reads(data=["photos"], memory_mb=1500)

    @model_validator(mode="after")
    def _has_such_weights(self) -> Self:
        known = get_args(ResNetName)
        if self.weights == IMAGENET and self.model not in known:
            raise ValueError(
                f"`weights: imagenet` is for {', '.join(known)}; give the path of the weights of {self.model}"
            )
        return self


PROGRAM = ".pt2"
IMAGENET = "imagenet"


def measure(cfg: Own, lab: Lab) -> Outcome:
    """Distances and likeness, image by image, for each layer; the pictures."""
    out = Outcome()
    images = photographs(lab.data["photos"], cfg.side, cfg.images)
    out.picture("depth-own/originals", images.numpy().astype(np.float32))
    network = _network(cfg)
    for name in progress(cfg.layers, f"inversions of {cfg.model}"):
        layer = up_to(network, name, images)
        generator = torch.Generator().manual_seed(cfg.seed)
        begin = start(images, generator)
        reference = reference_distance(layer, images, PAGE_SHIFT, 4, generator).numpy()
        found = invert(
            layer, images, begin, Descent(cfg.iterations, step=cfg.step, last_step=0.0, normalised=True), cfg.iterations
        )
        out.picture(f"depth-own/{name}", found.images.numpy().astype(np.float32))
        where = {"layer": name}
        alike = {key: own_and_other(compare(images.numpy(), found.images.numpy())) for key, compare in MEASURES.items()}
        for image in range(cfg.images):
            out.add("own_output_over_reference", found.output_distance[-1, image] / reference[image], where, image)
            closeness = found.input_distance[-1, image] / found.input_distance[0, image]
            out.add("own_input_over_start", closeness, where, image)
            for key, (own, other) in alike.items():
                out.add("own_likeness", own[image], where | {"measure": key, "against": "own image"}, image)
                out.add("own_likeness", other[image], where | {"measure": key, "against": "other images"}, image)
    return out


def _network(cfg: Own) -> nn.Module:
    if cfg.model.endswith(PROGRAM):
        return load_program(Path(cfg.model)).module()
    if cfg.weights == IMAGENET:
        network = resnet(cast(ResNetName, cfg.model))
    else:
        with seeded(cfg.seed):
            network = network_by_name(cfg.model)
        if cfg.weights is not None:
            fill(network, Path(cfg.weights), f"give a state dictionary of {cfg.model}, or none for random weights")
    _check_layers(network, cfg)
    return network


def _check_layers(network: nn.Module, cfg: Own) -> None:
    """Complain before the first inversion, not after minutes, about a layer that does not exist."""
    known = layer_names(network)
    for name in cfg.layers:
        if name not in known:
            up_to(network, name, torch.zeros(1, 3, cfg.side, cfg.side))
