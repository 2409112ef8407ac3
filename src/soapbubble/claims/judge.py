"""From claims and measurements to verdicts."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from soapbubble.claims.evidence import Sample, Table
from soapbubble.claims.rules import LEVEL, Decision, Verdict, as_written
from soapbubble.claims.schema import TIERS, Claim, Tier
from soapbubble.errors import SoapbubbleError

SHOWN_SAMPLES = 60


def judge(claim: Claim, table: Table, available: Collection[str], dataset_tiers: Mapping[str, Tier]) -> dict[str, Any]:
    """The verdict on one claim, with all that the report says of it, as plain data.

    Raises:
        SoapbubbleError: a measurement that the claim asks for is missing or ambiguous; the sentence names both.
    """
    unmet = [need for need in claim.needs if need not in available]
    try:
        decision = _unmet(unmet) if unmet else _decide(claim, table)
        evidence = [] if unmet else _evidence(claim, table)
    except (SoapbubbleError, ValueError) as error:
        raise SoapbubbleError(f"claim {claim.id}: {error}") from error
    return {
        **claim.model_dump(mode="json", exclude={"rule", "direction", "tier", "needs"}),
        "rule": as_written(claim.rule),
        "direction": as_written(claim.direction) if claim.direction else None,
        "needs": list(claim.needs),
        "tier": _weakest(claim, dataset_tiers),
        **_plain(decision),
        "evidence": evidence,
    }


def _decide(claim: Claim, table: Table) -> Decision:
    decision = claim.rule.decide(table)
    if claim.direction is None or decision.verdict is not Verdict.FAILS:
        return decision
    weaker = claim.direction.decide(table)
    if weaker.verdict is not Verdict.HOLDS:
        return decision
    sentence = f"{decision.sentence} The direction is as claimed: {weaker.sentence}"
    return Decision(decision.rule, Verdict.DIRECTION, decision.interval, sentence, decision.unit, (decision, weaker))


def _unmet(needs: Sequence[str]) -> Decision:
    return Decision("needs", Verdict.NOT_RUN, None, f"This run does not have what the test needs: {', '.join(needs)}.")


def _weakest(claim: Claim, dataset_tiers: Mapping[str, Tier]) -> Tier:
    unknown = [name for name in claim.data if name not in dataset_tiers]
    if unknown:
        raise SoapbubbleError(f"claim {claim.id}: dataset '{unknown[0]}' is not one of this run; correct `data`.")
    return min((claim.tier, *(dataset_tiers[name] for name in claim.data)), key=TIERS.index)


def _evidence(claim: Claim, table: Table) -> list[dict[str, Any]]:
    """The measurements that the rule read, summarised one line a condition."""
    found: list[dict[str, Any]] = []
    for selection, along in claim.rule.selections():
        samples = table.samples(selection, along)
        found.append(
            {
                "quantity": selection.quantity,
                "where": selection.where,
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
        "interval": [_number(interval.low), _number(interval.high)],
        "n": interval.n,
        "exact": sample.is_exact,
        "unit": sample.rows[0].unit,
    }


def _plain(decision: Decision) -> dict[str, Any]:
    interval = decision.interval
    return {
        "decided_by": decision.rule,
        "verdict": str(decision.verdict),
        "sentence": decision.sentence,
        "estimate": _number(interval.estimate) if interval else None,
        "interval": [_number(interval.low), _number(interval.high)] if interval else None,
        "n": interval.n if interval else None,
        "unit": decision.unit,
        "parts": [_plain(part) for part in decision.parts],
    }


def _number(value: float) -> float | None:
    """JSON has no NaN and no infinity: they become null."""
    return value if math.isfinite(value) else None
