"""A chapter: Markdown with lookups, rendered and cut into sections and figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound

from soapbubble.errors import SoapbubbleError
from soapbubble.report.literals import typed_by_hand
from soapbubble.report.lookups import Lookups

_PLACED = re.compile(r"^@@(figure|claims):([a-z0-9 -]+)@@$", re.MULTILINE)
_FENCE = re.compile(r"^\s{0,3}(```|~~~)")


def render_chapter(folder: Path, lookups: Lookups) -> dict[str, Any]:
    """The chapter `lookups.chapter` of `folder` as `{"title", "sections": [{"heading", "blocks"}]}`.

    A block is `{"text": Markdown}`, `{"figure": id}` or `{"claims": [id]}`; what stands before
    the first section has an empty heading.

    Raises:
        SoapbubbleError: the chapter is missing or cannot be rendered, a lookup fails, or a finding is typed by hand.
    """
    # The output is Markdown, which is made safe when it becomes HTML or Typst; so nothing is escaped here.
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    environment.globals.update(lookups.functions())
    try:
        text = environment.get_template(lookups.chapter).render()
        typed = typed_by_hand((folder / lookups.chapter).read_text(encoding="utf-8"))
    except TemplateNotFound as error:
        raise SoapbubbleError(f"{folder / lookups.chapter}: the chapter is missing; write it.") from error
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        place = f"{lookups.chapter}, line {line}" if line else lookups.chapter
        raise SoapbubbleError(f"{place}: {error.message}; mend the chapter.") from error
    except TypeError as error:
        raise SoapbubbleError(f"{lookups.chapter}: a lookup was called wrongly ({error}); mend the chapter.") from error
    if typed:
        raise SoapbubbleError(
            f"{lookups.chapter}: among the findings {', '.join(typed)} is typed by hand; look it up with value(...) or "
            f'setting(...), or write {{{{ "{typed[0]}" }}}} if the number is the source\'s.'
        )
    title = ""
    sections: list[tuple[str, list[str]]] = [("", [])]
    for line, is_prose in _lines(text):
        if is_prose and line.startswith("# "):
            title = line[2:].strip()
        elif is_prose and line.startswith("## "):
            sections.append((line[3:].strip(), []))
        else:
            sections[-1][1].append(line)
    cut = [{"heading": heading, "blocks": list(_blocks("\n".join(lines)))} for heading, lines in sections]
    return {"title": title, "sections": [section for section in cut if section["heading"] or section["blocks"]]}


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """The lines, and whether each stands outside fenced code."""
    fenced = False
    for line in text.splitlines():
        fence = bool(_FENCE.match(line))
        yield line, not (fenced or fence)
        fenced ^= fence


def _blocks(text: str) -> Iterator[dict[str, Any]]:
    start = 0
    for placed in _PLACED.finditer(text):
        yield from _prose(text[start : placed.start()])
        kind, names = placed.groups()
        yield {kind: names if kind == "figure" else names.split()}
        start = placed.end()
    yield from _prose(text[start:])


def _prose(text: str) -> Iterator[dict[str, Any]]:
    if text.strip():
        yield {"text": text.strip()}
