"""A planted report: claims of every kind and verdict, measurements, figures and chapters, of any size."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from soapbubble.measurements import Outcome, to_csv
from soapbubble.report.build import FRAME, Inputs, Texts

TEMPLATES = Path(__file__).parents[1] / "report_templates"
KINDS = ("formula", "number", "qualitative", "mechanism", "open-question", "erratum", "retraction", "figure")
VERDICTS = (
    "supported",
    "refuted",
    "undecided",
    "supported in direction only",
    "supported",
    "supported",
    "not testable",
    "not run",
)
TIERS = ("exact", "built-in", "source-like", "source")
STUDIES = ("spheres", "tubes")
SVG = (
    '<?xml version="1.0"?>\n'
    '<svg xmlns="http://www.w3.org/2000/svg" height="180pt" width="360pt" viewBox="0 0 360 180">\n'
    ' <path d="M 20 160 L 340.123456 20.98765" stroke="#0072B2" stroke-width="2" fill="none"/>{extra}\n</svg>\n'
)
CHAPTER = """# Where do {study} end?

## The question

A first paragraph with $\\sqrt{{N/3}}\\,b$ in it. The mean radius is {{{{ interval("radius", N=256) }}}}
over {{{{ replicates("radius", N=256) }}}} batches, see {{{{ verdict("{study}-0") }}}}.

## What we found

| dimension | radius |
|---|---|
| 256 | {{{{ value("radius", N=256) }}}} |

$$\\langle r \\rangle = \\int_0^1 r\\,p(r)\\,dr$$

{figures}

## What was easy, what was hard, where we deviate

Nothing.
"""


def claim(number: int, study: str) -> dict[str, Any]:
    """A judged claim; `number` runs through the kinds, verdicts and tiers."""
    verdict, kind = VERDICTS[number % len(VERDICTS)], KINDS[number % len(KINDS)]
    decided = verdict not in ("not testable", "not run")
    sample = {
        "condition": {"N": 256, "distribution": "uniform"},
        "estimate": 46.17,
        "interval": [46.16, 46.18],
        "n": 20,
    }
    return {
        "id": f"{study}-{number}",
        "study": study,
        "source": "post-1",
        "section": "Mean radius",
        "kind": kind,
        "statement": f"Claim number {number}: the mean length for $N=256$, $b=5$ is about $b\\sqrt{{N/3}}$.",
        "setup": "Points are drawn from a cube.",
        "source_value": "46.188" if number % 3 else "$b\\sqrt{N/3}\\,(1-\\frac{1}{10N}+\\dots)$",
        "departure": "Drawn in 20 batches." if number % 2 else None,
        "correction": "It is $46.17$." if kind == "erratum" else None,
        "hypothesis": "Nowhere near the corners." if kind == "open-question" else None,
        "answer": "The share is too small to be seen." if kind == "open-question" else None,
        "refuted_by": "an interval outside the tolerance",
        "figure": f"{study}-figure-0" if kind == "figure" else None,
        "tier": TIERS[number % len(TIERS)],
        "data": [],
        "ours": False,
        "needs": ["celeba"] if verdict == "not run" else [],
        "verdict": verdict,
        "sentence": "Radius (N = 256, distribution = uniform) is 46.17 [46.16, 46.18] over 20 replicates; too low."
        if decided
        else "The source names no measure of it.",
        "estimate": 46.17 if decided else None,
        "interval": [46.16, 46.18] if decided else None,
        "n": 20 if decided else None,
        "unit": "1",
        "rule": {"within": {"value": {"quantity": "radius", "where": {"N": 256}}, "target": 46.188, "rel": 0.005}},
        "direction": None,
        "controls": {},
        "decided_by": "within",
        "parts": [_part("refuted"), _part("supported")] if verdict == "supported in direction only" else [],
        "evidence": [
            {
                "quantity": "radius",
                "where": {"N": 256},
                "conditions": 1,
                "samples": [{**sample, "exact": False, "unit": "1"}],
            }
        ]
        if decided
        else [],
        "regenerate": f"snakemake --cores all --forcerun {study} results/builtin/measurements/{study}.csv",
    }


def _part(verdict: str) -> dict[str, Any]:
    return {"verdict": verdict, "sentence": f"This part {verdict}.", "parts": []}


def plant(
    folder: Path,
    claims: int = 8,
    figures: int = 1,
    figure_bytes: int = 0,
    changes: Mapping[str, Mapping[str, Any]] | None = None,
    chapter: str = CHAPTER,
    **inputs: Any,
) -> Inputs:
    """Write the results and chapters of a report with `claims` claims and `figures` figures a study.

    `changes` overwrites fields of the claims with these ids; `chapter` is the template of a study's chapter.
    """
    results, templates = folder / "results", folder / "templates"
    for place in (results / "measurements", results / "figures", templates / "chapters", templates / "paper"):
        place.mkdir(parents=True)
    for name in ("html", "pdf", "markdown.lua", "references.bib"):
        (templates / name).symlink_to(TEMPLATES / name)
    (templates / "chapters/methods.md.j2").write_text((TEMPLATES / "chapters/methods.md.j2").read_text())
    for name in FRAME:
        (templates / f"paper/{name}.md.j2").write_text(f"# The {name}\n\nSome words.\n")
    random = np.random.default_rng(0)
    judged = []
    for study in STUDIES:
        outcome = Outcome()
        for replicate in range(20):
            for dimension in (3, 256):
                outcome.add(
                    "radius", 46.17 + 0.01 * random.normal(), {"N": dimension, "distribution": "uniform"}, replicate
                )
        (results / "measurements" / f"{study}.csv").write_text(to_csv(outcome.rows))
        calls = []
        for i in range(figures):
            name = f"{study}-figure-{i}"
            points = " ".join(f"L {x:.6f} {y:.6f}" for x, y in random.uniform(0, 180, (figure_bytes // 24, 2)))
            extra = f'<path d="M 0 0 {points}" fill="none" stroke="#000" stroke-width="0.1"/>'
            (results / "figures" / f"{name}.svg").write_text(SVG.format(extra=extra))
            calls.append(f'{{{{ figure("{name}", caption="Radius $r$ of {study}.", alt="A rising line, {name}.") }}}}')
        (templates / "chapters" / f"{study}.md.j2").write_text(chapter.format(study=study, figures="\n\n".join(calls)))
        judged += [claim(i, study) | dict((changes or {}).get(f"{study}-{i}", {})) for i in range(claims)]
    sources = {"post-1": {"title": "A post about spheres", "year": 2021, "address": "https://example.org/post"}}
    (results / "claims.json").write_text(json.dumps({"claims": judged, "sources": sources}))
    given: dict[str, Any] = {
        "run": "builtin",
        "studies": {study: Texts(*[templates / "chapters" / f"{study}.md.j2"] * 2) for study in STUDIES},
        "commit": "0123456789abcdef" * 2,
        "stale": [],
        "self_tests": [TEMPLATES / "calibration.csv"],
    }
    given["config"] = {"seed": 1, "spheres": {"radii": {"points": 1_000_000, "dimensions": [3, 256], "b": 5.0}}}
    return Inputs(results=results, templates=templates, **{**given, **inputs})


def text_of(document: bytes, folder: Path) -> str:
    """What a PDF says, page by page."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not installed")
    (folder / "document.pdf").write_bytes(document)
    done = subprocess.run(["pdftotext", "-layout", folder / "document.pdf", "-"], capture_output=True, check=True)
    return re.sub("[\u200b\u00ad]", "", done.stdout.decode())
