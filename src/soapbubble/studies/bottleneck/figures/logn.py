"""The mixture of the codes of N images and the prior, by KL over log N."""

from __future__ import annotations

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found, groups
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure
from soapbubble.studies.bottleneck.figures.names import model_name

POSITION = "kl_over_log_n"


@figure("logn")
def log_n(found: Found, style: Style) -> Figure:
    """KL from the prior, total variation and own share of a draw's density; trained models among synthetic mixtures."""
    figure, (left, right) = new_figure(style, aspect=0.42, ncols=2)
    of_mixture = {
        name: found.rows(name).dropna(subset=["images"]) for name in ("mixture_kl", "mixture_total_variation")
    }
    kl = of_mixture["mixture_kl"].assign(value=lambda rows: rows["value"] / np.log(rows["images"]))
    for number, (count, rows) in enumerate(groups(kl, "images", sort=True)):
        look = {
            "x": POSITION,
            "y": "value",
            "errorbar": None,
            "color": COLOURS[1 + number],
            "linestyle": LINES[1 + number],
            "marker": MARKERS[number],
            "markersize": 3,
            "markeredgewidth": 0,
        }
        sns.lineplot(rows, ax=left, label=f"synthetic, $N$ = {int(count):,}", **look)
        for rows_right, alpha in ((of_mixture["mixture_total_variation"], 1.0), (found.rows("own_share"), 0.4)):
            sns.lineplot(rows_right[rows_right["images"] == count], ax=right, alpha=alpha, **look)
    for number, name in enumerate(found.rows("log_n")["model"]):
        at = found.value(POSITION, model=name)
        look = {"color": COLOURS[4], "linestyle": "none", "marker": MARKERS[2 + number % 6], "markersize": 6}
        apart = found.value("mixture_kl", model=name) / found.value("log_n", model=name)
        left.plot(at, apart, label=model_name(name).replace("\n", " "), **look)
        right.plot(at, found.value("mixture_total_variation", model=name), **look)
    ends = np.array([0, 1, left.get_xlim()[1]])
    left.plot(ends, np.maximum(0, ends - 1), color=COLOURS[0], linewidth=1, label=r"bound $R-\log N$", zorder=1)
    left.set_xlabel("KL of a code $R$ / $\\log N$")
    left.set_ylabel("KL$(q_N\\Vert p)$ / $\\log N$")
    left.legend(loc="upper left", fontsize="small")
    right.axvline(1, color=GREY, linewidth=0.8)
    right.set_xlabel("KL of a code $R$ / $\\log N$")
    right.set_ylabel("share")
    right.set_ylim(0, 1.03)
    right.plot([], [], color=GREY, label="total variation from the prior")
    right.plot([], [], color=GREY, alpha=0.4, label="density from the draw's own code")
    right.legend(loc="lower right", bbox_to_anchor=(1, 0.05))
    panel_letters(left, right)
    return figure
