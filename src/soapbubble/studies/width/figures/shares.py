"""Shares: of active units before and after training, and of the error after descent."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import BAND, COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, plot_intervals
from soapbubble.parts.declaration import figure

AFTER = {"layer": "ReLU after a layer", "sum": "ReLU after a residual sum"}
TASKS = {
    "give digits back": "reproduce digits",
    "give noise back": "reproduce noise",
    "classify digits": "classify digits",
}
PARTS = (("lost", "lost exactly", COLOURS[2]), ("weak", "weakly seen", COLOURS[6]), ("strong", "seen", COLOURS[5]))
DESCENTS = ("start", "fixed step", "falling step", "L-BFGS")


@figure("active_units")
def active_units(found: Found, style: Style) -> Figure:
    """Active units of untrained networks, by what comes before the ReLU; and by width before and after training."""
    drawing, (left, right) = new_figure(style, aspect=0.42, ncols=2)
    kinds: dict[str, int] = {}
    measured = found.rows("active_share")[["after", "network", "batch_norm"]].drop_duplicates()
    for after, network, statistics in measured.itertuples(index=False):
        name = network.replace("resnet", "ResNet-")
        number = kinds.setdefault(name if statistics == "none" else f"{name},\n{statistics}", len(kinds))
        where = {"after": after, "network": network, "batch_norm": statistics}
        place = list(AFTER).index(after)
        options: dict[str, Any] = {"fmt": MARKERS[place], "color": COLOURS[place + 1]}
        mean = found.intervals("active_share", aggregate={"mean": "layer"}, **where)
        plot_intervals(left, [number + 0.2 * (place - 0.5)], mean, **options)
    for place, label in enumerate(AFTER.values()):
        left.plot([], [], MARKERS[place], color=COLOURS[place + 1], label=label)
    left.axhspan(
        *(found.threshold("relu-half-zero-assumption", end) for end in ("low", "high")), color=BAND, linewidth=0
    )
    left.set_xticks(list(kinds.values()), list(kinds), fontsize="x-small")
    left.set_ylabel("share of active units, mean over layers")
    left.legend(loc="upper left")
    for place, task in enumerate(found.rows("trained_active_share")["task"].unique()):
        for training in ("before", "after"):
            curve = found.intervals("trained_active_share", "factor", task=task, training=training)
            options = {
                "fmt": MARKERS[place],
                "color": COLOURS[place + 1],
                "linestyle": LINES[training == "before"],
            }
            if training == "after":
                options["label"] = TASKS[task]
            else:
                options["markerfacecolor"] = "white"
            plot_intervals(right, curve["factor"] + 0.03 * (place - 1), curve, **options)
    right.axhline(0.5, color=GREY, linewidth=0.8)
    right.set_xlabel("hidden units / number of inputs")
    right.set_ylabel("share of active units")
    right.set_ylim(0.3, 1)
    right.legend(loc="upper right")
    panel_letters(left, right)
    return drawing


@figure("error_shares")
def error_shares(found: Found, style: Style) -> Figure:
    """The squared error at the start and after each descent, divided among directions; bars as high as the error."""
    rows = found.rows("error_share", directions="lost", descent="start")[["network", "weights", "stage"]]
    measured = set(found.rows("error_share")[["descent", "network"]].itertuples(index=False, name=None))
    groups = rows.drop_duplicates().to_dict("records")
    drawing, axes = new_figure(style, aspect=0.62, nrows=2, ncols=(len(groups) + 1) // 2, sharey=True, squeeze=False)
    for panel, group in zip(axes.flat, groups, strict=False):
        where = {str(key): value for key, value in group.items()}
        descents = [descent for descent in DESCENTS if (descent, where["network"]) in measured]
        for position, descent in enumerate(descents):
            height = 1.0 if descent == "start" else found.value("stage_input", descent=descent, **where) ** 2
            bottom = 0.0
            for directions, label, colour in PARTS:
                share = found.value("error_share", descent=descent, directions=directions, **where)
                panel.bar(position, height * share, bottom=bottom, color=colour, label=label if position == 0 else None)
                bottom += height * share
        panel.set_xticks(range(len(descents)), descents, rotation=60)
        middle = (len(descents) - 1) / 2
        panel.set_xlim(middle - 2.1, middle + 2.1)  # bars as wide in every panel
        name = where["network"] if where["stage"] == "all" else "{network},\n{weights}, {stage}".format(**where)
        panel.set_title(name, fontsize=style.font_points - 1)
    for spare in axes.flat[len(groups) :]:
        spare.set_axis_off()
    for row in axes:
        row[0].set_ylabel("squared error / at the start")
    axes.flat[-1].legend(*axes[0, 0].get_legend_handles_labels(), loc="center")
    return drawing
