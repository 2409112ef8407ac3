"""What the tests of studies share: the smoke configuration, small datasets, and what holds of every study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from soapbubble.claims.evidence import Table
from soapbubble.claims.judge import judge
from soapbubble.claims.schema import Claim, read_claims, read_sources
from soapbubble.claims.thresholds import thresholds
from soapbubble.data.dataset import Card, Dataset
from soapbubble.figures.drawing import draw
from soapbubble.figures.found import found
from soapbubble.lab import Lab
from soapbubble.measurements import Measurement, Outcome
from soapbubble.parts.loading import load
from soapbubble.parts.studies import study

ROOT = Path(__file__).parents[1]
CONFIG = load([ROOT / "config.yaml", ROOT / "config/smoke.yaml"])
TIERS = {"digits": "built-in", "photos": "built-in", "faces": "built-in"}


def dataset(name: str, images: np.ndarray, test: int = 2, extras: dict[str, np.ndarray] | None = None, **card: Any):
    """A dataset of `images` (n, h, w, c), of which the last `test` are for testing."""
    splits = {"train": len(images) - test, "test": test}
    about = {"source": "-", "licence": "-", "tier": "built-in", "sha256": "", **card}
    about |= {"shape": images.shape, "splits": splits, "extras": tuple(extras or ())}
    return Dataset(name, images, Card(name=name, **about), extras or {})


@dataclass(frozen=True)
class Study:
    """A study of the library, or some of its parts, at smoke size."""

    name: str
    some: Sequence[str] = ()
    section: str = ""  # of the source, by its beginning; all if none is named

    @property
    def parts(self) -> Sequence[str]:
        return self.some or [part.name for part in study(self.name).parts]

    @cached_property
    def claims(self) -> dict[str, Claim]:
        sources = read_sources(ROOT / "claims/sources.yaml")
        return {claim.id: claim for claim in read_claims(ROOT / f"claims/{self.name}.yaml", sources)}

    def settings(self, part: str) -> Any:
        return getattr(getattr(CONFIG, self.name), part)

    def measure(self, part: str, lab: Lab, settings: Any = None) -> Outcome:
        module = import_module(f"soapbubble.studies.{self.name}.{part}")
        return module.measure(settings or self.settings(part), lab)

    def judged(self, claim: str, rows: Sequence[Measurement]) -> str:
        return judge(self.claims[claim], Table(rows), [], TIERS)["verdict"]


def rows_of(outcomes: Mapping[str, Outcome]) -> list[Measurement]:
    return [row for outcome in outcomes.values() for row in outcome.rows]


class StudyTests:
    """Tests of a module that has a `STUDY` and a fixture `outcomes`, what each of its parts measured."""

    def test_every_claim_finds_its_measurements(self, request, outcomes):
        tested, rows = request.module.STUDY, rows_of(outcomes)
        for claim in tested.claims.values():
            if claim.section.startswith(tested.section):
                assert tested.judged(claim.id, rows), claim.id

    def test_no_two_parts_measure_the_same_quantity(self, outcomes):
        seen = [quantity for outcome in outcomes.values() for quantity in {row.quantity for row in outcome.rows}]
        assert len(seen) == len(set(seen))

    def test_every_figure_is_drawn_from_what_its_part_found(self, request, outcomes, tmp_path, part_of_study):
        tested, outcome = request.module.STUDY, outcomes[part_of_study]
        results = found(outcome.rows, outcome.pictures, thresholds(ROOT / f"claims/{tested.name}.yaml"))
        for module, functions in study(tested.name).part(part_of_study).drawings():
            for function in functions:
                file = tmp_path / f"{tested.name}-{function.replace('_', '-')}.png"
                draw(getattr(module, function), results, CONFIG.plot, {file: file})
                assert file.stat().st_size > 2_000

    def test_every_figure_that_a_claim_names_exists(self, request):
        tested = request.module.STUDY
        named = {claim.figure for claim in tested.claims.values() if claim.figure}
        assert named <= {name for part in study(tested.name).parts for name in part.figures}
