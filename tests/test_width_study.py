"""The study of stacks at smoke size: every claim is decided, every figure drawn, planted effects found."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from soapbubble.claims.evidence import Table
from soapbubble.claims.judge import judge
from soapbubble.claims.schema import read_claims, read_sources
from soapbubble.claims.thresholds import thresholds
from soapbubble.config.plot import Style
from soapbubble.data.dataset import Card, Dataset
from soapbubble.figures.drawing import draw
from soapbubble.figures.found import found
from soapbubble.lab import Lab
from soapbubble.measurements import Measurement
from soapbubble.parts.declaration import declared_values
from soapbubble.parts.loading import load
from soapbubble.parts.studies import study

ROOT = Path(__file__).parents[1]
CONFIG = load([ROOT / "config.yaml", ROOT / "config/smoke.yaml"])
CLAIMS = {item.id: item for item in read_claims(ROOT / "claims/width.yaml", read_sources(ROOT / "claims/sources.yaml"))}
PARTS = ("convolutions", "counting", "contraction", "stacks", "exactsize", "conditioning", "preimages")


@pytest.fixture(scope="module")
def lab():
    random = np.random.default_rng(1)
    images = (255 * random.random((8, 4, 4, 3)) ** 2).astype(np.uint8).repeat(8, axis=1).repeat(8, axis=2)
    card = Card(
        name="photos",
        source="noise",
        licence="-",
        tier="built-in",
        shape=images.shape,
        sha256="",
        splits={"train": 6, "test": 2},
        extras=("photograph",),
    )
    return Lab({"photos": Dataset("photos", images, card, {"photograph": np.arange(8) // 2})})


@pytest.fixture(scope="module")
def outcomes(lab):
    return {
        part: import_module(f"soapbubble.studies.width.{part}").measure(getattr(CONFIG.width, part), lab)
        for part in PARTS
    }


def rows_of(outcomes):
    return [row for outcome in outcomes.values() for row in outcome.rows]


def judged(claim, rows):
    return judge(CLAIMS[claim], Table(rows), [], {"photos": "built-in"})["verdict"]


def test_every_claim_finds_its_measurements(outcomes):
    rows = rows_of(outcomes)
    for claim in CLAIMS:
        if CLAIMS[claim].section.startswith("Why depth"):
            assert judged(claim, rows)


@pytest.mark.parametrize(
    "claim",
    [
        "erratum-conv-invertibility-self-contradiction",
        "one-dimensional-mean-filter-example",
        "erratum-mean-filter-wording",
        "fewer-outputs-implies-noninjective",
        "erratum-residual-and-projection-noninvertible",
        "erratum-preimages-grow-exponentially",
        "erratum-finite-preimages-in-a-range",
        "two-d-contraction-example",
        "erratum-two-d-example-target-point",
        "fig-spiky-ball",
        "linear-composition-is-one-matrix",
        "aprime-distance-under-3",
    ],
)
def test_exact_claims_hold_at_any_size(outcomes, claim):
    assert judged(claim, rows_of(outcomes)) == "supported"


def test_convolutions_with_enough_outputs_lose_nothing(outcomes):
    assert judged("convolutions-have-no-unique-inverse", outcomes["convolutions"].rows) == "refuted"


def test_no_two_parts_measure_the_same_quantity(outcomes):
    seen = [quantity for outcome in outcomes.values() for quantity in {row.quantity for row in outcome.rows}]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("part", ["convolutions", "contraction", "conditioning", "stacks"])
def test_a_rerun_gives_the_same_values(outcomes, lab, part):
    again = import_module(f"soapbubble.studies.width.{part}").measure(getattr(CONFIG.width, part), lab)
    assert again.rows == outcomes[part].rows


@pytest.mark.parametrize("part", PARTS)
def test_every_figure_is_drawn_from_what_its_part_found(outcomes, tmp_path, part):
    outcome = outcomes[part]
    results = found(outcome.rows, outcome.pictures, thresholds(ROOT / "claims/width.yaml"))
    for module, functions in study("width").part(part).drawings():
        for function in functions:
            file = tmp_path / f"width-{function.replace('_', '-')}.png"
            draw(getattr(module, function), results, CONFIG.plot, {file: file})
            assert file.stat().st_size > 2_000


def test_every_figure_that_a_claim_names_exists():
    named = {claim.figure for claim in CLAIMS.values() if claim.figure}
    assert named <= {name for part in study("width").parts for name in part.figures}


def planted(quantity, values, where):
    return [Measurement(quantity, where, network, value) for network, value in enumerate(values)]


def curve(power, rates=(0.9, 1.0, 1.1)):
    """Misfits as `stacks` notes them of curves that are powers, or exponentials, of the number of steps."""
    stacks = import_module("soapbubble.studies.width.stacks")
    from soapbubble.measurements import Outcome

    out = Outcome()
    steps = np.array(stacks.DECAY, dtype=float)
    random = np.random.default_rng(3)
    for layers in (2, 3):
        curves = [
            (steps**-rate if power else np.exp(-rate * steps / 3e4)) * np.exp(0.05 * random.standard_normal(len(steps)))
            for rate in rates
        ]
        where = {"distance": "input", "width": 3000, "layers": layers, "points": "runs"}
        stacks._fits(out, curves, stacks.DECAY, where)
    distances = [
        Measurement("input_distance", {"width": 3000, "layers": layers, "steps": steps}, network, 1.0)
        for layers in (2, 3)
        for steps in (100_000, 200_000)
        for network in range(3)
    ]
    return out.rows + distances


def test_decay_claim_tells_exponentials_from_powers():
    assert judged("width-3000-exponential-decay", curve(power=False)) == "supported"
    assert judged("width-3000-exponential-decay", curve(power=True)) == "refuted"


def medians(three, four):
    spread = (0.7, 0.9, 1.1, 1.3)
    return planted("preimage_median", [three * x for x in spread], {"layers": 3}) + planted(
        "preimage_median", [four * x for x in spread], {"layers": 4}
    )


def test_median_of_neighbours_is_read_as_an_order_of_magnitude():
    assert judged("median-preimage-distance-40000", medians(100, 100_000)) == "supported"
    assert judged("median-preimage-distance-40000", medians(60_000, 2e7)) == "supported in direction only"
    assert judged("median-preimage-distance-40000", medians(100, 10_000)) == "refuted"


def test_declared_settings_are_sound_at_both_sizes():
    for part in PARTS:
        block = type(getattr(CONFIG.width, part))
        assert block(**declared_values(block, smoke=False)) != getattr(CONFIG.width, part)
    assert isinstance(CONFIG.plot, Style)
