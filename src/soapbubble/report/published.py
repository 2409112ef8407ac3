"""The measurements that published verdicts rest on, and the verdicts made from them again, without training anything.

`results/reference/<run>/` holds, for each study, the rows that its claims read (`<study>.csv.xz`), what else the
judge was told (`run.json`), and how long each job took (`durations.csv`); `results/reference/<run>.csv` the verdicts.
"""

from __future__ import annotations

import lzma
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from soapbubble.claims.evidence import Table
from soapbubble.claims.judge import judge, selections_of
from soapbubble.claims.schema import Claim, read_claims, read_sources
from soapbubble.errors import SoapbubbleError
from soapbubble.json_file import json_text, read_json
from soapbubble.measurements import Measurement, from_csv, read_csv, to_csv
from soapbubble.parts.studies import StudyPlace
from soapbubble.provenance.durations import durations_csv, measured_seconds
from soapbubble.report.reference import read_reference

TOLERANCE = 1e-9  # relative, between an estimate published and made again


def publish(run: Path, folder: Path, studies: Iterable[StudyPlace], available: Sequence[str]) -> None:
    """Write to `folder` what the verdicts of the run in the folder `run` rest on."""
    folder.mkdir(parents=True, exist_ok=True)
    for study in studies:
        read = [selection for claim in _claims(study) for selection, _ in selections_of(claim)]
        parts = [part for selection in read for part in selection.everything()]
        measured = read_csv(run / f"measurements/{study.name}.csv")
        rows = [row for row in measured if any(part.matches(row) for part in parts)]
        (folder / f"{study.name}.csv.xz").write_bytes(lzma.compress(to_csv(rows).encode()))
    cards = [read_json(path, "name", "tier") for path in sorted((run / "data").glob("*.json"))]
    about = {
        "available": sorted(available),
        "tiers": {card["name"]: card["tier"] for card in cards},
        "problems": {card["name"]: card["problems"] for card in cards if card.get("problems")},
    }
    (folder / "run.json").write_text(json_text(about), encoding="utf-8")
    seconds = measured_seconds(sorted((run / "manifests").rglob("*.json")))
    (folder / "durations.csv").write_text(durations_csv(seconds), encoding="utf-8")


def rows_of(run: str, study: StudyPlace) -> list[Measurement]:
    """The measurements of a study in results/<run>, or else the published ones that its claims read."""
    made = Path("results") / run / f"measurements/{study.name}.csv"
    if made.is_file():
        return read_csv(made)
    published = Path("results/reference") / run / f"{study.name}.csv.xz"
    if not published.is_file():
        raise SoapbubbleError(f"{made}: does not exist, and nothing was published of this run; make it first.")
    return _rows(published)


def judged_again(folder: Path, studies: Iterable[StudyPlace]) -> dict[str, dict[str, Any]]:
    """The verdicts that today's rules give on the published rows, by the id of the claim.

    Raises:
        SoapbubbleError: no measurements were published there, or a claim reads what was not published.
    """
    if not (folder / "run.json").is_file():
        raise SoapbubbleError(_without_rows(folder))
    about = read_json(folder / "run.json", "available", "tiers", "problems")
    found = {}
    for study in studies:
        rows = folder / f"{study.name}.csv.xz"
        if rows.exists():
            table = _table(rows)
            for claim in _claims(study):
                found[claim.id] = judge(claim, table, about["available"], about["tiers"], about["problems"])
    return found


def _without_rows(folder: Path) -> str:
    """Why the verdicts of a run cannot be made again from `folder`, and of which runs they can."""
    verdicts = folder.with_name(f"{folder.name}.csv")
    if verdicts.is_file():
        why = f"{verdicts}: of this run only the verdicts are published, not the measurements that they rest on"
    else:
        why = f"{folder}: nothing is published of this run"
    others = ", ".join(sorted(path.parent.name for path in folder.parent.glob("*/run.json")))
    return f"{why}; runs that can be verified: {others or 'none'}."


def disagreements(verdicts: Path, again: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Where verdicts made again differ from those published in the table `verdicts`, a sentence each."""
    published = read_reference(verdicts)
    said = [f"{name}: was not published" for name in again.keys() - published.keys()]
    for name in again.keys() & published.keys():
        before, now = published[name], again[name]
        if before["verdict"] != now["verdict"]:
            said.append(f"{name}: '{before['verdict']}' was published, the rows say '{now['verdict']}'")
            continue
        numbers = (now["estimate"], *(now["interval"] or (None, None)))
        for key, value in zip(("estimate", "low", "high"), numbers, strict=True):
            if not _same(before[key], value):
                said.append(f"{name}: {key} {before[key] or 'none'} was published, the rows say {value}")
    return sorted(said)


def _same(published: str, now: float | None) -> bool:
    if published == "" or now is None:
        return published == "" and now is None
    return abs(float(published) - now) <= TOLERANCE * max(abs(now), abs(float(published)))


def _claims(study: StudyPlace) -> list[Claim]:
    return read_claims(study.claims, read_sources(study.sources))


def _table(rows: Path) -> Table:
    return Table(_rows(rows))


def _rows(rows: Path) -> list[Measurement]:
    try:
        text = lzma.decompress(rows.read_bytes()).decode("utf-8")
    except (OSError, UnicodeDecodeError, lzma.LZMAError) as error:
        raise SoapbubbleError(f"{rows}: cannot be unpacked ({error}); restore it with git.") from error
    return from_csv(text, rows)
