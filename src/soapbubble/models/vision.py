"""The only door to torchvision: ResNets, and where the files of MNIST, CelebA and ImageNet's weights are found.

torchvision's wheels from the Python index are linked against CUDA. Beside a CPU-only torch their extension does not
load, and the import fails for want of two operators that nothing here calls; declaring them is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import torch
from torch import nn

from soapbubble.config.networks import ResNetName
from soapbubble.errors import SoapbubbleError

_DETECTION = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


class Listed(NamedTuple):
    """A file as torchvision lists it."""

    name: str
    addresses: tuple[str, ...]  # each serves the same file
    digest: str  # "md5:" or "sha256:" and the hexadecimal text, or its beginning


@cache
def _torchvision() -> ModuleType:
    """torchvision, imported when it is first needed: this takes seconds."""
    _declare_missing_operators()
    import torchvision

    return torchvision


@cache
def _declare_missing_operators() -> torch.library.Library | None:
    """Declare the two operators if the extension that defines them cannot load; the cache keeps them declared."""
    found = find_spec("torchvision")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    for extension in (folder / f"_C{suffix}" for suffix in EXTENSION_SUFFIXES):
        try:
            torch.ops.load_library(extension)
        except OSError:  # not there, or linked against libraries that are not there
            continue
        return None
    operators = torch.library.Library("torchvision", "FRAGMENT")
    operators.define(f"nms{_DETECTION}")
    operators.define(f"qnms{_DETECTION}")
    return operators


def mnist_files() -> list[Listed]:
    """The four idx files of MNIST, images and labels of both halves, at torchvision's mirrors."""
    mnist = _torchvision().datasets.MNIST
    return [Listed(name, tuple(f"{at}{name}" for at in mnist.mirrors), f"md5:{md5}") for name, md5 in mnist.resources]


def celeba_photographs() -> Listed:
    """The zip of CelebA's aligned photographs.

    Google Drive shows a page of warnings before a large file; this form of the address asks for the file itself.
    """
    listed = {name: (identity, md5) for identity, md5, name in _torchvision().datasets.CelebA.file_list}
    identity, md5 = listed["img_align_celeba.zip"]
    address = f"https://drive.usercontent.google.com/download?id={identity}&export=download&confirm=t"
    return Listed("img_align_celeba.zip", (address,), f"md5:{md5}")


def imagenet_weights(name: ResNetName) -> Listed:
    """The weights of a ResNet after the recipe of its paper (`IMAGENET1K_V1`); the name ends in part of its SHA-256."""
    address = _torchvision().models.get_model_weights(name).IMAGENET1K_V1.url
    file = address.rsplit("/")[-1]
    return Listed(file, (address,), f"sha256:{file.removesuffix('.pth').rsplit('-')[-1]}")


def untrained_resnet(name: ResNetName) -> nn.Module:
    """A ResNet for images (n, 3, 224, 224) of 1000 classes, with random weights from torch's global generator."""
    return _torchvision().models.get_model(name, weights=None)


def untrained_bottlenecks(blocks: Sequence[int]) -> nn.Module:
    """A ResNet of bottlenecks as ResNet-50 has them, with any number of blocks in its four stages, not trained."""
    resnet = _torchvision().models.resnet
    return resnet.ResNet(resnet.Bottleneck, list(blocks))


def network_by_name(name: str) -> nn.Module:
    """An untrained network of torchvision, or with the prefix `timm:` one of timm, if that is installed.

    Raises:
        SoapbubbleError: there is no network of that name, or no timm.
    """
    if name.startswith("timm:"):
        return _timm_network(name.removeprefix("timm:"))
    models = _torchvision().models
    known = models.list_models(models)
    if name not in known:
        near = ", ".join(get_close_matches(name, known, cutoff=0.0))
        raise SoapbubbleError(f"torchvision has no network {name!r}; the nearest names are {near}.")
    return models.get_model(name, weights=None)


def _timm_network(name: str) -> nn.Module:
    _torchvision()  # timm imports it too, without the operators
    try:
        timm = import_module("timm")
    except ImportError as error:
        raise SoapbubbleError(f"timm:{name} needs timm, which is not installed; install it or name another.") from error
    if name not in timm.list_models():
        near = ", ".join(get_close_matches(name, timm.list_models(), cutoff=0.0))
        raise SoapbubbleError(f"timm has no network {name!r}; the nearest names are {near}.")
    return timm.create_model(name, pretrained=False)
