"""Gather what the report says, and render it."""

from __future__ import annotations

import json
from pathlib import Path

from soapbubble.commands.job import Job, Parts
from soapbubble.errors import SoapbubbleError
from soapbubble.json_file import json_text, read_json

TEMPLATES = Path("report_templates")


def report(job: Job) -> None:
    """Everything that the report says, frozen in `report.json`."""

    def make(parts: Parts) -> None:
        from soapbubble.parts.studies import studies
        from soapbubble.provenance.manifest import check, commit, commit_date
        from soapbubble.provenance.rule_history import rule_history
        from soapbubble.report.build import Inputs, Texts, build

        settings = json.loads(job.cfg)
        config = {key: value for key, value in settings.items() if key != "thresholds"}
        manifests = [path for path in job.input if "manifests" in path.parts]
        stale = [item for item in check(manifests, settings) if item.state != "current"]
        if stale and config["strict"]:
            first = stale[0]
            raise SoapbubbleError(
                f"{first.path}: is {first.state} ({first.why}), as are {len(stale) - 1} more results; "
                "make them again, or set strict: false to have the report stamp them."
            )
        places = studies(config["studies"])
        published = Path("results/reference")
        tables, own = sorted(published.glob("*.csv")), published / f"{config['run']}.csv"
        content = build(
            Inputs(
                run=config["run"],
                results=Path("results") / config["run"],
                templates=TEMPLATES,
                studies={place.name: Texts(place.chapter, place.section) for place in places},
                config=config,
                commit=commit(),
                date=commit_date(),
                stale=[vars(item) for item in stale],
                references=[path for path in job.input if path.parent.name == "reference"],
                history=rule_history([place.claims for place in places], tables, own),
                self_tests=[path for path in job.input if path.name in ("calibration.csv", "stability.csv")],
            )
        )
        for part in parts.values():
            part.write_text(json_text(content), encoding="utf-8")

    job.run("report", make, ["report.build"])


def crate(job: Job) -> None:
    """The run as a Workflow Run RO-Crate, with the workflow's first file beside its metadata."""
    name = Path(job.output[0]).parent.name

    def make(parts: Parts) -> None:
        from soapbubble import __version__
        from soapbubble.provenance.crate import METADATA, crate
        from soapbubble.provenance.manifest import read_manifest

        manifests = [read_manifest(path) for path in job.input if path.suffix == ".json"]
        workflow = next(path for path in job.input if path.name == "Snakefile")
        for final, part in parts.items():
            if final.name == METADATA:
                part.write_text(json_text(crate(name, manifests, __version__)), encoding="utf-8")
            else:
                part.write_bytes(workflow.read_bytes())

    job.run("crate", make, ["provenance.crate"])


def render(job: Job) -> None:
    """One of the documents `job.subject`: report.html, report.pdf, supplement.html or supplement.pdf."""
    document, _, kind = job.subject.partition(".")

    def make(parts: Parts) -> None:
        content = read_json(job.input[0], "claims")
        figures = job.input[0].parent / "figures"
        for part in parts.values():
            if kind == "html":
                from soapbubble.report import html

                part.write_text(html.render(content, document, figures, TEMPLATES), encoding="utf-8")
            else:
                from soapbubble.report import pdf

                part.write_bytes(pdf.render(content, document, figures, TEMPLATES))

    job.run(f"{document}-{kind}", make, [f"report.{kind}"])
