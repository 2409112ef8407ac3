"""What people ask of a run: is it current, how long will it take, how does it compare, what can be set."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from soapbubble.errors import SoapbubbleError
from soapbubble.json_file import json_text, read_json
from soapbubble.parts.loading import Config
from soapbubble.plan import DOCUMENTS, Plan

SHOWN_FINDINGS = 40
NOT_RESULTS = {"manifests", "logs", "checkpoints"}


def check(config: Config) -> int:
    """Say for each result of a run whether it is current, stale or altered; 0 if all are current."""
    from soapbubble.provenance.manifest import Finding
    from soapbubble.provenance.manifest import check as check_manifests

    run = Path("results") / config.run
    manifests = sorted((run / "manifests").rglob("*.json"))
    if not manifests:
        raise SoapbubbleError(f"{run}: holds no manifest, so nothing was made there yet; run snakemake.")
    findings = check_manifests(manifests, Plan(config).settings)
    promised = {item.path for item in findings}
    made = sorted(path for path in run.rglob("*") if path.is_file() and not NOT_RESULTS & set(path.parts))
    findings += [
        Finding(str(path), "unknown", "no manifest speaks of it") for path in made if str(path) not in promised
    ]
    others = [item for item in findings if item.state != "current"]
    for item in others[:SHOWN_FINDINGS]:
        print(f"{item.state:8s} {item.path}: {item.why}")
    if len(others) > SHOWN_FINDINGS:
        print(f"... and {len(others) - SHOWN_FINDINGS} more")
    print(f"{len(findings) - len(others)} of {len(findings)} results are current.")
    return 1 if others else 0


def reference(config: Config, write: bool) -> int:
    """Compare a run's verdicts with the published ones, or publish them; 0 if none differs."""
    from soapbubble.provenance.files import staged
    from soapbubble.report.reference import differences, read_report, to_csv

    path = Path("results") / "reference" / f"{config.run}.csv"
    run = Path("results") / config.run
    report = read_report(run)
    if write:
        from soapbubble.report.published import publish

        with staged([path]) as parts:
            parts[path].write_text(to_csv(report), encoding="utf-8")
            publish(run, path.with_suffix(""), Plan(config).studies, config.available)
        print(f"{path}: {len(report['claims'])} verdicts written.")
        return 0
    found = differences(path, report)
    print("\n".join([*found, f"{len(found)} of {len(report['claims'])} claims differ from {path}."]))
    return 1 if found else 0


def plan(config: Config, cores: str) -> int:
    """Say how long a run takes on so many cores, from how long its jobs took before, and what it waits for."""
    from soapbubble.numbers import span
    from soapbubble.schedule import longest_way, run_time

    number = (os.cpu_count() or 1) if cores == "all" else int(cores) if cores.isdecimal() else 0
    if not number:
        raise SoapbubbleError(f"--cores {cores}: is no number of cores; give a whole number from 1 on, or all.")
    run = Plan(config)
    seconds, whence = _seconds(run)
    current = _current_jobs(run)
    left = {job: 0.0 if job in current else seconds[job] for job in run.needs}
    way = longest_way(seconds, run.needs)
    print(
        f"{len(run.needs)} jobs, {span(sum(seconds.values()))} of one core, {whence}.\n"
        f"All of them: {span(run_time(seconds, run.needs, number))} with --cores {number}, "
        f"and with any number at least {span(sum(seconds[job] for job in way))}:\n"
        f"  {', then '.join(f'{job} ({span(seconds[job])})' for job in way)}.\n"
        f"The {len(run.needs) - len(current)} without a current result: "
        f"{span(run_time(left, run.needs, number))} with --cores {number}."
    )
    return 0


def _seconds(run: Plan) -> tuple[dict[str, float], str]:
    """The seconds of every job of a run, and where they are known from."""
    from soapbubble.provenance.durations import completed, measured_seconds

    published = run.published_seconds if run.config.size == "full" else {}
    measured = measured_seconds([path for job in run.needs if (path := run.manifest(job)).exists()])
    known = {job: seconds for job, seconds in (published | measured).items() if job in run.needs}
    if not known:
        raise SoapbubbleError(
            f"results/{run.config.run}: nobody knows yet how long its jobs take; run snakemake, which writes it down."
        )
    others = run.needs.keys() - known.keys()
    sources = {
        f"as {len(measured)} took in their last run here": measured,
        f"as {len(known) - len(measured)} took in the published run": known.keys() - measured.keys(),
        f"with {len(others)} that never ran taken for one like most": others,
    }
    return completed(known, run.needs), ", ".join(text for text, jobs in sources.items() if jobs)


def _current_jobs(run: Plan) -> set[str]:
    """The jobs of which every result is current."""
    from soapbubble.provenance.manifest import check as check_manifests
    from soapbubble.provenance.manifest import read_manifest

    manifests = {job: path for job in run.needs if (path := run.manifest(job)).exists()}
    others = {item.path for item in check_manifests(list(manifests.values()), run.settings) if item.state != "current"}
    return {job for job, path in manifests.items() if not others & read_manifest(path)["outputs"].keys()}


def verify(config: Config, run: str | None = None) -> int:
    """Make the published verdicts of a run, or of the configuration's, again from its published measurements.

    The exit status is 0 if all are the same.
    """
    from soapbubble.report.published import disagreements, judged_again

    folder = Path("results") / "reference" / (run or config.run)
    again = judged_again(folder, Plan(config).studies)
    found = disagreements(folder.with_name(f"{folder.name}.csv"), again)
    print("\n".join([*found, f"{len(again)} verdicts made again from {folder}, {len(found)} disagreements."]))
    return 1 if found else 0


def compare(first: Path, second: Path, as_json: Path | None, as_page: Path | None) -> int:
    """Say which verdicts, estimates and figures differ between two runs, and why: config, code, data or versions."""
    from soapbubble.provenance.files import staged
    from soapbubble.report.compare import as_html, as_text
    from soapbubble.report.compare import compare as compared

    found = compared(first, second)
    pages = {as_json: lambda: json_text(found), as_page: lambda: as_html(found, Path("report_templates"))}
    wanted = [path for path in pages if path is not None]
    if wanted:
        with staged(wanted) as parts:
            for path in wanted:
                parts[path].write_text(pages[path](), encoding="utf-8")
    print(as_text(found), end="")
    return 0


def summary(config: Config) -> int:
    """Say where the report of a run is and how many claims have which verdict."""
    from soapbubble.report.verdicts import told

    run = Path("results") / config.run
    claims = read_json(run / "claims.json", "claims")["claims"]
    print(f"\n{told(claims)}", end="")
    for name in DOCUMENTS:
        print(f"  {(run / name).resolve()}")
    return 0


def settings(config: Config, wanted: Sequence[str]) -> int:
    """Print the settings of all parts, or of the studies and parts `wanted`, in the form of `config.yaml`."""
    from soapbubble.parts.listing import listing

    print(listing(config, wanted), end="")
    return 0
