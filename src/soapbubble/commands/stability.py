"""Run everything again with other seeds, and say which verdicts change."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from soapbubble.errors import SoapbubbleError
from soapbubble.json_file import read_json
from soapbubble.measurements import Measurement, Outcome, condition_text
from soapbubble.measurements import to_csv as rows_csv
from soapbubble.parts.loading import Config
from soapbubble.parts.studies import studies
from soapbubble.stats.intervals import of_difference

SHIFT = 1_000_000  # between the seeds of two runs: more than any part adds to its own
DECIDED = ("supported", "refuted")


def stability(config: Config, files: Sequence[Path], runs: int, cores: str) -> int:
    """Run the studies `runs` times with all seeds changed: data splits, trainings, evaluators and measurements.

    The verdicts of each run are published beside those of the first, as results/reference/<run>-seeds-<k>.csv, and the
    report shows them with every claim on which they differ. Each run costs as much as the first, which is the one in
    results/<run> or, where that was not made, the published one.

    Returns:
        0 if no claim is supported by one run and refuted by another.
    """
    from soapbubble.provenance.files import staged
    from soapbubble.provenance.manifest import versions
    from soapbubble.report.published import rows_of
    from soapbubble.report.reference import to_csv

    places = studies(config.studies)
    found, rows = [_verdicts(config.run)], {study.name: rows_of(config.run, study) for study in places}
    table = Outcome()
    for number in range(1, runs + 1):
        name = f"{config.run}-seeds-{number}"
        overlay = Path("results") / f"{name}.yaml"
        overlay.write_text(yaml.safe_dump(other_seeds(config.model_dump(mode="json"), number) | {"run": name}))
        _make(name, [*files, overlay], cores)
        claims = read_json(Path("results") / name / "claims.json", "claims")["claims"]
        found.append({claim["id"]: claim["verdict"] for claim in claims})
        published = Path("results/reference") / f"{name}.csv"
        with staged([published]) as parts:
            parts[published].write_text(to_csv({"claims": claims, "software": versions()}), encoding="utf-8")
        for study in places:
            differing, compared = outside(rows[study.name], rows_of(name, study))
            table.add("means_compared", compared, {"study": study.name}, number)
            table.add("means_differing", differing, {"study": study.name}, number)
            print(
                f"{study.name}: {differing} of {compared} means over replicates ({differing / max(compared, 1):.1%}) "
                f"differ in {name} by more than the 95 % interval of the difference."
            )
        _, changed, reversals = changes([found[0], found[-1]])
        table.add("verdicts_compared", len(found[0].keys() & found[-1].keys()), {}, number)
        table.add("verdicts_changed", changed, {}, number)
        table.add("verdicts_reversed", reversals, {}, number)
    published = Path("results/reference") / config.run / "stability.csv"
    with staged([published]) as parts:
        parts[published].write_text(rows_csv(table.rows), encoding="utf-8")
    lines, _, reversals = changes(found)
    print("\n".join(lines))
    return 1 if reversals else 0


def outside(first: Iterable[Measurement], other: Iterable[Measurement]) -> tuple[int, int]:
    """Of the means of two runs, how many differ by more than Welch's interval allows, and how many were compared.

    Compared are quantities with at least three replicates in both runs, under the same condition; where intervals say
    what they should, about one in twenty differs. A replicate that is not a number leaves its mean out; so does a
    condition that names a seed, since with other seeds it is another network whose trials were repeated.
    """
    before, after = _replicates(first), _replicates(other)
    found = [of_difference(before[key], after[key]) for key in before.keys() & after.keys()]
    bounded = [interval for interval in found if math.isfinite(interval.low)]
    return sum(not interval.low <= 0 <= interval.high for interval in bounded), len(bounded)


def _replicates(rows: Iterable[Measurement]) -> dict[tuple[str, str], list[float]]:
    found: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        if row.replicate != "exact" and "seed" not in row.condition:
            found.setdefault((row.quantity, condition_text(row.condition)), []).append(row.value)
    return found


def other_seeds(settings: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The settings called `seed`, shifted for the run `number`, at their places."""
    found: dict[str, Any] = {}
    for key, item in settings.items():
        if isinstance(item, Mapping):
            below = other_seeds(item, number)
            if below:
                found[key] = below
        elif key == "seed":
            found[key] = item + number * SHIFT
    return found


def changes(runs: Sequence[Mapping[str, str]]) -> tuple[list[str], int, int]:
    """The claims whose verdict is not the same in all runs, a sentence each; how many, and how many are reversed."""
    names = [name for name in runs[0] if all(name in run for run in runs)]
    changed = {name: [run[name] for run in runs] for name in names if len({run[name] for run in runs}) > 1}
    reversed_ = [name for name, verdicts in changed.items() if set(DECIDED) <= set(verdicts)]
    lines = [f"{name}: {', then '.join(verdicts)}" for name, verdicts in changed.items()]
    lines.append(
        f"{len(changed)} of {len(names)} verdicts change over {len(runs)} runs "
        f"({len(changed) / max(len(names), 1):.0%}), "
        f"{len(reversed_)} of them between {' and '.join(DECIDED)}."
    )
    return lines, len(changed), len(reversed_)


def _verdicts(run: str) -> dict[str, str]:
    """The verdicts by claim of the run in results/, or else of the published one."""
    from soapbubble.report.reference import read_reference

    made = Path("results") / run / "claims.json"
    if made.is_file():
        return {claim["id"]: claim["verdict"] for claim in read_json(made, "claims")["claims"]}
    return {name: row["verdict"] for name, row in read_reference(Path("results/reference") / f"{run}.csv").items()}


def _make(run: str, files: Sequence[Path], cores: str) -> None:
    target = f"results/{run}/claims.json"
    command = ["snakemake", "--cores", cores, "--configfile", *map(str, files), "--", target]
    if subprocess.run([sys.executable, "-m", *command], check=False).returncode:
        raise SoapbubbleError(f"{target}: could not be made; what Snakemake says stands above.")
