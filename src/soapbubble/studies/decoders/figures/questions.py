"""The closing questions: does it mean anything, is it pareidolia, is it a sign of quality, did others ask before?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.parts.declaration import figure
from soapbubble.stats.intervals import estimates_and_reach, of_mean, of_proportion
from soapbubble.studies.decoders.figures.names import readable

Data = Mapping[str, np.ndarray]
HATCHES = ("", "///", "\\\\\\")
BIASES = {"zero": "no biases", "normal": "random biases"}


@figure("semantics")
def semantics(data: Data, style: Style) -> Figure:
    """Examples of each kind of picture beside its Fréchet distance to digits, a point a set of pictures."""
    kinds, shown = data["examples"].shape[:2]
    figure, _ = new_figure(style, aspect=0.5)
    figure.clear()
    # One grid for both sides, so that each row of pictures stands beside its distances.
    grid = figure.add_gridspec(kinds, shown + 1, width_ratios=[1] * shown + [shown])
    for row in range(kinds):
        for column in range(shown):
            show_picture(figure.add_subplot(grid[row, column]), data["examples"][row, column])
    axes = figure.add_subplot(grid[:, -1])
    at = np.arange(kinds)[::-1]
    axes.plot(data["distances"], at[:, None], "o", color=COLOURS[1], alpha=0.35, markersize=3.5, markeredgewidth=0)
    axes.plot(data["distances"].mean(axis=1), at, "|", color=COLOURS[0], markersize=12, markeredgewidth=1.6)
    axes.set_yticks(at, [kind.replace(", phase-randomised", ",\nphase-randomised") for kind in data["kinds"]])
    axes.set_ylim(-0.5, kinds - 0.5)
    axes.set_xscale("log")
    axes.set_xlabel("Fréchet distance to digits")
    return figure


@figure("observer")
def observer(data: Data, style: Style) -> Figure:
    """A real picture and its copies for each source, and how often the observer picks the real one."""
    sources, copies = data["correct"].shape
    figure, _ = new_figure(style, aspect=0.48)
    figure.clear()
    left, right = figure.subfigures(1, 2, width_ratios=(1.15, 1))
    grid = left.subplots(sources, copies + 1, squeeze=False)
    for column, head in enumerate(("output", "shuffled\npixels", "random\nphases", "Gaussian,\nsame spectrum")):
        grid[0, column].set_title(head)
    names = [readable(name).replace("stationary Gaussian field", "Gaussian field") for name in data["sources"]]
    for row in range(sources):
        grid[row, 0].set_ylabel(names[row].replace(" ", "\n"))
        for column in range(copies + 1):
            show_picture(grid[row, column], data["strips"][row, column])
    axes = right.subplots()
    for c in range(copies):
        middle, reach = estimates_and_reach(
            [of_proportion(share * int(data["pairs"]), int(data["pairs"])) for share in data["correct"][:, c]]
        )
        axes.bar(
            np.arange(sources) + 0.27 * (c - (copies - 1) / 2),
            middle,
            0.25,
            yerr=np.maximum(reach, 0),
            color=COLOURS[c + 1],
            hatch=HATCHES[c],
            edgecolor="white",
            error_kw={"elinewidth": 0.8},
            label=("shuffled pixels", "random phases", "Gaussian, same spectrum")[c],
        )
    axes.axhline(0.5, color=GREY, linestyle="--", linewidth=1, label="guessing")
    axes.set_ylim(0, 1.4)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axes.set_xticks(range(sources), [name.replace(" ", "\n") for name in names])
    axes.set_ylabel("share of pairs told right")
    axes.legend(loc="upper right")
    return figure


@figure("quality")
def quality(data: Data, style: Style) -> Figure:
    """Loss after training against two statistics of the untrained output, a point a kind of decoder."""
    figure, axes = new_figure(style, aspect=0.44, ncols=2, sharey=True)
    kinds = list(dict.fromkeys(data["upsampling"]))
    norms = list(dict.fromkeys(data["norm"]))
    for number, kind in enumerate(kinds):
        for norm in norms:
            chosen = (data["upsampling"] == kind) & (data["norm"] == norm)
            look = {
                "linestyle": "",
                "marker": MARKERS[number],
                "color": COLOURS[number + 1],
                "markerfacecolor": "white" if norm == "none" else COLOURS[number + 1],
            }
            axes[0].plot(data["slope_mismatch"][chosen], data["loss"][chosen], **look)
            axes[1].plot(data["neighbour"][chosen], data["loss"][chosen], **look)
        axes[1].plot([], [], linestyle="", marker=MARKERS[number], color=COLOURS[number + 1], label=readable(kind))
    axes[1].plot([], [], "o", color=GREY, label="batch normalisation")
    axes[1].plot([], [], "o", color=GREY, markerfacecolor="white", label="no normalisation")
    axes[1].axvline(float(data["data_neighbour"]), color=GREY, linestyle="--", linewidth=1)
    place = (float(data["data_neighbour"]), 1)
    offset = {"xytext": (0, 2), "textcoords": "offset points"}
    axes[1].annotate(
        "digits", place, xycoords=("data", "axes fraction"), ha="center", va="bottom", color=GREY, **offset
    )
    axes[0].set_xlabel("untrained: mismatch of spectral slope")
    axes[1].set_xlabel(r"untrained: correlation of neighbours $\rho_1$")
    axes[0].set_ylabel("loss after training (nat per digit)")
    figure.legend(loc="outside right center")
    panel_letters(*axes)
    return figure


@figure("initialisation")
def initialisation(data: Data, style: Style) -> Figure:
    """Structure, contrast and loss against the gain, and how well each diagnostic foretells training."""
    figure, axes = new_figure(style, aspect=0.42, ncols=3)
    inits = list(dict.fromkeys(data["inits"]))
    biases = list(dict.fromkeys(data["biases"]))
    for i, init in enumerate(inits):
        for b, bias in enumerate(biases):
            chosen = (data["inits"] == init) & (data["biases"] == bias)
            look = {
                "marker": MARKERS[i],
                "color": COLOURS[i + 1],
                "linestyle": LINES[b],
                "markerfacecolor": "white" if bias == "zero" else COLOURS[i + 1],
            }
            axes[0].plot(data["gains"][chosen], data["neighbour"][chosen], **look)
            axes[1].plot(
                data["gains"][chosen], data["losses"][chosen], label=f"{readable(init)}, {BIASES[str(bias)]}", **look
            )
    axes[0].set_ylabel(r"untrained: $\rho_1$")
    axes[1].set_ylabel("trained: loss (nat per digit)")
    axes[1].set_yscale("log")
    axes[1].axhline(float(data["goal"]), color=GREY, linestyle="--", linewidth=1)
    ticks = [60, 80, 100, 150]
    axes[1].set_yticks(ticks, [str(tick) for tick in ticks])
    axes[1].minorticks_off()
    for ax in axes[:2]:
        ax.set_xscale("log", base=2)
        ax.set_xlabel("gain of the weights")
        ax.set_xticks(np.unique(data["gains"]), [f"{gain:g}" for gain in np.unique(data["gains"])])
    middle, reach = estimates_and_reach([of_mean(values) for values in data["auc"]])
    axes[2].bar(range(len(middle)), middle, 0.6, yerr=reach, color=COLOURS[1], error_kw={"elinewidth": 0.8})
    axes[2].axhline(0.5, color=GREY, linestyle="--", linewidth=1)
    for line in (0.2, 0.8):
        axes[2].axhline(line, color=GREY, linestyle=":", linewidth=1)
    axes[2].set_ylim(0, 1.15)
    axes[2].set_xticks(range(len(middle)), [str(name).replace(" ", "\n") for name in data["names"]])
    axes[2].set_ylabel("AUC: is it trainable?")
    figure.legend(loc="outside upper center", ncols=3)
    panel_letters(*axes)
    return figure


@figure("priorart")
def prior_art(data: Data, style: Style) -> Figure:
    """Six observations of others, a panel each."""
    figure, axes = new_figure(style, aspect=0.62, nrows=2, ncols=3)
    panels = (
        (_selectivity, "Saxe 2011"),
        (_fits, "Ulyanov 2018, Heckel 2019"),
        (_kurtosis, "Cheng 2019: Gaussian"),
        (_stationarity, "Cheng 2019: stationary"),
        (_correlation, "Poole 2016"),
        (_checkerboard, "Odena 2016"),
    )
    for ax, (draw, name) in zip(axes.flat, panels, strict=True):
        draw(ax, data)
        ax.set_title(name)
    panel_letters(*axes.flat)
    return figure


def _points(axes: Axes, groups: np.ndarray, names: list[str]) -> None:
    """A column of points for each group, with a bar at its mean."""
    for number, values in enumerate(groups):
        axes.plot(np.full(len(values), number), values, MARKERS[number], color=COLOURS[number + 1], alpha=0.5)
        axes.plot(number, values.mean(), "_", color=COLOURS[0], markersize=16, markeredgewidth=1.6)
    axes.set_xticks(range(len(names)), names)
    axes.set_xlim(-0.6, len(names) - 0.4)


def _selectivity(axes: Axes, data: Data) -> None:
    _points(axes, data["wave_shares"], ["shared\nweights", "own weights\nat each place"])
    axes.set_ylim(0, 1.05)
    axes.set_ylabel("energy in a single wave")
    for number, picture in enumerate(data["favourites"]):
        inset = axes.inset_axes((0.36, 0.56 - 0.5 * number, 0.28, 0.4))
        inset.imshow(picture, cmap="gray")
        inset.set_axis_off()


def _fits(axes: Axes, data: Data) -> None:
    for k, name in enumerate(("3×3", "1×1")):
        for t, target in enumerate(("picture", "shuffled")):
            axes.plot(data["fit_curves"][k, t], color=COLOURS[k + 1], linestyle=LINES[t], label=f"{name}, {target}")
    axes.axhline(float(data["fit_goal"]), color=GREY, linewidth=0.8, linestyle=":")
    axes.set_ylim(0, 1.9)
    axes.set_xlabel("steps")
    axes.set_ylabel("variance unexplained")
    axes.legend(loc="upper right", ncols=2, columnspacing=0.6, handlelength=1.1, handletextpad=0.4, borderpad=0)


def _kurtosis(axes: Axes, data: Data) -> None:
    _points(axes, data["kurtosis"], ["narrow", "wide"])
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_ylabel("excess kurtosis of a pixel")


def _stationarity(axes: Axes, data: Data) -> None:
    _points(axes, data["dependence"], ["as they\nare", "moved\nat random"])
    axes.set_ylim(0, 1.1 * data["dependence"].max())
    axes.set_ylabel("scatter over places")


def _correlation(axes: Axes, data: Data) -> None:
    layers = np.arange(1, data["predicted"].shape[1] + 1)
    for p, phase in enumerate(("ordered", "chaotic")):
        axes.plot(layers, data["predicted"][p], color=COLOURS[p + 1], linestyle=LINES[p])
        axes.plot(layers, data["measured"][p].mean(axis=0), MARKERS[p], color=COLOURS[p + 1])
        place = (layers[-1], data["predicted"][p, -1])
        axes.annotate(phase, place, xytext=(0, -14), textcoords="offset points", ha="right", color=COLOURS[p + 1])
    axes.set_ylim(0, 1.05)
    axes.set_xlabel("layer")
    axes.set_ylabel("correlation of two inputs")


def _checkerboard(axes: Axes, data: Data) -> None:
    names = {"nearest": "nearest", "transposed": "transp.\n4×4", "transposed3": "transp.\n3×3"}
    _points(axes, data["checkerboard"], [names[str(kind)] for kind in data["kinds"]])
    axes.axhline(1, color=GREY, linewidth=0.8)
    axes.set_ylabel("contrast within a 2×2 cell")
