"""The ingredients of decoders, as settings and specifications name them."""

from __future__ import annotations

from typing import Literal

Doubling = Literal["nearest", "bilinear", "bicubic", "transposed", "transposed3", "pixelshuffle"]
"""upsampling operators that double the side"""
Upsampling = Literal[Doubling, "none"]
Norm = Literal["none", "batch", "group", "instance", "layer"]
Init = Literal["default", "he", "xavier", "orthogonal", "small"]
Bias = Literal["zero", "default", "normal"]
