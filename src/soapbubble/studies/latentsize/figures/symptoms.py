"""What the questioner saw, in which models, and what the two losses and the codes look like in each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure

Data = Mapping[str, np.ndarray]
GAP = 2  # pixels between the pictures of a page


@figure("symptoms")
def symptoms(data: Data, style: Style) -> Figure:
    """In how many networks of each model each symptom was found, a column a model."""
    order = _order(data)
    found, networks = data["networks_with"][order].T, data["networks"][order]
    rows, columns = found.shape
    figure, axes = new_figure(style, aspect=0.36)
    axes.imshow(found / networks, cmap="Blues", vmin=0, vmax=1.6, aspect="auto")
    for row in range(rows):
        for column in range(columns):
            axes.text(column, row, f"{found[row, column]}/{networks[column]}", ha="center", va="center")
    axes.set_yticks(range(rows), [_mathematical(item) for item in data["symptoms"]])
    axes.set_xticks(range(columns), [_weight(beta) for beta in data["betas"][order]])
    axes.set_xlabel("weight of the latent loss")
    axes.tick_params(length=0)
    shapes = [_shape(model) for model in data["models"][order]]
    _group(axes, shapes)
    for at in [column for column in range(1, columns) if shapes[column] != shapes[column - 1]]:
        axes.axvline(at - 0.5, color="white", linewidth=4)
    axes.spines[:].set_visible(False)
    return figure


@figure("symptoms")
def two_losses(data: Data, style: Style) -> Figure:
    """Both losses as a user of means sees them and as sums, a row a model, a point a network."""
    order = _order(data)[::-1]
    panels = {
        "latent_loss_per_latent": "latent loss\n(nat per latent)",
        "latent_loss": "latent loss\n(nat per picture)",
        "pixel_loss_per_pixel": "pixel loss\n(nat per pixel)",
        "whole_loss": "whole loss, $\\beta=1$\n(nat per picture)",
    }
    figure, axes = new_figure(style, aspect=0.46, ncols=len(panels), sharey=True)
    at = np.arange(len(order))
    for number, (key, label) in enumerate(panels.items()):
        axes[number].plot(data[key][order], at, "o", color=COLOURS[1], alpha=0.6, markeredgewidth=0)
        axes[number].set_xscale("log")
        axes[number].set_xlabel(label)
        axes[number].grid(axis="y", color="#e0e0e0", linewidth=0.6)
    panel_letters(*axes)
    _plain_ticks(axes[2].xaxis)
    _plain_ticks(axes[3].xaxis)
    axes[1].axvline(float(data["log_training_pictures"]), color=GREY, linestyle="--", linewidth=1)
    axes[0].axvline(0.02, color=GREY, linestyle="--", linewidth=1)
    axes[0].set_yticks(at, _names(data, order))
    return figure


@figure("symptoms")
def coordinates(data: Data, style: Style) -> Figure:
    """Means and deviations coordinate by coordinate, and the length of whole means."""
    figure, axes = new_figure(style, aspect=0.36, ncols=3)
    names = _names(data, np.arange(len(data["models"])))
    for number, name in enumerate(names):
        look = {"color": COLOURS[number + 1], "linestyle": LINES[number]}
        axes[0].stairs(_density(data["means"][number], data["mean_edges"]), data["mean_edges"], **look)
        axes[1].stairs(_density(data["deviations"][number], data["deviation_edges"]), data["deviation_edges"], **look)
        root = np.sqrt(data["latents"][number])
        lengths = data["lengths"][number]
        aside = 0.7 * (data["latents"][:number] == data["latents"][number]).sum()  # as large as one shown before
        spread = root * 2.0 ** (np.linspace(-0.3, 0.3, len(lengths)) - aside)
        axes[2].plot(spread, lengths, MARKERS[number], color=COLOURS[number + 1], markersize=1.6, rasterized=True)
        axes[2].plot([], [], marker=MARKERS[number], label=name, **look)
    for ax in axes[:2]:
        ax.set_yscale("log")
        ax.set_ylim(1e-3, None)
    roots = np.array([2.0, 600.0])
    for share, text, at, side in (
        (1.0, r"$\sqrt{d}$", 20, {"ha": "right", "va": "bottom"}),
        (0.2, r"$0.2\sqrt{d}$", 4, {"ha": "left", "va": "top"}),
    ):
        axes[2].plot(roots, share * roots, color=GREY, linestyle="--", linewidth=1)
        axes[2].annotate(text, (at, share * at), color=GREY, **side)
    axes[2].axhline(3, color=GREY, linestyle=":", linewidth=1)
    axes[2].set_xscale("log")
    axes[2].set_yscale("log")
    axes[0].set_xlabel(r"mean $\mu_i$ of a latent")
    axes[1].set_xlabel(r"deviation $\sigma_i$ of a latent")
    axes[0].set_ylabel("density")
    axes[2].set_xlabel(r"$\sqrt{d}$, $d$ latents")
    axes[2].set_ylabel(r"length $\|\mu\|$ of a picture's mean")
    figure.legend(loc="outside upper center", ncols=len(names))
    panel_letters(*axes)
    return figure


@figure("symptoms")
def unit_noise(data: Data, style: Style) -> Figure:
    """What noise around the means does: the digit kept, the distance to real digits, and the variety of the draws."""
    figure, axes = new_figure(style, aspect=0.4, ncols=3)
    names = _names(data, np.arange(len(data["models"])))
    kinds = list(data["kinds"])
    for number, name in enumerate(names):
        look = {"color": COLOURS[number + 1], "marker": MARKERS[number]}
        line = LINES[number]
        axes[0].plot(data["scales"], data["kept"][number], linestyle=line, label=name, **look)
        axes[1].plot(range(len(kinds)), data["distances"][number], linestyle=line, **look)
        axes[2].plot(data["rates"][number], data["variety"][number], linestyle="", **look)
    axes[0].axhline(0.1, color=GREY, linestyle=":", linewidth=1)
    axes[0].set_ylim(0, 1.02)
    axes[0].set_xlabel("deviation of the noise")
    axes[0].set_ylabel("share of draws\nseen as the digit")
    axes[1].axhline(float(data["floor"]), color=GREY, linestyle="--", linewidth=1)
    axes[1].set_yscale("log")
    _plain_ticks(axes[1].yaxis)
    labels = {"reconstruction": "mean", "posterior": "own\nnoise", "unit noise": "unit\nnoise", "prior": "prior"}
    axes[1].set_xticks(range(len(kinds)), [labels[str(kind)] for kind in kinds])
    axes[1].set_ylabel("Fréchet distance\nto training digits")
    axes[2].axhspan(0.3, 1.0, color="#e8e8e8", linewidth=0)
    axes[2].set_xscale("log")
    _plain_ticks(axes[2].xaxis)
    axes[2].set_ylim(0, None)
    axes[2].set_xlabel("latent loss (nat per picture)")
    axes[2].set_ylabel("variety of unit-noise draws")
    figure.legend(loc="outside upper center", ncols=len(names))
    panel_letters(*axes)
    return figure


@figure("symptoms")
def fuzzy_code(data: Data, style: Style) -> Figure:
    """How fuzzy the code is, and how large its deviations are, against the weight of the latent loss."""
    figure, axes = new_figure(style, aspect=0.36, ncols=2)
    weights = np.unique(data["betas"])
    place = {float(beta): at for at, beta in enumerate(weights)}
    for number, latent in enumerate(dict.fromkeys(data["latents"])):
        chosen = data["latents"] == latent
        at = [place[float(beta)] for beta in data["betas"][chosen]]
        look = {"color": COLOURS[number + 1], "marker": MARKERS[number]}
        for ax, key in zip(axes, ("shares", "deviations"), strict=True):
            ax.plot(at, data[key][chosen], linestyle="", alpha=0.5, markersize=3.5, **look)
            ax.plot(at, np.nanmean(data[key][chosen], axis=1), linestyle=LINES[number], label=_shape(latent), **look)
    for ax in axes:
        ax.set_xticks(range(len(weights)), [_weight(beta) for beta in weights])
        ax.set_xlabel("weight of the latent loss")
        ax.set_ylim(0, None)
    panel_letters(*axes)
    axes[0].set_ylabel("noise of a latent / spread of its draws")
    axes[1].set_ylabel(r"mean deviation $\sigma_i$")
    axes[0].legend(loc="lower right")
    return figure


@figure("symptoms")
def symptom_pictures(data: Data, style: Style) -> Figure:
    """For each model, from top to bottom: pictures, rebuilt ones, draws around their codes, draws from the prior."""
    models, rows, columns, side, _ = data["pictures"].shape
    figure, axes = new_figure(style, aspect=1.05 * rows / (models * (columns + 0.25)), ncols=models, squeeze=False)
    draws = int(data["draws"])
    parts = {"input": (0, 1), "rebuilt": (1, 2), r"$\mathcal{N}(\mu, I)$": (2, 2 + draws), "prior": (2 + draws, rows)}
    step = side + GAP
    tops = [step * row + 2 * GAP * sum(row >= last for _, last in parts.values()) for row in range(rows)]
    names = _names(data, np.arange(models))
    for number, ax in enumerate(axes[0]):
        page = np.full((tops[-1] + side, columns * step - GAP), 255, dtype=np.uint8)
        for row, top in enumerate(tops):
            for column in range(columns):
                corner = np.s_[top : top + side, column * step : column * step + side]
                page[corner] = data["pictures"][number, row, column]
        ax.imshow(page, cmap="gray", vmin=0, vmax=255, interpolation="none")
        ax.set_title(names[number].replace(", ", "\n"))
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set_visible(False)
    middles = [(tops[first] + tops[last - 1] + side) / 2 for first, last in parts.values()]
    axes[0, 0].set_yticks(middles, list(parts))
    axes[0, 0].tick_params(length=0)
    return figure


def _density(shares: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return shares / np.diff(edges)


def _plain_ticks(axis: Axis, steps: Sequence[int] = (1, 3)) -> None:
    """Plain numbers at the `steps` of each power of ten, on a logarithmic axis that spans few of these."""
    axis.set_major_locator(FixedLocator([step * 10.0**power for power in range(-6, 7) for step in steps]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _order(data: Data) -> np.ndarray:
    """Models by size, largest first, then by shape and by the weight of the latent loss."""
    shapes = [_shape(model) for model in data["models"]]
    return np.lexsort((data["betas"], shapes, -data["latents"]))


def _names(data: Data, order: Sequence[int] | np.ndarray) -> list[str]:
    return [f"{_shape(data['models'][row])}, $\\beta$ = {_weight(data['betas'][row])}" for row in order]


def _shape(model: str) -> str:
    """The name of a model without the weight of its latent loss, as a reader would write it."""
    name = re.sub(r"-(mean|beta-\w+)$", "", str(model))
    name = re.sub(r"^grid-(\d+)x(\d+)x(\d+)", r"\1×\2×\3", name)
    return re.sub(r"^dense-(\d+)", r"dense \1", name).replace("-wide-hidden", ", wide")


def _weight(beta: float) -> str:
    return str(Fraction(float(beta)).limit_denominator(1024))


def _mathematical(symptom: str) -> str:
    return {
        "means close to 0": r"$\mu_i$ close to 0",
        "deviations close to 1": r"$\sigma_i$ close to 1",
        "unit-noise draws are good": r"$\mathcal{N}(\mu, I)$ draws are good",
    }.get(str(symptom), str(symptom))


def _group(axes: Axes, shapes: Sequence[str]) -> None:
    """Write the name of each run of equal shapes above it."""
    starts = [at for at, shape in enumerate(shapes) if at == 0 or shape != shapes[at - 1]]
    for first, last in zip(starts, [*starts[1:], len(shapes)], strict=True):
        axes.text((first + last - 1) / 2, -0.65, shapes[first].replace(", ", "\n"), ha="center", va="bottom")
