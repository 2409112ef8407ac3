"""From claims and measurements to verdicts."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from soapbubble.claims.controls import controlled
from soapbubble.claims.decision import LEVEL, BaseRule, Decision, Verdict
from soapbubble.claims.evidence import Table
from soapbubble.claims.rules import as_written
from soapbubble.claims.sample import Sample
from soapbubble.claims.schema import TIERS, Claim, Tier, read_claims, read_sources
from soapbubble.claims.selection import Selection
from soapbubble.errors import SoapbubbleError
from soapbubble.json_file import read_json
from soapbubble.measurements import read_csv
from soapbubble.stats.intervals import Interval

SHOWN_SAMPLES = 60


def judge_study(study: str, files: Sequence[Path], available: Collection[str], run: str) -> dict[str, Any]:
    """Judge all claims of a study.

    Args:
        study: its name.
        files: claims/<study>.yaml, claims/sources.yaml, the .csv tables of the study's parts and the .json cards
            of its datasets, in any order.
        available: what the run has of what claims may need.
        run: the name of the run, for the command that regenerates a verdict.
    """
    sources_file = next(path for path in files if path.name == "sources.yaml")
    claims_file = next(path for path in files if path.suffix == ".yaml" and path is not sources_file)
    rows = {path.stem: read_csv(path) for path in files if path.suffix == ".csv"}
    cards = [read_json(path, "name", "tier") for path in files if path.suffix == ".json"]
    tiers = {card["name"]: card["tier"] for card in cards}
    problems = {card["name"]: card["problems"] for card in cards if card.get("problems")}
    tables = {part: Table(own) for part, own in rows.items()}
    table = Table(row for own in rows.values() for row in own)
    sources = read_sources(sources_file)
    claims = read_claims(claims_file, sources)
    judged = []
    for claim in claims:
        verdict = judge(claim, table, available, tiers, problems)
        read = [selection for selection, _ in selections_of(claim)] if verdict["evidence"] else []
        parts = sorted(part for part, own in tables.items() if any(map(own.holds_any, read)))
        forced = f"--forcerun {' '.join(f'{study}_{part}' for part in parts)} -- " if parts else ""
        verdict["measured_by"] = [f"{study}/{part}" for part in parts]
        verdict["regenerate"] = f"snakemake --cores all {forced}results/{run}/verdicts/{study}.json"
        judged.append({"study": study, **verdict})
    used = sorted({claim.source for claim in claims})
    return {"claims": judged, "sources": {key: sources[key].model_dump(mode="json") for key in used}}


def judge(
    claim: Claim,
    table: Table,
    available: Collection[str],
    dataset_tiers: Mapping[str, Tier],
    problems: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """The verdict on one claim, with all that the report says of it, as plain data.

    `problems` says of datasets why they decide nothing; claims that rest on one of them are not run.

    Raises:
        SoapbubbleError: a measurement that the claim asks for is missing or ambiguous; the sentence names both.
    """
    unmet = [need for need in claim.needs if need not in available]
    unsound = [f"{name}: {reason}" for name in claim.data for reason in (problems or {}).get(name, ())]
    try:
        controls = {} if unmet or unsound or claim.controls is None else claim.controls.decide(table)
        decision = _not_run(unmet, unsound) or controlled(_decide(claim.rule, claim.direction, table), controls)
        run = decision.verdict is not Verdict.NOT_RUN
        first = _decide(claim.first.rule, claim.first.direction, table) if run and claim.first else None
        evidence = _evidence(claim, table) if run else []
    except (SoapbubbleError, ValueError) as error:
        raise SoapbubbleError(f"claim {claim.id}: {error}") from error
    return {
        **claim.model_dump(mode="json", exclude={"rule", "direction", "controls", "first", "tier", "needs"}),
        "rule": as_written(claim.rule),
        "direction": as_written(claim.direction) if claim.direction else None,
        "controls": {
            name: {"rule": as_written(rule), **({"found": _plain(controls[name])} if name in controls else {})}
            for name, rule in (claim.controls.rules() if claim.controls else ())
        },
        "first": _plain(first) if first else None,
        "needs": list(claim.needs),
        "tier": claim.tier if unmet else _weakest(claim, dataset_tiers),
        **_plain(decision),
        "evidence": evidence,
    }


def _decide(rule: BaseRule, direction: BaseRule | None, table: Table) -> Decision:
    decision = rule.decide(table)
    if direction is None or decision.verdict is Verdict.SUPPORTED:
        return decision
    weaker = direction.decide(table)
    if weaker.verdict is Verdict.SUPPORTED:
        sentence = f"{decision.sentence} The direction is as claimed: {weaker.sentence}"
        return replace(decision, verdict=Verdict.DIRECTION, sentence=sentence, parts=(decision, weaker), lead=0)
    if weaker.verdict is Verdict.UNDECIDED and decision.verdict is Verdict.REFUTED:
        sentence = f"{decision.sentence} Whether the direction is as claimed is undecided: {weaker.sentence}"
        return replace(decision, verdict=Verdict.UNDECIDED, sentence=sentence)
    return decision


def _not_run(needs: Sequence[str], unsound: Sequence[str]) -> Decision | None:
    if needs:
        words = f"This run does not have what the test needs: {', '.join(needs)}."
        return Decision("needs", Verdict.NOT_RUN, None, words)
    if unsound:
        return Decision("data", Verdict.NOT_RUN, None, f"The images decide nothing: {'; '.join(unsound)}.")
    return None


def _weakest(claim: Claim, dataset_tiers: Mapping[str, Tier]) -> Tier:
    unknown = [name for name in claim.data if name not in dataset_tiers]
    if unknown:
        raise SoapbubbleError(f"claim {claim.id}: dataset '{unknown[0]}' is not one of this run; correct `data`.")
    return min((claim.tier, *(dataset_tiers[name] for name in claim.data)), key=TIERS.index)


def selections_of(claim: Claim) -> list[tuple[Selection, tuple[str, ...]]]:
    """What the rules, those of the direction and the controls read, each once."""
    given = [claim.rule, claim.direction, *((claim.first.rule, claim.first.direction) if claim.first else ())]
    rules: list[BaseRule] = [rule for rule in given if rule is not None]
    rules += [rule for _, rule in (claim.controls.rules() if claim.controls else ())]
    found: list[tuple[Selection, tuple[str, ...]]] = []
    for item in (item for rule in rules for item in rule.selections()):
        if item not in found:
            found.append(item)
    return found


def _evidence(claim: Claim, table: Table) -> list[dict[str, Any]]:
    """The measurements that the rules read, summarised one line a condition."""
    found: list[dict[str, Any]] = []
    for selection, along in selections_of(claim):
        samples = table.samples(selection, along)
        found.append(
            {
                "quantity": selection.name,
                "where": selection.written().get("where", {}),
                "conditions": len(samples),
                "samples": [_sample(item) for item in samples[:SHOWN_SAMPLES]],
            }
        )
    return found


def _sample(sample: Sample) -> dict[str, Any]:
    interval = sample.interval(LEVEL)
    return {
        "condition": dict(sample.condition),
        "estimate": _number(interval.estimate),
        "interval": _ends(interval),
        "n": interval.n,
        "exact": sample.is_exact,
        "unit": sample.unit,
    }


def _plain(decision: Decision) -> dict[str, Any]:
    interval = decision.interval
    return {
        "decided_by": decision.rule,
        "verdict": str(decision.verdict),
        "sentence": decision.sentence,
        "estimate": _number(interval.estimate) if interval else None,
        "interval": _ends(interval) if interval else None,
        "n": interval.n if interval else None,
        "unit": decision.unit,
        "parts": [_plain(part) for part in decision.parts],
        "lead": decision.lead,
    }


def _ends(interval: Interval) -> list[float | None]:
    """The two ends; none where several replicates are equal, which have no interval to show."""
    if interval.low == interval.high and interval.n > 1:
        return [None, None]
    return [_number(interval.low), _number(interval.high)]


def _number(value: float) -> float | None:
    """JSON has no NaN and no infinity: they become null."""
    return value if math.isfinite(value) else None
