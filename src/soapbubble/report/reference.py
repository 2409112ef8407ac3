"""The verdicts of a published run, kept as one CSV file, and what a new run says otherwise."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from soapbubble.claims.schema import TIERS
from soapbubble.errors import SoapbubbleError
from soapbubble.json_file import read_json
from soapbubble.numbers import with_interval
from soapbubble.report.verdicts import group_of, of_statement

COLUMNS = ("id", "verdict", "of_statement", "group", "estimate", "low", "high", "n", "tier", "rule", "versions")


def to_csv(report: Mapping[str, Any]) -> str:
    """The verdicts of a report.json as CSV text, one line a claim, each with the versions that gave it.

    `verdict` is that of the rule (of an erratum: on our correction), `of_statement` that on what the source says,
    and `rule` a digest of what decided it.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    versions = " ".join(f"{name}={version}" for name, version in report["software"].items())
    for claim in report["claims"]:
        low, high = claim["interval"] or (None, None)
        row = {
            **claim,
            "of_statement": of_statement(claim),
            "group": group_of(claim),
            "low": low,
            "high": high,
            "rule": _rule_digest(claim),
        }
        writer.writerow(["" if row[name] is None else row[name] for name in COLUMNS[:-1]] + [versions])
    return text.getvalue()


def read_report(run: Path) -> dict[str, Any]:
    """The report.json of the run in the folder `run`."""
    return read_json(run / "report.json", "claims", "software")


def read_reference(reference: Path) -> dict[str, dict[str, str]]:
    """The published verdicts of a run, by the id of the claim."""
    try:
        with open(reference, newline="", encoding="utf-8") as file:
            return {row["id"]: row for row in csv.DictReader(file)}
    except FileNotFoundError as error:
        raise SoapbubbleError(
            f"{reference}: does not exist, so there is nothing to compare with; "
            "`soapbubble reference --write` makes this run the reference."
        ) from error
    except (OSError, KeyError) as error:
        raise SoapbubbleError(
            f"{reference}: is not a table of verdicts; restore it with git, or write it with "
            "`soapbubble reference --write`."
        ) from error


def elsewhere(references: Sequence[Path], claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The published verdicts of other runs that differ from these `claims`, or rest on data nearer to the source's.

    A dictionary each: the claim, the other run, its verdict on the source's statement, its estimate with interval, the
    evidence's tier, and whether today's rule decided it; `comparable` is the estimate if it did, else empty.
    """
    found = []
    for reference in sorted(references):
        published = read_reference(reference)
        for claim in claims:
            other = published.get(claim["id"])
            if other is not None and (other["verdict"] != claim["verdict"] or _nearer(other["tier"], claim["tier"])):
                estimate, same_rule = _with_interval(other), other.get("rule") == _rule_digest(claim)
                found.append(
                    {
                        "claim": claim["id"],
                        "run": reference.stem,
                        "verdict": of_statement({**claim, "verdict": other["verdict"]}),
                        "estimate": estimate,
                        "comparable": estimate if same_rule else "",
                        "tier": other["tier"],
                        "same_rule": same_rule,
                    }
                )
    return found


def _rule_digest(claim: Mapping[str, Any]) -> str:
    """Short digest of what decides a claim."""
    parts = {name: item["rule"] for name, item in claim["controls"].items()}
    text = json.dumps([claim["rule"], claim["direction"], parts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _nearer(tier: str, other: str) -> bool:
    return TIERS.index(tier) > TIERS.index(other)


def _with_interval(row: Mapping[str, str]) -> str:
    if not row["estimate"]:
        return ""
    value = float(row["estimate"])
    low, high = (float(row[end]) if row[end] else value for end in ("low", "high"))
    return with_interval(value, low, high)


def differences(reference: Path, report: Mapping[str, Any]) -> list[str]:
    """What a run says otherwise than the reference, a sentence each; empty if nothing.

    An estimate differs when it lies outside of the reference's interval (or, of an exact value, is not the same to six
    digits): other versions and devices may change the last digits.
    """
    expected = read_reference(reference)
    found = {claim["id"]: claim for claim in report["claims"]}
    said = [f"{name}: is in the reference only" for name in expected.keys() - found.keys()]
    said += [f"{name}: is not in the reference" for name in found.keys() - expected.keys()]
    for name in expected.keys() & found.keys():
        before, now = expected[name], found[name]
        if before["verdict"] != now["verdict"]:
            said.append(f"{name}: was '{before['verdict']}', is '{now['verdict']}'")
        elif not _same_estimate(before, now["estimate"]):
            said.append(
                f"{name}: estimate was {before['estimate']} [{before['low']}, {before['high']}], is {now['estimate']}"
            )
    return sorted(said)


def _same_estimate(before: Mapping[str, str], now: float | None) -> bool:
    if before["estimate"] == "" or now is None:
        return before["estimate"] == "" and now is None
    estimate = float(before["estimate"])
    low, high = (float(before[end]) if before[end] else estimate for end in ("low", "high"))
    slack = 1e-6 * abs(estimate)
    return low - slack <= now <= high + slack
