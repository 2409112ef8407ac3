"""The frozen content of a report: all that the HTML and the PDF are made from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import soapbubble
from soapbubble.errors import SoapbubbleError
from soapbubble.json_file import read_json
from soapbubble.measurements import Measurement, read_csv
from soapbubble.provenance.files import digest
from soapbubble.provenance.manifest import versions
from soapbubble.report.chapters import render_chapter
from soapbubble.report.first_verdicts import changed, recorded, transitions
from soapbubble.report.lookups import Lookups
from soapbubble.report.reference import elsewhere
from soapbubble.report.references import read_references
from soapbubble.report.verdicts import MARKS, count, count_by_group, group_of, of_statement

_FINDINGS = 6
FRAME = ("abstract", "introduction", "methods", "synthesis", "limitations", "reproducibility", "questions")


class Texts(NamedTuple):
    """What is written of a study: its chapter of the supplement, and its section of the paper."""

    chapter: Path
    section: Path


@dataclass(frozen=True)
class Inputs:
    """What a report is built from.

    `results` is the run's folder with `claims.json`, `measurements/<study>.csv` and `figures/`; `templates` holds
    `paper/`, `chapters/` and `references.bib`; `studies` says where each study's chapter and section are; `date` is the
    day of the commit; `stale` lists results that are not current as `{"path", "state", "why"}`; `references` are the
    published verdicts of other runs; `history` says of each claim when its rule was last changed and what its first
    published verdict was; `self_tests` are the tables of how often the rules err and of what other seeds change, which
    the methods print.
    """

    run: str
    results: Path
    templates: Path
    studies: Mapping[str, Texts]
    config: Mapping[str, Any]
    commit: str
    self_tests: Sequence[Path]
    date: str = ""
    stale: Sequence[Mapping[str, str]] = ()
    references: Sequence[Path] = ()
    history: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def build(inputs: Inputs) -> dict[str, Any]:
    """The content of `report.json`: no times, durations or sizes of memory, so a rerun gives the same bytes.

    Raises:
        SoapbubbleError: a chapter, figure or measurement is missing, or a lookup in a chapter fails.
    """
    judged = read_json(inputs.results / "claims.json", "claims", "sources")
    claims = [
        {**claim, "rule_fixed": _rule_fixed(inputs.history, claim)}
        for claim in sorted(judged["claims"], key=lambda claim: _place(claim, list(inputs.studies)))
    ]
    by_id = {claim["id"]: claim for claim in claims}
    tables = {study: read_csv(inputs.results / "measurements" / f"{study}.csv") for study in inputs.studies}
    everything = [row for rows in tables.values() for row in rows]
    references = read_references(inputs.templates / "references.bib")
    others = elsewhere(inputs.references, claims)

    def rendered(path: Path, rows: Sequence[Measurement]) -> tuple[Lookups, dict[str, Any]]:
        lookups = Lookups(path.name, rows, by_id, inputs.config, references, others)
        return lookups, render_chapter(path.parent, lookups)

    figures: dict[str, dict[str, Any]] = {}
    studies = []
    findings = []
    paper = _Numbered()
    cited: dict[str, None] = {}
    for study, place in inputs.studies.items():
        lookups, chapter = rendered(place.chapter, tables[study])
        short, section = rendered(place.section, tables[study])
        own = [claim for claim in claims if claim["study"] == study]
        for name, words in lookups.figures.items():
            figures[name] = {"number": len(figures) + 1, "study": study, **words, **_files(inputs.results, name)}
        _check_figures(own, lookups)
        paper.add(short, figures)
        findings.append(lookups.findings | short.findings)
        cited |= lookups.cited | short.cited
        studies.append(
            {
                "name": study,
                "title": section["title"] or study.capitalize(),
                "sections": chapter["sections"],
                "paper": section["sections"],
                "figures": list(lookups.figures),
                "claims": [claim["id"] for claim in own],
                "counts": count(own),
                "groups": count_by_group(own),
            }
        )
    frame = {}
    measured = [*everything, *(row for path in inputs.self_tests for row in read_csv(path))]
    for name in FRAME:
        lookups, frame[name] = rendered(inputs.templates / "paper" / f"{name}.md.j2", measured)
        cited |= lookups.cited
    lookups, methods = rendered(inputs.templates / "chapters" / "methods.md.j2", measured)
    cited |= lookups.cited
    by_turns = [name for turn in zip_longest(*findings) for name in turn if name]
    headlines = {name: words for named in findings for name, words in named.items()}
    return {
        "run": inputs.run,
        "commit": inputs.commit,
        "date": inputs.date,
        "version": soapbubble.__version__,
        "software": versions(),
        "config": _plain(inputs.config),
        "stale": [dict(mark) for mark in sorted(inputs.stale, key=lambda mark: mark["path"])],
        "paper": frame,
        "data": _cards(inputs.results, claims),
        "findings": [
            {"claim": claim["id"], "headline": headlines.get(claim["id"], "")}
            for claim in choose_findings(claims, by_turns)
        ],
        "counts": count(claims),
        "groups": count_by_group(claims),
        "studies": studies,
        "figures": figures,
        "paper_figures": paper.figures,
        "claims": [{**claim, "group": group_of(claim), "of_statement": of_statement(claim)} for claim in claims],
        "rules_fixed": _fixed(inputs.history, by_id),
        "first_verdicts": {
            "transitions": transitions(claims),
            "claims": [claim["id"] for claim in changed(claims)],
        },
        "errata": [claim["id"] for claim in claims if claim["kind"] == "erratum"],
        "elsewhere": others,
        "questions": [claim["id"] for claim in claims if claim["kind"] == "open-question"],
        "methods": methods,
        "sources": dict(sorted(judged["sources"].items())),
        "references": {key: vars(references[key]) for key in sorted(cited)},
    }


def _rule_fixed(history: Mapping[str, Mapping[str, Any]], claim: Mapping[str, Any]) -> dict[str, Any] | None:
    return recorded(history[claim["id"]], claim["verdict"]) if claim["id"] in history else None


def _fixed(history: Mapping[str, Mapping[str, Any]], claims: Iterable[str]) -> dict[str, int]:
    """How many rules were last changed before the first published result of their claim, after it, or nobody knows."""
    when = [history.get(name, {}).get("before_result") for name in claims]
    return {"before": when.count(True), "after": when.count(False), "unknown": when.count(None)}


@dataclass
class _Numbered:
    """The figures that the paper shows, numbered in their order."""

    figures: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, lookups: Lookups, known: Mapping[str, Any]) -> None:
        for name, words in lookups.figures.items():
            if name not in known:
                raise SoapbubbleError(
                    f"{lookups.chapter}: the paper shows the figure {name}, which the study's chapter does not; "
                    "show it there, too."
                )
            self.figures[name] = {"number": len(self.figures) + 1, **words}


def choose_findings(claims: Sequence[dict[str, Any]], preferred: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The most interesting claims: the preferred ones, then what does not hold, errata and answers by turns.

    A preferred claim that was not decided in this run gives way to the next.
    """
    decided = [claim for claim in claims if claim["verdict"] in ("supported", "supported in direction only", "refuted")]
    wanted = [claim for name in preferred for claim in decided if claim["id"] == name]
    turns = (
        [claim for claim in decided if claim["verdict"] == "refuted" and claim["kind"] != "open-question"],
        [claim for claim in decided if claim["verdict"] == "supported" and claim["kind"] == "erratum"],
        [claim for claim in decided if claim["verdict"] == "supported" and claim["kind"] == "open-question"],
    )
    by_turns = [claim for turn in zip_longest(*turns) for claim in turn if claim]
    chosen = {claim["id"]: claim for claim in (*wanted, *by_turns)}
    return list(chosen.values())[:_FINDINGS]


def _place(claim: Mapping[str, Any], studies: Sequence[str]) -> int:
    if claim["study"] not in studies:
        raise SoapbubbleError(
            f"claims.json: claim {claim['id']} is of the study {claim['study']!r}, which was not run."
        )
    if claim["verdict"] not in MARKS:
        raise SoapbubbleError(
            f"claims.json: claim {claim['id']} has the unknown verdict {claim['verdict']!r}; "
            "delete it and run snakemake again."
        )
    return studies.index(claim["study"])


def _files(results: Path, name: str) -> dict[str, str]:
    """The digest of a figure's drawing."""
    drawing = results / "figures" / f"{name}.svg"
    if not drawing.exists():
        raise SoapbubbleError(f"{drawing}: a chapter shows this figure, but it was not made; measure and draw it.")
    return {"svg_sha256": digest(drawing)}


def _cards(results: Path, claims: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What is known of each dataset that a claim rests on, as far as this run has it."""
    names = sorted({name for claim in claims for name in claim.get("data") or ()})
    paths = [results / "data" / f"{name}.json" for name in names]
    shown = ("name", "tier", "shape", "source", "licence", "sha256")
    cards = [read_json(path, *shown) for path in paths if path.exists()]
    return [{key: card[key] for key in shown} for card in cards]


def _check_figures(claims: Iterable[Mapping[str, Any]], lookups: Lookups) -> None:
    for claim in claims:
        if claim.get("figure") and claim["verdict"] != "not run" and claim["figure"] not in lookups.figures:
            raise SoapbubbleError(
                f"{lookups.chapter}: claim {claim['id']} names the figure {claim['figure']}, "
                f"which the chapter does not show; show it with figure(...)."
            )


def _plain(config: Mapping[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(config))
