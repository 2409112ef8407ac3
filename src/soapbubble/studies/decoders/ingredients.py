"""The ingredients of decoders that a setting may name."""

from __future__ import annotations

from typing import Literal

Upsampling = Literal["nearest", "bilinear", "bicubic", "transposed", "transposed3", "pixelshuffle"]
Norm = Literal["none", "batch", "group", "instance", "layer"]
Init = Literal["default", "he", "xavier", "orthogonal", "small"]
Bias = Literal["zero", "default", "normal"]
