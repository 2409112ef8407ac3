"""Draw the figures of a part from its table and pictures."""

from __future__ import annotations

import json

from soapbubble.commands.job import Job, Parts
from soapbubble.config.plot import Style
from soapbubble.parts.studies import study

ENTRY = "figures.drawing"


def draw(job: Job) -> None:
    """All figures of the part `job.subject` (study.part), each as SVG and PNG."""
    name, _, part_name = job.subject.partition(".")
    part = study(str(job.folder or name)).part(part_name)

    def make(parts: Parts) -> None:
        from soapbubble.figures.drawing import draw as draw_figure
        from soapbubble.figures.found import read_found

        told = json.loads(job.cfg)
        table, pictures = job.input
        thresholds = {key.removeprefix("thresholds."): lines for key, lines in told.items() if key != "plot"}
        found = read_found(table, pictures, thresholds)
        for module, functions in part.drawings():
            for function in functions:
                figure = f"{name}-{function.replace('_', '-')}"
                drawn = {final: place for final, place in parts.items() if final.stem == figure}
                draw_figure(getattr(module, function), found, Style(**told["plot"]), drawn)

    job.run(f"figures/{name}-{part_name}", make, [ENTRY, *part.drawing_files])
