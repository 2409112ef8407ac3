"""The crate names what a run made, links only to what it names, and stays the same while nothing is made anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from soapbubble.provenance.crate import crate


def manifest(job: str, outputs: list[str], inputs: list[str], started: str) -> dict[str, Any]:
    return {
        "job": job,
        "command": ["python", "-m", "soapbubble", "measure", job],
        "inputs": dict.fromkeys(inputs, "a" * 64),
        "outputs": dict.fromkeys(outputs, "b" * 64),
        "versions": {"snakemake": "9.27.1"},
        "commit": "c" * 40,
        "started": started,
        "seconds": 61.4,
    }


MANIFESTS = [
    manifest("s/part", ["results/r/measurements/s/part.csv"], ["claims/s.yaml"], "2026-11-29T16:00:00+00:00"),
    manifest(
        "report-html", ["results/r/report.html"], ["results/r/measurements/s/part.csv"], "2026-11-29T16:05:00+00:00"
    ),
]


def links(item: Any) -> Iterator[str]:
    if isinstance(item, dict):
        if set(item) == {"@id"}:
            yield item["@id"]
        for value in item.values():
            yield from links(value)
    elif isinstance(item, list):
        for value in item:
            yield from links(value)


def test_every_link_leads_to_an_entity_or_to_the_web() -> None:
    graph = crate("r", MANIFESTS, "0.1.0")["@graph"]
    names = [entity["@id"] for entity in graph]
    assert len(names) == len(set(names))
    assert {name for name in links(graph) if not name.startswith("https://")} <= set(names)


def test_the_run_lasts_from_its_first_job_to_its_last_and_results_follow_from_inputs() -> None:
    entities = {entity["@id"]: entity for entity in crate("r", MANIFESTS, "0.1.0")["@graph"]}
    run, drawn = entities["#run"], entities["#report-html"]
    assert (run["startTime"], run["endTime"]) == ("2026-11-29T16:00:00+00:00", "2026-11-29T16:06:01+00:00")
    assert run["result"] == [{"@id": "report.html"}]
    assert drawn["object"] == [{"@id": "measurements/s/part.csv"}]
    assert entities["report.html"]["sha256"] == "b" * 64
    assert entities["#s/part"]["object"] == []  # what lies outside the run's folder is no part of its crate


def test_the_order_of_manifests_does_not_matter() -> None:
    assert json.dumps(crate("r", MANIFESTS, "0.1.0")) == json.dumps(crate("r", MANIFESTS[::-1], "0.1.0"))
