"""The frozen content of a report: all that the HTML and the PDF are made from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import soapbubble
from soapbubble.errors import SoapbubbleError
from soapbubble.json_file import read_json
from soapbubble.measurements import read_csv
from soapbubble.provenance.files import digest
from soapbubble.provenance.manifest import versions
from soapbubble.report.chapters import render_chapter
from soapbubble.report.lookups import Lookups
from soapbubble.report.reference import elsewhere
from soapbubble.report.verdicts import MARKS, count

_FINDINGS = 6


@dataclass(frozen=True)
class Inputs:
    """What a report is built from.

    `results` is the run's folder with `claims.json`, `measurements/<study>.csv` and `figures/`; `templates` holds
    `chapters/`; `studies` names the chapter of each study; `stale` lists results that are not current as
    `{"path", "state", "why"}`; `references` are the published verdicts of other runs; `calibration`
    is the table of how often the rules err, which the methods print.
    """

    run: str
    results: Path
    templates: Path
    studies: Mapping[str, Path]
    config: Mapping[str, Any]
    commit: str
    calibration: Path
    stale: Sequence[Mapping[str, str]] = ()
    references: Sequence[Path] = ()


def build(inputs: Inputs) -> dict[str, Any]:
    """The content of `report.json`: no dates, durations or sizes of memory, so a rerun gives the same bytes.

    Raises:
        SoapbubbleError: a chapter, figure or measurement is missing, or a lookup in a chapter fails.
    """
    judged = read_json(inputs.results / "claims.json", "claims", "sources")
    claims = sorted(judged["claims"], key=lambda claim: _place(claim, list(inputs.studies)))
    by_id = {claim["id"]: claim for claim in claims}
    tables = {study: read_csv(inputs.results / "measurements" / f"{study}.csv") for study in inputs.studies}
    everything = [row for rows in tables.values() for row in rows]

    figures: dict[str, dict[str, Any]] = {}
    studies = []
    findings = []
    for study, path in inputs.studies.items():
        lookups = Lookups(path.name, tables[study], by_id, inputs.config)
        chapter = render_chapter(path.parent, lookups)
        own = [claim for claim in claims if claim["study"] == study]
        for name, words in lookups.figures.items():
            figures[name] = {"number": len(figures) + 1, "study": study, **words, **_files(inputs.results, name)}
        _check_figures(own, lookups)
        findings.append(lookups.findings)
        studies.append(
            {
                "name": study,
                "title": chapter["title"] or study.capitalize(),
                "sections": chapter["sections"],
                "figures": list(lookups.figures),
                "claims": [claim["id"] for claim in own],
                "counts": count(own),
            }
        )
    front = Lookups("front.md.j2", everything, by_id, inputs.config)
    front_chapter = render_chapter(inputs.templates / "chapters", front)
    by_turns = [name for turn in zip_longest(*findings) for name in turn if name]
    headlines = {name: words for named in findings for name, words in named.items()}
    calibration = read_csv(inputs.calibration)
    methods = Lookups("methods.md.j2", [*everything, *calibration], by_id, inputs.config)
    return {
        "run": inputs.run,
        "commit": inputs.commit,
        "version": soapbubble.__version__,
        "software": versions(),
        "config": _plain(inputs.config),
        "stale": [dict(mark) for mark in sorted(inputs.stale, key=lambda mark: mark["path"])],
        "front": front_chapter,
        "data": _cards(inputs.results, claims),
        "findings": [
            {"claim": claim["id"], "headline": headlines.get(claim["id"], "")}
            for claim in choose_findings(claims, by_turns)
        ],
        "counts": count(claims),
        "studies": studies,
        "figures": figures,
        "claims": claims,
        "errata": [claim["id"] for claim in claims if claim["kind"] == "erratum"],
        "elsewhere": elsewhere(inputs.references, claims),
        "questions": [claim["id"] for claim in claims if claim["kind"] == "open-question"],
        "methods": render_chapter(inputs.templates / "chapters", methods),
        "sources": dict(sorted(judged["sources"].items())),
    }


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
