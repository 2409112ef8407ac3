"""Run everything again with other seeds, and say which verdicts change."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from soapbubble.errors import SoapbubbleError
from soapbubble.json_file import read_json
from soapbubble.parts.loading import Config

SHIFT = 100_000  # between the seeds of two runs: more than any part adds to its own
DECIDED = ("supported", "refuted")


def stability(config: Config, files: Sequence[Path], runs: int, cores: str) -> int:
    """Run the studies `runs` times with all seeds changed: data splits, trainings, evaluators and measurements.

    The verdicts of each run are published beside those of the first, as results/reference/<run>-seeds-<k>.csv, and the
    report shows them with every claim on which they differ. Each run costs as much as the first.

    Returns:
        0 if no claim is supported by one run and refuted by another.
    """
    from soapbubble.provenance.files import staged
    from soapbubble.provenance.manifest import versions
    from soapbubble.report.reference import to_csv

    found = [_verdicts(config.run)]
    for number in range(1, runs + 1):
        name = f"{config.run}-seeds-{number}"
        overlay = Path("results") / f"{name}.yaml"
        overlay.write_text(yaml.safe_dump(other_seeds(config.model_dump(mode="json"), number) | {"run": name}))
        _make(name, [*files, overlay], cores)
        found.append(_verdicts(name))
        published = Path("results/reference") / f"{name}.csv"
        with staged([published]) as parts:
            parts[published].write_text(
                to_csv({"claims": list(found[-1].values()), "software": versions()}), encoding="utf-8"
            )
    lines, reversals = changes([{key: item["verdict"] for key, item in run.items()} for run in found])
    print("\n".join(lines))
    return 1 if reversals else 0


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


def changes(runs: Sequence[Mapping[str, str]]) -> tuple[list[str], int]:
    """The claims whose verdict is not the same in all runs, a sentence each, and how many were held and refuted."""
    names = [name for name in runs[0] if all(name in run for run in runs)]
    changed = {name: [run[name] for run in runs] for name in names if len({run[name] for run in runs}) > 1}
    reversed_ = [name for name, verdicts in changed.items() if set(DECIDED) <= set(verdicts)]
    lines = [f"{name}: {', then '.join(verdicts)}" for name, verdicts in changed.items()]
    lines.append(
        f"{len(changed)} of {len(names)} verdicts change over {len(runs)} runs "
        f"({len(changed) / max(len(names), 1):.0%}), "
        f"{len(reversed_)} of them between {' and '.join(DECIDED)}."
    )
    return lines, len(reversed_)


def _verdicts(run: str) -> dict[str, dict[str, Any]]:
    claims = read_json(Path("results") / run / "claims.json", "claims")["claims"]
    return {claim["id"]: claim for claim in claims}


def _make(run: str, files: Sequence[Path], cores: str) -> None:
    target = f"results/{run}/claims.json"
    command = ["snakemake", "--cores", cores, "--configfile", *map(str, files), "--", target]
    if subprocess.run([sys.executable, "-m", *command], check=False).returncode:
        raise SoapbubbleError(f"{target}: could not be made; what Snakemake says stands above.")
