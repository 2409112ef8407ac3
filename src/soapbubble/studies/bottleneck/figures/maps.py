"""Latent maps of digits, what can be read in them, what one latent sees, and how sites depend on each other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.numbers import significant
from soapbubble.parts.declaration import figure

Data = Mapping[str, np.ndarray]
KINDS = {"pixels": "pixels", "convolutional": "convolutional latent", "dense": "dense latent"}
PATCHES = ((1, 3), (3, 3), (5, 3))
NAMES = {"grid-7x7x4": "convolutional\n7×7×4", "dense-196": "dense\n196 latents"}


@figure("places")
def places(data: Data, style: Style) -> Figure:
    """What one latent sees, and where the latents change when one cell of the picture is covered; a row a model."""
    grid = round(data["grid-7x7x4-response"].shape[0] ** 0.5)
    cell = data["picture"].shape[0] // grid
    figure, axes = new_figure(style, aspect=0.46, nrows=2, ncols=2 + len(PATCHES), squeeze=False)
    for row, (name, label) in enumerate(NAMES.items()):
        show_picture(axes[row, 0], 1 - data["picture"])
        axes[row, 0].set_ylabel(label)
        gradient = data[f"{name}-gradient"]
        _map(axes[row, 1], gradient, "magma", 0, gradient.max())
        for axis, patch in zip(axes[row, 2:], PATCHES, strict=True):
            response = data[f"{name}-response"][patch[0] * grid + patch[1]].reshape(grid, grid)
            _map(axis, response, "magma", 0, max(response.max(), 1e-12))
            axis.add_patch(Rectangle((patch[1] - 0.5, patch[0] - 0.5), 1, 1, fill=False, edgecolor="#00e5ff"))
            corner = (patch[1] * cell - 0.5, patch[0] * cell - 0.5)
            axes[row, 0].add_patch(Rectangle(corner, cell, cell, fill=False, edgecolor=COLOURS[1], linewidth=1.2))
    titles = ["a digit, three\npatches to cover", "gradient of the\nmiddle site", *["change when\ncovered"] * 3]
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title)
    return figure


def _map(axes: Axes, values: np.ndarray, colours: str, low: float, high: float) -> AxesImage:
    """Values (h, w) as colours, without ticks and frame."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes.imshow(values, cmap=colours, vmin=low, vmax=high, interpolation="none")


@figure("maps")
def latent_panel_7(data: Data, style: Style) -> Figure:
    """Ten digits and their codes on 7 x 7 cells."""
    return _latent_panel(data, style)


@figure("maps")
def latent_panel_14(data: Data, style: Style) -> Figure:
    """Ten digits and their codes on 14 x 14 cells."""
    return _latent_panel(data, style)


@figure("maps")
def latent_panel_28(data: Data, style: Style) -> Figure:
    """Ten digits and their codes on 28 x 28 cells."""
    return _latent_panel(data, style)


def _latent_panel(data: Data, style: Style) -> Figure:
    """Rows: the input, the mean, the deviation and the rate of each cell."""
    digits = len(data["pictures"])
    figure, axes = new_figure(style, aspect=0.43, nrows=4, ncols=digits, squeeze=False)
    size = float(np.abs(data["mean"]).max())
    rows = {
        "mean": ("RdBu_r", -size, size),
        "deviation": ("viridis", 0.0, max(1.0, float(data["deviation"].max()))),
        "rate": ("magma", 0.0, float(data["rate"].max())),
    }
    for column in range(digits):
        show_picture(axes[0, column], 255 - data["pictures"][column])
    axes[0, 0].set_ylabel("input")
    for row, (key, (colours, low, high)) in enumerate(rows.items(), start=1):
        for column in range(digits):
            image = _map(axes[row, column], data[key][column], colours, low, high)
        axes[row, 0].set_ylabel("rate (nats)" if key == "rate" else key)
        bar = figure.colorbar(image, ax=list(axes[row]), fraction=0.012, pad=0.008, aspect=9)
        bar.formatter = FuncFormatter(lambda value, _: significant(value, 2))
    return figure


@figure("maps")
def readability(data: Data, style: Style) -> Figure:
    """Share of digits read by the side of what is shown: a with all examples, b with few of each digit."""
    figure, axes = new_figure(style, aspect=0.4, ncols=2, sharey=True)
    for axis, examples in zip(axes, ("all", "few"), strict=True):
        for number, (kind, label) in enumerate(KINDS.items()):
            _by_side(axis, data["sides"], data[f"{kind}-{examples}"], label, number)
        if examples == "all":
            _by_side(axis, data["sides"], data["zero_shot"], "convolutional, never saw maps", 3)
        axis.axhline(0.1, color=GREY, linewidth=0.8, linestyle=":")
        axis.set_ylim(0, 1.02)
        axis.set_xlabel("side of the picture or map")
        axis.set_title("all examples" if examples == "all" else "few examples")
    panel_letters(*axes)
    axes[0].set_ylabel("digits read")
    axes[0].text(7, 0.115, "chance", color=GREY)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


@figure("maps")
def copying(data: Data, style: Style) -> Figure:
    """How much of a map is its picture, how much it tells, and how well it finds its picture, by side."""
    figure, axes = new_figure(style, aspect=0.36, ncols=4)
    panels = {
        "map_copy_share": "share of a map that is\na straight-line copy",
        "map_rate": "rate (nats a picture)",
        "map_retrieval": "own picture found among ten",
        "map_morans_i": "Moran's $I$",
    }
    for axis, (quantity, label) in zip(axes, panels.items(), strict=True):
        for number, kind in enumerate(("convolutional", "dense"), start=1):
            _by_side(axis, data["sides"], data[f"{kind}-{quantity}"], kind, number)
        axis.set_xlabel("side of the map")
        axis.set_ylabel(label)
        if quantity == "map_rate":
            axis.set_ylim(0)
        else:
            axis.set_ylim(-0.1, 1.05)
    panel_letters(*axes)
    axes[2].axhline(float(data["chance"]), color=GREY, linewidth=0.8, linestyle=":")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure


def _by_side(axes: Axes, sides: np.ndarray, values: np.ndarray, label: str, number: int) -> None:
    """Mean over replicates as a line, the replicates as faint marks."""
    style = {"color": COLOURS[number], "marker": MARKERS[number]}
    axes.plot(sides, values, linestyle="none", alpha=0.3, markeredgewidth=0, **style)
    axes.plot(sides, values.mean(axis=1), linestyle=LINES[number], label=label, **style)
    axes.set_xticks(sides)


@figure("maps")
def folded_vector(data: Data, style: Style) -> Figure:
    """The dense vector of 784 as a picture, in its own, a random and the best order, and the convolutional map."""
    digits = min(8, len(data["pictures"]))
    figure, axes = new_figure(style, aspect=0.68, nrows=5, ncols=digits, squeeze=False)
    likeness = [f"$I$ = {_signed(values.mean())}" for values in data["morans_i"]]
    rows = {
        "folded": f"dense,\nfolded\n{likeness[0]}",
        "permuted": f"random\norder\n{likeness[1]}",
        "placed": f"placed\nby ink\n{likeness[2]}",
        "convolutional": f"convolu-\ntional\n{likeness[3]}",
    }
    for column in range(digits):
        show_picture(axes[0, column], 255 - data["pictures"][column])
    axes[0, 0].set_ylabel("input", rotation=0, ha="right", va="center")
    for row, (key, label) in enumerate(rows.items(), start=1):
        size = float(np.quantile(np.abs(data[key]), 0.995))
        for column in range(digits):
            _map(axes[row, column], data[key][column], "RdBu_r", -size, size)
        axes[row, 0].set_ylabel(label, rotation=0, ha="right", va="center")
    return figure


def _signed(value: float) -> str:
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−")


@figure("sites")
def site_dependence(data: Data, style: Style) -> Figure:
    """Correlation of sites by distance, total correlation, and distance to real digits, each against shuffled sites."""
    figure, axes = new_figure(style, aspect=0.4, ncols=3, width_ratios=(1.25, 0.9, 1.1))
    names = [str(name) for name in data["models"]]
    labels = [name.removeprefix("grid-").replace("x", "×") for name in names]
    for number, (name, label) in enumerate(zip(names, labels, strict=True)):
        own, shuffled = data[f"{name}-correlations"].mean(axis=0)
        apart = (np.arange(len(own)) + 1) * 28 / len(own)
        colour = (COLOURS[0], *COLOURS[4:])[number]  # the others tell laws apart in the panels beside this one
        style_of = {"color": colour, "marker": MARKERS[number + 1], "markersize": 3}
        axes[0].plot(apart, own, linestyle="-", label=label, **style_of)
        axes[0].plot(apart, shuffled, linestyle=":", linewidth=1, color=colour)
    axes[0].plot([], [], color=GREY, linestyle=":", label="shuffled")
    axes[0].set_xlabel("distance (pixels)")
    axes[0].set_ylabel("mean size of the correlation")
    axes[0].set_ylim(0)
    axes[0].legend()
    at = np.arange(len(names))
    for number, (sites, label) in enumerate((("own", "codes"), ("shuffled", "sites shuffled"))):
        values = np.array([data[f"{name}-nats-{sites}"] for name in names])
        _points(axes[1], at + 0.2 * (2 * number - 1), values, number, label)
    axes[1].axhline(0, color=GREY, linewidth=0.8, linestyle=":")
    axes[1].set_ylabel("total correlation,\nlearnt and held out (nats)")
    for number, law in enumerate(("posterior", "site-shuffled", "prior")):
        values = np.array([data[f"{name}-{law}"] for name in names])
        label = {"posterior": "codes", "site-shuffled": "sites shuffled"}.get(law, law)
        _points(axes[2], at + 0.25 * (number - 1), values, number, label)
    axes[2].axhline(float(data["real"].mean()), color=GREY, linestyle="--", linewidth=1, label="real digits")
    axes[2].set_yscale("log")
    axes[2].set_ylabel("Fréchet distance to real digits")
    figure.legend(*axes[2].get_legend_handles_labels(), loc="outside upper right", ncols=4)
    panel_letters(*axes)
    for axis in axes[1:]:
        axis.set_xticks(at, labels, rotation=25, ha="right")
    return figure


def _points(axes: Axes, at: np.ndarray, values: np.ndarray, number: int, label: str) -> None:
    """Each replicate as a faint mark, and their mean as a full one."""
    style = {"color": COLOURS[number + 1], "marker": MARKERS[number], "linestyle": "none"}
    axes.plot(at, values, alpha=0.3, markeredgewidth=0, **style)
    axes.plot(at, values.mean(axis=1), label=label, **style)
