"""What differs between two runs, and why."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from soapbubble.errors import SoapbubbleError
from soapbubble.numbers import significant, with_interval
from soapbubble.provenance.files import digest
from soapbubble.provenance.manifest import read_manifest
from soapbubble.report.first_verdicts import in_todays_words

# A cause is found in a manifest under one of these keys.
CAUSES = ("config", "code", "data", "versions")
SHOWN_CAUSES = 5  # of each kind beside a claim; all of them stand at the end
# Inputs that are no data: what other jobs made, and the project's own claims and prose.
OWN = ("results/", "claims/", "report_templates/")
RULES = ("rule", "direction", "controls")


def compare(a: Path, b: Path) -> dict[str, Any]:
    """The differences between the runs in the folders `a` and `b`, as plain data.

    Returns:
        `claims`: those whose verdict or estimate differs, or that only one run has, each with the causes found in the
        jobs that measured it; `figures`: names and how they differ; `causes`: all differences between the jobs;
        `same`: how many claims and figures are the same.

    Raises:
        SoapbubbleError: a folder holds no run, or a damaged manifest.
    """
    claims = [_claims(run) for run in (a, b)]
    jobs = [_jobs(run) for run in (a, b)]
    ids = list(dict.fromkeys([*claims[0], *claims[1]]))
    changed = [found for name in ids if (found := _claim(name, claims, jobs))]
    figures = [_figures(run) for run in (a, b)]
    names = sorted({*figures[0], *figures[1]})
    differing = [{"figure": name, "how": how} for name in names if (how := _how(name, figures))]
    return {
        "runs": [str(a), str(b)],
        "claims": changed,
        "figures": differing,
        "causes": _causes(sorted({*jobs[0], *jobs[1]}), jobs),
        "same": {"claims": len(ids) - len(changed), "figures": len(names) - len(differing)},
    }


def as_text(found: Mapping[str, Any]) -> str:
    """The differences for a terminal."""
    a, b = found["runs"]
    same = found["same"]
    lines = [f"{a} and {b}: {same['claims']} claims and {same['figures']} figures are the same."]
    for claim in found["claims"]:
        lines.append(f"  {claim['id']}: {_side(claim['a'])} -> {_side(claim['b'])}")
        lines.extend(f"      {kind}: {_some(items)}" for kind, items in claim["why"].items() if items)
    lines.extend(f"  figure {item['figure']}: {item['how']}" for item in found["figures"])
    for kind, items in found["causes"].items():
        if items:
            lines.append(f"{kind} that differs:")
            lines.extend(f"  {item}" for item in items)
    return "\n".join(lines) + "\n"


def _some(items: Sequence[str]) -> str:
    more = len(items) - SHOWN_CAUSES
    return "; ".join(items[:SHOWN_CAUSES]) + (f"; and {more} more" if more > 0 else "")


def as_html(found: Mapping[str, Any], templates: Path) -> str:
    """The differences as one page that needs nothing but itself, with the figures of both runs side by side."""
    if not (templates / "compare.html.j2").is_file():
        raise SoapbubbleError(f"{templates}/compare.html.j2: does not exist; run this in the project's folder.")
    environment = Environment(loader=FileSystemLoader(templates), undefined=StrictUndefined, autoescape=True)
    drawings = {
        item["figure"]: [_data_uri(Path(run) / "figures" / f"{item['figure']}.png") for run in found["runs"]]
        for item in found["figures"]
    }
    return environment.get_template("compare.html.j2").render(found=found, drawings=drawings, side=_side)


def _claims(run: Path) -> dict[str, dict[str, Any]]:
    """The judged claims of a run by their ids, with the verdicts of an older version in today's words."""
    try:
        content = json.loads((run / "claims.json").read_text(encoding="utf-8"))
        return {claim["id"]: {**claim, "verdict": in_todays_words(claim["verdict"])} for claim in content["claims"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SoapbubbleError(
            f"{run}: holds no finished run (its claims.json cannot be read); give a folder such as results/builtin."
        ) from error


def _jobs(run: Path) -> dict[str, dict[str, Any]]:
    """What each job of a run was made from, a mapping of names to values for each kind of cause; and its files."""
    found = {}
    for path in sorted((run / "manifests").rglob("*.json")):
        content = read_manifest(path)
        found[content["job"]] = {
            "config": dict(_leaves(content["config"])),
            "code": content["code"],
            "data": {name: value for name, value in content["inputs"].items() if not name.startswith(OWN)},
            "versions": content["versions"],
            "inputs": list(content["inputs"]),
            "outputs": list(content["outputs"]),
        }
    return found


def _leaves(block: Any, name: str = "") -> Iterable[tuple[str, str]]:
    if isinstance(block, Mapping):
        for key, item in block.items():
            yield from _leaves(item, f"{name}.{key}" if name else key)
    else:
        yield name, json.dumps(block)


def _claim(
    name: str, claims: list[dict[str, dict[str, Any]]], jobs: list[dict[str, dict[str, Any]]]
) -> dict[str, Any] | None:
    a, b = (side.get(name) for side in claims)
    if a and b and not _rules_differ(a, b) and all(a[key] == b[key] for key in ("verdict", "estimate", "interval")):
        return None
    makers = {job for claim in (a, b) if claim for job in claim["measured_by"]}
    why = _causes(sorted(set().union(*(_with_sources(makers, side) for side in jobs))), jobs)
    if a and b and _rules_differ(a, b):
        why["rule"] = ["the rule was changed"]
    return {
        "id": name,
        "a": _short(a),
        "b": _short(b),
        "verdict_differs": not (a and b and a["verdict"] == b["verdict"]),
        "why": why,
    }


def _rules_differ(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Whether two runs judged a claim by other rules; one of an older version may have no controls."""
    return any((a.get(key) or None) != (b.get(key) or None) for key in RULES)


def _with_sources(names: Iterable[str], jobs: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """These jobs and all that made what they were given, such as trainings and datasets."""
    made_by = {path: job for job, about in jobs.items() for path in about["outputs"]}
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        job = waiting.pop()
        if job in jobs and job not in found:
            found.add(job)
            waiting += [made_by[path] for path in jobs[job]["inputs"] if path in made_by]
    return found


def _short(claim: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if claim is None else {key: claim[key] for key in ("verdict", "estimate", "interval", "n")}


def _side(claim: Mapping[str, Any] | None) -> str:
    if claim is None:
        return "not there"
    if claim["estimate"] is None:
        return claim["verdict"]
    low, high = claim["interval"]
    if low is None or high is None:
        return f"{claim['verdict']} ({significant(claim['estimate'])})"
    return f"{claim['verdict']} ({with_interval(claim['estimate'], low, high)})"


def _causes(names: Iterable[str], jobs: list[dict[str, dict[str, Any]]]) -> dict[str, list[str]]:
    """What differs between two runs of the jobs `names`."""
    found: dict[str, set[str]] = {kind: set() for kind in CAUSES}
    for job in names:
        a, b = (side.get(job) for side in jobs)
        if a is None or b is None:
            found["config"].add(f"{job} ran in one of the two only")
            continue
        for kind in CAUSES:
            for name in {*a[kind], *b[kind]}:
                before, after = a[kind].get(name, "nothing"), b[kind].get(name, "nothing")
                if before != after:
                    found[kind].add(name if kind in ("code", "data") else f"{name}: {before} -> {after}")
    return {kind: sorted(items) for kind, items in found.items()}


def _figures(run: Path) -> dict[str, str]:
    return {path.stem: digest(path) for path in (run / "figures").glob("*.svg")}


def _how(name: str, figures: list[dict[str, str]]) -> str:
    a, b = (side.get(name) for side in figures)
    if a == b:
        return ""
    return "differs" if a and b else f"only in the {'first' if a else 'second'}"


def _data_uri(path: Path) -> str:
    if not path.is_file():
        return ""
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
