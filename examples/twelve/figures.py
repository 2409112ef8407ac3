"""The figure of the study."""

from __future__ import annotations

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, new_figure
from soapbubble.parts.declaration import figure


@figure("sums")
def kurtosis(found: Found, style: Style) -> Figure:
    """Excess kurtosis against the number of terms, with its 95 % interval."""
    drawing, ax = new_figure(style, aspect=0.5)
    points = found.intervals("excess_kurtosis", "terms")
    errors = [points["estimate"] - points["low"], points["high"] - points["estimate"]]
    ax.errorbar(points["terms"], points["estimate"], yerr=errors, fmt="o-", color=COLOURS[0])
    ax.axhline(0, color=GREY, linestyle="--", linewidth=1)
    ax.axhline(found.threshold("twelve-uniforms-have-normal-kurtosis", "kurtosis"), color=GREY, linestyle=":")
    ax.set_xscale("log")
    ax.set_xlabel("terms of the sum")
    ax.set_ylabel("excess kurtosis")
    return drawing
