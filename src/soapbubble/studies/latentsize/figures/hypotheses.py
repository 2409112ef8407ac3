"""Figures on hypotheses about bad samples: four corners, six predictions, what predicts, paths between codes."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import (
    COLOURS,
    GREY,
    LINES,
    MARKERS,
    ON_DARK,
    ON_LIGHT,
    new_figure,
    new_subfigures,
    panel_letters,
    plot_intervals,
    show_picture,
)
from soapbubble.parts.declaration import figure
from soapbubble.studies.latentsize.figures.names import model_name
from soapbubble.studies.latentsize.figures.overfitting import trained_name

HYPOTHESES = {"bubbles": "thin bubbles", "overfitting": "overfitting", "shape": "shape of codes"}
MEASURES = {
    "distance_of_bubbles": "bubbles:\nlog of distance in nats",
    "overfitting_gap": "overfitting:\ngap in deviance explained",
    "excess_of_codes": "shape:\nlog of excess in nats",
}
BESIDE = 0.012  # of a path, between the bars of one model and the next
EXPECTED, PATHS = ", expected: ", ", paths"  # in the names of images


@figure("hypotheses")
def four_cells(found: Found, style: Style) -> Figure:
    """A network for each corner: test digits, what it makes of them, and its prior samples."""
    figure, panels = new_subfigures(style, 0.56, nrows=2, ncols=2, wspace=0.03, hspace=0.06)
    corners = [name.split(EXPECTED) for name in found.pictures if EXPECTED in name]
    # In the order good and good, good and bad, bad and good, bad and bad.
    for panel, (name, corner) in zip(panels, sorted(corners, key=_by_corner), strict=True):
        axes = panel.subplots(3, 1)
        page = found.pictures[f"{name}{EXPECTED}{corner}"]
        for ax, row, label in zip(axes, page, ("test", "reconstructed", "prior"), strict=True):
            show_picture(ax, np.hstack(list(row)))
            ax.set_ylabel(label, rotation=0, ha="right", va="center")
        axes[0].set_title(trained_name(name), fontweight="bold")
        kept = found.value("decoded_label_accuracy", model=name, latents="aggregate posterior, test")
        distance = found.value("frechet_of_samples", model=name, latents="prior")
        told = f"{kept:.0%} correct, prior samples at {distance:,.0f}"
        axes[2].set_xlabel(f"expected: {corner}\nfound: {told}")
    return figure


def _by_corner(corner: list[str]) -> list[bool]:
    return [word.endswith("bad") for word in corner[1].split(", ")]


@figure("hypotheses")
def hypotheses(found: Found, style: Style) -> Figure:
    """What each hypothesis expects of six tests and what was found, for each subject, with the number it got right."""
    expected = found.rows("prediction_expected").pivot_table("value", "test", "hypothesis", sort=False)
    observed, statistics = (
        found.intervals(quantity, "subject", "test").set_index(["subject", "test"])["estimate"]
        for quantity in ("prediction_observed", "prediction_statistic")
    )
    scores = found.intervals("predictions_right", "subject", "hypothesis").set_index(["subject", "hypothesis"])
    subjects = found.rows("predictions_right")["subject"].unique()
    tests, columns = len(expected), len(HYPOTHESES)
    figure, axes = new_figure(style, aspect=0.46, ncols=len(subjects), sharey=True, squeeze=False)
    for ax, subject in zip(axes[0], subjects, strict=True):
        for row, test in enumerate(expected.index):
            seen = observed[subject, test]
            for column, hypothesis in enumerate(HYPOTHESES):
                yes = bool(expected.loc[test, hypothesis])
                _cell(ax, column, row, "yes" if yes else "no", seen if yes else 1 - seen)
            _cell(ax, columns + 0.15, row, f"{_said(seen)}\n{_short(statistics[subject, test])}", None)
        for column, hypothesis in enumerate(HYPOTHESES):
            right = scores.loc[(subject, hypothesis), "estimate"]
            ax.text(column + 0.5, tests + 0.45, f"{right:.3g} of {tests}", ha="center", va="center")
        ax.text(columns + 0.65, tests + 0.45, "right", ha="center", va="center", color=GREY)
        ax.set_xlim(0, columns + 1.15)
        ax.set_ylim(tests + 0.9, 0)
        heads = [name.replace(" ", "\n", 1) for name in HYPOTHESES.values()]
        ax.set_xticks([*(column + 0.5 for column in range(columns)), columns + 0.65], [*heads, "found"])
        ax.xaxis.tick_top()
        ax.tick_params(length=0)
        ax.set_xlabel(model_name(subject))
        for spine in ax.spines.values():
            spine.set_visible(False)
    axes[0, 0].set_yticks([row + 0.5 for row in range(tests)], [_wrapped(test) for test in expected.index])
    return figure


def _said(found: float) -> str:
    return "undecided" if np.isnan(found) else {1.0: "yes", 0.0: "no"}.get(found, "varies")


def _short(value: float) -> str:
    return f"{value:#.2g}".rstrip(".").replace("-", "\u2212")


def _wrapped(text: str) -> str:
    words = text.split(" ")
    middle = (len(words) + 1) // 2
    return f"{' '.join(words[:middle])}\n{' '.join(words[middle:])}"


def _cell(ax: Axes, x: float, y: float, text: str, right: float | None) -> None:
    """A cell of the matrix: blue if the hypothesis was right, orange and hatched if not, grey if that is not clear.

    White if it is a fact.
    """
    looks: dict[float | None, tuple[str, str, str]] = {
        None: ("white", "", ""),
        1: ("#CCE3F1", "", "  \u2713"),
        0: ("#F7DCC8", "///", "  \u2717"),
    }
    face, hatch, mark = looks.get(right, ("#E8E8E8", "", "  \u2713/\u2717"))
    ax.add_patch(
        Rectangle((x + 0.03, y + 0.04), 0.94, 0.92, facecolor=face, edgecolor=ON_DARK, hatch=hatch, linewidth=0)
    )
    ax.text(x + 0.5, y + 0.5, text + mark, ha="center", va="center", color=COLOURS[0] if right is None else ON_LIGHT)


@figure("hypotheses")
def predicting(found: Found, style: Style) -> Figure:
    """Fréchet distance of prior samples against each hypothesis' measure, a point a network; filled with few images."""
    figure, axes = new_figure(style, aspect=0.4, ncols=3, sharey=True)
    keys = ["model", "replicate"]
    distances = found.rows("frechet_of_samples", latents="prior").set_index(keys)["value"].rename("distance")
    floor = found.value("frechet_control", images="test digits")
    for ax, (measure, label) in zip(axes, MEASURES.items(), strict=True):
        networks = found.rows("hypothesis_measure", of=measure).join(distances, on=keys)
        few, grid = networks["model"].str.contains("-n"), networks["model"].str.startswith("grid")
        for kind, chosen, colour, marker in (("dense", ~grid, COLOURS[1], "o"), ("grid", grid, COLOURS[2], "s")):
            for amount, rows, fill in (("all", chosen & ~few, "white"), ("few", chosen & few, colour)):
                look = {"color": colour, "markerfacecolor": fill, "markersize": 4, "label": f"{kind}, {amount} images"}
                ax.plot(networks[rows]["value"], networks[rows]["distance"], marker, **look)
        ax.axhline(floor, color=GREY, linestyle="--", linewidth=1)
        ax.set_yscale("log")
        ax.set_xlabel(label)
        ax.xaxis.set_major_locator(MaxNLocator(4))
    axes[0].annotate("test digits", (0.98, floor), xycoords=("axes fraction", "data"), **_above())
    axes[0].set_ylabel("Fréchet distance of prior samples")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    panel_letters(*axes)
    return figure


def _above() -> dict[str, object]:
    return {"xytext": (0, 2), "textcoords": "offset points", "ha": "right", "va": "bottom", "color": GREY}


@figure("hypotheses")
def ways(found: Found, style: Style) -> Figure:
    """How realistic images are on three paths through latent space, and two of the paths as images."""
    strips = {name.removesuffix(PATHS): images for name, images in found.pictures.items() if name.endswith(PATHS)}
    count = sum(map(len, strips.values()))
    figure, (upper, lower) = new_subfigures(style, 0.4 + 0.075 * count, nrows=2, height_ratios=(0.4, 0.075 * count))
    axes = upper.subplots(1, 3, sharey=True)
    heads = {
        "spherical": "from code to code along an arc",
        "straight": "between means in a line",
        "to the prior": "from a code to a prior draw",
    }
    models = found.rows("realistic_on_the_path")["model"].unique()
    for ax, (path, head) in zip(axes, heads.items(), strict=True):
        for number, name in enumerate(models):
            own = found.intervals("realistic_on_the_path", "at", model=name, path=path)
            side_by_side = own["at"] + BESIDE * (number - (len(models) - 1) / 2)
            look: dict[str, Any] = {"color": COLOURS[number + 1], "marker": MARKERS[number], "linestyle": LINES[number]}
            plot_intervals(ax, side_by_side, own, markersize=3.5, elinewidth=0.8, label=model_name(name), **look)
        ax.axhline(found.value("realistic_control", images="test digits"), color=GREY, linestyle="--", linewidth=1)
        ax.set_ylim(-0.02, 1.04)
        ax.set_title(head)
        ax.set_xlabel("share of the path")
    axes[0].set_ylabel("pass for digits")
    upper.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(models))
    rows = iter(lower.subplots(count, 1, squeeze=False)[:, 0])
    for name, strip in strips.items():
        for images, path in zip(strip, ("arc", "line"), strict=True):
            ax = next(rows)
            show_picture(ax, np.hstack(list(images)))
            ax.set_ylabel(f"{trained_name(name)}\n{path}", rotation=0, ha="right", va="center")
    return figure
