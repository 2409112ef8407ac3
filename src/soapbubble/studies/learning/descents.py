"""Inverting stages of networks, and what the images found have of the ones that were looked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from soapbubble.config.base import Block
from soapbubble.measuring.image_similarity import edge_agreement, own_and_other, ssim
from soapbubble.measuring.inversion import PAGE_SHIFT, Descent, distance, invert, reference_distance, start
from soapbubble.measuring.layers import Layer, up_to
from soapbubble.networks.store import ImageNetwork
from soapbubble.parts.declaration import setting
from soapbubble.stats.rank_correlation import spearman

REFERENCES = 4  # shifted images over which the reference distance is averaged
SETTLED = 0.2  # the share of the steps, at the beginning, that the correlation of the two distances leaves out


class Inverting(Block):
    """How stages are inverted: steps of a size in pixel values, whatever the scale of the gradient."""

    seed: int = setting(90, ge=0, doc="seed of the noise that descents begin from, and of the reference images")
    side: int = setting(48, smoke=32, ge=32, unit="pixels", doc="side of the images")
    iterations: int = setting(80, smoke=3, ge=2, unit="steps", doc="steps of a descent")
    step: float = setting(0.05, gt=0, doc="root mean square of the first step, over the pixels of an image")
    last_step: float = setting(0.001, gt=0, doc="the same of the last step; in between it falls linearly")
    first_blur: float = setting(
        2.4, gt=0, unit="pixels", doc="standard deviation of the first blur, where there is one"
    )
    last_blur: float = setting(0.4, gt=0, unit="pixels", doc="the same of the last blur")


def descent(cfg: Inverting, blur: bool = False, falling: bool = True) -> Descent:
    """A descent with or without blur, with falling steps or with steps of the first one's size."""
    return Descent(
        iterations=cfg.iterations,
        step=cfg.step,
        last_step=cfg.last_step if falling else None,
        blur=(cfg.first_blur, cfg.last_blur) if blur else None,
        normalised=True,
    )


def beginning(cfg: Inverting, images: torch.Tensor, stream: int = 0) -> torch.Tensor:
    """The noise that descents towards `images` begin from: the same for every network that looks for them."""
    return start(images, torch.Generator().manual_seed(cfg.seed + stream))


@dataclass(frozen=True)
class Found:
    """What descents found, a row an image.

    Attributes:
        images: (n, 3, side, side), not cut off at 0 and 1.
        ratio: m_g / m_r, the output distance over that of a slightly shifted image.
        relative: m_g over the length of the output.
        edges, ssim: likeness to the own image, less the mean likeness to the other images (0 without others).
        opposed: rank correlation of input and output distance over the later steps.
        output_path, input_path: (records, n), the two distances on the way, over their value at the start.
    """

    images: np.ndarray
    ratio: np.ndarray
    relative: np.ndarray
    edges: np.ndarray
    ssim: np.ndarray
    opposed: np.ndarray
    output_path: np.ndarray
    input_path: np.ndarray


def inverted(cfg: Inverting, layer: Layer, images: torch.Tensor, begin: torch.Tensor, how: Descent) -> Found:
    """Invert `layer` for the images (n, 3, side, side)."""
    found = invert(layer, images, begin, how, record_every=1)
    reference = reference_distance(
        layer, images, PAGE_SHIFT, REFERENCES, torch.Generator().manual_seed(cfg.seed)
    ).numpy()
    with torch.no_grad():
        length = layer(images).flatten(1).norm(dim=1).numpy()
    shown, looked_for = found.images.numpy(), images.numpy()
    kept = found.steps >= SETTLED * cfg.iterations
    opposed = [
        float(spearman(one[kept, None], other[kept, None])[0, 0])
        for one, other in zip(found.input_distance.T, found.output_distance.T, strict=True)
    ]
    return Found(
        images=shown,
        ratio=found.output_distance[-1] / reference,
        relative=found.output_distance[-1] / length,
        edges=_excess(edge_agreement(looked_for, shown)),
        ssim=_excess(ssim(looked_for, shown)),
        opposed=np.array(opposed),
        output_path=found.output_distance / found.output_distance[0],
        input_path=found.input_distance / found.input_distance[0],
    )


def stage(network: ImageNetwork, name: str, images: torch.Tensor) -> Layer:
    """The network up to a stage that it names, or up to `logits`, its whole."""
    return up_to(network, network.stages.get(name, "fc"), images[:1])


def apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Root mean square difference (n,) of images (n, ...)."""
    return (distance(torch.from_numpy(one), torch.from_numpy(other)) / np.sqrt(one[0].size)).numpy()


def _excess(likeness: np.ndarray) -> np.ndarray:
    own, other = own_and_other(likeness)
    return own - other
