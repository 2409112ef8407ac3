"""Figure of the part `dimensions`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure

Data = Mapping[str, np.ndarray]
ARMS = {"dense": "dense", "grid": "grid 8×8", "mean loss": "mean loss"}


@figure("dimensions")
def dimensions(data: Data, style: Style) -> Figure:
    """Distance of prior samples and rate against the number of latents, and distance against the rate."""
    figure, axes = new_figure(style, aspect=0.4, ncols=3)
    for number, arm in enumerate(dict.fromkeys(data["arms"])):
        look = {"color": COLOURS[number + 1], "marker": MARKERS[number], "linestyle": LINES[number]}
        points = {**look, "linestyle": "", "alpha": 0.45, "markeredgewidth": 0, "markersize": 3}
        chosen = data["arms"] == arm
        sizes = np.unique(data["latents"][chosen])
        for ax, name in ((axes[0], "distances"), (axes[1], "rates")):
            values = [np.exp(np.log(data[name][chosen & (data["latents"] == size)]).mean()) for size in sizes]
            ax.plot(sizes, values, label=ARMS.get(str(arm), str(arm)), **{**look, "markersize": 4})
            ax.plot(data["latents"][chosen], data[name][chosen], **points)
    for number, sweep in enumerate(_by_size(data)):
        chosen = data["sweeps"] == sweep
        order = np.argsort(data["swept_rates"][chosen])
        axes[2].plot(
            data["swept_rates"][chosen][order],
            data["swept_distances"][chosen][order],
            color=COLOURS[number + 4],
            marker=MARKERS[number + 3],
            linestyle=LINES[number],
            label=f"{int(data['swept_latents'][chosen][0]):,}",
        )
    rate = float(data["equal_rate"])
    if np.isfinite(rate):
        axes[2].axvline(rate, color=GREY, linestyle=":", linewidth=1)
    for ax in axes[::2]:
        ax.axhline(float(data["floor"]), color=GREY, linestyle="--", linewidth=1)
        ax.set_yscale("log")
        ax.set_ylabel("Fréchet distance of prior samples")
    for ax in axes[:2]:
        ax.set_xscale("log", base=2)
        ax.set_xlabel("number of latents")
    axes[0].annotate(
        "real digits",
        (1, float(data["floor"])),
        xycoords=("axes fraction", "data"),
        ha="right",
        va="bottom",
        color=GREY,
    )
    axes[1].set_yscale("log")
    axes[1].set_ylabel("rate (nat per picture)")
    axes[1].legend(loc="best")
    axes[2].set_xscale("log")
    axes[2].set_xlabel("rate (nat per picture)")
    axes[2].legend(loc="center left", title="latents")
    panel_letters(*axes)
    return figure


def _by_size(data: Data) -> list[str]:
    """The sweeps, that with the fewest latents first."""
    sizes = dict(zip(data["sweeps"], data["swept_latents"], strict=True))
    return sorted(sizes, key=lambda sweep: sizes[sweep])
