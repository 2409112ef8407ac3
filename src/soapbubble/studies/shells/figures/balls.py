"""The box of numbered balls."""

from __future__ import annotations

import seaborn as sns
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, LINES, new_figure, panel_letters
from soapbubble.parts.declaration import figure

BLACK, BLUE, ORANGE, _, _, SKY, _, _ = COLOURS


@figure("balls")
def hundred_balls(found: Found, style: Style) -> Figure:
    """How often each ball was drawn for one vector; lengths for two sets of numbers and continuous components."""
    figure, (left, right) = new_figure(style, aspect=0.38, ncols=2)
    drawn = found.rows("occupation")
    left.bar(drawn["ball"], drawn["value"], width=1, color=SKY, edgecolor="white", linewidth=0.3)
    expected = drawn["N"].iloc[0] / len(drawn)
    left.axhline(expected, color=BLACK, linewidth=1, linestyle=LINES[1])
    left.text(
        len(drawn),
        expected + 0.1,
        "expected",
        ha="right",
        va="bottom",
        fontsize="small",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8},
    )
    left.set_xlabel("number of the ball")
    left.set_ylabel("times drawn for one vector")
    left.yaxis.get_major_locator().set_params(integer=True)

    labels = {
        "centres": "balls, cell centres",
        "end points": "balls, with end points",
        "continuous": "continuous components",
    }
    densities = found.rows("ball_radius_density")
    sns.lineplot(
        densities.assign(values=densities["values"].map(labels)),
        x="length",
        y="value",
        hue="values",
        style="values",
        hue_order=labels.values(),
        style_order=labels.values(),
        palette=[BLUE, ORANGE, BLACK],
        errorbar=None,
        ax=right,
    )
    right.set_xlabel("length $R$")
    right.set_ylabel("probability density of $R$")
    right.set_ylim(0, 1.25 * densities["value"].max())
    right.legend(loc="upper right", borderaxespad=0.1)
    panel_letters(left, right)
    return figure
