"""The decoder that the parts of this study vary, and how its pictures are made and described."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from soapbubble.models.decoders import DENSE_STEM_SIDE, DecoderSpec, build_decoder, dense_decoder
from soapbubble.stats.autocorrelation import autocorrelation, correlation_length, crop_border

KINDS = {
    "nearest": "interpolated",
    "bilinear": "interpolated",
    "bicubic": "interpolated",
    "transposed": "transposed",
    "transposed3": "transposed",
    "pixelshuffle": "shuffled",
    "none": "control",
    "dense": "control",
}
"""operators by how they double the side; the controls do not (`none` keeps the side, `dense` knows no places)"""

SIDE = 64
MAX_LAG = 32


def standard(operator: str, side: int = SIDE, **changes: Any) -> DecoderSpec:
    """The standard decoder with this operator and these `changes`: a 4x4 latent grid unless they say otherwise.

    A stack that keeps the side starts from a latent of the size of the image.
    """
    blocks = (side // DENSE_STEM_SIDE).bit_length() - 1
    plain: dict[str, Any] = {"upsampling": "nearest" if operator == "dense" else operator, "blocks": blocks}
    if operator == "none":
        plain |= {"latent_size": side}
    return DecoderSpec(**(plain | changes))


def build(operator: str, spec: DecoderSpec, seed: int) -> nn.Module:
    """The network of `spec`, or the dense control with its shapes."""
    return dense_decoder(spec, seed) if operator == "dense" else build_decoder(spec, seed)


def pictures_of(network: nn.Module, latents: torch.Tensor) -> np.ndarray:
    """What a network prints, (n, channels, height, width) float64, the border included."""
    with torch.inference_mode():
        return network(latents).double().contiguous().numpy()


def as_tones(pictures: np.ndarray, like: np.ndarray | None = None) -> np.ndarray:
    """Pictures (..., c, h, w) as uint8 (..., h, w, c): mean colour grey, three standard deviations to black and white.

    An untrained decoder gives each colour its own constant, which would hide everything else. Mean and spread are
    those of each picture without its border, or of the pictures `like`.
    """
    inner = crop_border(pictures if like is None else like)
    mean = inner.mean(axis=(-2, -1), keepdims=True)
    spread = (inner - mean).std(axis=(-3, -2, -1), keepdims=True)
    levels = (pictures - mean) / (6 * np.maximum(spread, np.finfo(float).tiny)) + 0.5
    return np.moveaxis((255 * np.clip(levels, 0, 1)).round().astype(np.uint8), -3, -1)


def neighbour_and_length(pictures: np.ndarray, max_lag: int = MAX_LAG) -> tuple[float, float]:
    """Correlation of neighbouring pixels, and correlation length in pixels of the mean autocorrelation.

    The border is cut off before; both are means over the pictures.
    """
    inner = crop_border(pictures)
    curve = np.nanmean(autocorrelation(inner, min(max_lag, inner.shape[-1] - 1)), axis=0, keepdims=True)
    return float(curve[0, 1]), float(correlation_length(curve)[0])
