"""The figures of the study of vectors with independent uniform components."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, MaxNLocator, NullFormatter, NullLocator, PercentFormatter, ScalarFormatter
from scipy.special import stdtrit
from scipy.stats import binom

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, plot_intervals
from soapbubble.parts.declaration import figure

BLACK, BLUE, ORANGE, GREEN, PINK, SKY, AMBER, _ = COLOURS
PAPER_GREY = "#E4E4E4"
MARKED = 6  # points marked in all projections: those nearest to a corner of the first
Data = Mapping[str, np.ndarray]


def _dimension_axis(axes: Axes, ticks: tuple[int, ...] = (2, 8, 32, 128, 512, 2048)) -> None:
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([str(tick) for tick in ticks])
    axes.set_xlabel("number of components $N$")


def _interval(batches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and half-width of Student's 95 % interval over the last axis."""
    n = batches.shape[-1]
    half = stdtrit(n - 1, 0.975) * batches.std(axis=-1, ddof=1) / np.sqrt(n)
    return batches.mean(axis=-1), half


@figure("radii")
def radius_by_dimension(data: Data, style: Style) -> Figure:
    """Distributions of the length for all dimensions on one axis; mean and spread against the dimension."""
    figure, (left, right) = new_figure(style, aspect=0.42, ncols=2, width_ratios=[2.1, 1])
    dimensions, b = data["dimensions"], float(data["half_width"])
    shown = [i for i, n in enumerate(dimensions) if n == 3 or (n >= 4 and n & (n - 1) == 0)]
    for place, i in enumerate(shown):
        colour = (BLUE, ORANGE)[place % 2]
        left.fill_between(data["centres"][i], data["density"][i], color=colour, alpha=0.35, linewidth=0)
        left.plot(data["centres"][i], data["density"][i], color=colour, linestyle=LINES[place % 2], linewidth=1)
        top = data["density"][i].max()
        label = f"$N={dimensions[i]}$" if place == len(shown) - 1 else f"{dimensions[i]}"
        aside, above = {3: (-1.2, 0), 4: (0, 0.03), 16: (0, 0.016)}.get(int(dimensions[i]), (0, 0))
        left.text(data["mean"][i] + aside, top + above + 0.006, label, ha="center", color=colour, fontsize="small")
    left.set_xlabel(f"length $R$  ($b={b:g}$)")
    left.set_ylabel("probability density of $R$")
    left.set_xlim(0, None)
    left.set_ylim(0, None)

    n = dimensions.astype(float)
    right.plot(n, b * np.sqrt(n / 3), color=GREY, linewidth=1)
    right.plot(n, data["mean"], MARKERS[0], color=BLUE)
    right.plot(n, np.full_like(n, b / np.sqrt(15)), color=GREY, linewidth=1, linestyle=LINES[1])
    right.plot(n, data["sd"], MARKERS[1], color=ORANGE)
    right.text(30, b * np.sqrt(10) * 1.6, "mean", color=BLUE, ha="right")
    right.text(30, b * 0.31, "standard\ndeviation", color=ORANGE, ha="left", va="bottom")
    right.text(2048, b * np.sqrt(2048 / 3) * 0.3, "$b\\sqrt{N/3}$", color=GREY, ha="right")
    right.text(2048, b / np.sqrt(15) * 0.86, "$b/\\sqrt{15}$", color=GREY, ha="right", va="top")
    right.set_yscale("log")
    right.set_ylabel(f"length  ($b={b:g}$)")
    right.set_ylim(0.7, None)
    _dimension_axis(right)
    panel_letters(left, right)
    return figure


@figure("radii")
def mean_formulas(data: Data, style: Style) -> Figure:
    """Errors of the formulas for the mean length; the formulas at one dimension; simulation against the integral."""
    figure, (left, middle, right) = new_figure(style, aspect=0.4, ncols=3, width_ratios=[1.35, 1, 1])
    n, exact = data["dimensions"], data["exact"]
    simulated, half = _interval(data["simulated"])
    formulas = {
        "rms": "$\\sqrt{N/3}$  (source)",
        "quarter": "$c=1/4$  (source)",
        "fifth": "$c=1/5$",
        "second": "second order",
    }
    for place, (name, label) in enumerate(formulas.items()):
        left.plot(
            n,
            np.abs(data[name] / exact - 1),
            LINES[place],
            marker=MARKERS[place],
            color=COLOURS[place + 1],
            label=label,
        )
    left.fill_between(n, 1e-14, half / exact, color=PAPER_GREY, linewidth=0, label="error of simulation")
    left.set_yscale("log")
    left.set_ylim(1e-14, 1)
    left.set_ylabel("relative error of the mean length")
    left.legend(loc="lower left", handlelength=2.2, borderaxespad=0.2)
    _dimension_axis(left)

    b, place = float(data["half_width"]), int(np.flatnonzero(n == data["zoomed"])[0])
    rows = [("exact\nintegral", exact[place], BLACK, "*"), ("$c=1/5$", data["fifth"][place], GREEN, MARKERS[2])]
    rows += [
        ("$c=1/4$", data["quarter"][place], ORANGE, MARKERS[1]),
        ("root mean\nsquare", data["rms"][place], BLUE, "o"),
    ]
    middle.axvspan(*(b * (simulated[place] + side * half[place]) for side in (-1, 1)), color=PAPER_GREY)
    middle.axvline(b * simulated[place], color=GREY, linewidth=1)
    for height, (_, value, colour, marker) in enumerate(rows):
        middle.plot(b * value, height, marker, color=colour, markersize=6)
    middle.set_yticks(range(len(rows)), [label for label, *_ in rows])
    middle.set_ylim(-0.6, len(rows) - 0.1)
    right_of_band = b * (simulated[place] + 1.3 * half[place])
    middle.text(right_of_band, len(rows) - 0.42, "simulated, 95 %", color=GREY, fontsize="small")
    middle.xaxis.set_major_locator(MaxNLocator(3))
    middle.set_xlabel(f"mean length, $N={n[place]}$, $b={b:g}$")
    middle.tick_params(axis="y", length=0)

    errors = data["simulated"].std(axis=1, ddof=1) / np.sqrt(data["simulated"].shape[1])
    right.axhspan(-2, 2, color=PAPER_GREY)
    right.axhline(0, color=GREY, linewidth=0.8)
    right.plot(n, (simulated - exact) / errors, MARKERS[0], color=BLUE)
    right.set_ylim(-4, 4)
    right.set_ylabel("simulation − integral (standard errors)")
    _dimension_axis(right, (2, 16, 128, 1024))
    panel_letters(left, middle, right)
    return figure


@figure("radii")
def spread_formulas(data: Data, style: Style) -> Figure:
    """Relative spread of the length; errors of the formulas for it; its ratio to the spread of the square."""
    figure, (left, middle, right) = new_figure(style, aspect=0.4, ncols=3)
    n = data["dimensions"]
    cv, half = _interval(data["cv"])
    left.plot(n, data["exact_cv"], color=BLUE, label="uniform, exact")
    left.errorbar(n, cv, half, fmt=MARKERS[0], color=BLUE, label="uniform, simulated")
    left.plot(n, data["plain"], LINES[1], color=BLACK, label="$\\sqrt{1/(5N)}$  (source)")
    left.plot(n, data["gaussian_exact"], LINES[2], color=ORANGE, label="Gaussian, exact")
    left.plot(data["gaussian_dimensions"], data["gaussian_cv"], MARKERS[1], color=ORANGE, label="Gaussian, simulated")
    left.set_yscale("log")
    left.set_ylabel("relative spread sd$(R)/\\langle R\\rangle$")
    left.set_ylim(None, 5)
    left.legend(loc="upper right", handlelength=2.2, borderaxespad=0.1)
    _dimension_axis(left)

    formulas = {"plain": "plain  (source)", "refined": "refined  (source)", "corrected": "corrected"}
    for place, (name, label) in enumerate(formulas.items()):
        error = 100 * (data[name] / data["exact_cv"] - 1)
        middle.plot(n, error, LINES[place], marker=MARKERS[place], color=(BLACK, ORANGE, GREEN)[place], label=label)
    middle.errorbar(
        n, 100 * (cv / data["exact_cv"] - 1), 100 * half / data["exact_cv"], fmt=".", color=SKY, label="simulated"
    )
    middle.axhline(0, color=GREY, linewidth=0.8)
    middle.set_ylabel("deviation from the exact spread (%)")
    middle.legend(loc="lower right", borderaxespad=0.2)
    _dimension_axis(middle)

    ratio, ratio_half = _interval(data["spread_ratio"])
    right.axhline(2, color=GREY, linewidth=0.8)
    right.plot(n, 2 * data["plain"] / data["exact_cv"], color=BLUE)
    right.errorbar(n, ratio, ratio_half, fmt=MARKERS[0], color=BLUE)
    right.set_ylabel("relative spread of $R^2$ over that of $R$")
    right.set_ylim(None, 2.03)
    _dimension_axis(right)
    panel_letters(left, middle, right)
    return figure


@figure("radii")
def short_vectors(data: Data, style: Style) -> Figure:
    """Share of vectors shorter than b; in three dimensions the lengths, and how densely the cube is filled."""
    figure, (left, middle, right) = new_figure(style, aspect=0.4, ncols=3)
    left.plot(data["curve_dimensions"], data["curve"], color=GREY, label="ball over cube")
    left.plot(data["dimensions"], data["shorter"], MARKERS[0], color=BLUE, label="simulated")
    left.set_yscale("log")
    left.set_xlabel("number of components $N$")
    left.set_ylabel("share of vectors shorter than $b$")
    left.legend(loc="lower left")

    radii = data["radii"]
    middle.fill_between(radii, data["lengths"], color=BLUE, alpha=0.3, linewidth=0, step="mid")
    middle.plot(radii, data["lengths"], color=BLUE, drawstyle="steps-mid", linewidth=1)
    middle.set_ylabel("probability density of $R/b$")
    middle.set_ylim(0, None)

    expected = data["volumes"] / 8 * data["total"]
    enough = expected > 100
    error = 2 * np.sqrt(data["filling"] / expected)
    right.axhline(1, color=GREY, linewidth=0.8)
    right.fill_between(
        radii[enough],
        (data["filling"] - error)[enough],
        (data["filling"] + error)[enough],
        color=SKY,
        alpha=0.6,
        linewidth=0,
    )
    right.plot(radii[enough], data["filling"][enough], color=BLUE, linewidth=1)
    right.set_ylabel("points per volume, over the mean")
    right.set_ylim(0, 1.4)
    right.text(0.5, 1.1, "inside the cube:\neven", color=BLUE, ha="center", va="bottom", fontsize="small")
    right.text(1.42, 0.72, "spheres cut\nby the faces", color=BLUE, ha="center", fontsize="small")
    for panel in (middle, right):
        panel.axvline(1, color=GREY, linewidth=0.8, linestyle=LINES[1])
        panel.set_xlim(0, np.sqrt(3))
        panel.set_xlabel("length $R/b$,  $N=3$")
    panel_letters(left, middle, right)
    return figure


@figure("balls")
def hundred_balls(found: Found, style: Style) -> Figure:
    """How often each ball was drawn for one vector; lengths for two sets of numbers and continuous components."""
    figure, (left, right) = new_figure(style, aspect=0.38, ncols=2)
    drawn = found.rows("occupation")
    left.bar(drawn["ball"], drawn["value"], width=1, color=SKY, edgecolor="white", linewidth=0.3)
    expected = drawn["N"].iloc[0] / len(drawn)
    left.axhline(expected, color=BLACK, linewidth=1, linestyle=LINES[1])
    left.text(
        len(drawn),
        expected + 0.1,
        "expected",
        ha="right",
        va="bottom",
        fontsize="small",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8},
    )
    left.set_xlabel("number of the ball")
    left.set_ylabel("times drawn for one vector")
    left.yaxis.get_major_locator().set_params(integer=True)

    labels = {
        "centres": "balls, cell centres",
        "end points": "balls, with end points",
        "continuous": "continuous components",
    }
    densities = found.rows("radius_density")
    sns.lineplot(
        densities.assign(values=densities["values"].map(labels)),
        x="length",
        y="value",
        hue="values",
        style="values",
        hue_order=labels.values(),
        style_order=labels.values(),
        palette=[BLUE, ORANGE, BLACK],
        errorbar=None,
        ax=right,
    )
    right.set_xlabel("length $R$")
    right.set_ylabel("probability density of $R$")
    right.set_ylim(0, 1.25 * densities["value"].max())
    right.legend(loc="upper right", borderaxespad=0.1)
    panel_letters(left, right)
    return figure


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
        panel.set_title(f"{len(points)} points{', stripes thinned' if name == 'thinned' else ''}")
    return figure


@figure("cube")
def stripe_counts(found: Found, style: Style) -> Figure:
    """How many points a stripe holds, against the binomial distribution; its density over that of the cube."""
    figure, panels = new_figure(style, aspect=0.4, ncols=3, width_ratios=[1, 1, 1.25])
    right = panels[2]
    shares = found.rows("stripe_count_share")
    for place, (points, counted) in enumerate(shares.groupby("points")):
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


@figure("coverage")
def coverage(found: Found, style: Style) -> Figure:
    """Share of equal cells that points reach, and share of the orthants, against the dimension."""
    figure, (left, right) = new_figure(style, aspect=0.42, ncols=2)
    expected = found.rows("cells_occupied_expected")
    points = int(expected["n"].iloc[0])
    for place, (cells, curve) in enumerate(expected.groupby("cells")):
        colour = COLOURS[place + 1]
        left.plot(curve["N"], curve["value"], LINES[place], color=colour)
        counted = found.intervals("cells_occupied", "N", cells=int(cells))
        plot_intervals(left, counted["N"], counted, fmt=MARKERS[place], color=colour, label=f"{cells:g} cells an axis")
    left.set_xlabel("number of components $N$")
    left.set_ylabel(f"share of cells with one of {points:,} points")
    left.yaxis.set_major_formatter(PercentFormatter(1))
    left.legend(loc="upper right")

    curve = np.geomspace(1, found.rows("orthant_share_log10")["N"].max(), 300)
    right.plot(
        curve,
        np.minimum(0, np.log10(points) - curve * np.log10(2)),
        color=GREY,
        linewidth=1,
        label=f"{points:,}$\\,/\\,2^N$",
    )
    for place, (law, label) in enumerate((("uniform", "uniform"), ("gaussian", "Gaussian"), ("sobol", "Sobol"))):
        reached = found.intervals("orthant_share_log10", "N", law=law)
        plot_intervals(
            right,
            reached["N"],
            reached,
            fmt=MARKERS[place],
            color=COLOURS[place + 1],
            markersize=(8.5, 5.5, 2.5)[place],
            fillstyle=("none", "none", "full")[place],
            label=label,
        )
    right.set_ylabel("$\\log_{10}$ of the share of orthants reached")
    right.legend(loc="lower left")
    _dimension_axis(right, (1, 4, 16, 64, 256))
    panel_letters(left, right)
    return figure


@figure("directions")
def directions(found: Found, style: Style) -> Figure:
    """Angles between vectors and the nearest axis, and the nearest diagonal, for uniform and Gaussian components."""
    figure, panels = new_figure(style, aspect=0.4, ncols=2)
    for panel, nearest in zip(panels, ("axis", "diagonal"), strict=True):
        for place, (law, label) in enumerate((("uniform", "uniform"), ("gaussian", "Gaussian\n(isotropic)"))):
            density = found.rows("angle_density", law=law, nearest=nearest)
            angle, value, colour = density["angle"], density["value"], (BLUE, ORANGE)[place]
            panel.fill_between(angle, value, step="post", color=colour, alpha=0.3, linewidth=0)
            panel.step(angle, value, where="post", color=colour, linestyle=LINES[place], linewidth=1.2)
            panel.text(angle[value.idxmax()], value.max() * 1.03, label, color=colour, ha="center", va="bottom")
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
    for place, (law, name) in enumerate((("uniform", "uniform"), ("gaussian", "Gaussian (isotropic)"))):
        best = found.intervals("best_cosine", "target", law=law)
        best = best[best["target"] != "random"]
        best = best.assign(axes=best["target"].map(counts)).sort_values("axes")
        plot_intervals(
            left,
            best["axes"],
            best,
            fmt=MARKERS[place],
            linestyle=LINES[place],
            color=(BLUE, ORANGE)[place],
            label=f"{name}, best of {found.rows('best_cosine', law=law)['n'].iloc[0]:,}",
        )
    possible = limit[limit["value"] <= 0.45]
    left.plot(
        possible["axes"], possible["value"], LINES[3], color=GREY, label="these components at $b$, others typical"
    )
    random = found.value("best_cosine", law="uniform", target="random")
    left.axhline(random, color=BLACK, linewidth=0.8, label="uniform, a random direction")
    left.set_ylabel("best cosine with the target")
    left.set_ylim(0, 0.6)
    left.legend(loc="upper right", borderaxespad=0.1)
    _dimension_axis(left, (1, 4, 16, 64, 256))
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
    for law, target, colour, line in lines:
        curve = shares[(shares["law"] == law) & (shares["target"] == target)]
        words = f"{'Gaussian' if law == 'gaussian' else law}, {_target_words(target)}"
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
