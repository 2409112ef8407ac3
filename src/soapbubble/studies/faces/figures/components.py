"""Principal components of the latents, and the two dominant axes that are most correlated."""

from __future__ import annotations

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, LINES, new_figure, panel_letters
from soapbubble.parts.declaration import figure

BLACK, BLUE, ORANGE, GREEN, *_ = COLOURS


@figure("components")
def spectra(found: Found, style: Style) -> Figure:
    """Variance along principal components; the strongest correlation of two dominant axes, and the same permuted."""
    figure, (left, middle, right) = new_figure(style, aspect=0.34, ncols=3)
    for place, case in enumerate(("case I", "case II")):
        for source in ("latents", "axes shuffled", "isotropic"):
            rows = found.rows("variance_share", model=case, source=source)
            colour = GREY if source == "isotropic" else (BLUE, ORANGE)[place]
            style_of = {"latents": LINES[0], "axes shuffled": LINES[1], "isotropic": LINES[3]}[source]
            left.plot(rows["rank"], rows["value"], linestyle=style_of, color=colour)
            if place == 0:
                left.plot([], [], linestyle=style_of, color=GREY, label=source)
    left.set(xscale="log", yscale="log", ylim=(1e-5, 1))
    left.set_xlabel("principal component")
    left.set_ylabel("share of the variance")
    left.legend(loc="lower left", fontsize="x-small", handlelength=1.6)
    for panel, kind in ((middle, "latents"), (right, "shuffled")):
        for place, case in enumerate(("case I", "case II")):
            points = found.pictures[f"{case}/{kind}"]
            panel.plot(*points.T, ".", markersize=1.5, color=(BLUE, ORANGE)[place], alpha=0.6, label=case)
        panel.set_aspect("equal", adjustable="datalim")
        panel.set_xlabel(f"one component, {kind}")
    middle.set_ylabel("another")
    middle.legend(markerscale=4)
    panel_letters(left, middle, right)
    return figure
