"""How often uniform vectors fall into the region that an encoder fills."""

from __future__ import annotations

from math import log10

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, LINES, MARKERS, new_figure, panel_letters, plot_intervals
from soapbubble.parts.declaration import figure

BLACK, BLUE, ORANGE, GREEN, *_ = COLOURS
NEVER = -30.0  # as low as the figure goes


@figure("boxes")
def hits(found: Found, style: Style) -> Figure:
    """Share of uniform vectors in the latents' ellipsoid, by number of latents; probabilities to fall into boxes."""
    figure, (left, right) = new_figure(style, aspect=0.42, ncols=2)
    labels = {"held out": "held-out latents", "normal": "normal surrogate", "uniform": "uniform vectors"}
    for place, (source, label) in enumerate(labels.items()):
        shares = found.intervals("region_share", "N", source=source)
        plot_intervals(
            left,
            shares["N"],
            shares,
            fmt=MARKERS[place],
            linestyle=LINES[place],
            color=(BLACK, BLUE, ORANGE)[place],
            label=label,
        )
    left.axhline(found.threshold("fii-uniform-generator-misses-filled-region", "miss"), color=BLACK, linewidth=0.6)
    left.set_xscale("log", base=2)
    left.set_yscale("symlog", linthresh=1e-4)
    left.set_ylim(-1e-5, 2)
    left.set_xlabel("latents")
    left.set_ylabel("share inside the latents' ellipsoid")
    left.legend(loc="upper right", bbox_to_anchor=(1, 0.9))
    rows = found.rows("hit_log10_probability", reading="full width")
    pairs = list(dict.fromkeys(zip(rows["b"], rows["factor"], strict=True)))
    for place, case in enumerate(("case I", "case II")):
        for height, (b, factor) in enumerate(pairs):
            value = found.intervals("hit_log10_probability", reading="full width", model=case, b=b, factor=factor)
            value = value.clip(lower=NEVER)
            plot_intervals(
                right,
                [height + 0.15 * (2 * place - 1)],
                value,
                horizontal=True,
                fmt=MARKERS[place + 1],
                color=(BLUE, ORANGE)[place],
                label=f"ours, {case}" if height == 0 else None,
            )
    printed = {(12, 12): 20, (2, 2): 10, (1.5, 2): 170_000, (1.5, 1.5): 10, (1, 1.5): 170_000}
    places = [pairs.index(pair) for pair in printed if pair in pairs]
    right.plot([log10(hit / 170_000) for hit in printed.values()], places, "o", color=BLACK, label="the post's counts")
    right.set_yticks(range(len(pairs)), [f"$b={b:g}$, {factor:g} half-widths" for b, factor in pairs])
    right.invert_yaxis()
    right.set_xlim(NEVER - 1, 1)
    right.set_xlabel("$\\log_{10}$ of the probability to fall into the box")
    right.legend(loc="lower left")
    panel_letters(left, right)
    return figure
