"""What a figure reads: rows with the columns they have, intervals as verdicts have them."""

import math

import pytest

from soapbubble.claims.evidence import Table
from soapbubble.claims.selection import Selection
from soapbubble.errors import SoapbubbleError
from soapbubble.figures.found import found
from soapbubble.measurements import Outcome


@pytest.fixture
def outcome():
    out = Outcome()
    for replicate, value in enumerate((1.0, 2.0, 4.0)):
        for model in ("a", "b"):
            out.add("size", value * (2 if model == "b" else 1), {"model": model}, replicate)
        out.add("undefined", math.nan, {"model": "a"}, replicate)
    out.add("count", 3, {"kind": "whole"})
    return out


def test_rows_have_the_columns_of_their_conditions_and_keep_values_that_are_no_numbers(outcome):
    seen = found(outcome.rows)
    assert list(seen.rows("size", model=["a", "b"])["value"]) == [1, 2, 2, 4, 4, 8]
    assert "kind" not in seen.rows("size")
    assert seen.rows("undefined")["value"].isna().all()
    assert seen.measured("undefined")
    assert not seen.measured("unheard of")
    with pytest.raises(SoapbubbleError, match="no measurement of size"):
        seen.rows("size", model="c")


def test_intervals_are_those_of_the_judge(outcome):
    seen = found(outcome.rows).intervals("size", "model").set_index("model")
    judged = Table(outcome.rows).sample(Selection(quantity="size", where={"model": "b"})).interval(0.95)
    assert seen.loc["b", ["estimate", "low", "high"]].tolist() == [judged.estimate, judged.low, judged.high]
    assert found(outcome.rows).value("count", kind="whole") == 3


def test_figures_show_no_interval_beyond_what_a_quantity_can_be():
    out = Outcome()
    for replicate, value in enumerate((0.9, 1.0, 1.0)):
        out.add("auc", value, {}, replicate)
    assert found(out.rows).intervals("auc")["high"].item() == 1.0
