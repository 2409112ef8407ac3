"""The command line: `soapbubble check` and its like for people, the other commands for the workflow's rules."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from soapbubble import __version__
from soapbubble.commands import draw, fetch, inspect, judge, measure, report, train
from soapbubble.commands.job import Job
from soapbubble.commands.stability import stability
from soapbubble.errors import SoapbubbleError
from soapbubble.parts.loading import Config, load
from soapbubble.provenance.code import refuse_another_checkout

# Set before NumPy or torch is imported: one thread a job (the parallelism comes from the workflow), so that the same
# sums are added in the same order however many cores there are.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

# What the workflow's rules run: the function, what it does, and what its subject is, if it has one.
JOBS: dict[str, tuple[Callable[[Job], None], str, str | None]] = {
    "fetch": (fetch.fetch, "get or make a dataset", "the dataset"),
    "train": (train.train, "train the models of a family, or the digit classifier", "the family, or classifier"),
    "measure": (measure.measure, "run one part of a study", "study.part"),
    "draw": (draw.draw, "draw the figures of a part", "study.part"),
    "judge": (judge.judge, "judge the claims of a study", "the study"),
    "claims": (judge.collect_claims, "put the verdicts of all studies into one table", None),
    "report": (report.report, "gather everything that the report says", None),
    "crate": (report.crate, "describe a run as an RO-Crate", None),
    "render": (report.render, "make the report or its supplement, as HTML or PDF", "a document such as report.html"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 if all is well, 1 if not, 2 for a wrong command line."""
    os.environ.update(ONE_THREAD)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a character shows another one
    options = _parser().parse_args(arguments)
    try:
        refuse_another_checkout(Path.cwd())
        return options.run(options)
    except SoapbubbleError as error:
        print(f"soapbubble: {error}", file=sys.stderr)
    except MemoryError:
        print("soapbubble: out of memory; run with fewer cores or smaller sizes in config.yaml.", file=sys.stderr)
    except KeyboardInterrupt:
        print("soapbubble: interrupted", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="soapbubble", description=__doc__)
    parser.add_argument("--version", action="version", version=f"soapbubble {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _for_people(commands)
    for name, (job, text, subject) in JOBS.items():
        command = commands.add_parser(name, help=f"(rule) {text}", description=text)
        command.set_defaults(run=lambda options, job=job: _run(job, options))
        if subject:
            command.add_argument("subject", help=subject)
        command.add_argument("--cfg", default="{}", help="the blocks of the configuration, as JSON")
        command.add_argument("--folder", type=Path, help="the folder of a study that is not one of the library's")
        for files in ("--input", "--data", "--models"):
            command.add_argument(files, type=Path, nargs="*", default=[])
        command.add_argument("--output", type=Path, nargs="+", required=True)
        command.add_argument("--log", type=Path, required=True)
    return parser


def _run(job: Callable[[Job], None], options: argparse.Namespace) -> int:
    job(Job(**{name: value for name, value in vars(options).items() if name != "run"}))
    return 0


def _for_people(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    def about_a_run(name: str, answer: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=answer)
        for option, kind in (("--configfile", Path), ("--config", str)):
            command.add_argument(
                option, type=kind, nargs="+", action="extend", default=[], help="as given to snakemake"
            )
        return command

    about_a_run(
        "check",
        lambda options: inspect.check(_config(options)),
        "say for each result of a run whether it is current, stale or altered",
    )
    about_a_run(
        "summary",
        lambda options: inspect.summary(_config(options)),
        "say where the report of a run is and how many claims have which verdict",
    )
    command = about_a_run(
        "reference",
        lambda options: inspect.reference(_config(options), options.write),
        "compare a run's verdicts with the published ones, or publish them",
    )
    command.add_argument("--write", action="store_true", help="make this run the reference")
    command = about_a_run(
        "plan",
        lambda options: inspect.plan(_config(options), options.cores),
        "say how long a run will take, and what it waits for",
    )
    command.add_argument("--cores", default="all", help="as given to snakemake")
    command = about_a_run(
        "verify",
        lambda options: inspect.verify(_config(options), options.published),
        "make the published verdicts of a run again from its published measurements, in seconds",
    )
    command.add_argument("published", nargs="?", metavar="RUN", help="the run; else that of the configuration")
    command = about_a_run(
        "stability",
        lambda options: stability(_config(options), options.configfile, options.runs, options.cores),
        "run everything again with other seeds, say which verdicts change, and publish them",
    )
    command.add_argument("--runs", type=int, default=1, help="how many times; each costs as much as the first run")
    command.add_argument("--cores", default="all", help="as given to snakemake")
    command = about_a_run(
        "settings",
        lambda options: inspect.settings(_config(options), options.wanted),
        "print what can be set, with units and meaning, in the form of config.yaml",
    )
    command.add_argument("wanted", nargs="*", metavar="STUDY[.PART]", help="just these studies or parts")
    text = "say what differs between two runs, and why"
    command = commands.add_parser("compare", help=text, description=inspect.compare.__doc__)
    command.set_defaults(run=lambda options: inspect.compare(options.first, options.second, options.json, options.html))
    command.add_argument("first", type=Path, help="a run's folder, such as results/builtin")
    command.add_argument("second", type=Path, help="another run's folder")
    command.add_argument("--json", type=Path, help="write the differences to this file as JSON")
    command.add_argument("--html", type=Path, help="write the differences to this file as a page with the figures")


def _config(options: argparse.Namespace) -> Config:
    return load([Path("config.yaml"), *options.configfile], options.config)
