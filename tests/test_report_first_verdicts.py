"""A verdict that differs from the first published one stands beside that, in both documents and both formats."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from report_fixture import plant, text_of

from soapbubble.report import html, pdf
from soapbubble.report.build import build


def fixed(verdict: str, same_rule: bool = False) -> dict[str, Any]:
    first = {"verdict": verdict, "commit": "0a1b2c3d4e", "date": "21 November 2026", "same_rule": same_rule}
    return {"commit": "f0f0f0f0f0", "before_result": same_rule, "first": first}


# In the planted report spheres-0 and spheres-5, an erratum, are supported, and spheres-1 is refuted.
HISTORY = {
    "spheres-0": fixed("holds"),
    "spheres-1": fixed("holds"),
    "spheres-5": fixed("inconclusive", same_rule=True),
    "tubes-0": {"commit": "f0f0f0f0f0", "before_result": None, "first": None},
}


def pages(folder: Path, **inputs: Any) -> dict[str, str]:
    """The four documents of a planted report, HTML as it is and PDF as text, blanks made one."""
    planted = plant(folder, **inputs)
    methods = "# Methods\n\nWords. {{ first_verdicts() }}\n\n{{ decisive('spheres-1') }}\n"
    (planted.templates / "paper/methods.md.j2").write_text(methods)
    report = build(planted)
    made = {}
    for document in ("report", "supplement"):
        made[f"{document}.html"] = html.render(report, document, planted.results / "figures", planted.templates)
        paper = pdf.render(report, document, planted.results / "figures", planted.templates)
        made[f"{document}.pdf"] = text_of(paper, folder)
    return {name: " ".join(words.split()) for name, words in made.items()}


def row(page: str, claim: str) -> str:
    """What the page says of a claim, as text."""
    rows = page.split('<tbody class="claim" id="')
    (found,) = (text for text in rows if text.startswith(f'{claim}"'))
    return " ".join(re.sub("<[^>]+>", " ", found).split())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return pages(tmp_path_factory.mktemp("report"), history=HISTORY)


def test_a_first_verdict_that_differs_stands_beside_todays(made: dict[str, str]) -> None:
    names = ("spheres-1", "spheres-5", "spheres-0", "tubes-0")
    changed, erratum, kept, unpublished = (row(made["report.html"], name) for name in names)
    assert "supported First published verdict , 21 November 2026, by the rule of that time" in changed
    assert "undecided First published verdict on our correction , 21 November 2026, by the same rule" in erratum
    assert "First published verdict ," not in kept
    assert "First published verdict of this run: supported , 21 November 2026, in 0a1b2c3d4e" in kept
    assert "First published verdict" not in unpublished
    for document in ("report.pdf", "supplement.pdf"):
        assert "First published verdict, 21 November 2026, by the rule of that time" in made[document]


def test_changes_are_counted_in_the_methods_and_listed_in_the_supplement(made: dict[str, str]) -> None:
    for document in ("report.html", "report.pdf"):
        assert "The rules of 2 claims were changed" in made[document]
    (section,) = re.findall('<section class="chapter" id="first-verdicts">.*?</section>', made["supplement.html"])
    table = re.findall("<tr>.*?</tr>", section)
    assert [re.findall(r"spheres-\d", line)[0] for line in table[1:]] == ["spheres-1", "spheres-5"]
    assert "1 from supported to refuted, 1 from undecided to supported" in made["supplement.pdf"]


def test_without_a_history_no_first_verdict_is_printed_or_counted(tmp_path: Path) -> None:
    for words in pages(tmp_path).values():
        assert "irst published verdict" not in words
        assert "first-verdicts" not in words
