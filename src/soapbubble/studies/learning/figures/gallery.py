"""Rows of images found from stages of networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import picture_grid
from soapbubble.parts.declaration import figure

STAGES = ("Conv1", "Conv2", "Conv3", "Conv4", "Conv5")
SHOWN = -1  # the crop that is shown of the small networks: of the built-in ones, the one with most edges


@figure("inversion")
def gallery(found: Found, style: Style) -> Figure:
    """What descents from stages of EfficientNet-Lite0 find, trained and untrained: a photograph, and a drawn face."""
    pictures = found.pictures
    last = len(pictures["originals"]) - 1
    rows = {
        "photograph,\nuntrained": [pictures[f"{stage} untrained"][1] for stage in STAGES],
        "photograph,\ntrained": [pictures[f"{stage} trained"][1] for stage in STAGES],
        "trained,\nwith blur": [pictures[f"{stage} blurred"][1] for stage in STAGES],
        "outside classes,\nuntrained": [pictures[f"{stage} untrained"][last] for stage in STAGES],
        "outside classes,\ntrained": [pictures[f"{stage} trained"][last] for stage in STAGES],
    }
    originals = [pictures["originals"][place] for place in (1, 1, 1, last, last)]
    return _grid(style, rows, originals)


@figure("noise")
def training_sets(found: Found, style: Style) -> Figure:
    """What descents from stages of small ResNets find, by what they were trained on; and the noise to be learned."""
    pictures = found.pictures
    rows = {
        f"{label}{blur}": [pictures[f"{stage} {training} {kind}"][SHOWN] for stage in STAGES]
        for kind, blur in (("none", ""), ("gaussian", ",\nwith blur"))
        for training, label in (("untrained", "untrained"), ("natural", "photographs"), ("noise", "noise"))
    }
    originals = [pictures["originals"][SHOWN]] * len(rows) + [pictures["noise"][0]]
    return _grid(style, rows | {"noise\nlearned": []}, originals)


@figure("architectures")
def architectures(found: Found, style: Style) -> Figure:
    """What descents from blocks of a vision transformer and of a mixer find, trained and untrained."""
    stages = ("patches", "block1", "block2", "block4")
    kinds = {"vit": "transformer", "mixer": "mixer"}
    rows = {
        f"{label},\n{weights}": [found.pictures[f"{kind} {weights} {stage}"] for stage in stages]
        for kind, label in kinds.items()
        for weights in ("untrained", "trained")
    }
    originals = [found.pictures[f"{kind} original"] for kind in kinds for _ in range(2)]
    return _grid(style, rows, originals, stages)


def _grid(
    style: Style,
    rows: Mapping[str, Sequence[np.ndarray]],
    originals: Sequence[np.ndarray],
    stages: Sequence[str] = STAGES,
) -> Figure:
    """Rows of pictures (3, side, side), each behind its target."""
    shown = [
        [np.clip(picture, 0, 1).transpose(1, 2, 0) for picture in (original, *found)]
        for original, found in zip(originals, rows.values(), strict=True)
    ]
    return picture_grid(style, shown, list(rows), ["target", *stages])
