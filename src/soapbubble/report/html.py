"""The report as one HTML file that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from soapbubble.report import markdown, svg, wording
from soapbubble.report.verdicts import MARKS, meaning


def render(report: dict[str, Any], figures_dir: Path, templates: Path) -> str:
    """The page.

    Args:
        report: what `soapbubble.report.build.build` made.
        figures_dir: folder with the SVG file of each figure in the report.
        templates: folder with `html/` and `markdown.lua`.
    """
    prose = markdown.convert(markdown.texts_of(report), "html", templates / "markdown.lua")
    folder = templates / "html"
    script = (folder / "script.js").read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
    )
    environment.filters.update(
        md=lambda text: Markup(prose[text]),
        inline=lambda text: Markup(markdown.inline(prose[text])),
        yaml=wording.as_yaml,
        condition=wording.condition,
        meaning=meaning,
        as_is=lambda text: text and markdown.as_is(text),
    )
    return environment.get_template("report.html.j2").render(
        report=report,
        claims={claim["id"]: claim for claim in report["claims"]},
        drawings={name: _drawing(figures_dir / f"{name}.svg") for name in report["figures"]},
        marks={verdict: {"slug": mark.slug, "shape": Markup(mark.shape)} for verdict, mark in MARKS.items()},
        wording=wording,
        style=Markup((folder / "style.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _drawing(path: Path) -> dict[str, Any]:
    text = svg.slim(path.read_text(encoding="utf-8"))
    width, height = svg.size(text)
    return {"address": Markup(svg.data_uri(text)), "width": round(width), "height": round(height)}
