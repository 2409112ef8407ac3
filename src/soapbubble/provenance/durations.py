"""How long the jobs of a run took on a core of their own: from its manifests, or from the table of a published run."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from soapbubble.errors import SoapbubbleError
from soapbubble.provenance.manifest import read_manifest

COLUMNS = ("job", "seconds")


def measured_seconds(manifests: Sequence[Path]) -> dict[str, float]:
    """The seconds that a core worked for each job: with its start, without what it waited for a busy machine."""
    return {item["job"]: float(item["cpu_seconds"]) for item in map(read_manifest, manifests)}


def completed(known: Mapping[str, float], jobs: Collection[str]) -> dict[str, float]:
    """The seconds of these jobs; one of which nothing is known is taken for one like most, the median of the others."""
    usual = statistics.median(known.values())
    return {job: known.get(job, usual) for job in jobs}


def durations_csv(seconds: Mapping[str, float]) -> str:
    """The seconds of each job as CSV text, the longest first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    longest_first = sorted(seconds.items(), key=lambda item: (-item[1], item[0]))
    writer.writerows(longest_first)
    return text.getvalue()


def read_durations(path: Path) -> dict[str, float]:
    """What `durations_csv` wrote to the file `path`.

    Raises:
        SoapbubbleError: it holds something else.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            return {row["job"]: float(row["seconds"]) for row in csv.DictReader(file)}
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise SoapbubbleError(f"{path}: is not a table of the seconds of jobs; restore it with git.") from error
