"""Figures on the accounts of bad samples: four corners, six predictions, what foretells, ways between codes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters, show_picture
from soapbubble.parts.declaration import figure
from soapbubble.studies.latentsize.figures.names import model_name
from soapbubble.studies.latentsize.figures.overfitting import trained_name

Data = Mapping[str, np.ndarray]
ACCOUNTS = {"bubbles": "thin bubbles", "overfitting": "overfitting", "shape": "shape of codes"}
MEASURES = (
    "bubbles: log of distance in nats",
    "overfitting: gap in deviance explained",
    "shape: log of excess in nats",
)


@figure("accounts")
def four_cells(data: Data, style: Style) -> Figure:
    """A network for each corner: unseen digits, what it makes of them, and its prior samples."""
    figure, _ = new_figure(style, aspect=0.56)
    figure.clear()
    panels = figure.subfigures(2, 2, wspace=0.03, hspace=0.06)
    for panel, corner, name, page, kept, frechet in zip(
        panels.flat,
        data["corners"],
        data["models"],
        data["pages"],
        np.nanmean(data["kept"], axis=1),
        np.nanmean(data["frechet"], axis=1),
        strict=True,
    ):
        axes = panel.subplots(3, 1)
        for ax, row, label in zip(axes, page, ("unseen", "rebuilt", "prior"), strict=True):
            show_picture(ax, np.hstack(list(row)))
            ax.set_ylabel(label, rotation=0, ha="right", va="center")
        axes[0].set_title(trained_name(name), fontweight="bold")
        found = f"{kept:.0%} rebuilt rightly, prior samples at {frechet:,.0f}"
        axes[2].set_xlabel(f"expected: {corner}\nfound: {found}")
    return figure


@figure("accounts")
def accounts(data: Data, style: Style) -> Figure:
    """What each account expects of six tests and what was found, for each subject, with the number it got right."""
    subjects, tests, names = data["subjects"], data["tests"], data["accounts"]
    figure, axes = new_figure(style, aspect=0.46, ncols=len(subjects), sharey=True, squeeze=False)
    for s, (ax, subject) in enumerate(zip(axes[0], subjects, strict=True)):
        for t in range(len(tests)):
            found = data["observed"][s, t]
            for a in range(len(names)):
                expected = bool(data["expected"][t, a])
                right = found if expected else 1 - found
                _cell(ax, a, t, "yes" if expected else "no", right)
            _cell(ax, len(names) + 0.15, t, f"{_said(found)}\n{_short(data['statistics'][s, t])}", None)
        for a in range(len(names)):
            ax.text(a + 0.5, len(tests) + 0.45, f"{data['scores'][s, a]:.3g} of {len(tests)}", ha="center", va="center")
        ax.text(len(names) + 0.65, len(tests) + 0.45, "right", ha="center", va="center", color=GREY)
        ax.set_xlim(0, len(names) + 1.15)
        ax.set_ylim(len(tests) + 0.9, 0)
        heads = [ACCOUNTS[str(name)].replace(" ", "\n", 1) for name in names]
        ax.set_xticks([a + 0.5 for a in range(len(names))] + [len(names) + 0.65], [*heads, "found"])
        ax.xaxis.tick_top()
        ax.tick_params(length=0)
        ax.set_xlabel(model_name(subject))
        for spine in ax.spines.values():
            spine.set_visible(False)
    axes[0, 0].set_yticks([t + 0.5 for t in range(len(tests))], [_wrapped(str(test)) for test in tests])
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
    """A cell of the matrix: blue if the account was right, orange and hatched if not, grey if that is not clear.

    White if it is a fact.
    """
    looks = {None: ("white", "", ""), 1: ("#CCE3F1", "", "  \u2713"), 0: ("#F7DCC8", "///", "  \u2717")}
    face, hatch, mark = looks.get(right, ("#E8E8E8", "", "  \u2713/\u2717"))
    ax.add_patch(
        Rectangle((x + 0.03, y + 0.04), 0.94, 0.92, facecolor=face, edgecolor="white", hatch=hatch, linewidth=0)
    )
    ax.text(x + 0.5, y + 0.5, text + mark, ha="center", va="center")


@figure("accounts")
def foretelling(data: Data, style: Style) -> Figure:
    """Fréchet distance of prior samples against each account's measure, a point a network; filled with few pictures."""
    figure, axes = new_figure(style, aspect=0.4, ncols=3, sharey=True)
    groups = (("dense", ~data["grid"], 1, "o"), ("grid", data["grid"], 2, "s"))
    for number, ax in enumerate(axes):
        for kind, chosen, colour, marker in groups:
            for few, fill in ((False, "white"), (True, COLOURS[colour])):
                rows = chosen & (data["few"] == few)
                label = f"{kind}, {'few' if few else 'all'} pictures"
                ax.plot(
                    data["measures"][number][rows].ravel(),
                    data["frechet"][rows].ravel(),
                    marker,
                    color=COLOURS[colour],
                    markerfacecolor=fill,
                    markersize=4,
                    label=label,
                )
        ax.axhline(float(data["floor"]), color=GREY, linestyle="--", linewidth=1)
        ax.set_yscale("log")
        ax.set_xlabel(MEASURES[number].replace(": ", ":\n"))
        ax.xaxis.set_major_locator(MaxNLocator(4))
    axes[0].annotate("unseen digits", (0.98, float(data["floor"])), xycoords=("axes fraction", "data"), **_above())
    axes[0].set_ylabel("Fréchet distance of prior samples")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    panel_letters(*axes)
    return figure


def _above() -> dict[str, object]:
    return {"xytext": (0, 2), "textcoords": "offset points", "ha": "right", "va": "bottom", "color": GREY}


@figure("accounts")
def ways(data: Data, style: Style) -> Figure:
    """How realistic pictures are on three ways through latent space, and two of the ways as pictures."""
    strips = data["strips"]
    figure, _ = new_figure(style, aspect=0.4 + 0.075 * len(strips) * strips.shape[1])
    figure.clear()
    upper, lower = figure.subfigures(2, 1, height_ratios=(0.4, 0.075 * len(strips) * strips.shape[1]))
    axes = upper.subplots(1, 3, sharey=True)
    heads = ("from code to code along an arc", "between means in a line", "from a code to a prior draw")
    for number, (ax, head) in enumerate(zip(axes, heads, strict=True)):
        for m, name in enumerate(data["models"]):
            ax.plot(
                data["steps"],
                data["realistic"][m, number],
                color=COLOURS[m + 1],
                marker=MARKERS[m],
                linestyle=LINES[m],
                markersize=3.5,
                label=model_name(name),
            )
        ax.axhline(float(data["control"]), color=GREY, linestyle="--", linewidth=1)
        ax.set_ylim(0, 1.04)
        ax.set_title(head)
        ax.set_xlabel("share of the way")
    axes[0].set_ylabel("pass for digits")
    upper.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(data["models"]))
    rows = lower.subplots(len(strips) * strips.shape[1], 1, squeeze=False)[:, 0]
    for number, ax in enumerate(rows):
        model, way = divmod(number, strips.shape[1])
        show_picture(ax, np.hstack(list(strips[model, way])))
        label = f"{trained_name(data['strip_models'][model])}\n{('arc', 'line')[way]}"
        ax.set_ylabel(label, rotation=0, ha="right", va="center")
    return figure
