"""Numbers typed by hand into findings, which a rerun would leave behind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import Environment, nodes

FINDINGS = ("Findings", "What we found")  # of a section of the paper, and of a chapter
_HEADING = re.compile(r"^## +(.*)$", re.MULTILINE)
_NOT_PROSE = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$|```.*?```|`[^`]*`|\]\([^)]*\)|\b95 ?%", re.DOTALL)
_MEASURED = re.compile(r"(?<![\w.])\d+[.,]\d+(?: ?%)?|(?<![\w.,])\d+ ?%")


def typed_by_hand(template: str) -> list[str]:
    """Decimals and percentages in the findings of a chapter, its captions included, that no lookup put there.

    Formulas, code and the 95 % of intervals may hold numbers; a constant of the source is written `{{ "0.05" }}`.
    """
    return [found[0] for text in _findings(template) for found in _MEASURED.finditer(_NOT_PROSE.sub(" ", text))]


def _findings(template: str) -> Iterator[str]:
    """The pieces of text in the findings, in order: prose between lookups, and what captions are put together from."""
    section = ""
    for node in Environment(autoescape=True).parse(template).find_all((nodes.TemplateData, nodes.Call)):
        if isinstance(node, nodes.TemplateData):
            parts = _HEADING.split(node.data)
            for heading, text in zip((section, *parts[1::2]), parts[0::2], strict=True):
                section = heading.strip()
                if section in FINDINGS:
                    yield text
        elif (
            isinstance(node, nodes.Call)
            and section in FINDINGS
            and isinstance(node.node, nodes.Name)
            and node.node.name == "figure"
        ):
            for argument in node.kwargs:
                yield from _written(argument.value)


def _written(node: nodes.Node) -> Iterator[str]:
    """String constants of an expression, but for those given to a lookup inside it."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    elif not isinstance(node, nodes.Call):
        for child in node.iter_child_nodes():
            yield from _written(child)
