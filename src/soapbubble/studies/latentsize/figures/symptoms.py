"""What the questioner saw, in which models, and what the two losses and the codes look like in each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import BAND, COLOURS, GREY, LINES, MARKERS, ON_LIGHT, new_figure, panel_letters
from soapbubble.parts.declaration import figure

WEIGHED = ("grid-8x8x1024-mean", "grid-8x8x1024-beta-4th", "grid-8x8x1024", "grid-8x8x16", "dense-16", "dense-16-mean")
GAP = 2  # pixels between the images of a page
KINDS = {"posterior mean": "mean", "posterior": "own\nnoise", "unit noise": "unit\nnoise", "prior": "prior"}
PAGE = {"input": "input", "reconstruction": "reconstruction", "unit noise": r"$\mathcal{N}(\mu, I)$", "prior": "prior"}


@figure("symptoms")
def symptoms(found: Found, style: Style) -> Figure:
    """In how many networks of each model each symptom was found, a column a model."""
    models = _models(found)
    present = found.rows("symptom_present").groupby(["symptom", "model"], sort=False)["value"].agg(["sum", "count"])
    networks = present.unstack("model")
    count, total = (networks[key][models["model"]] for key in ("sum", "count"))
    labels = count.map("{:.0f}".format) + "/" + total.map("{:.0f}".format)
    figure, axes = new_figure(style, aspect=0.36)
    look = {"cmap": "Blues", "vmin": 0, "vmax": 1.6, "cbar": False, "annot_kws": {"color": ON_LIGHT}}
    sns.heatmap(count / total, annot=labels, fmt="", ax=axes, **look)
    axes.set_yticks(np.arange(len(count)) + 0.5, [_mathematical(symptom) for symptom in count.index], rotation=0)
    axes.set_xticks(np.arange(len(models)) + 0.5, [_weight(beta) for beta in models["beta"]], rotation=0)
    axes.set(xlabel="weight of the KL term", ylabel="")
    axes.tick_params(length=0)
    shapes = [_shape(model) for model in models["model"]]
    _group(axes, shapes)
    for at in [column for column in range(1, len(shapes)) if shapes[column] != shapes[column - 1]]:
        axes.axvline(at, color="white", linewidth=4)
    return figure


@figure("symptoms")
def two_losses(found: Found, style: Style) -> Figure:
    """Both losses as a user of means sees them and as sums, a row a model, a point a network."""
    models = _models(found, WEIGHED)
    panels = {
        "kl_per_latent": "KL\n(nat per latent)",
        "kl_per_image": "KL\n(nat per image)",
        "distortion_per_pixel": "distortion\n(nat per pixel)",
        "negative_elbo": "negative ELBO\n(nat per image)",
    }
    figure, axes = new_figure(style, aspect=0.32, ncols=len(panels), sharey=True)
    for ax, (quantity, label) in zip(axes, panels.items(), strict=True):
        look = {"color": COLOURS[1], "alpha": 0.6, "linewidth": 0, "jitter": False, "size": 4.5}
        sns.stripplot(
            found.rows(quantity, model=WEIGHED), x="value", y="model", order=list(models["model"]), ax=ax, **look
        )
        ax.set(xscale="log", xlabel=label, ylabel="")
        ax.grid(axis="y", color=BAND, linewidth=0.6)
    panel_letters(*axes)
    _plain_ticks(axes[2].xaxis)
    _plain_ticks(axes[3].xaxis)
    low = found.threshold("both-loss-terms-low-at-large-latent", "kl_per_latent")
    for ax, line in ((axes[0], low), (axes[1], found.value("log_training_images"))):
        ax.axvline(line, color=GREY, linestyle="--", linewidth=1)
    axes[0].set_yticks(range(len(models)), _names(models))
    return figure


@figure("symptoms")
def coordinates(found: Found, style: Style) -> Figure:
    """Means and std coordinate by coordinate, and the length of whole means."""
    figure, axes = new_figure(style, aspect=0.36, ncols=3)
    lengths = found.rows("length_of_mean")
    models = _models(found, list(lengths["model"].unique()))
    for number, (model, name) in enumerate(zip(models["model"], _names(models), strict=True)):
        look = {"color": COLOURS[number + 1], "linestyle": LINES[number]}
        for ax, of in zip(axes[:2], ("mean", "std"), strict=True):
            rows = found.rows("coordinate_density", model=model, of=of)
            sns.lineplot(rows, x="at", y="value", drawstyle="steps-mid", legend=False, ax=ax, **look)
        own = lengths[lengths["model"] == model]
        d = own["dimension"].iloc[0]
        aside = 0.7 * (models["latents"][:number] == d).sum()  # as large as one shown before
        spread = np.sqrt(d) * 2.0 ** (np.linspace(-0.3, 0.3, len(own)) - aside)
        axes[2].plot(spread, own["value"], MARKERS[number], color=COLOURS[number + 1], markersize=1.6, rasterized=True)
        axes[2].plot([], [], marker=MARKERS[number], label=name, **look)
    for ax in axes[:2]:
        ax.set_yscale("log")
        ax.set_ylim(1e-3, None)
    claim = "posterior-centres-near-but-not-exactly-zero"
    share, shortest = found.threshold(claim, "max_by_root"), found.threshold(claim, "min_length")
    roots = np.array([2.0, 600.0])
    for factor, text, at, side in (
        (1.0, r"$\sqrt{d}$", 20, {"ha": "right", "va": "bottom"}),
        (share, rf"${share:g}\sqrt{{d}}$", 4, {"ha": "left", "va": "top"}),
    ):
        axes[2].plot(roots, factor * roots, color=GREY, linestyle="--", linewidth=1)
        axes[2].annotate(text, (at, factor * at), color=GREY, **side)
    axes[2].axhline(shortest, color=GREY, linestyle=":", linewidth=1)
    axes[0].set(xlabel=r"mean $\mu_i$ of a latent", ylabel="density")
    axes[1].set(xlabel=r"std $\sigma_i$ of a latent", ylabel="")
    axes[2].set(xscale="log", yscale="log", xlabel=r"$\sqrt{d}$, $d$ latents")
    axes[2].set_ylabel(r"length $\|\mu\|$ of an image's mean")
    figure.legend(*axes[2].get_legend_handles_labels(), loc="outside upper center", ncols=len(models))
    panel_letters(*axes)
    return figure


@figure("symptoms")
def unit_noise(found: Found, style: Style) -> Figure:
    """What noise around the means does: label accuracy, distance to real digits, and the variety of the samples."""
    figure, axes = new_figure(style, aspect=0.4, ncols=3)
    under_noise = found.rows("label_accuracy_under_noise")
    models = _models(found, list(under_noise["model"].unique()))
    for number, (model, name) in enumerate(zip(models["model"], _names(models), strict=True)):
        look = {"color": COLOURS[number + 1], "marker": MARKERS[number]}
        accuracy = found.intervals("label_accuracy_under_noise", "noise_std", model=model)
        axes[0].plot(accuracy["noise_std"], accuracy["estimate"], linestyle=LINES[number], label=name, **look)
        distances = [found.value("frechet_to_training", model=model, latents=kind) for kind in KINDS]
        axes[1].plot(range(len(KINDS)), distances, linestyle=LINES[number], **look)
        kl, variety = (found.rows(key, model=model) for key in ("kl_per_image", "variety_in_pixels"))
        axes[2].plot(kl["value"], variety["value"], linestyle="", **look)
    axes[0].axhline(0.1, color=GREY, linestyle=":", linewidth=1)
    axes[0].set(ylim=(0, 1.02), xlabel="std of the noise", ylabel="label accuracy of samples")
    real = found.value("frechet_to_training", latents="none: test images")
    axes[1].axhline(real, color=GREY, linestyle="--", linewidth=1)
    axes[1].set_yscale("log")
    _plain_ticks(axes[1].yaxis)
    axes[1].set_xticks(range(len(KINDS)), list(KINDS.values()))
    axes[1].set_ylabel("Fréchet distance\nto training digits")
    band = [found.threshold("unit-noise-samples-differ-from-input", name) for name in ("low", "high")]
    axes[2].axhspan(*band, color=BAND, linewidth=0)
    axes[2].set_xscale("log")
    _plain_ticks(axes[2].xaxis)
    axes[2].set_ylim(0, None)
    axes[2].set(xlabel="KL (nat per image)", ylabel="variety of unit-noise samples")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(models))
    panel_letters(*axes)
    return figure


@figure("symptoms")
def fuzzy_code(found: Found, style: Style) -> Figure:
    """How noisy the code is, and how large its std are, against the weight of the KL term."""
    figure, axes = new_figure(style, aspect=0.36, ncols=2)
    panels = {"noise_fraction": "noise of a latent / std of its samples", "sweep_std_size": r"mean std $\sigma_i$"}
    weights = sorted(found.rows("noise_fraction")["beta"].unique())
    for ax, (quantity, label) in zip(axes, panels.items(), strict=True):
        rows = found.rows(quantity)
        rows["place"] = [weights.index(beta) for beta in rows["beta"]]
        for number, (sweep, own) in enumerate(rows.groupby("sweep", sort=False)):
            look = {"x": "place", "y": "value", "color": COLOURS[number + 1], "marker": MARKERS[number], "ax": ax}
            sns.scatterplot(own, alpha=0.5, s=14, linewidth=0, legend=False, **look)
            sns.lineplot(own, linestyle=LINES[number], errorbar=None, markeredgewidth=0, legend=False, **look)
            ax.lines[-1].set_label(_shape(str(sweep)))
        ax.set_xticks(range(len(weights)), [_weight(beta) for beta in weights])
        ax.set(xlabel="weight of the KL term", ylabel=label)
        ax.set_ylim(0, None)
    panel_letters(*axes)
    axes[0].legend(loc="lower right")
    return figure


@figure("symptoms")
def symptom_pictures(found: Found, style: Style) -> Figure:
    """Test images, reconstructions, samples around their codes and from the prior, top to bottom, a column a model."""
    models = _models(found, [name.removesuffix(", input") for name in found.pictures if name.endswith(", input")])
    pages = [{kind: found.pictures[f"{model}, {kind}"] for kind in PAGE} for model in models["model"]]
    rows, columns = sum(len(images) for images in pages[0].values()), pages[0]["input"].shape[1]
    figure, axes = new_figure(
        style, aspect=1.05 * rows / (len(models) * (columns + 0.25)), ncols=len(models), squeeze=False
    )
    for ax, name, page in zip(axes[0], _names(models), pages, strict=True):
        blocks = [_tiled(images) for images in page.values()]
        breaks = np.full((2 * GAP, blocks[0].shape[1]), 255, dtype=np.uint8)
        ax.imshow(
            np.concatenate([part for block in blocks for part in (block, breaks)]),
            cmap="gray",
            vmin=0,
            vmax=255,
            interpolation="none",
        )
        ax.set_title(name.replace(", ", "\n"))
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set_visible(False)
    ends = np.cumsum([len(block) + 2 * GAP for block in blocks])
    middles = [end - 2 * GAP - len(block) / 2 for end, block in zip(ends, blocks, strict=True)]
    axes[0, 0].set_yticks(middles, list(PAGE.values()))
    axes[0, 0].tick_params(length=0)
    return figure


def _tiled(images: np.ndarray) -> np.ndarray:
    """Images (rows, columns, side, side) as one with a gap to the right of and below each."""
    padded = np.pad(images, ((0, 0), (0, 0), (0, GAP), (0, GAP)), constant_values=255)
    return np.concatenate([np.concatenate(list(row), axis=1) for row in padded])


def _models(found: Found, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Model, latents and weight of the KL term: `names` in their order, or all by size, shape and weight."""
    models = found.rows("symptom_score").drop_duplicates("model")[["model", "latents", "beta"]]
    if names is not None:
        return models.set_index("model").loc[list(names)].reset_index()
    shape = models["model"].map(_shape)
    return models.assign(size=-models["latents"], shape=shape).sort_values(["size", "shape", "beta"])


def _plain_ticks(axis: Axis, steps: Sequence[int] = (1, 3)) -> None:
    """Plain numbers at the `steps` of each power of ten, on a logarithmic axis that spans few of these."""
    axis.set_major_locator(FixedLocator([step * 10.0**power for power in range(-6, 7) for step in steps]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _names(models: pd.DataFrame) -> list[str]:
    pairs = zip(models["model"], models["beta"], strict=True)
    return [f"{_shape(model)}, $\\beta$ = {_weight(beta)}" for model, beta in pairs]


def _shape(model: str) -> str:
    """The name of a model without the weight of its KL term, as a reader would write it."""
    name = re.sub(r"-(mean|beta-\w+)$", "", str(model))
    name = re.sub(r"^grid-(\d+)x(\d+)x(\d+)", r"\1×\2×\3", name)
    return re.sub(r"^dense-(\d+)", r"dense \1", name).replace("-wide-hidden", ", wide")


def _weight(beta: float) -> str:
    return str(Fraction(float(beta)).limit_denominator(1024))


def _mathematical(symptom: str) -> str:
    return {
        "means close to 0": r"$\mu_i$ close to 0",
        "std close to 1": r"$\sigma_i$ close to 1",
        "unit-noise samples are good": r"$\mathcal{N}(\mu, I)$ samples are good",
    }.get(str(symptom), str(symptom))


def _group(axes: Axes, shapes: Sequence[str]) -> None:
    """Write the name of each run of equal shapes above it."""
    starts = [at for at, shape in enumerate(shapes) if at == 0 or shape != shapes[at - 1]]
    for first, last in zip(starts, [*starts[1:], len(shapes)], strict=True):
        axes.text((first + last) / 2, -0.15, shapes[first].replace(", ", "\n"), ha="center", va="bottom")
