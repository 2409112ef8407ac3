"""The latents of the trained face autoencoders, which all parts look at."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from soapbubble.lab import Lab

MODEL = "faces-case-1"
"""the post on filaments shows its layers as pictures only; this is the first of the two stacks of its sister series"""


def train_codes(lab: Lab) -> Iterator[np.ndarray]:
    """The codes (n, d) of the faces that each network was trained on, network by network."""
    model = lab.faces[MODEL]
    for replicate in model.replicates:
        yield model.latents(replicate).train


def all_codes(lab: Lab) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The codes of the faces that each network was trained on (n, d) and of those held out from it (m, d)."""
    model = lab.faces[MODEL]
    for replicate in model.replicates:
        codes = model.latents(replicate)
        yield codes.train, codes.test
