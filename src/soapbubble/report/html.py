"""The report and its supplement, each as one HTML file that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from soapbubble.report import markdown, svg, wording
from soapbubble.report.verdicts import MARKS

_FORMULA_HEADING = re.compile(
    r"<th([^>]*)>(<math(?:(?!</th>).)*<annotation[^>]*>([^<]*)</annotation>(?:(?!</th>).)*)</th>"
)
_INNER = re.compile(r'href="#([^"]+)"')


def render(report: dict[str, Any], document: str, figures_dir: Path, templates: Path) -> str:
    """The page.

    Args:
        report: what `soapbubble.report.build.build` made.
        document: "report" or "supplement".
        figures_dir: folder with the SVG file of each figure in the report.
        templates: folder with `html/` and `markdown.lua`.
    """
    prose = markdown.convert(markdown.texts_of(report), "html", templates / "markdown.lua")
    claims = {claim["id"]: claim for claim in report["claims"]}
    explorer = "" if document == "report" else "report.html"

    def linked(text: str) -> Markup:
        """Prose whose links to claims lead to where the claims are."""
        done = _reachable(prose[text])
        return Markup(_INNER.sub(lambda link: f'href="{explorer}#{link[1]}"' if link[1] in claims else link[0], done))

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
        md=linked,
        inline=lambda text: Markup(markdown.inline(linked(text))),
        plain=markdown.plain,
        yaml=wording.as_yaml,
        condition=wording.condition,
        ground=wording.ground,
        as_is=lambda text: text and markdown.as_is(text),
    )
    elsewhere = defaultdict(list)
    for other in report["elsewhere"]:
        elsewhere[other["claim"]].append(other)
    shown = report["paper_figures" if document == "report" else "figures"]
    drawings, elements = svg.Drawings(), {}
    for name, figure in shown.items():
        text = (figures_dir / f"{name}.svg").read_text(encoding="utf-8")
        elements[name] = Markup(drawings.element(text, figure["number"], html.escape(figure["alt"])))
    return environment.get_template(f"{document}.html.j2").render(
        report=report,
        claims=claims,
        elsewhere=elsewhere,
        explorer=explorer,
        shown=shown,
        label="" if document == "report" else "S",
        drawings=elements,
        contents=_contents(report, document),
        marks={verdict: {"slug": mark.slug, "shape": Markup(mark.shape)} for verdict, mark in MARKS.items()},
        wording=wording,
        style=Markup((folder / "style.css").read_text(encoding="utf-8")),
        drawn=Markup(drawings.style_sheet()),
        script=Markup(script),
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _reachable(prose: str) -> str:
    """Prose whose wide tables and formulas can be scrolled by keys, and whose headings of formulas are read aloud."""
    prose = prose.replace("<table>", '<table tabindex="0">').replace(
        '<math display="block"', '<math tabindex="0" display="block"'
    )
    return _FORMULA_HEADING.sub(lambda head: f'<th{head[1]}>{head[2]}<span class="aside">{head[3]}</span></th>', prose)


def _contents(report: dict[str, Any], document: str) -> list[tuple[str, str, str]]:
    """The entries of the table of contents: where they lead, and what they say where there is room, and where not."""
    studies = [(f"study-{study['name']}", study["title"], study["name"].capitalize()) for study in report["studies"]]
    if document == "supplement":
        after = [
            *([("elsewhere", "Other runs", "Runs")] if report["elsewhere"] else []),
            *([("first-verdicts", "First verdicts", "First")] if report["first_verdicts"]["claims"] else []),
            *([("errata", "Errata", "Errata")] if report["errata"] else []),
            *([("questions", "Open questions", "Questions")] if report["questions"] else []),
            ("methods", "Methods", "Methods"),
            ("configuration", "Configuration and figures", "Configuration"),
        ]
        return [*studies, *after, ("sources", "Sources", "Sources")]
    paper = report["paper"]
    before, after = (
        [(name, paper[name]["title"], brief) for name, brief in names if paper[name]["sections"]]
        for names in (
            (("questions", "Questions"), ("introduction", "Introduction")),
            (
                ("synthesis", "Synthesis"),
                ("methods", "Methods"),
                ("limitations", "Limitations"),
                ("reproducibility", "Reproducibility"),
            ),
        )
    )
    end = [("claims", "All claims", "Claims"), ("provenance", "Environment and provenance", "Provenance")]
    return [("glance", "At a glance", "Glance"), *before, *studies, *after, *end, ("sources", "Sources", "Sources")]
