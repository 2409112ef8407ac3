"""What several figures share."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator


def dimension_axis(axes: Axes, ticks: tuple[int, ...] = (2, 8, 32, 128, 512, 2048)) -> None:
    """Show the number of components on a logarithmic axis."""
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([str(tick) for tick in ticks])
    axes.set_xlabel("number of components $N$")
