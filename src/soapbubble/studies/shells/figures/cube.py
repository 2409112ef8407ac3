"""Points in a three-dimensional cube: projections, views, and counts in stripes."""

from __future__ import annotations

from itertools import product

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from scipy.stats import binom

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found, groups
from soapbubble.figures.style import COLOURS, GREY, MARKERS, new_figure, panel_letters, plot_intervals
from soapbubble.parts.declaration import figure

BLACK, BLUE, ORANGE, _, PINK, SKY, AMBER, _ = COLOURS
MARKED = 6  # points marked in all projections: those nearest to a corner of the first


@figure("cube")
def cube_planes(found: Found, style: Style) -> Figure:
    """The three projections of a cube of uniform points, and of one whose edge stripes were thinned on purpose."""
    figure, panels = new_figure(style, aspect=0.7, nrows=2, ncols=3)
    side, width = _side_and_stripe(found)
    even, thinned = found.pictures["few"], found.pictures["few thinned"]
    marked = np.argsort(np.minimum(even, side - even)[:, :2].max(axis=1))[:MARKED]
    for row, points in enumerate((even, thinned)):
        for panel, (i, j) in zip(panels[row], ((0, 1), (0, 2), (1, 2)), strict=True):
            for x, y in product((0, side - width), repeat=2):
                panel.add_patch(Rectangle((x, y), width, width, facecolor=AMBER, alpha=0.35, linewidth=0))
            panel.plot(points[:, i], points[:, j], "o", color=GREY, markersize=2.2, markeredgewidth=0)
            if row == 0:
                for place, point in enumerate(points[marked]):
                    colour = COLOURS[1 + place % 6]
                    panel.plot(
                        point[i],
                        point[j],
                        MARKERS[place],
                        color=colour,
                        markersize=6,
                        markeredgecolor=BLACK,
                        markeredgewidth=0.4,
                        clip_on=False,
                        zorder=3,
                    )
            panel.set_xlabel(f"$x_{i + 1}$")
            panel.set_ylabel(f"$x_{j + 1}$", labelpad=1)
            panel.set_xlim(0, side)
            panel.set_ylim(0, side)
            panel.set_aspect("equal")
            panel.set_xticks([0, side / 2, side])
            panel.set_yticks([0, side / 2, side])
            for spine in panel.spines.values():
                spine.set_visible(True)
    panels[0, 0].set_ylabel("uniform components\n\n$x_2$", labelpad=1)
    panels[1, 0].set_ylabel("control: stripes thinned\n\n$x_2$", labelpad=1)
    panel_letters(*panels.flat)
    return figure


def _side_and_stripe(found: Found) -> tuple[float, float]:
    """Side of the cubes that are shown, and width of their stripes."""
    shown = found.rows("points_in_stripe").iloc[0]
    return float(shown["side"]), float(shown["side"] * shown["width"])


@figure("cube")
def cube_views(found: Found, style: Style) -> Figure:
    """Two cubes of uniform points in space and one with thinned stripes; counts stand at the stripes' edges."""
    figure, panels = new_figure(style, aspect=0.36, ncols=3, subplot_kw={"projection": "3d"})
    side, width = _side_and_stripe(found)
    for panel, name, low in zip(panels, ("few", "many", "thinned"), (0.0, -side / 2, -side / 2), strict=True):
        points = found.pictures[name]
        counts = found.rows("points_in_stripe", cube=name)["value"].astype(int)
        ends = np.array([low, low + side])
        extreme = (points < low + width) | (points >= low + side - width)
        near = extreme.sum(axis=1) >= 2
        panel.scatter(*points[~near].T, s=2.5, color=GREY, alpha=0.7, linewidths=0, depthshade=False)
        panel.scatter(*points[near].T, s=9, color=ORANGE, marker="D", linewidths=0, depthshade=False)
        place = 0
        for i, j in ((0, 1), (0, 2), (1, 2)):
            free = 3 - i - j
            for p, q in product((0, 1), repeat=2):
                edge = np.empty((2, 3))
                edge[:, i], edge[:, j], edge[:, free] = ends[p], ends[q], ends
                panel.plot(*edge.T, color=AMBER, linewidth=1.2)
                middle = edge.mean(axis=0)
                panel.text(
                    *middle,
                    str(counts[place]),
                    fontsize="x-small",
                    color=BLUE,
                    ha="center",
                    va="center",
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.85},
                )
                place += 1
        panel.scatter([0], [0], [0], s=28, color=PINK, marker="o", edgecolors=BLACK, linewidths=0.5, depthshade=False)
        panel.set_xlim(*ends)
        panel.set_ylim(*ends)
        panel.set_zlim(*ends)
        panel.set_axis_off()
        panel.view_init(elev=20, azim=-55)
        panel.set_box_aspect((1, 1, 1), zoom=1.02)
        panel.set_title(pad=-4, label=f"{len(points)} points{', stripes thinned' if name == 'thinned' else ''}")
    return figure


@figure("cube")
def stripe_counts(found: Found, style: Style) -> Figure:
    """How many points a stripe holds, against the binomial distribution; its density over that of the cube."""
    figure, panels = new_figure(style, aspect=0.4, ncols=3, width_ratios=[1, 1, 1.25])
    right = panels[2]
    shares = found.rows("stripe_count_share")
    for place, (points, counted) in enumerate(groups(shares, "points", sort=True)):
        panel, counts, width = panels[place], counted["count"], counted["width"].iloc[0]
        panel.bar(counts, counted["value"], color=SKY, edgecolor="white", label="counted")
        panel.plot(counts, binom.pmf(counts, points, width**2), "D", color=BLACK, label="binomial")
        panel.set_xlabel(f"points in a stripe, of {points:g}")
        panel.set_ylabel("share of stripes")
        panel.set_xlim(-0.7, 14.5)
        panel.set_ylim(0, 1.3 * counted["value"].max())
        panel.legend(loc="upper right")
        ratios = found.intervals("stripe_density_ratio", "stripe", points=int(points))
        plot_intervals(
            right,
            ratios.index + (0.17, -0.17)[place],
            ratios,
            horizontal=True,
            fmt=MARKERS[place],
            color=(BLUE, ORANGE)[place],
            label=f"{points:g} points",
        )
    right.axvline(1, color=GREY, linewidth=0.8)
    right.set_yticks(ratios.index, [_stripe_label(name) for name in ratios["stripe"]], fontsize="small")
    right.set_xlim(0.93, 1.07)
    right.set_ylim(-0.6, len(ratios) + 1.6)
    right.set_xlabel("stripe density over cube density")
    right.set_xticks([0.95, 1, 1.05])
    right.legend(loc="upper center", ncols=2, borderaxespad=0.1)
    panel_letters(*panels)
    return figure


def _stripe_label(name: str) -> str:
    return str(name).replace("x1", "$x_1$").replace("x2", "$x_2$").replace("x3", "$x_3$")
