"""The report is written in plain English: idioms that it once had do not come back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[1]
TEMPLATES = sorted((PROJECT / "report_templates").glob("*/*.md.j2"))
CLAIMS = sorted(path for path in (PROJECT / "claims").glob("*.yaml") if path.stem != "sources")
TEXTS = ("statement", "setup", "deviation", "refuted_by", "correction", "hypothesis", "answer")

IDIOMS = {
    r"\bdoes not hold\b|\binconclusive\b": "say refuted or undecided",
    r"\bThat\b[^.?!()]{3,300}?((?<! is)(?<! are)(?<! stays) VERDICT\b|\bholds[.,:;])": "finding first, verdict last",
    r"(?<!-)\b(foretell|foretold)": "predict",
    r"\bmeans? and deviations?\b|(?<!standard )\bdeviations? (near|close to) (1|one)\b": "standard deviation",
    r"\bjudges? of digits\b|\bthe judge (sees|knows|takes)\b": "evaluation classifier",
    r"\blaws?\b[^.]{0,20} (latents|codes)\b|\b(fitted|latent|sampling) laws?\b|\blaws? fitted\b": "distribution",
    r"\baveraged loss\b": "mean-reduced loss",
    r"\b[Aa]n? (entry|claim) of (ours|our own)\b": "set `ours: true`",
    r"\bour line\b|\blines? of (our|the) rules?\b": "threshold",
    r"\bbeyond doubt\b|\bfanc(y|ies)\b|\bwith all trimmings\b|\bclumps?\b": "plain words",
    r"\bis not a number\b": "say what could not be computed, and why",
}

_VERDICT = re.compile(r"\{\{-? *verdict\([^)]*\) *-?\}\}")
_LOOKUP = re.compile(
    r"\b(value|interval|number|replicates|threshold|setting|estimate|verdict|verdict_is|decisive|counted)\("
    r"(?:[^()]|\([^()]*\))*\)"
)


def prose(template: str) -> str:
    """The text of a template, captions included: verdicts stand as VERDICT, other lookups as N.

    >>> prose('It is {{ value("a", distribution="b") }} long ({{ verdict("c") }}).')
    'It is {{ N }} long ( VERDICT ).'
    """
    return _LOOKUP.sub("N", _VERDICT.sub(" VERDICT ", re.sub(r"\{#.*?#\}", " ", template, flags=re.DOTALL)))


def found(text: str) -> Iterator[str]:
    """Each idiom in a text, with what to say instead."""
    flat = " ".join(text.split())
    for pattern, instead in IDIOMS.items():
        for match in re.finditer(pattern, flat):
            yield f"“{match[0]}”: {instead}"


def texts(claim: Mapping[str, Any]) -> Iterator[str]:
    yield from (claim[key] for key in TEXTS if claim.get(key))
    yield claim["rule"].get("not_testable", {}).get("reason", "")


@pytest.mark.parametrize(
    ("text", "idioms"),
    [
        ('That the centres lie near zero {{ verdict("c") }}.', 1),
        ("That they are no digits holds.", 1),
        ("The centres lie near zero ({{ verdict('c') }}).", 0),
        ("That a layer loses directions is known ({{ verdict('c') }}).", 0),
        ("That the start does not matter is {{ verdict('c') }}.", 0),
        ('{{ figure("f", caption="The law of the latents.", alt="A line.") }}', 1),
        ('{{ value("x", model="grid, averaged loss") }}', 0),
        ("For every digit the encoder gives means and deviations.", 1),
        ("means and standard deviations", 0),
    ],
)
def test_an_idiom_is_found_where_it_is_and_nowhere_else(text: str, idioms: int) -> None:
    assert len(list(found(prose(text)))) == idioms


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_report_is_in_plain_english(template: Path) -> None:
    assert not list(found(prose(template.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("claims", CLAIMS, ids=lambda path: path.name)
def test_claims_are_in_plain_english(claims: Path) -> None:
    listed = yaml.safe_load(claims.read_text(encoding="utf-8"))
    assert not [f"{claim['id']}: {idiom}" for claim in listed for text in texts(claim) for idiom in found(text)]
