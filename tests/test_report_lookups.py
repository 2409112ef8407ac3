"""Lookups put numbers into prose, and say clearly what they cannot find."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from report_fixture import TEMPLATES, claim

from soapbubble.errors import SoapbubbleError
from soapbubble.measurements import Outcome
from soapbubble.numbers import with_interval
from soapbubble.report.chapters import render_chapter
from soapbubble.report.literals import typed_by_hand
from soapbubble.report.lookups import Lookups


@pytest.fixture
def lookups() -> Lookups:
    outcome = Outcome()
    for replicate, value in enumerate((1.0, 2.0, 3.0)):
        outcome.add("radius", value, {"N": 3, "distribution": "uniform"}, replicate)
    outcome.add("radius", 4.5, {"N": 4, "distribution": "uniform"}, "exact")
    outcome.add("hit", 0.25, {"N": 3}, 0, unit="proportion", n=100)
    outcome.add("hit", 0.75, {"N": 3}, 1, unit="proportion", n=300)
    claims = {item["id"]: item for item in (claim(0, "s"), claim(1, "s"), claim(7, "s"))}
    claims["s-0"] = {**claims["s-0"], "thresholds": {"unexplained": 0.05}}
    config = {"s": {"radii": {"points": 1_000_000, "b": 5.0, "dimensions": [3, 256]}}}
    return Lookups("s.md.j2", outcome.rows, claims, config)


def test_value_is_the_mean_over_replicates(lookups: Lookups) -> None:
    assert lookups.value("radius", N=3) == "2"
    assert lookups.value("radius", N=3, fmt=".2f") == "2.00"
    assert lookups.value("radius", N=4) == lookups.value("radius", N=4.0) == "4.5"


def test_value_of_shares_pools_their_trials(lookups: Lookups) -> None:
    assert lookups.value("hit", fmt=".3f") == "0.625"


def test_interval_is_students_t_over_replicates(lookups: Lookups) -> None:
    half = 4.302653 * 1 / math.sqrt(3)
    assert lookups.interval("radius", N=3) == with_interval(2, 2 - half, 2 + half)
    assert lookups.interval("radius", N=3, fmt=".1f") == "2.0 [−0.5, 4.5]"
    assert lookups.interval("hit", fmt=".0%").startswith("62% [")


def test_verdicts_of_other_runs_are_counted_and_told(lookups: Lookups) -> None:
    here = lookups.claims["s-0"]["verdict"]
    other = {"run": "real", "claim": "s-0", "verdict": "undecided", "estimate": "2 [1, 3]"}
    both = replace(lookups, others=[other, {**other, "claim": "s-1", "verdict": lookups.claims["s-1"]["verdict"]}])
    assert here != "undecided"
    assert both.elsewhere("real", "s-0") == "undecided"
    assert both.elsewhere("real", "s-0", number=True) == "undecided, 2 [1, 3]"
    counts = [both.counted_elsewhere("real"), both.counted_elsewhere("real", "undecided"), both.counted_elsewhere("no")]
    assert counts == [2, 1, 0]
    assert both.counted_elsewhere("real", differing=True) == 1
    assert lookups.elsewhere("real", "s-0") == "the same"


def test_of_two_replicates_the_values_stand_in_place_of_an_interval() -> None:
    outcome = Outcome()
    for replicate, value in enumerate((1.25, 3.0)):
        outcome.add("radius", value, {}, replicate)
    assert Lookups("s.md.j2", outcome.rows, {}, {}).interval("radius") == "1.25 and 3"


def test_interval_of_an_exact_value_is_the_value(lookups: Lookups) -> None:
    assert lookups.interval("radius", N=4) == "4.5"


def test_values_can_be_selected_and_combined_as_in_claims(lookups: Lookups) -> None:
    assert lookups.value("radius", N={"from": 4}) == "4.5"
    assert lookups.value("radius", aggregate={"max": "N"}) == "4.5"
    assert lookups.value("radius", N=4, over={"quantity": "radius", "where": {"N": 4}}) == "1"


def test_numbers_and_thresholds_compare_and_print(lookups: Lookups) -> None:
    assert lookups.number("radius", N=4) > lookups.threshold("s-0", "unexplained")
    assert f"{lookups.number('radius', N=4)!s}" == "4.5"
    assert str(lookups.threshold("s-0", "unexplained")) == "0.05"
    assert lookups.threshold("s-0", "unexplained", fmt=".0%") == "5%"


def test_verdict_links_to_its_claim(lookups: Lookups) -> None:
    assert lookups.verdict("s-1") == "[refuted](#s-1){.verdict .v-refuted}"
    assert lookups.verdict_is("s-1", "refuted")
    assert lookups.verdict_is("s-1", "supported", "refuted")
    assert not lookups.verdict_is("s-1", "supported")


def test_a_page_knows_which_studies_ran(lookups: Lookups) -> None:
    assert lookups.ran("s")
    assert not lookups.ran("s", "t")


def test_estimate_carries_its_interval(lookups: Lookups) -> None:
    assert lookups.estimate("s-0") == "46.17 [46.16, 46.18]"
    endless = {**lookups.claims["s-0"], "interval": [None, None]}
    assert replace(lookups, claims={"s-0": endless}).estimate("s-0") == "46.17 (no interval)"
    assert lookups.estimate("s-7") == "an amount that could not be measured"


def test_settings_read_as_people_write_them(lookups: Lookups) -> None:
    assert str(lookups.setting("s.radii.points")) == "1,000,000"
    assert lookups.setting("s.radii.points") == 1_000_000
    assert lookups.setting("s.radii.b") == "5"
    assert lookups.setting("s.radii.dimensions") == "3, 256"


@pytest.mark.parametrize(
    ("name", "arguments", "where", "words"),
    [
        ("value", ["radios"], {}, 'value("radios").*nothing of that name.*perhaps radius'),
        ("value", ["radius"], {}, 'value("radius").*ambiguous'),
        ("interval", ["radius"], {"N": 5}, 'interval("radius", N=5).*no measurement'),
        ("interval", ["radius"], {"distribution": "normal"}, "no measurement"),
        ("verdict", ["s-2"], {}, 'verdict("s-2").*no such claim'),
        ("verdict_is", ["s-1", "fails"], {}, "no such verdict"),
        ("value", ["radius"], {"aggregate": {"biggest": "N"}}, 'value("radius".*aggregate.biggest: Extra'),
        ("threshold", ["s-0", "known"], {}, 'threshold("s-0", "known").*thresholds are unexplained'),
        ("threshold", ["s-1", "known"], {}, "names no thresholds"),
        ("setting", ["s.radii.point"], {}, "no 'point' there.*points"),
        ("setting", ["s.radii.points.more"], {}, "no 'more' there"),
        ("figure", ["s-f"], {"caption": "A figure.", "alt": " "}, "needs a caption and an alternative text"),
    ],
)
def test_a_lookup_in_vain_names_the_chapter_and_the_lookup(lookups, name, arguments, where, words) -> None:
    with pytest.raises(SoapbubbleError, match=words.replace("(", r"\(").replace(")", r"\)")) as error:
        getattr(lookups, name)(*arguments, **where)
    assert str(error.value).startswith(f"s.md.j2: {name}(")


@pytest.mark.parametrize(
    "chapter", sorted(TEMPLATES.glob("*/*.md.j2")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_findings_are_claims_of_the_project(chapter: Path) -> None:
    known = "".join(path.read_text() for path in (TEMPLATES.parent / "claims").glob("*.yaml"))
    for name in re.findall(r'finding\("([a-z0-9-]+)"', chapter.read_text()):
        assert f"- id: {name}\n" in known


def test_a_figure_is_shown_once(lookups: Lookups) -> None:
    lookups.figure("s-f", caption="A figure.", alt="A line.")
    with pytest.raises(SoapbubbleError, match="twice"):
        lookups.figure("s-f", caption="A figure.", alt="A line.")


def test_a_chapter_is_cut_into_sections_and_figures(tmp_path, lookups: Lookups) -> None:
    (tmp_path / "s.md.j2").write_text(
        "# Title\n\nFirst.\n\n## One\n\nBefore {{ value('radius', N=4) }}.\n"
        "{{ figure('s-f', caption='C ' ~ value('radius', N=3), alt='A  line') }}\nAfter.\n\n"
        "```\n## not a heading\n```\n\n## Two\n"
    )
    chapter = render_chapter(tmp_path, lookups)
    assert chapter == {
        "title": "Title",
        "sections": [
            {"heading": "", "blocks": [{"text": "First."}]},
            {
                "heading": "One",
                "blocks": [
                    {"text": "Before 4.5."},
                    {"figure": "s-f"},
                    {"text": "After.\n\n```\n## not a heading\n```"},
                ],
            },
            {"heading": "Two", "blocks": []},
        ],
    }
    assert lookups.figures == {"s-f": {"caption": "C 2", "alt": "A line"}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ nothing }}", "'nothing' is undefined"),
        ("one\n{% if %}", "line 2"),
        ("{{ value() }}", "called wrongly"),
        ("{{ value('radios') }}", "nothing of that name"),
    ],
)
def test_a_chapter_that_cannot_be_rendered_is_named(tmp_path, lookups: Lookups, text: str, words: str) -> None:
    (tmp_path / "s.md.j2").write_text(text)
    with pytest.raises(SoapbubbleError, match=words) as error:
        render_chapter(tmp_path, lookups)
    assert "s.md.j2" in str(error.value)


def test_numbers_typed_into_findings_are_refused(tmp_path, lookups: Lookups) -> None:
    (tmp_path / "s.md.j2").write_text("## What we found\n\nThe radius is 46.17, {{ value('radius', N=4) }}.\n")
    with pytest.raises(SoapbubbleError, match=r"s\.md\.j2: among the findings 46\.17 is typed by hand"):
        render_chapter(tmp_path, lookups)


@pytest.mark.parametrize(
    ("finding", "typed"),
    [
        ("It is 0.51 and 3 % or 1,000 points", ["0.51", "3 %", "1,000"]),
        ("{% if verdict_is('a', 'supported') %}up to 1.5{% endif %}", ["1.5"]),
        ('{{ figure("f", caption="A length of " ~ value("r", b="0.1") ~ " or 4.5", alt="Up to 7%") }}', ["4.5", "7%"]),
        ('{{ value("r", b=0.5) }}, {{ "0.05" }}, $0.2$, `0.3`, 95 %, 256 dimensions, [x](#a-0.4)', []),
    ],
)
def test_only_numbers_without_a_lookup_count_as_typed(finding: str, typed: list[str]) -> None:
    assert typed_by_hand(f"## What the source says\n\n0.7\n\n## What we found\n\n{finding}\n\n## Else\n\n0.8") == typed


def test_a_missing_chapter_is_named(tmp_path, lookups: Lookups) -> None:
    with pytest.raises(SoapbubbleError, match=r"s\.md\.j2: the chapter is missing"):
        render_chapter(tmp_path, lookups)
