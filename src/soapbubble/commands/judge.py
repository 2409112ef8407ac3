"""Judge the claims of a study, and put the verdicts of all studies into one table."""

from __future__ import annotations

from soapbubble.commands.job import Job, Parts
from soapbubble.json_file import json_text
from soapbubble.parts.loading import parse_blocks


def judge(job: Job) -> None:
    """The verdicts on the claims of the study `job.subject`, and the tables of its parts in one."""

    def make(parts: Parts) -> None:
        from soapbubble.claims.judge import judge_study
        from soapbubble.measurements import read_csv, to_csv

        blocks = parse_blocks(job.cfg)
        verdicts = judge_study(job.subject, job.input, blocks["available"], blocks["run"])
        rows = [row for path in job.input if path.suffix == ".csv" for row in read_csv(path)]
        for final, part in parts.items():
            part.write_text(to_csv(rows) if final.suffix == ".csv" else json_text(verdicts), encoding="utf-8")

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
