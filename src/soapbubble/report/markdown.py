"""Markdown to HTML or Typst: all strings of a report in one call of pandoc."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import pypandoc

from soapbubble.errors import SoapbubbleError

# Off: whatever lets a text escape its place (raw HTML, TeX or Typst, spans and blocks that could swallow what follows)
# or lean on its neighbours (footnotes, macros, numbered examples, generated identifiers).
_OFF = (
    "raw_html raw_tex raw_attribute native_divs native_spans markdown_in_html_blocks fenced_divs bracketed_spans "
    "citations yaml_metadata_block pandoc_title_block latex_macros auto_identifiers implicit_header_references "
    "implicit_figures footnotes inline_notes example_lists fancy_lists line_blocks"
)
_READER = "markdown" + "".join(f"-{name}" for name in _OFF.split())
_FORMULA = re.compile(r"(\$[^$]+\$)")
_SPECIAL = re.compile(r"[!-/:-@\[-`{-~]")
_WRITERS = {
    "html": ["--to=html", "--mathml", "--shift-heading-level-by=1"],
    "typst": ["--to=typst"],
}
# Bold, so that a cut swallowed by what a text leaves open (code, for one) no longer looks like a cut.
_CUT = "**soapbubble-cut-{}**"
_CUT_OUT = re.compile(r"<p><strong>soapbubble-cut-(\d+)</strong></p>|#strong\[soapbubble-cut-(\d+)\]")


def convert(texts: Iterable[str], to: Literal["html", "typst"], filter_file: Path) -> dict[str, str]:
    """Each distinct text and what it becomes.

    Args:
        texts: Markdown with LaTeX math between dollar signs; HTML and Typst markup in it stay text.
        to: the format to make.
        filter_file: pandoc filter that gives formulas their alternative text and refuses images and odd links.

    Raises:
        SoapbubbleError: pandoc cannot read a formula, or a text does not end where it should.
    """
    ordered = sorted(set(texts))
    joined = "".join(f"{text}\n\n{_CUT.format(i)}\n\n" for i, text in enumerate(ordered))
    command = [pypandoc.get_pandoc_path(), f"--from={_READER}", *_WRITERS[to], "--wrap=none", "--sandbox"]
    command.append("--columns=10000")  # or long rows would fix the widths of a table's columns by its dashes
    command += ["--fail-if-warnings", "--syntax-highlighting=none", f"--lua-filter={filter_file}"]
    done = subprocess.run(command, input=joined, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise SoapbubbleError(f"A text of the report cannot be set: {done.stderr.strip()}; mend that text.")
    found: dict[int, str] = {}
    start = 0
    for cut in _CUT_OUT.finditer(done.stdout):
        found[int(cut[1] or cut[2])] = done.stdout[start : cut.start()].strip()
        start = cut.end()
    for i, text in enumerate(ordered):
        if i not in found:
            raise SoapbubbleError(f"A text of the report leaves code open: {text[:80]!r}; close it.")
    return {text: found[i] for i, text in enumerate(ordered)}


def as_is(text: str) -> str:
    r"""Markdown for a text in which nothing but LaTeX between dollar signs means anything.

    >>> print(as_is("2*b*N, or $b^2$"))
    2\*b\*N\, or $b^2$
    """
    pieces = _FORMULA.split(text)
    return "".join(piece if i % 2 else _SPECIAL.sub(r"\\\g<0>", piece) for i, piece in enumerate(pieces))


def plain(text: str) -> str:
    """Markdown as a line of plain text, formulas as LaTeX.

    >>> plain("The *mean* of $x^2$ is\\n`small`.")
    'The mean of x^2 is small.'
    """
    return " ".join(re.sub(r"[$*`]|\\(?=[^a-zA-Z])", "", text).split())


def inline(html: str) -> str:
    """The inside of the only paragraph of a piece of HTML; anything longer stays as it is."""
    inside = html.removeprefix("<p>").removesuffix("</p>")
    return html if "<p>" in inside or not html.startswith("<p>") or not html.endswith("</p>") else inside


def texts_of(report: dict) -> Iterable[str]:
    """All Markdown strings of a report."""
    for claim in report["claims"]:
        yield from (claim[field] for field in CLAIM_TEXTS if claim.get(field))
        if claim.get("source_value"):
            yield as_is(claim["source_value"])
        if claim["verdict"] == "not testable":
            yield claim["sentence"]  # its reason comes from the claims file, all other sentences from numbers
    yield from (finding["headline"] for finding in report["findings"] if finding["headline"])
    for figure in (*report["figures"].values(), *report["paper_figures"].values()):
        yield figure["caption"]
    chapters = [chapter["sections"] for chapter in (report["methods"], *report["paper"].values(), *report["studies"])]
    for sections in (*chapters, *(study["paper"] for study in report["studies"])):
        for section in sections:
            yield from (block["text"] for block in section["blocks"] if "text" in block)
    yield from (source["note"] for source in report["sources"].values() if source.get("note"))


CLAIM_TEXTS = (
    "statement",
    "setup",
    "departure",
    "correction",
    "hypothesis",
    "answer",
    "refuted_by",
)
