"""The distributions of the latent axes, and the axes that stand out."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.special import ndtri

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure
from soapbubble.studies.faces.source import TABLE

BLACK, BLUE, ORANGE, GREEN, PINK, SKY, _, _ = COLOURS
BROADEST = 12  # axes drawn in colour
SHOWN = 8.0  # in the post's units
CASES = ("case I", "case II")


@figure("marginals")
def all_axes(found: Found, style: Style) -> Figure:
    """Histograms of all axes of a network of each case; quantiles of all axes, standardised, against normal ones."""
    figure, axes = new_figure(style, aspect=0.72, nrows=2, ncols=2)
    for column, case in enumerate(CASES):
        data = {name.partition("/")[2]: array for name, array in found.pictures.items() if name.startswith(f"{case}/")}
        centres, counts = data["centres"], data["counts"]
        total = counts[0].sum()
        top, bottom = axes[:, column]
        for curve in counts[BROADEST:]:
            top.plot(centres, curve / total, color=GREY, linewidth=0.35, alpha=0.5, rasterized=True)
        for place, (curve, normal) in enumerate(zip(counts[:3], data["normal"][:3], strict=True)):
            colour = (BLUE, ORANGE, GREEN)[place]
            top.plot(centres, curve / total, color=colour, linewidth=1.1)
            top.plot(centres, normal / total, color=colour, linewidth=0.9, linestyle=":")
        for curve in counts[3:BROADEST]:
            top.plot(centres, curve / total, color=SKY, linewidth=0.7, rasterized=True)
        step = centres[1] - centres[0]
        top.axhline(step / (2 * centres[-1]), color=BLACK, linestyle="--", linewidth=1)
        told = {"ha": "right", "va": "bottom", "fontsize": style.font_points - 1.5}
        top.text(SHOWN, step / (2 * centres[-1]) * 1.15, "uniform, $b=12$", **told)
        top.set(xlim=(-SHOWN, SHOWN), yscale="log", ylim=(0.5 / total, 1))
        top.set_xlabel(f"component, {case}")
        levels = (np.arange(len(data["quantiles"])) + 0.5) / len(data["quantiles"])
        expected = ndtri(levels)
        bottom.plot(expected, data["quantiles"], color=GREY, linewidth=0.35, alpha=0.5, rasterized=True)
        bottom.plot(expected, expected, color=BLACK, linewidth=1.2)
        bottom.set(xlim=(-3, 3), ylim=(-4.5, 4.5))
        bottom.set_xlabel("quantile of a normal distribution")
    axes[0, 0].set_ylabel("share of the latents in an interval")
    axes[1, 0].set_ylabel("quantile of an axis, standardised")
    panel_letters(*axes.ravel())
    return figure


@figure("marginals")
def dominant_axes(found: Found, style: Style) -> Figure:
    """The axes that stand out against the post's table, and how many axes lie beyond a mean or a width."""
    figure, axes = new_figure(style, aspect=0.72, nrows=2, ncols=2)
    for panel, (column, label) in zip(axes[0], (("width", "half-width"), ("mean", "mean, without sign")), strict=True):
        theirs = np.sort(np.abs(TABLE[:, 1 if column == "width" else 0]))[::-1]
        panel.plot(np.arange(1, len(theirs) + 1), theirs, "o", color=BLACK, label="the post, case II", zorder=4)
        for place, case in enumerate(CASES):
            ours = found.rows("dominant_axis", model=case, column=column).groupby("rank")["value"]
            colour = (BLUE, ORANGE)[place]
            panel.fill_between(ours.min().index, ours.min(), ours.max(), color=colour, alpha=0.25, linewidth=0)
            panel.plot(ours.mean().index, ours.mean(), color=colour, marker=MARKERS[place + 1], label=f"ours, {case}")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.set_xlabel("rank among the twenty dominant axes")
        panel.set_ylabel(label)
        panel.set_ylim(bottom=0)
        panel.legend()
    for panel, (quantity, label) in zip(
        axes[1], (("widths", "full width at half height"), ("mean", "mean, without sign")), strict=True
    ):
        for place, case in enumerate(CASES):
            values = np.sort(np.abs(found.pictures[f"{case}/{quantity}"]))[::-1]
            panel.plot(values, np.arange(1, len(values) + 1), color=(BLUE, ORANGE)[place], label=f"ours, {case}")
        lines = {"widths": ((1.0, 40), (1.5, 20), (3.0, 5)), "mean": ((0.25, 25), (1.0, 10))}[quantity]
        panel.plot(*zip(*lines, strict=True), "v", color=BLACK, label="at most, by the post")
        panel.set(yscale="log", xlim=(0, 5 if quantity == "widths" else 1.5))
        panel.set_xlabel(f"{label}, the post's units")
        panel.set_ylabel("axes beyond")
        panel.legend()
    panel_letters(*axes.ravel())
    return figure
