"""What comes out of the stages of untrained ResNets, and how near it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters, picture_grid, plot_intervals
from soapbubble.parts.declaration import figure

SHOWN = 4  # photographs
NETWORK = "resnet50"
PROCEDURES = {"blurred": "with blur", "sharp": "without blur"}


def as_shown(pictures: np.ndarray) -> list[np.ndarray]:
    """Pictures (n, 3, h, w) as a figure shows them: (h, w, 3), cut off at 0 and 1."""
    return [np.clip(picture.transpose(1, 2, 0), 0, 1) for picture in pictures]


def shown_name(network: str) -> str:
    """A network's name as a figure shows it: "ResNet-50" for "resnet50"."""
    return network.replace("resnet", "ResNet-")


@figure("layers")
def layers(found: Found, style: Style) -> Figure:
    """A row for each photograph: the photograph, and what the descent with blur finds stage by stage."""
    prefix, suffix = f"depth-layers/{NETWORK} ", " blurred"
    names = [name for name in found.pictures if name.startswith(prefix) and name.endswith(suffix)]
    stages = [name.removeprefix(prefix).removesuffix(suffix) for name in names]
    columns = [as_shown(found.pictures["depth-layers/originals"])] + [as_shown(found.pictures[name]) for name in names]
    rows = [list(row) for row in list(zip(*columns, strict=True))[:SHOWN]]
    alike = [
        found.value("likeness", network=NETWORK, stage=stage, procedure="blurred", measure="ssim", against="own image")
        for stage in stages
    ]
    titles = [f"{stage}\n{value:.2f}" for stage, value in zip(stages, alike, strict=True)]
    return picture_grid(style, rows, [""] * len(rows), ["photograph", *titles])


@figure("layers")
def distances(found: Found, style: Style) -> Figure:
    """m_g over m_r, m_i over the distance of the start, and likeness by stage with its null."""
    figure, (left, middle, right) = new_figure(style, aspect=0.4, ncols=3)
    networks = sorted(set(found.rows("input_over_start")["network"]), key=lambda name: int(name.removeprefix("resnet")))
    labels = []
    for place, (procedure, label) in enumerate(PROCEDURES.items()):
        labels = [(network, stage) for network in networks for stage in ("Conv2", "Conv5")]
        options: dict[str, Any] = {
            "fmt": MARKERS[place],
            "color": COLOURS[place + 1],
            "label": label,
            "horizontal": True,
        }
        drawn: tuple[tuple[Axes, str, dict[str, Any]], ...] = (
            (left, "output_over_reference", {"shift": "page"}),
            (middle, "input_over_start", {}),
        )
        for axes, quantity, where in drawn:
            rows = found.rows(quantity, procedure=procedure, **where)
            kept = [row for row in labels if ((rows["network"] == row[0]) & (rows["stage"] == row[1])).any()]
            for network, stage in kept:
                interval = found.intervals(quantity, network=network, stage=stage, procedure=procedure, **where)
                plot_intervals(axes, [labels.index((network, stage)) + 0.2 * place - 0.1], interval, **options)
                options["label"] = None
    left.axvline(found.threshold("resnet50-conv2-mg-above-mr", "equal"), color=GREY, linestyle="--", linewidth=1)
    left.set_xscale("log")
    left.xaxis.set_major_locator(FixedLocator([0.25, 0.5, 1, 2, 4]))
    left.xaxis.set_major_formatter("{x:g}")
    left.xaxis.set_minor_locator(NullLocator())
    left.set_xlabel("$m_g/m_r$")
    left.set_yticks(range(len(labels)), [f"{shown_name(network)}\n{stage}" for network, stage in labels])
    left.legend(fontsize="x-small", loc="lower center", bbox_to_anchor=(0.5, 1.03), ncols=2, columnspacing=0.8)
    middle.set_xlabel("$m_i$ / starting distance")
    middle.set_yticks(range(len(labels)), [""] * len(labels))
    for axes in (left, middle):
        axes.set_ylim(len(labels) - 0.5, -0.5)
    stages = list(dict.fromkeys(found.rows("likeness", network=NETWORK)["stage"]))
    for place, (measure, label) in enumerate((("ssim", "structure"), ("edges", "edges"))):
        for against, style_of in (("own image", "-"), ("other images", ":")):
            where = {"network": NETWORK, "procedure": "blurred", "measure": measure, "against": against}
            alike = found.intervals("likeness", "stage", **where).set_index("stage").loc[stages]
            options = {"linestyle": style_of, "color": COLOURS[place + 3], "label": f"{label}, {against}"}
            plot_intervals(right, np.arange(len(stages)) + 0.1 * place, alike, marker=MARKERS[place], **options)
    right.set_xticks(range(len(stages)), stages, rotation=50, ha="right", rotation_mode="anchor")
    right.set_ylabel("similarity, ResNet-50")
    right.set_ylim(top=1.45)  # room for the legend
    right.set_yticks([0, 0.25, 0.5, 0.75, 1])
    right.legend(fontsize="x-small", loc="upper right")
    panel_letters(left, middle, right)
    return figure
