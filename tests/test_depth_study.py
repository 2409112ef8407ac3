"""The study of depth at smoke size: claims find their measurements, figures are drawn, planted effects found."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch

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
from soapbubble.models.efficientnet_lite import efficientnet_lite0
from soapbubble.parts.loading import load
from soapbubble.parts.studies import study
from soapbubble.studies.depth.choices import main_effects
from soapbubble.studies.depth.photographs import photographs

ROOT = Path(__file__).parents[1]
CONFIG = load([ROOT / "config.yaml", ROOT / "config/smoke.yaml"])
CLAIMS = {item.id: item for item in read_claims(ROOT / "claims/depth.yaml", read_sources(ROOT / "claims/sources.yaml"))}
PARTS = (
    "definitions",
    "gradients",
    "layers",
    "trajectories",
    "optimisers",
    "conditioning",
    "choices",
    "sweep",
    "invertible",
    "trained",
)


class Twins:
    """A stand-in for a trained network: one random network for another."""

    def network(self, replicate=0):
        return efficientnet_lite0(100).eval()

    def untrained(self, replicate=0):
        return efficientnet_lite0(replicate).eval()


@pytest.fixture(scope="module")
def lab():
    images = np.random.default_rng(1).integers(0, 256, (8, 64, 64, 3), dtype=np.uint8)
    card = Card(
        name="photos",
        source="noise",
        licence="-",
        tier="built-in",
        shape=images.shape,
        sha256="",
        splits={"train": 6, "test": 2},
    )
    photos = Dataset("photos", images, card, {"photograph": np.repeat(np.arange(4), 2)})
    return Lab({"photos": photos}, {}, {"efficientnet-lite0": Twins()})


@pytest.fixture(scope="module")
def outcomes(lab):
    return {
        part: import_module(f"soapbubble.studies.depth.{part}").measure(getattr(CONFIG.depth, part), lab)
        for part in PARTS
    }


def judged(claim, rows):
    return judge(CLAIMS[claim], Table(rows), [], {"photos": "built-in"})["verdict"]


def test_every_claim_finds_its_measurements(outcomes):
    rows = [row for outcome in outcomes.values() for row in outcome.rows]
    for claim in CLAIMS:
        assert judged(claim, rows)


def test_exact_claims_hold_at_any_size(outcomes):
    rows = outcomes["definitions"].rows
    for claim, item in CLAIMS.items():
        if item.tier == "exact":
            assert judged(claim, rows) == "holds", claim


def test_no_two_parts_measure_the_same_quantity(outcomes):
    seen = [quantity for outcome in outcomes.values() for quantity in {row.quantity for row in outcome.rows}]
    assert len(seen) == len(set(seen))


def test_a_rerun_gives_the_same_values(outcomes, lab):
    again = import_module("soapbubble.studies.depth.choices").measure(CONFIG.depth.choices, lab)
    assert again.rows == outcomes["choices"].rows


@pytest.mark.parametrize("part", PARTS)
def test_every_figure_is_drawn_from_what_its_part_found(outcomes, tmp_path, part):
    outcome = outcomes[part]
    results = found(outcome.rows, outcome.pictures, thresholds(ROOT / "claims/depth.yaml"))
    for module, functions in study("depth").part(part).drawings():
        for function in functions:
            file = tmp_path / f"depth-{function.replace('_', '-')}.png"
            draw(getattr(module, function), results, CONFIG.plot, {file: file})
            assert file.stat().st_size > 5_000


def test_every_figure_that_a_claim_names_exists():
    named = {claim.figure for claim in CLAIMS.values() if claim.figure}
    assert named == {name for part in PARTS for name in study("depth").part(part).figures}


def ratios(quantity, conditions):
    """Rows of three networks whose values scatter by a twentieth around those given."""
    scatter = np.random.default_rng(1).normal(1, 0.05, 3)
    return [
        Measurement(quantity, condition, draw, value * scatter[draw], "1", 3)
        for condition, value in conditions
        for draw in range(3)
    ]


def test_the_rules_on_outputs_tell_near_from_far():
    where = {"network": "resnet50", "procedure": "blurred", "shift": "page"}
    near, far = (
        ratios("output_over_reference", [({**where, "stage": stage}, value) for stage in ("Conv2", "Conv5")])
        for value in (0.5, 2.0)
    )
    assert judged("resnet50-conv2-mg-above-mr", far) == "holds"
    assert judged("resnet50-conv2-mg-above-mr", near) == "does not hold"


def test_the_rule_on_rising_distances_needs_both_signs():
    where = {"network": "resnet50", "stage": "Conv2", "schedule": "fixed", "effort": 1.0}

    def rows(inputs, outputs):
        steps = [{**where, "step": step} for step in (0.01, 0.03)]
        return ratios("input_trend", [(step, inputs) for step in steps]) + ratios(
            "output_trend", [(step, outputs) for step in steps]
        )

    assert judged("resnet50-conv2-mi-rises-at-fixed-step", rows(0.8, -0.8)) == "holds"
    assert judged("resnet50-conv2-mi-rises-at-fixed-step", rows(-0.8, -0.8)) == "does not hold"
    assert judged("resnet50-conv2-mi-rises-at-fixed-step", rows(0.8, 0.8)) == "does not hold"


def test_each_draw_has_photographs_of_its_own_until_they_run_out(lab):
    data = lab.data["photos"]
    first, second, again = (photographs(data, 64, 4, draw) for draw in (0, 1, 2))
    assert not torch.equal(first, second)
    assert torch.equal(first, again)
    # One crop of each of the four photographs before the second of any.
    np.testing.assert_allclose(first[0].permute(1, 2, 0).numpy() * 255, data.images[0], rtol=1e-5)
    np.testing.assert_allclose(first[1].permute(1, 2, 0).numpy() * 255, data.images[2], rtol=1e-5)
    assert photographs(data, 32, 2).shape == (2, 3, 32, 32)
    with pytest.raises(SoapbubbleError, match="set `images` lower"):
        photographs(data, 64, 9)


def test_main_effects_divide_the_variance_of_a_design():
    a, b = np.meshgrid([0.0, 3.0], [0.0, 4.0], indexing="ij")
    assert main_effects(a + b) == pytest.approx([9 / 25, 16 / 25])
    assert main_effects(a * b) == pytest.approx([1 / 3, 1 / 3])
