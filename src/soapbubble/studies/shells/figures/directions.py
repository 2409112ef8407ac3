"""Directions of vectors, and targets that a growing cube reaches."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter, ScalarFormatter

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, plot_intervals
from soapbubble.parts.declaration import figure
from soapbubble.studies.shells.figures.axes import dimension_axis

BLACK, BLUE, ORANGE, GREEN, PINK, _, _, _ = COLOURS


@figure("directions")
def directions(found: Found, style: Style) -> Figure:
    """Angles between vectors and the nearest axis, and the nearest diagonal, for uniform and Gaussian components."""
    figure, panels = new_figure(style, aspect=0.4, ncols=2)
    for panel, nearest in zip(panels, ("axis", "diagonal"), strict=True):
        for place, (distribution, label) in enumerate((("uniform", "uniform"), ("gaussian", "Gaussian\n(isotropic)"))):
            density = found.rows("angle_density", distribution=distribution, nearest=nearest)
            angle, value, colour = density["angle"], density["value"], (BLUE, ORANGE)[place]
            panel.fill_between(angle, value, step="post", color=colour, alpha=0.3, linewidth=0)
            panel.step(angle, value, where="post", color=colour, linestyle=LINES[place], linewidth=1.2)
            panel.text(angle.iloc[value.argmax()], value.max() * 1.03, label, color=colour, ha="center", va="bottom")
        panel.set_yscale("log")
        panel.set_ylim(1e-5, 20)
        panel.set_xlabel(f"angle to the nearest {nearest} (degrees), $N={density['N'].iloc[0]:g}$")
        panel.set_ylabel("probability density (per degree)")
    panel_letters(*panels)
    return figure


@figure("directions")
def growing_cubes(found: Found, style: Style) -> Figure:
    """How near vectors come to a target direction, and how many lie in a target ball while the cube grows."""
    figure, (left, right) = new_figure(style, aspect=0.44, ncols=2)
    limit = found.rows("cosine_limit")
    counts = {"axis": 1, **{f"{n:g} axes": n for n in limit["axes"]}, "diagonal": limit["N"].iloc[0]}
    for place, (distribution, name) in enumerate((("uniform", "uniform"), ("gaussian", "Gaussian (isotropic)"))):
        best = found.intervals("best_cosine", "target", distribution=distribution)
        best = best[best["target"] != "random"]
        best = best.assign(axes=best["target"].map(counts)).sort_values("axes")
        plot_intervals(
            left,
            best["axes"],
            best,
            fmt=MARKERS[place],
            linestyle=LINES[place],
            color=(BLUE, ORANGE)[place],
            label=f"{name}, best of {found.rows('best_cosine', distribution=distribution)['n'].iloc[0]:,}",
        )
    possible = limit[limit["value"] <= 0.45]
    left.plot(
        possible["axes"], possible["value"], LINES[3], color=GREY, label="these components at $b$, others typical"
    )
    random = found.value("best_cosine", distribution="uniform", target="random")
    left.axhline(random, color=BLACK, linewidth=0.8, label="uniform, a random direction")
    left.set_ylabel("best cosine with the target")
    left.set_ylim(0, 0.6)
    left.legend(loc="upper right", borderaxespad=0.1)
    dimension_axis(left, (1, 4, 16, 64, 256))
    left.set_xlabel("number of axes that carry the target")

    shares = found.rows("share_in_ball")
    ratio = shares["ratio"].iloc[0]
    lines = (
        ("uniform", "random", BLUE, 0),
        ("uniform", "diagonal", GREEN, 1),
        ("gaussian", "axis", ORANGE, 2),
        ("uniform", "4 axes", PINK, 3),
        ("uniform", "axis", BLACK, 0),
    )
    for distribution, target, colour, line in lines:
        curve = shares[(shares["distribution"] == distribution) & (shares["target"] == target)]
        words = f"{'Gaussian' if distribution == 'gaussian' else distribution}, {_target_words(target)}"
        if curve.empty:
            right.plot([], [], " ", label=f"{words}: none of {shares['n'].iloc[0]:,}")
        else:
            right.plot(curve["size"], curve["value"], linestyle=LINES[line], color=colour, label=words)
    right.set_xscale("log")
    right.set_yscale("log")
    right.set_ylim(5e-7, 1)
    right.xaxis.set_major_locator(FixedLocator([0.005, 0.01, 0.02, 0.05]))
    right.xaxis.set_major_formatter(ScalarFormatter())
    right.xaxis.set_minor_formatter(NullFormatter())
    right.set_xlabel("half-width $b$ of the cube over distance $d$ of the centre")
    right.set_ylabel(f"share of vectors in a ball of radius {ratio:g}$\\,d$")
    right.legend(loc="upper right", borderaxespad=0.1)
    panel_letters(left, right)
    return figure


def _target_words(target: str) -> str:
    return {
        "random": "centre in a random direction",
        "diagonal": "on a diagonal",
        "axis": "on an axis",
    }.get(target, f"among {target}")
