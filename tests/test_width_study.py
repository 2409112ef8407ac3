"""The study of stacks at smoke size: every claim is decided, every figure drawn, planted effects found."""

from importlib import import_module

import numpy as np
import pytest
from study_fixture import CONFIG, Study, StudyTests, dataset, rows_of

from soapbubble.config.plot import Style
from soapbubble.lab import Lab
from soapbubble.measurements import Measurement
from soapbubble.parts.declaration import declared_values
from soapbubble.studies.width.preimages import _clipped_outward, in_black_and_white

STUDY = Study(
    "width",
    ("convolutions", "counting", "contraction", "stacks", "exactsize", "conditioning", "preimages"),
    section="Why depth",
)


@pytest.fixture(scope="module")
def lab():
    random = np.random.default_rng(1)
    images = (255 * random.random((8, 4, 4, 3)) ** 2).astype(np.uint8).repeat(8, axis=1).repeat(8, axis=2)
    return Lab({"photos": dataset("photos", images, extras={"photograph": np.arange(8) // 2})})


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
    assert STUDY.judged(claim, rows_of(outcomes)) == "supported"


def test_convolutions_lose_with_fewer_outputs_and_not_with_enough(outcomes):
    claim = "convolutions-have-no-unique-inverse"
    assert STUDY.judged(claim, outcomes["convolutions"].rows) == "refuted"


@pytest.mark.parametrize("part", ["convolutions", "contraction", "conditioning", "stacks"])
def test_a_rerun_gives_the_same_values(outcomes, lab, part):
    assert STUDY.measure(part, lab).rows == outcomes[part].rows


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
        row
        for layers in (2, 3)
        for steps, values in ((100_000, (0.999, 1.0, 1.001)), (200_000, (1.0, 1.001, 0.999)))
        for row in planted("input_distance", values, {"width": 3000, "layers": layers, "steps": steps})
    ]
    return out.rows + distances


def test_decay_claim_tells_exponentials_from_powers():
    assert STUDY.judged("width-3000-exponential-decay", curve(power=False)) == "supported"
    assert STUDY.judged("width-3000-exponential-decay", curve(power=True)) == "refuted"


def medians(three, four):
    spread = (0.7, 0.9, 1.1, 1.3)
    return planted("preimage_median", [three * x for x in spread], {"layers": 3}) + planted(
        "preimage_median", [four * x for x in spread], {"layers": 4}
    )


def test_median_of_neighbours_is_read_as_an_order_of_magnitude():
    assert STUDY.judged("median-preimage-distance-40000", medians(100, 100_000)) == "supported"
    assert STUDY.judged("median-preimage-distance-40000", medians(60_000, 2e7)) == "supported in direction only"
    assert STUDY.judged("median-preimage-distance-40000", medians(100, 10_000)) == "refuted"


def neighbours(clipped, unclipped=1000):
    """Neighbours so many times as far away as descent's point, once their pixels are clipped and before."""
    spread = np.linspace(0.97, 1.03, 8)
    rows = [
        row
        for layers in (3, 4)
        for name, value in (
            ("clipped_over_descent", clipped),
            ("neighbours_over_descent", unclipped),
            ("clipped_outward_over_descent", 0.1),
        )
        for row in planted(name, value * spread, {"layers": layers})
    ]
    for layers in (3, 4):
        rows += planted("pixels_outside", 1 - 0.01 * spread, {"layers": layers})
        rows += planted("far_start_over_neighbours", 0.01 * spread, {"layers": layers, "start": "50"})
    return rows


def test_the_range_is_all_most_or_little_of_the_reason():
    claim = "range-explains-gd-advantage"
    assert STUDY.judged(claim, neighbours(clipped=0.5)) == "supported"
    assert STUDY.judged(claim, neighbours(clipped=2)) == "supported in direction only"
    assert STUDY.judged(claim, neighbours(clipped=100)) == "refuted"
    # Where neighbours are hardly farther than descent's point, clipping has little to close.
    assert STUDY.judged(claim, neighbours(clipped=2, unclipped=3)) == "refuted"


def short_descents(inputs, outputs):
    spread = np.linspace(0.97, 1.03, 8)
    return [
        row
        for layers in (3, 4)
        for rate in (0.1, 0.3, 1.0)
        for name, value in (("short_input_distance", inputs), ("short_output_distance", outputs))
        for row in planted(name, value * spread, {"layers": layers, "rate": rate})
    ]


def test_a_descent_refutes_the_distance_only_if_it_ends_at_the_output_distance():
    claim = "gd-220-iterations-input-distance"
    assert STUDY.judged(claim, short_descents(2.84, 0.52)) == "supported"
    assert STUDY.judged(claim, short_descents(13, 0.52)) == "refuted"
    assert STUDY.judged(claim, short_descents(13, 0.1)) == "not reproduced"


def test_declared_settings_are_sound_at_both_sizes():
    for part in STUDY.parts:
        block = type(STUDY.settings(part))
        assert block(**declared_values(block, smoke=False)) != STUDY.settings(part)
    assert isinstance(CONFIG.plot, Style)


def test_clipping_mends_neighbours_that_left_the_range_outward_and_not_those_that_moved_any_way():
    random = np.random.default_rng(7)
    image, moved = random.random(300), 100 * random.standard_normal((300, 50))
    extreme = in_black_and_white(image)[:, None]
    anyway = np.median(np.linalg.norm((extreme + moved).clip(0, 1) - extreme, axis=0))
    assert _clipped_outward(image, moved) < 0.1 * anyway


class TestStudy(StudyTests):
    pass
