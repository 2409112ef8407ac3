"""The report is written in plain English: idioms that it once had do not come back."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from report_fixture import STUDIES, plant

from soapbubble.claims.evidence import Table
from soapbubble.claims.rules import parse_rule
from soapbubble.measurements import Measurement
from soapbubble.report.build import build
from soapbubble.report.html import render
from soapbubble.report.wording import GROUP_OF_ONE

PROJECT = Path(__file__).parents[1]
TEMPLATES = sorted((PROJECT / "report_templates").glob("*/*.md.j2"))
CLAIMS = sorted(path for path in (PROJECT / "claims").glob("*.yaml") if path.stem != "sources")
TEXTS = ("statement", "setup", "departure", "refuted_by", "correction", "hypothesis", "answer")

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


A, B = {"quantity": "a"}, {"quantity": "b"}
BANDS = [
    {"at_least": {"value": A, "bound": 1.0}},
    {"within": {"value": A, "target": 2.0, "rel": 0.1, "scale": "log"}},
    {"between": {"value": A, "low": 0.2, "high": 0.5, "scale": "logit"}},
]
COMPARISONS = [
    {"greater": {"a": A, "b": B}},
    {"equivalent": {"a": A, "b": B, "ratio": True, "margin": 1.5}},
    {"ordered": {"values": [A, B]}},
]
VALUES = {
    "some": ((1.0, 1.2, 1.1), ""),
    "one missing": ((1.0, math.nan, 1.1), "could not be computed: 1 of 3 replicates has no value"),
    "two missing": ((math.inf, math.nan, 1.1), "could not be computed: 2 of 3 replicates have no value"),
    "negative": ((-1.0, -1.2, -1.1), ""),
    "single": ((1.0,), ""),
}


def sentence(rule: dict[str, Any], values: tuple[float, ...], replicate: str = "") -> str:
    """What the rule says where `a` and `b` have these values."""
    rows = [Measurement(name, {}, replicate or k, value) for name in "ab" for k, value in enumerate(values)]
    return parse_rule(rule).decide(Table(rows)).sentence


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("rule", [*BANDS, *COMPARISONS], ids=lambda rule: next(iter(rule)))
def test_sentences_of_rules_are_in_plain_english(rule: dict[str, Any], values: str) -> None:
    said = sentence(rule, VALUES[values][0])
    assert VALUES[values][1] in said
    assert not list(found(said))
    assert "no value" not in said or "could not be computed" in said


def test_a_missing_estimate_is_told_with_its_reason() -> None:
    assert sentence(BANDS[0], (math.nan,), "exact") == (
        "A could not be computed: it has no value; threshold at least 1: undecided."
    )
    assert "not all values lie between 0 and 1; threshold" in sentence(BANDS[2], (0.5, 1.2, 0.4))
    assert "not all values lie above 0; threshold" in sentence(COMPARISONS[1], (1.0, -1.2, 1.1))


def test_what_a_report_says_by_itself_is_in_plain_english(tmp_path: Path) -> None:
    said = [sentence(rule, values) for rule in (*BANDS, *COMPARISONS) for values, _ in VALUES.values()]
    missing = {"estimate": None, "interval": None}
    changes = {
        f"{STUDIES[0]}-{k}": {"sentence": text, **(missing if "could not" in text else {})}
        for k, text in enumerate(said)
    }
    inputs = plant(tmp_path, claims=len(said), changes=changes)
    report = build(inputs)
    for document in ("report", "supplement"):
        page = render(report, document, inputs.results / "figures", inputs.templates)
        words = html.unescape(re.sub(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL))
        assert document == "supplement" or "1 of 3 replicates has no value" in words
        assert not list(found(words.replace(GROUP_OF_ONE["ours"], "")))
