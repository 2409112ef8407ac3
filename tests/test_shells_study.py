"""The study of shells at smoke size: every claim is decided, every figure drawn, planted effects found."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from soapbubble.claims.evidence import Table
from soapbubble.claims.judge import judge
from soapbubble.claims.schema import read_claims, read_sources
from soapbubble.claims.thresholds import thresholds
from soapbubble.data.dataset import Card, Dataset
from soapbubble.errors import SoapbubbleError
from soapbubble.figures.drawing import draw
from soapbubble.figures.found import found
from soapbubble.lab import Lab
from soapbubble.measurements import Measurement
from soapbubble.parts.loading import load
from soapbubble.parts.studies import study

ROOT = Path(__file__).parents[1]
CONFIG = load([ROOT / "config.yaml", ROOT / "config/smoke.yaml"])
CLAIMS = {
    item.id: item for item in read_claims(ROOT / "claims/shells.yaml", read_sources(ROOT / "claims/sources.yaml"))
}
PARTS = ("formulas", "radii", "intervals", "balls", "cube", "coverage", "directions", "images")


@pytest.fixture(scope="module")
def faces():
    images = np.random.default_rng(1).integers(0, 256, (48, 8, 8, 3), dtype=np.uint8)
    card = Card(
        name="faces",
        source="noise",
        licence="-",
        tier="built-in",
        shape=images.shape,
        sha256="",
        splits={"train": 40, "test": 8},
    )
    return {"faces": Dataset("faces", images, card, {})}


@pytest.fixture(scope="module")
def outcomes(faces):
    return {
        part: import_module(f"soapbubble.studies.shells.{part}").measure(getattr(CONFIG.shells, part), Lab(faces))
        for part in PARTS
    }


def judged(claim, rows):
    return judge(CLAIMS[claim], Table(rows), [], {"faces": "built-in"})["verdict"]


def test_every_claim_finds_its_measurements(outcomes):
    rows = [row for outcome in outcomes.values() for row in outcome.rows]
    for claim in CLAIMS:
        assert judged(claim, rows)


def test_exact_claims_hold_or_fall_at_any_size(outcomes):
    rows = outcomes["formulas"].rows
    assert judged("pi-improved-cv", rows) == "refuted"
    assert judged("pi-grid-10-power-256", rows) == "supported"
    assert judged("pi-stackexchange-reference", rows) == "supported"


def test_no_two_parts_measure_the_same_quantity(outcomes):
    seen = [quantity for outcome in outcomes.values() for quantity in {row.quantity for row in outcome.rows}]
    assert len(seen) == len(set(seen))


def test_a_rerun_gives_the_same_values(outcomes, faces):
    again = import_module("soapbubble.studies.shells.cube").measure(CONFIG.shells.cube, Lab(faces))
    assert again.rows == outcomes["cube"].rows


@pytest.mark.parametrize("part", PARTS)
def test_every_figure_is_drawn_from_what_its_part_found(outcomes, tmp_path, part):
    outcome = outcomes[part]
    results = found(outcome.rows, outcome.pictures, thresholds(ROOT / "claims/shells.yaml"))
    for module, functions in study("shells").part(part).drawings():
        for function in functions:
            file = tmp_path / f"shells-{function.replace('_', '-')}.png"
            draw(getattr(module, function), results, CONFIG.plot, {file: file})
            assert file.stat().st_size > 5_000


def test_every_figure_that_a_claim_names_exists():
    named = {claim.figure for claim in CLAIMS.values() if claim.figure}
    assert named <= {name for part in PARTS for name in study("shells").part(part).figures}


def stripes(ratio):
    """Rows as `cube` would write them if each stripe had `ratio` times the density of the cube."""
    random = np.random.default_rng(5)
    return [
        Measurement("stripe_density_ratio", {"points": 200, "stripe": str(stripe)}, batch, value, "1", 500)
        for stripe in range(12)
        for batch, value in enumerate(ratio + 0.03 * random.standard_normal(20))
    ]


def test_depletion_claim_holds_for_planted_depletion_and_falls_without():
    assert judged("pi-3d-edge-stripes-depleted", stripes(0.6)) == "supported"
    assert judged("pi-3d-edge-stripes-depleted", stripes(1.0)) == "refuted"


def test_too_many_groups_of_images_are_refused(faces):
    cfg = CONFIG.shells.images.model_copy(update={"groups": 40})
    with pytest.raises(SoapbubbleError, match="fewer groups"):
        import_module("soapbubble.studies.shells.images").measure(cfg, Lab(faces))


def test_the_planes_tell_gaussian_points_from_uniform_ones(outcomes):
    passed = {"uniform": [], "gaussian in the cube": [], "thinned stripes": []}
    for row in outcomes["cube"].rows:
        if row.quantity in {"plane_quadrats_passed", "plane_ripley_passed"}:
            passed[row.condition["law"]].append(row.value)
    assert np.mean(passed["gaussian in the cube"]) < 0.1 < 0.7 < np.mean(passed["uniform"])


def test_a_fifth_of_the_points_in_corners_of_a_plane_lies_in_corners_of_the_cube(outcomes):
    rows = [row for row in outcomes["cube"].rows if row.quantity == "plane_corner_in_cube_corner"]
    shares, counts = np.array([row.value for row in rows]), np.array([row.n for row in rows])
    assert np.average(shares, weights=counts) == pytest.approx(0.2, abs=0.04)
