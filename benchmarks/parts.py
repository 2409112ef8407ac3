"""How long Snakemake plans a run of many parts: `snakemake -n` of a study that is written here, of 10, 100 and 1,000.

    python benchmarks/parts.py

Seconds of a processor and of the clock; each part is the one of examples/twelve under another name, with its figure.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TEMPLATE = Path("examples/twelve")
PARTS = (10, 100, 1000)


def write_study(folder: Path, parts: int) -> None:
    """A study of so many parts, each with a figure."""
    folder.mkdir(parents=True)
    for name in ("__init__.py", "claims.yaml", "sources.yaml", "chapter.md.j2"):
        (folder / name).write_text((TEMPLATE / name).read_text())
    part = (TEMPLATE / "sums.py").read_text()
    head, mark, drawing = (TEMPLATE / "figures.py").read_text().partition("@figure")
    figures = [head]
    for number in range(parts):
        (folder / f"sums{number}.py").write_text(part)
        figures.append((mark + drawing).replace('"sums"', f'"sums{number}"').replace("kurtosis(", f"kurtosis{number}("))
    (folder / "figures.py").write_text("\n\n".join(figures))


def main() -> None:
    """Print the table."""
    for parts in PARTS:
        with tempfile.TemporaryDirectory() as folder:
            write_study(Path(folder) / "many", parts)
            overlay = Path(folder) / "many.yaml"
            overlay.write_text(f"run: many\nstudies: [{folder}/many]\n")
            command = [sys.executable, "-m", "snakemake", "-n", "--quiet", "all", "--configfile", str(overlay)]
            started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, check=True, capture_output=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"{parts:5d} parts  {cpu:6.1f} s of a processor  {time.perf_counter() - started:6.1f} s of the clock")


if __name__ == "__main__":
    main()
