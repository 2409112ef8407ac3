"""Distances, likeness and dimension by stage."""

from __future__ import annotations

import seaborn as sns
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found, groups
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, plot_intervals
from soapbubble.parts.declaration import figure

BLACK, BLUE, ORANGE, GREEN, *_ = COLOURS
WEIGHTS = {"trained": BLUE, "untrained": ORANGE}
TRAININGS = {
    "natural": "photographs",
    "shuffled": "photographs, random labels",
    "noise": "noise",
    "untrained": "untrained",
}


@figure("inversion")
def stages(found: Found, style: Style) -> Figure:
    """Edges recovered and output distance by stage of EfficientNet-Lite0, trained and untrained."""
    drawing, (left, middle, right) = new_figure(style, aspect=0.36, ncols=3)
    for axes, quantity, group in (
        (left, "edges", "within"),
        (middle, "edges", "outside"),
        (right, "output_ratio", "within"),
    ):
        for shift, (weights, colour) in enumerate(WEIGHTS.items()):
            rows = found.intervals(quantity, "stage", weights=weights, images=group)
            plot_intervals(
                axes,
                [place + 0.16 * (shift - 0.5) for place in range(len(rows))],
                rows,
                fmt=MARKERS[shift],
                color=colour,
                label=weights,
            )
        axes.set_xticks(range(len(rows)), rows["stage"], rotation=45)
    for axes, title in ((left, "within ImageNet's classes"), (middle, "outside its classes")):
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.set_title(title)
        axes.set_ylabel("agreement of edges")
    blurred = found.intervals("blurred_output_ratio", "stage")
    plot_intervals(right, range(len(blurred)), blurred, fmt=MARKERS[2], color=GREEN, label="trained, blur")
    right.axhline(1, color=GREY, linewidth=0.8)
    right.set_yscale("log")
    right.set_ylim(0.25, 4)
    right.set_yticks([0.5, 1, 2], ["0.5", "1", "2"])
    right.minorticks_off()
    right.set_ylabel("$m_g/m_r$")
    right.legend(
        fontsize="x-small", loc="lower center", bbox_to_anchor=(0.5, 1.08), ncols=3, columnspacing=0.6, handlelength=1
    )
    left.legend()
    panel_letters(left, middle, right)
    return drawing


@figure("inversion")
def paths(found: Found, style: Style) -> Figure:
    """Input and output distance during descents from Conv5, over their values at the start."""
    drawing, axes = new_figure(style, aspect=0.4, ncols=2, sharey=True)
    for place, steps, title in zip(axes, ("fixed", "falling"), ("steps of one size", "falling steps"), strict=True):
        rows = found.rows("distance_path", steps=steps)
        for (weights, distance), path in groups(rows, ["weights", "distance"], sort=True):
            place.plot(
                path["iteration"],
                path["value"],
                color=WEIGHTS[weights],
                linestyle=LINES[0] if distance == "input" else LINES[1],
                label=f"{'$m_i$' if distance == 'input' else '$m_g$'}, {weights}",
            )
        place.set_title(title)
        place.set_xlabel("step")
    axes[0].set_ylabel("distance over that at the start")
    axes[1].legend()
    panel_letters(*axes)
    return drawing


@figure("layers")
def dimension(found: Found, style: Style) -> Figure:
    """Intrinsic dimension of the outputs, from the crops themselves (depth 0) to the last stage."""
    drawing, axes = new_figure(style, aspect=0.42, ncols=2)
    for place, network in zip(axes, ("EfficientNet-Lite0", "ResNet-18"), strict=True):
        rows = found.rows("dimension", network=network)
        names = TRAININGS if network == "ResNet-18" else {name: name for name in WEIGHTS}
        sns.lineplot(
            rows.assign(training=rows["training"].map(names)),
            x="depth",
            y="value",
            hue="training",
            style="training",
            hue_order=names.values(),
            style_order=names.values(),
            palette=COLOURS[1 : 1 + len(names)],
            markers=MARKERS[: len(names)],
            dashes=False,
            errorbar=("pi", 100),
            err_style="bars",
            ax=place,
        )
        place.set_title(network)
        place.set_xticks(range(6), ["image", *(f"Conv{number}" for number in range(1, 6))], rotation=45)
        place.set_xlabel("")
        place.set_ylabel("intrinsic dimension")
        place.set_ylim(bottom=0)
        place.legend(title=None)
    panel_letters(*axes)
    return drawing


@figure("filters")
def filters(found: Found, style: Style) -> Figure:
    """How many filters are Gabor functions, and images that excite channels after two halvings."""
    drawing, axes = new_figure(style, aspect=0.34, ncols=2)
    kinds = {
        ("EfficientNet-Lite0", "trained"): "EfficientNet,\nImageNet",
        ("EfficientNet-Lite0", "untrained"): "EfficientNet,\nuntrained",
        ("ResNet-18", "trained"): "small ResNet,\ntrained",
        ("ResNet-18", "untrained"): "small ResNet,\nuntrained",
        ("planted", "planted"): "planted",
    }
    for place, (network, weights) in enumerate(kinds):
        rows = found.intervals("gabor_like", network=network, weights=weights)
        plot_intervals(axes[0], [place], rows, fmt="o", color=BLUE if weights != "untrained" else ORANGE)
    axes[0].set_xticks(range(len(kinds)), kinds.values(), fontsize="x-small")
    axes[0].set_ylabel("share of Gabor-like filters")
    axes[0].set_ylim(-0.04, 1.04)
    repeats = {
        ("repeats", "trained"): "EfficientNet,\nImageNet",
        ("repeats", "untrained"): "EfficientNet,\nuntrained",
        ("repeats_by_network", "natural"): "ResNet,\nphotographs",
        ("repeats_by_network", "noise"): "ResNet,\nnoise",
        ("repeats_by_network", "untrained"): "ResNet,\nuntrained",
    }
    for place, (quantity, weights) in enumerate(repeats):
        rows = found.intervals(quantity, weights=weights)
        plot_intervals(axes[1], [place], rows, fmt="s", color=BLUE if weights != "untrained" else ORANGE)
    axes[1].set_xticks(range(len(repeats)), repeats.values(), fontsize="x-small")
    axes[1].set_ylabel("autocorrelation\nbeyond its first zero")
    panel_letters(*axes)
    return drawing


@figure("counts")
def counts(found: Found, style: Style) -> Figure:
    """What a descent from hidden states leaves of the distance to the input, by their size; errors of decoders."""
    drawing, (left, right) = new_figure(style, aspect=0.4, ncols=2, width_ratios=(1.5, 1))
    series = [(kind, weights) for kind in ("dense", "recurrent") for weights in WEIGHTS]
    for number, (kind, weights) in enumerate(series):
        rows = found.intervals("left_of_input", "size", kind=kind, weights=weights)
        plot_intervals(
            left,
            rows["size"],
            rows,
            fmt=f"{MARKERS[number]}{'-' if kind == 'dense' else '--'}",
            color=WEIGHTS[weights],
            label=f"{kind}, {weights}",
        )
    left.set_xscale("log", base=2)
    left.set_yscale("log")
    left.set_xlabel("units per input")
    left.set_ylabel("remaining share of the distance")
    left.legend()
    shapes = ("growing", "constant", "shrinking")
    for place, shape in enumerate(shapes):
        plot_intervals(right, [place], found.intervals("unexplained", decoder=shape), fmt="o", color=BLACK)
    right.set_xticks(range(len(shapes)), ["growing", "constant", "shrinking first"])
    right.set_ylabel("unexplained share of variance")
    right.set_ylim(bottom=0)
    panel_letters(left, right)
    return drawing
