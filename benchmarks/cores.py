"""How long the built-in run takes on a number of cores, and what no number of cores makes shorter.

    python benchmarks/cores.py [FIGURE]

Computed from how long each job of the published run worked on a core of its own and from what it waits for, by list
scheduling: a free core takes the ready job that is furthest from the end. Memory, disk and Snakemake itself are left
out. FIGURE, such as docs/cores.svg, is drawn if it is named.
"""

from __future__ import annotations

import sys
from pathlib import Path

from soapbubble.config.plot import Style
from soapbubble.numbers import span
from soapbubble.parts.loading import load
from soapbubble.plan import Plan
from soapbubble.provenance.durations import completed
from soapbubble.schedule import longest_way, run_time

CORES = (1, 2, 4, 8, 16, 32, 64)


def main(figure: str = "") -> None:
    """Print the table and the critical path, and draw the figure."""
    run = Plan(load([Path("config.yaml")]))
    seconds = completed(run.published_seconds, run.needs)
    times = [run_time(seconds, run.needs, cores) for cores in CORES]
    for cores, time in zip(CORES, times, strict=True):
        print(f"{cores:3d} cores  {span(time):>13s}  {times[0] / time:5.1f} times as fast as one")
    way = longest_way(seconds, run.needs)
    shortest = sum(seconds[job] for job in way)
    print(f"critical path {span(shortest)}: {', '.join(f'{job} {span(seconds[job])}' for job in way)}")
    if figure:
        draw(Path(figure), run.config.plot, times, shortest)


def draw(path: Path, style: Style, times: list[float], shortest: float) -> None:
    """Time against cores, both in powers of two, with the lines that it cannot pass."""
    from soapbubble.figures.style import COLOURS, GREY, new_figure

    drawing, ax = new_figure(style, aspect=0.5)
    ax.plot(CORES, [time / 60 for time in times], "o-", color=COLOURS[0], label="list scheduling")
    ax.plot(CORES, [times[0] / 60 / cores for cores in CORES], color=GREY, linestyle=":", label="every core busy")
    ax.axhline(shortest / 60, color=GREY, linestyle="--", label="critical path")
    ax.set_xscale("log", base=2)
    ax.set_yscale("log", base=2)
    ax.set_xticks(CORES, map(str, CORES))
    minutes = [2.0**power for power in range(8) if shortest / 120 < 2.0**power < times[0] / 30]
    ax.set_yticks(minutes, [f"{minute:g}" for minute in minutes])
    ax.set_ylim(shortest / 60 / 1.5, times[0] / 60 * 1.3)
    ax.set_xlabel("cores")
    ax.set_ylabel("minutes")
    ax.legend()
    drawing.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main(*sys.argv[1:2])
