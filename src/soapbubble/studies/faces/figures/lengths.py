"""Lengths of latents and of uniform vectors."""

from __future__ import annotations

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, LINES, new_figure, panel_letters
from soapbubble.parts.declaration import figure

BLACK, BLUE, ORANGE, GREEN, *_ = COLOURS


@figure("lengths")
def lengths(found: Found, style: Style) -> Figure:
    """Densities of the length: latents of a network of each case, normal surrogates, and uniform vectors by b."""
    figure, panels = new_figure(style, aspect=0.42, ncols=2, sharey=True)
    for panel, case in zip(panels, ("case I", "case II"), strict=True):
        rows = found.rows("length_density", model=case)
        for source in sorted(name for name in rows["source"].unique() if name.startswith("uniform")):
            density = rows[rows["source"] == source]
            panel.fill_between(density["length"], density["value"], color=GREY, alpha=0.25, linewidth=0)
            peak = density.loc[density["value"].idxmax()]
            panel.annotate(
                source.partition("b=")[2], (peak["length"], 1.6), ha="center", color=GREY, annotation_clip=False
            )
        for place, source in enumerate(("latents", "normal", "normal, independent")):
            density = rows[rows["source"] == source]
            panel.plot(
                density["length"], density["value"], LINES[place], color=(ORANGE, BLUE, GREEN)[place], label=source
            )
        panel.set_yscale("log")
        panel.set_ylim(3e-4, 2.5)
        panel.set_xlabel(f"length in the post's units, {case}")
        panel.legend(loc="upper right", bbox_to_anchor=(1, 0.85))
    panels[0].set_ylabel("probability density")
    panel_letters(*panels)
    return figure
