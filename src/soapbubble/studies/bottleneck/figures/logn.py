"""The mixture of the codes of N pictures and the prior, by rate over log N."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.style import COLOURS, GREY, LINES, MARKERS, new_figure, panel_letters
from soapbubble.parts.declaration import figure
from soapbubble.studies.bottleneck.figures.names import model_name

Data = Mapping[str, np.ndarray]


@figure("logn")
def log_n(data: Data, style: Style) -> Figure:
    """Divergence, total variation and how well a code tells its picture; trained models among planted ones."""
    figure, (left, right) = new_figure(style, aspect=0.42, ncols=2)
    shares = data["shares"]
    ends = np.array([0, 1, max(shares.max(), (data["trained"][:, 0] / data["trained"][:, 1]).max() * 1.05)])
    left.plot(ends, np.maximum(0, ends - 1), color=COLOURS[0], linewidth=1, label="bound")
    for place, count in enumerate(data["pictures"]):
        style_of = {"color": COLOURS[1 + place], "linestyle": LINES[1 + place], "marker": MARKERS[place]}
        label = f"planted, $N$ = {count:,}"
        left.plot(shares, data["divergence"][place].mean(axis=0) / np.log(count), label=label, markersize=3, **style_of)
        right.plot(shares, data["total_variation"][place].mean(axis=0), markersize=3, **style_of)
        right.plot(shares, data["own"][place].mean(axis=0), markersize=3, alpha=0.4, **style_of)
    for place, name in enumerate(data["models"]):
        rate, log_count, divergence, apart = data["trained"][place]
        look = {"color": COLOURS[4], "linestyle": "none", "marker": MARKERS[2 + place % 6], "markersize": 6}
        left.plot(rate / log_count, divergence / log_count, label=model_name(name).replace("\n", " "), **look)
        right.plot(rate / log_count, apart, **look)
    left.set_xlabel("rate $R$ / $\\log N$")
    left.set_ylabel("KL$(q_N\\Vert p)$ / $\\log N$")
    left.legend(loc="upper left", fontsize="small")
    right.axvline(1, color=GREY, linewidth=0.8)
    right.set_xlabel("rate $R$ / $\\log N$")
    right.set_ylabel("share")
    right.set_ylim(0, 1.03)
    right.plot([], [], color=GREY, label="total variation from the prior")
    right.plot([], [], color=GREY, alpha=0.4, label="density from the draw's own code")
    right.legend(loc="lower right", bbox_to_anchor=(1, 0.05))
    panel_letters(left, right)
    return figure
