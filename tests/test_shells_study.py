"""The study of shells at smoke size: every claim is decided, every figure drawn, planted effects found."""

import numpy as np
import pytest
from study_fixture import Study, StudyTests, dataset

from soapbubble.errors import SoapbubbleError
from soapbubble.lab import Lab
from soapbubble.measurements import Measurement

STUDY = Study("shells", ("formulas", "radii", "intervals", "balls", "cube", "coverage", "directions", "images"))


@pytest.fixture(scope="module")
def lab():
    images = np.random.default_rng(1).integers(0, 256, (48, 8, 8, 3), dtype=np.uint8)
    return Lab({"faces": dataset("faces", images, test=8)})


def test_exact_claims_hold_or_fall_at_any_size(outcomes):
    rows = outcomes["formulas"].rows
    assert STUDY.judged("pi-improved-cv", rows) == "refuted"
    assert STUDY.judged("pi-grid-10-power-256", rows) == "supported"
    assert STUDY.judged("pi-stackexchange-reference", rows) == "supported"


def test_a_rerun_gives_the_same_values(outcomes, lab):
    assert STUDY.measure("cube", lab).rows == outcomes["cube"].rows


def stripes(ratio):
    """Rows as `cube` would write them if each stripe had `ratio` times the density of the cube."""
    random = np.random.default_rng(5)
    return [
        Measurement("stripe_density_ratio", {"points": 200, "stripe": str(stripe)}, batch, value, "1", 500)
        for stripe in range(12)
        for batch, value in enumerate(ratio + 0.03 * random.standard_normal(20))
    ]


def test_depletion_claim_holds_for_planted_depletion_and_falls_without():
    assert STUDY.judged("pi-3d-edge-stripes-depleted", stripes(0.6)) == "supported"
    assert STUDY.judged("pi-3d-edge-stripes-depleted", stripes(1.0)) == "refuted"


def test_too_many_groups_of_images_are_refused(lab):
    cfg = STUDY.settings("images").model_copy(update={"groups": 40})
    with pytest.raises(SoapbubbleError, match="fewer groups"):
        STUDY.measure("images", lab, cfg)


def test_the_planes_tell_gaussian_points_from_uniform_ones(outcomes):
    passed = {"uniform": [], "gaussian in the cube": [], "thinned stripes": []}
    for row in outcomes["cube"].rows:
        if row.quantity in {"plane_quadrats_passed", "plane_ripley_passed"}:
            passed[row.condition["distribution"]].append(row.value)
    assert np.mean(passed["gaussian in the cube"]) < 0.1 < 0.7 < np.mean(passed["uniform"])


def test_a_fifth_of_the_points_in_corners_of_a_plane_lies_in_corners_of_the_cube(outcomes):
    rows = [row for row in outcomes["cube"].rows if row.quantity == "plane_corner_in_cube_corner"]
    shares, counts = np.array([row.value for row in rows]), np.array([row.n for row in rows])
    assert np.average(shares, weights=counts) == pytest.approx(0.2, abs=0.04)


class TestStudy(StudyTests):
    pass
