"""The report as a tagged PDF, set by Typst with the fonts that it brings along."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from soapbubble.errors import SoapbubbleError
from soapbubble.report import markdown, svg, wording
from soapbubble.report.verdicts import MARKS

_LINK = re.compile(r"#link\(<([^>]+)>\)")


def literal(value: Any) -> Markup:
    """Python data as a Typst literal, so that no text of a report is ever read as markup; `Markup` stays as it is.

    >>> print(literal({"a": ['#[x] "y"', None, 2]}))
    ("a": ("#[x] \\"y\\"",none,2,),)
    """
    return value if isinstance(value, Markup) else Markup(_literal(value))


def _literal(value: Any) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        pairs = "".join(f"{_literal(str(key))}: {_literal(item)}," for key, item in value.items())
        return f"({pairs or ':'})"
    if isinstance(value, Sequence):
        return "(" + "".join(f"{_literal(item)}," for item in value) + ")"
    raise TypeError(f"no Typst literal for {type(value).__name__}")


def render(report: dict[str, Any], document: str, figures_dir: Path, templates: Path) -> bytes:
    """The pages.

    Args:
        report: what `soapbubble.report.build.build` made.
        document: "report", the paper, or "supplement".
        figures_dir: folder with the SVG file of each figure in the report.
        templates: folder with `pdf/` and `markdown.lua`.

    Raises:
        SoapbubbleError: Typst stops, or warns of anything.
    """
    shown = report["paper_figures" if document == "report" else "figures"]
    source = _source(report, document, shown, figures_dir, templates)
    with TemporaryDirectory(prefix="soapbubble-") as folder:
        root = Path(folder)
        (root / "report.typ").write_text(source, encoding="utf-8")
        (root / "style.typ").write_bytes((templates / "pdf" / "style.typ").read_bytes())
        for name in shown:
            drawing = svg.slim((figures_dir / f"{name}.svg").read_text(encoding="utf-8"))
            (root / f"{name}.svg").write_text(drawing, encoding="utf-8")
        try:
            pages, warnings = typst.compile_with_warnings(
                root / "report.typ",
                root=root,
                font_paths=typst.Fonts(include_system_fonts=False, font_paths=[svg.font_folder()]),
                package_path=root,
                package_cache_path=root,
                pdf_standards=["ua-1"],
                timestamp=0,
            )
        except typst.TypstError as error:
            raise SoapbubbleError(f"The PDF cannot be set: {error.diagnostic}") from error
    if warnings:
        raise SoapbubbleError(f"The PDF was set with a warning: {warnings[0].diagnostic}")
    return pages


def _source(report: dict[str, Any], document: str, shown: Mapping[str, Any], figures_dir: Path, templates: Path) -> str:
    prose = markdown.convert(markdown.texts_of(report), "typst", templates / "markdown.lua")
    claims = {claim["id"]: claim for claim in report["claims"]}
    if document == "report":
        # The paper has a row of few claims only; the others are in the supplement, where their links lead.
        missing = claims.keys() - {id for study in report["studies"] for id in _placed(study["paper"])}
        prose = {
            text: _LINK.sub(lambda link: "#" if link[1] in missing else link[0], done) for text, done in prose.items()
        }
    # `finalize` turns every value that a template prints into a Typst literal; what is Markup by then is not escaped.
    environment = Environment(
        loader=FileSystemLoader(templates / "pdf"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
        finalize=literal,
    )
    environment.filters.update(
        md=lambda text: Markup(f"[{prose[text]}]" if text else "none"),
        prose=lambda text: Markup(prose[text]),
        text=Markup,
        as_is=lambda text: text and markdown.as_is(text),
    )
    sizes = {name: svg.size((figures_dir / f"{name}.svg").read_text(encoding="utf-8")) for name in shown}
    return environment.get_template(f"{document}.typ.j2").render(
        report=report,
        claims=claims,
        shown=shown,
        sizes=sizes,
        marks=_marks(),
        ordered=lambda counts: {verdict: counts[verdict] for verdict in MARKS},
        wording=wording,
    )


def _placed(sections: Sequence[Mapping[str, Any]]) -> list[str]:
    """The claims whose rows stand in these sections."""
    return [id for section in sections for block in section["blocks"] for id in block.get("claims", ())]


def _marks() -> dict[str, dict[str, str]]:
    """For each verdict its shape as a complete SVG, and its ink."""
    frame = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="16" height="16">{}</svg>'
    return {
        verdict: {"svg": frame.format(mark.shape.replace("currentColor", mark.ink)), "ink": mark.ink}
        for verdict, mark in MARKS.items()
    }
