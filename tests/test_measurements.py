"""A table of measurements reads back as it was written."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soapbubble.errors import SoapbubbleError
from soapbubble.measurements import COLUMNS, Measurement, Outcome, read_csv, to_csv
from soapbubble.numbers import significant, with_interval

words = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=12)
scalars = st.one_of(words, st.integers(-(10**9), 10**9), st.booleans(), st.floats(allow_nan=False))
measurements = st.builds(
    Measurement,
    quantity=words,
    condition=st.dictionaries(words, scalars, max_size=3),
    replicate=st.one_of(st.just("exact"), st.integers(0, 10**6)),
    value=st.floats(),
    unit=words,
    n=st.integers(1, 10**9),
)


@given(st.lists(measurements, max_size=5))
def test_a_table_reads_back_to_the_last_bit(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    path.write_text(to_csv(rows), encoding="utf-8", newline="")
    found = read_csv(path)
    assert to_csv(found) == to_csv(rows)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first line"),
        ("a,b\n", "first line"),
        (",".join(COLUMNS) + "\nq,{},0,1.0,1\n", "line 2"),
        (",".join(COLUMNS) + "\nq,{,0,1.0,1,1\n", "line 2"),
        (",".join(COLUMNS) + "\nq,{},first,1.0,1,1\n", "line 2"),
        (",".join(COLUMNS) + "\nq,{},0,much,1,1\n", "line 2"),
        (",".join(COLUMNS) + "\nq,3,0,1.0,1,1\n", "line 2"),
    ],
)
def test_a_damaged_table_is_refused_with_its_line(tmp_path, text, words):
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(SoapbubbleError, match=words):
        read_csv(path)


def test_an_outcome_takes_numpy_numbers_as_plain_ones():
    out = Outcome()
    out.add("q", np.float32(0.5), {"N": np.int64(3), "distribution": "uniform"}, replicate=np.int64(2))
    assert out.rows == [Measurement("q", {"N": 3, "distribution": "uniform"}, 2, 0.5)]
    assert type(out.rows[0].condition["N"]) is int


def test_pictures_never_hold_python_objects():
    out = Outcome()
    with pytest.raises(TypeError, match="never stored"):
        out.picture("points", np.array(["a", None], dtype=object))
    out.picture("points", np.zeros(2))
    with pytest.raises(ValueError, match="twice"):
        out.picture("points", np.ones(2))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (46.16995, "46.17"),
        (0.0, "0"),
        (-1.5, "−1.5"),
        (1e256, "10²⁵⁶"),
        (2e-7, "2\u202f×\u202f10⁻⁷"),
        (-1e-12, "−10⁻¹²"),
        (200000.0, "200,000"),
    ],
)
def test_numbers_are_written_for_people(value, text):
    assert significant(value) == text


@given(st.floats(-1e5, 1e5), st.floats(1e-3, 1e3))
def test_an_interval_is_written_with_digits_that_show_its_width(centre, half):
    text = with_interval(centre, centre - half, centre + half).replace("−", "-")
    low, high = (float(item.replace(",", "")) for item in text.split("[")[1].rstrip("]").split(", "))
    assert high - low == pytest.approx(2 * half, rel=0.25)
    assert math.isclose(low, centre - half, abs_tol=0.11 * half)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((0.881, 0.872, 0.89), "0.881 [0.872, 0.890]"),
        ((0.0, 4e-22, 3.8e-6), "0 [0, 3.8\u202f×\u202f10⁻⁶]"),
        ((-1e-9, -0.4, 0.4), "0.0 [−0.4, 0.4]"),
        ((1500000.0, 1400000.0, 1600000.0), "1.5\u202f×\u202f10⁶ [1.4\u202f×\u202f10⁶, 1.6\u202f×\u202f10⁶]"),
        ((29590665.1, 5802852.2, 150892601.9), "3\u202f×\u202f10⁷ [5.8\u202f×\u202f10⁶, 1.5\u202f×\u202f10⁸]"),
        ((85895.4, 41825.3, 176399.2), "86,000 [42,000, 180,000]"),
        ((2.0, 2.0, 2.0), "2"),
    ],
)
def test_the_ends_of_an_interval_have_the_decimals_of_its_estimate(numbers, text):
    assert with_interval(*numbers) == text
