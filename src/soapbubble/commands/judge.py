"""Judge the claims of a study, and put the verdicts of all studies into one table."""

from __future__ import annotations

from soapbubble.commands.job import Job, Parts
from soapbubble.json_file import json_text
from soapbubble.parts.loading import parse_blocks


def judge(job: Job) -> None:
    """The verdicts on the claims of the study `job.subject`."""

    def make(parts: Parts) -> None:
        from soapbubble.claims.judge import judge_study

        blocks = parse_blocks(job.cfg)
        verdicts = judge_study(job.subject, job.input, blocks["available"], blocks["run"])
        for part in parts.values():
            part.write_text(json_text(verdicts), encoding="utf-8")

    job.run(f"{job.subject}/verdicts", make, ["claims.judge"])


def collect_claims(job: Job) -> None:
    """The verdicts of all studies as `claims.json` and `claims.csv`."""

    def make(parts: Parts) -> None:
        from soapbubble.claims.table import merge, to_csv

        content = merge(job.input)
        for final, part in parts.items():
            text = to_csv(content["claims"]) if final.suffix == ".csv" else json_text(content)
            part.write_text(text, encoding="utf-8")

    job.run("claims", make, ["claims.table"])
