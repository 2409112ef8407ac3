"""A run as a Workflow Run RO-Crate: what was made, from what, by which command, as linked data that other tools read.

RO-Crate 1.2, https://w3id.org/ro/crate/1.2; Workflow Run Crate 0.5, https://w3id.org/ro/wfrun/workflow/0.5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

METADATA = "ro-crate-metadata.json"
WORKFLOW = "Snakefile"
# The profiles of runs are written for version 1.1, whose terms 1.2 keeps.
_SPECIFICATIONS = ("https://w3id.org/ro/crate/1.2", "https://w3id.org/ro/crate/1.1")
_PROFILES = (
    "https://w3id.org/ro/wfrun/process/0.5",
    "https://w3id.org/ro/wfrun/workflow/0.5",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
)
_KINDS = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".npy": "application/x-npy",
    ".npz": "application/x-npz",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".safetensors": "application/x-safetensors",
    ".svg": "image/svg+xml",
}


def crate(run: str, manifests: Sequence[Mapping[str, Any]], version: str) -> dict[str, Any]:
    """The metadata of the crate whose root is the folder `results/<run>/`.

    Args:
        run: the run's name.
        manifests: those of all its jobs.
        version: Soapbubble's version.
    """
    folder = f"results/{run}/"
    jobs = sorted(manifests, key=lambda manifest: manifest["job"])
    times = {manifest["job"]: _times(manifest) for manifest in jobs}
    start, end = min(start for start, _ in times.values()), max(end for _, end in times.values())
    made = {file: of for manifest in jobs for file, of in manifest["outputs"].items() if file.startswith(folder)}
    files = [_file(file.removeprefix(folder), made[file]) for file in sorted(made)]
    reports = [_id(item["@id"]) for item in files if item["@id"].startswith(("report.", "supplement.", "claims."))]
    actions = [
        {
            "@id": f"#{manifest['job']}",
            "@type": "CreateAction",
            "name": manifest["job"],
            "description": " ".join(manifest["command"][:5]),
            "instrument": _id("#soapbubble"),
            "startTime": _iso(times[manifest["job"]][0]),
            "endTime": _iso(times[manifest["job"]][1]),
            "object": [_id(file.removeprefix(folder)) for file in manifest["inputs"] if file in made],
            "result": [_id(file.removeprefix(folder)) for file in manifest["outputs"] if file in made],
            "actionStatus": "http://schema.org/CompletedActionStatus",
        }
        for manifest in jobs
    ]
    graph = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "conformsTo": [*map(_id, _SPECIFICATIONS), _id(_PROFILES[-1])],
            "about": _id("./"),
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "conformsTo": [_id(profile) for profile in _PROFILES],
            "name": f"Soapbubble, run {run}",
            "description": "Measurements, figures, verdicts and report on claims about latent spaces and depth.",
            "datePublished": end.date().isoformat(),
            "license": _id("https://spdx.org/licenses/MIT"),
            "author": _id("#authors"),
            "mainEntity": _id(WORKFLOW),
            "hasPart": [_id(WORKFLOW), *(_id(item["@id"]) for item in files)],
            "mentions": [_id("#run"), *(_id(action["@id"]) for action in actions)],
        },
        {"@id": "#authors", "@type": "Organization", "name": "The Soapbubble authors"},
        {"@id": "https://spdx.org/licenses/MIT", "@type": "CreativeWork", "name": "MIT License"},
        *map(_profile, _PROFILES),
        {
            "@id": WORKFLOW,
            "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
            "name": "Soapbubble",
            "description": "The workflow's first file, as it was; its commit has the others.",
            "programmingLanguage": _id("#snakemake"),
            "version": jobs[0]["commit"],
            "license": _id("https://spdx.org/licenses/MIT"),
            "author": _id("#authors"),
        },
        {
            "@id": "#snakemake",
            "@type": "ComputerLanguage",
            "name": "Snakemake",
            "identifier": _id("https://snakemake.github.io"),
            "url": _id("https://snakemake.github.io"),
            "version": jobs[0]["versions"]["snakemake"],
        },
        {
            "@id": "#soapbubble",
            "@type": "SoftwareApplication",
            "name": "soapbubble",
            "description": "The command line that every job of the workflow calls.",
            "url": _id(WORKFLOW),
            "version": version,
        },
        {
            "@id": "#run",
            "@type": "CreateAction",
            "name": f"The run {run}",
            "instrument": _id(WORKFLOW),
            "startTime": _iso(start),
            "endTime": _iso(end),
            "result": reports,
            "actionStatus": "http://schema.org/CompletedActionStatus",
        },
        *actions,
        *files,
    ]
    return {"@context": "https://w3id.org/ro/crate/1.2/context", "@graph": graph}


def _profile(address: str) -> dict[str, Any]:
    *_, name, version = address.split("/")
    return {"@id": address, "@type": ["CreativeWork", "Profile"], "name": name, "version": version}


def _file(name: str, sha256: str) -> dict[str, Any]:
    kind = _KINDS.get(Path(name).suffix, "application/octet-stream")
    return {"@id": name, "@type": "File", "name": name, "encodingFormat": kind, "sha256": sha256}


def _id(name: str) -> dict[str, str]:
    return {"@id": name}


def _times(manifest: Mapping[str, Any]) -> tuple[datetime, datetime]:
    start = datetime.fromisoformat(manifest["started"])
    return start, start + timedelta(seconds=round(manifest["seconds"]))


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
