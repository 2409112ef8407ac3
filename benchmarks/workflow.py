"""What the workflow costs beside the work: dry run, run with nothing to do, a job's start, and printing the report.

    python benchmarks/workflow.py [CONFIGFILE]

Needs a finished run. Medians of whole processes, in seconds, and their ratio to the start of a bare Python.
"""

from __future__ import annotations

import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROUNDS = 5
PYTHON = shlex.quote(sys.executable)


def seconds(command: str) -> float:
    """Median wall-clock time of a shell command, after one run that does not count."""
    times = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        subprocess.run(command, shell=True, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def main(overlay: str = "") -> None:
    """Print the table."""
    run = yaml.safe_load(Path(overlay or "config.yaml").read_text())["run"]
    configfile = f"--configfile {shlex.quote(overlay)}" if overlay else ""
    with tempfile.TemporaryDirectory() as folder:
        render = " && ".join(
            f"{PYTHON} -m soapbubble render {kind} --input results/{run}/report.json "
            f"--output {folder}/report.{kind} --log {folder}/log"
            for kind in ("html", "pdf")
        )
        commands = {
            "start of a bare Python": f"{PYTHON} -c pass",
            "start of a job": f"{PYTHON} -m soapbubble --version",
            "start of a job that imports torch": f"{PYTHON} -c 'import soapbubble.cli, torch'",
            "start of a job that imports matplotlib": f"{PYTHON} -c 'import soapbubble.cli, soapbubble.figures.style'",
            "snakemake -n": f"{PYTHON} -m snakemake -n {configfile}",
            "snakemake with nothing to do": f"{PYTHON} -m snakemake --cores all {configfile}",
            "soapbubble check": f"{PYTHON} -m soapbubble check {configfile}",
            "the report in both formats": render,
        }
        bare = None
        for name, command in commands.items():
            found = seconds(command)
            bare = bare or found
            print(f"{name:40s} {found:6.2f} s  {found / bare:6.0f} times a bare Python")


if __name__ == "__main__":
    main(*sys.argv[1:2])
