"""What single latents do: traversals, and how well a latent goes with one attribute of a digit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.parts.declaration import figure

MODELS = ("dense-16", "dense-64")
AXES = {"own": "as trained", "rotated": "rotated"}


@figure("sliders")
def traversals(found: Found, style: Style) -> Figure:
    """A digit while one of its latents is moved: the five with the highest KL, and the five with the lowest."""
    strips = found.pictures["traversals"]
    kl, correlations = (found.rows(name).sort_values("strip") for name in ("traversed_kl", "traversed_correlation"))
    half, steps, side = len(strips) // 2, strips.shape[1], strips.shape[-1]
    figure, axes = new_figure(style, aspect=0.34, nrows=half, ncols=2)
    labels = zip(kl["value"], correlations["attribute"], correlations["value"], strict=True)
    for axis, strip, (nats, attribute, correlation) in zip(axes.T.flat, strips, labels, strict=True):
        show_picture(axis, np.concatenate(list(strip), axis=1))
        label = f"{nats:.2g} nat\n{attribute} {correlation:+.2f}".replace("-", "−")
        axis.set_ylabel(label, rotation=0, ha="right", va="center")
    reach = kl["reach"].iloc[0]
    ticks = [side * (step + 0.5) for step in (0, steps // 2, steps - 1)]
    for axis in axes[-1]:
        axis.set_xticks(ticks, [f"−{reach:g}", "0", f"{reach:g}"])
        axis.tick_params(length=0)
        axis.set_xlabel("value of the latent")
    axes[0, 0].set_title("latents with the highest KL")
    axes[0, 1].set_title("latents with the lowest KL")
    return figure


@figure("sliders")
def sliders(found: Found, style: Style) -> Figure:
    """Best correlation of a latent with an attribute against its KL; sliders and gaps against rotated latents."""
    figure, axes = new_figure(style, aspect=0.4, ncols=3, width_ratios=(1.5, 1, 1))
    _correlations(axes[0], found)
    _against_rotated(axes[1], found, "slider_share", "share with exactly\none attribute", among="active")
    _against_rotated(axes[2], found, "attribute_gap", "gap between an attribute's\nbest and second latent")
    axes[2].legend(loc="upper right")
    panel_letters(*axes)
    return figure


def _correlations(axes: Axes, found: Found) -> None:
    keys = ["model", "replicate", "latent"]
    points = pd.DataFrame(columns=[*keys, "value_kl", "value_correlation"])
    if found.measured("latent_kl"):  # no latent is in use in a network that has learnt nothing
        points = pd.merge(
            found.rows("latent_kl")[[*keys, "value"]],
            found.rows("best_correlation")[[*keys, "value"]],
            on=keys,
            suffixes=("_kl", "_correlation"),
        )
    for number, model in enumerate(MODELS):
        look = {"color": COLOURS[number + 1], "marker": MARKERS[number], "s": 14, "alpha": 0.6, "linewidth": 0}
        own = points[points["model"] == model]
        sns.scatterplot(own, x="value_kl", y="value_correlation", label=_latents(model), ax=axes, **look)
        chance = found.value("largest_by_chance", model=model)
        axes.axhline(chance, color=COLOURS[number + 1], linestyle=LINES[number + 1], linewidth=1)
    axes.axhline(found.value("slider_threshold"), color=GREY, linewidth=0.8, linestyle=LINES[3])
    axes.set(xscale="log", xlim=(0.01, 10), ylim=(0, 1))  # also where no latent is in use
    axes.set(xlabel="KL of an active latent (nat)", ylabel="best rank correlation\nwith an attribute")
    axes.legend(loc="upper left")


def _against_rotated(axes: Axes, found: Found, quantity: str, label: str, **where: Any) -> None:
    """Networks and their mean with its interval, for latents as trained and rotated."""
    for number, (axis, name) in enumerate(AXES.items()):
        rows = found.rows(quantity, model=MODELS, axes=axis, **where)
        means = found.intervals(quantity, "model", axes=axis, **where).set_index("model").loc[list(MODELS)]
        at = np.arange(len(MODELS)) + 0.2 * (2 * number - 1)
        look: dict[str, Any] = {"color": COLOURS[3 + number]}
        places = rows["model"].map(dict(zip(MODELS, at, strict=True)))
        axes.plot(places - 0.1, rows["value"], MARKERS[number], markersize=3, alpha=0.6, markeredgewidth=0, **look)
        reach = means["estimate"] - means["low"], means["high"] - means["estimate"]
        axes.errorbar(at, means["estimate"], reach, fmt=MARKERS[number], capsize=2, label=name, **look)
    axes.set_xticks(range(len(MODELS)), [_latents(model).replace(" ", "\n") for model in MODELS])
    axes.set(xlim=(-0.6, len(MODELS) - 0.4), ylabel=label)
    axes.set_ylim(0, None)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter("{x:.2f}")


def _latents(model: str) -> str:
    return f"{model.removeprefix('dense-')} latents"
