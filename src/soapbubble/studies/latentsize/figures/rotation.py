"""Figure of the part `rotation`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, new_figure
from soapbubble.parts.declaration import figure
from soapbubble.studies.latentsize.figures.names import model_name


@figure("rotation")
def scree(data: Mapping[str, np.ndarray], style: Style) -> Figure:
    """The largest variances of the codes along any direction, against those of noise with the same axes."""
    count = len(data["models"])
    figure, axes = new_figure(style, aspect=0.36, ncols=count, squeeze=False)
    for place, ax in enumerate(axes[0]):
        ranks = np.arange(1, data["codes"].shape[1] + 1)
        ax.plot(ranks, data["codes"][place], "o-", color=COLOURS[1], markersize=2.5, label="codes")
        ax.plot(ranks, data["noise"][place], "s", color=COLOURS[2], markersize=2, label="independent axes")
        ax.axhline(data["edges"][place], color=GREY, linestyle="--", linewidth=1, label="Marchenko–Pastur edge")
        ax.set_yscale("log")
        name = model_name(data["models"][place])
        ax.set_title(name.replace(", ", "\n") + f"\n$n/d={_ratio(data, place)}$")
        ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_locator(NullLocator())
        ax.set_xlabel("component")
    axes[0, 0].set_ylabel("variance along it\n(axes scaled to 1)")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _ratio(data: Mapping[str, np.ndarray], place: int) -> str:
    return f"{data['pictures'][place] / data['latents'][place]:.2g}"
