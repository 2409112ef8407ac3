"""Figures of the part `supports`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Annulus
from matplotlib.ticker import FixedLocator, LogLocator, NullFormatter

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found, groups
from soapbubble.figures.style import BAND, COLOURS, GREY, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure
from soapbubble.studies.latentsize.figures.names import model_name

APART = 0.95  # total variation from which on unrelated bubbles are shown as apart
HAIRLINE = 220  # of these fit between the middle and the edge of a panel


@figure("supports")
def overlap(found: Found, style: Style) -> Figure:
    """Distance of prior samples against the KL over the logarithm of the number of images, with the total variation."""
    figure, axes = new_figure(style, "page", aspect=0.42)
    theory = found.rows("unrelated_total_variation")
    apart = theory.loc[theory["value"] >= APART, "kl_over_log_images"].min()
    axes.axvspan(apart, 300, color=BAND, linewidth=0, zorder=0, label=f"unrelated bubbles: above {APART}")
    axes.axvline(1, color=GREY, linestyle=":", linewidth=1, label=r"$R=\log N$")
    quantities = ("kl_over_log_images", "total_variation", "prior_frechet_to_test")
    keys = ["model", "replicate"]
    networks = pd.concat({name: found.rows(name).set_index(keys)["value"] for name in quantities}, axis=1)
    for number, (name, own) in enumerate(groups(networks, "model")):
        axes.plot(
            own["kl_over_log_images"],
            own["prior_frechet_to_test"],
            marker=(*MARKERS, "<", ">", "h", "p", "8", "H")[number % 14],
            color=COLOURS[number % len(COLOURS)],
            linestyle="",
            label=f"{model_name(name)}: {own['total_variation'].mean():.3f}",
        )
    axes.set_xscale("symlog", linthresh=0.1, linscale=0.5)
    axes.set_xlim(-0.01, 300)
    axes.xaxis.set_major_locator(FixedLocator((0, 0.1, 1, 10, 100)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel(r"KL $R$ / log of the number of training images $\log N$")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylabel("Fréchet distance of prior samples")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), title="total variation distance", alignment="left")
    return figure


@figure("supports")
def rings(found: Found, style: Style) -> Figure:
    """The rings drawn to scale; draws along and across a code; and distances from the code."""
    models = found.rows("draw_distance").drop_duplicates("model")
    count = len(models)
    figure, axes = new_figure(style, aspect=0.31 * count, nrows=count, ncols=3, squeeze=False)
    for row, (name, dimension) in enumerate(zip(models["model"], models["dimension"], strict=True)):
        _to_scale(axes[row, 0], dimension, found.rows("code_length", model=name, replicate=0)["value"].iloc[0])
        axes[row, 0].set_ylabel(model_name(name).replace(", ", ",\n"))
        for kind, label, colour, marker, line in (
            ("prior", "prior", COLOURS[2], "o", "-"),
            ("own", "own bubble", COLOURS[0], "x", "--"),
        ):
            along, across, distance = (
                found.rows(f"draw_{of}", model=name, bubble=kind)["value"] for of in ("along", "across", "distance")
            )
            look = {"color": colour, "label": label}
            # Black stays a drawing, as it is the ink of the page.
            look_of_marks = {"markersize": 2.5, "alpha": 0.5, "rasterized": kind != "own", **look}
            axes[row, 1].plot(along, across, marker, **look_of_marks)
            axes[row, 2].hist(distance, 25, histtype="step", linestyle=line, **look)
        axes[row, 1].set_ylabel("length across the code")
        axes[row, 2].set_ylabel("draws")
        axes[row, 2].axvline(np.sqrt(dimension), color=GREY, linestyle=":", linewidth=1)
    axes[-1, 1].set_xlabel("place along the code")
    axes[-1, 2].set_xlabel("distance from the code")
    figure.legend(*axes[0, 1].get_legend_handles_labels(), loc="outside lower center", ncols=2, markerscale=1.6)
    panel_letters(*axes[0])
    return figure


def _to_scale(ax: Axes, dimension: int, length: float) -> None:
    """A ring of radius sqrt(d) and width 1/sqrt(2) around the origin, and eight around codes of the given length.

    Rings are at least a hairline wide, or nothing would be seen of those in a large space.
    """
    radius = np.sqrt(dimension)
    reach = 1.1 * (radius + length)
    thickness = max(np.sqrt(0.5), reach / HAIRLINE)
    for angle in np.arange(8) * np.pi / 4:
        centre = length * np.cos(angle), length * np.sin(angle)
        ax.add_patch(Annulus(centre, radius + thickness / 2, thickness, color=COLOURS[0], alpha=0.5, linewidth=0))
    ax.add_patch(Annulus((0, 0), radius + thickness / 2, thickness, color=COLOURS[2], linewidth=0))
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
