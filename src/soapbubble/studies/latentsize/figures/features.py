"""How many latents are worth having: what more of them bring, what single ones do, and how short they make a code."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.parts.declaration import figure

Data = Mapping[str, np.ndarray]
KINDS = {"dense": "dense bottleneck", "grid": "grid of 8×8 cells", "mean": "grid, mean loss"}


@figure("manifold")
def swiss_roll(data: Data, style: Style) -> Figure:
    """A circle and a rolled-up sheet: the data, the best affine image of the latents, and a nonlinear decoder's."""
    figure, _ = new_figure(style, aspect=0.6)
    figure.clear()
    columns = {"data": "data", "affine": "the most an affine\ndecoder can print", "nonlinear": "a nonlinear decoder"}
    for row, name in enumerate(("circle", "swiss_roll")):
        shade = data[f"{name}_latents"][:, 0]
        for column, (kind, title) in enumerate(columns.items()):
            points = data[f"{name}_{kind}"]
            solid = points.shape[1] == 3
            axes = figure.add_subplot(2, 3, 3 * row + column + 1, projection="3d" if solid else None)
            axes.scatter(*points.T, c=shade, cmap="viridis", s=4, linewidths=0, rasterized=True)
            axes.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), xticks=[], yticks=[])
            if solid:
                axes.set(zlim=(-1.25, 1.25), zticks=[])
                axes.view_init(elev=10, azim=-75)
                axes.set_box_aspect((1, 1, 1), zoom=1.3)
            else:
                axes.set_aspect("equal")
                axes.set_axis_off()
                axes.set_title(title)
    return figure


@figure("features")
def elbo_by_size(data: Data, style: Style) -> Figure:
    """The bound on the likelihood, what a further latent adds to it, and how many latents are in use."""
    figure, axes = new_figure(style, aspect=0.4, ncols=3)
    _by_size(axes[0], data, "held_out_elbo", ("dense", "grid"))
    axes[0].set_ylabel("bound on the log likelihood\nof held-out digits (nat)")
    sizes = data["dense_sizes"].astype(float)
    gains = np.diff(data["dense_held_out_elbo"], axis=0) / np.diff(sizes)[:, None]
    middle = np.sqrt(sizes[1:] * sizes[:-1])
    axes[1].axhline(0, color=GREY, linewidth=0.8)
    axes[1].plot(middle, gains, MARKERS[0], color=COLOURS[1], alpha=0.5, markeredgewidth=0)
    axes[1].plot(middle, np.nanmean(gains, axis=1), color=COLOURS[1])
    axes[1].set_yscale("symlog", linthresh=0.01)
    axes[1].set_xscale("log", base=2)
    axes[1].set_xlabel("number of latents")
    axes[1].set_ylabel("gain of a further latent (nat)")
    _by_size(axes[2], data, "active_units", ("dense", "grid"))
    axes[2].plot([], [], color=GREY, linestyle=LINES[0], label="latents in use (c)")
    others = {"active_principal_axes": "principal axes in use (c)", "effective_rank": "effective rank of the means (c)"}
    for line, (quantity, label) in zip(LINES[1:3], others.items(), strict=True):
        axes[2].plot([], [], color=GREY, linestyle=line, linewidth=1, label=label)
        for kind, number in (("dense", 1), ("grid", 2)):
            values = np.nanmean(data[f"{kind}_{quantity}"], axis=1)
            axes[2].plot(data[f"{kind}_sizes"], values, color=COLOURS[number], linestyle=line, linewidth=1)
    axes[2].axhline(100, color=GREY, linewidth=0.8, linestyle=LINES[3])
    axes[2].set_yscale("symlog", linthresh=1)
    axes[2].set_ylim(0, 2500)
    axes[2].set_ylabel("directions")
    figure.legend(*axes[2].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    panel_letters(*axes)
    return figure


@figure("features")
def description_length(data: Data, style: Style) -> Figure:
    """Rate of grey digits and code length of black and white ones against the number of latents."""
    figure, axes = new_figure(style, aspect=0.44, ncols=2)
    bits = {f"{kind}_bits": data[f"{kind}_held_out_rate"] / np.log(2) for kind in KINDS}
    sizes = {f"{kind}_sizes": data[f"{kind}_sizes"] for kind in KINDS}
    _by_size(axes[0], bits | sizes, "bits", tuple(KINDS))
    axes[0].set_ylabel("rate (bit a digit)")
    _by_size(axes[1], data, "description_bits", tuple(KINDS))
    axes[1].set_ylabel("code of a black and white digit (bit)")
    for bits_png, line, name in zip(data["png"], LINES[1:], ("PNG, a file each", "PNG, all in one file"), strict=False):
        axes[1].axhline(bits_png, color=GREY, linestyle=line, linewidth=1, label=name)
    axes[1].axhline(784, color=GREY, linestyle=LINES[3], linewidth=1, label="a bit a pixel")
    for ax in axes:
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter("{x:,.0f}")
        ax.yaxis.set_minor_formatter(NullFormatter())
    panel_letters(*axes)
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


@figure("sliders")
def traversals(data: Data, style: Style) -> Figure:
    """A digit while one of its latents is moved: the five with the highest rates, and the five with the lowest."""
    strips, steps = data["strips"], data["steps"]
    half = len(strips) // 2
    side = strips.shape[-1]
    figure, axes = new_figure(style, aspect=0.34, nrows=half, ncols=2)
    for number, axis in enumerate(axes.T.flat):
        show_picture(axis, np.concatenate(list(strips[number]), axis=1))
        label = f"{data['rates'][number]:.2g} nat\n{data['attribute'][number]} {data['correlation'][number]:+.2f}"
        axis.set_ylabel(label.replace("-", "−"), rotation=0, ha="right", va="center")
    ticks = [0, len(steps) // 2, len(steps) - 1]
    for axis in axes[-1]:
        axis.set_xticks(
            [side * (tick + 0.5) for tick in ticks], [f"{steps[tick]:g}".replace("-", "−") for tick in ticks]
        )
        axis.tick_params(length=0)
        axis.set_xlabel("value of the latent")
    axes[0, 0].set_title("latents with the highest rates")
    axes[0, 1].set_title("latents with the lowest rates")
    return figure


@figure("sliders")
def sliders(data: Data, style: Style) -> Figure:
    """Best correlation of a latent with an attribute against its rate; sliders and gaps against rotated latents."""
    figure, axes = new_figure(style, aspect=0.4, ncols=3, width_ratios=(1.5, 1, 1))
    for number, name in enumerate(data["models"]):
        key = str(name).replace("-", "_")
        if f"{key}_rates" not in data:
            continue
        colour = COLOURS[number + 1]
        axes[0].plot(
            data[f"{key}_rates"],
            data[f"{key}_correlations"],
            MARKERS[number],
            color=colour,
            alpha=0.7,
            label=_latents(name),
        )
        axes[0].axhline(float(data[f"{key}_chance"][0]), color=colour, linestyle=LINES[number + 1], linewidth=1)
    axes[0].axhline(0.5, color=GREY, linewidth=0.8, linestyle=LINES[3])
    axes[0].set_xscale("log")
    axes[0].set_xlim(0.01, 10)  # also where no latent is in use
    axes[0].set_ylim(0, 1)
    axes[0].set_xlabel("rate of a latent in use (nat)")
    axes[0].set_ylabel("best rank correlation\nwith an attribute")
    axes[0].legend(loc="upper left")
    for ax, key, label in (
        (axes[1], "slider_share", "share that goes with\nexactly one attribute"),
        (axes[2], "attribute_gap", "lead of an attribute's\nbest latent"),
    ):
        values = data[key]
        for a, axis in enumerate(("as trained", "rotated")):
            at = np.arange(len(values)) + 0.18 * (2 * a - 1)
            ax.bar(
                at,
                np.nanmean(values[:, a], axis=1),
                0.34,
                color=COLOURS[3 + a],
                hatch=("", "///")[a],
                edgecolor="white",
            )
            ax.plot(at, values[:, a], "o", color=COLOURS[0], markersize=2.5)
            ax.bar([0], [0], color=COLOURS[3 + a], hatch=("", "///")[a], edgecolor="white", label=axis)
        ax.set_xticks(range(len(values)), [_latents(name).replace(" ", "\n") for name in data["models"]])
        ax.set_ylabel(label)
        ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        ax.yaxis.set_major_formatter("{x:.2f}")
    axes[2].legend(loc="upper right")
    panel_letters(*axes)
    return figure


def _by_size(axes: Axes, data: Data, quantity: str, kinds: tuple[str, ...]) -> None:
    """A point a network and a line through their means, for each kind of bottleneck."""
    for number, kind in enumerate(kinds, start=1):
        sizes, values = data[f"{kind}_sizes"], data[f"{kind}_{quantity}"]
        look = {"color": COLOURS[number], "marker": MARKERS[number - 1]}
        axes.plot(sizes, values, linestyle="", alpha=0.5, markeredgewidth=0, **look)
        axes.plot(sizes, np.nanmean(values, axis=1), linestyle=LINES[0], label=KINDS[kind], **look)
    axes.set_xscale("log", base=2)
    axes.set_xlabel("number of latents")


def _latents(name: str) -> str:
    return f"{name.removeprefix('dense-')} latents"
