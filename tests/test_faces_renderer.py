"""The drawn faces: what they depend on, and that shapes end softly."""

import numpy as np
import pytest

from soapbubble.data.face_factors import FACTORS, NAMES, sample
from soapbubble.data.face_renderer import chunks_of, render

# A face on which every factor shows: it wears thin glasses, a half-grown beard, an open mouth and side-lit hair.
SHOWN = {
    "age": 0.6,
    "baldness": 0.2,
    "beard": 0.4,
    "glasses": 0.3,
    "mouth_open": 0.8,
    "light_side": 0.7,
    "lip_red": 0.6,
    "hair_wave": 0.3,
    "backdrop_slope": 0.5,
}


def face(**values: float) -> np.ndarray:
    """Factors (1, k): the middle of each range but for `values`."""
    chosen = {name: (extent.low + extent.high) / 2 for name, extent in FACTORS.items()} | values
    return np.array([[chosen[name] for name in NAMES]], np.float32)


def column(factors: np.ndarray, name: str) -> np.ndarray:
    return factors[:, NAMES.index(name)]


def test_a_seed_gives_the_same_crowd_and_another_seed_another():
    assert np.array_equal(render(sample(6, 3), 32), render(sample(6, 3), 32))
    assert not np.array_equal(sample(6, 3), sample(6, 4))


def test_a_face_does_not_depend_on_how_many_are_drawn():
    assert np.array_equal(sample(40, 5)[:7], sample(7, 5))


@pytest.mark.parametrize("size", [64, 96])
def test_a_face_does_not_depend_on_its_neighbours_in_a_chunk(size: int):
    factors = sample(11, 0)
    pictures = [np.concatenate(list(chunks_of(factors, size, chunk))) for chunk in (1, 3, 8, 11)]
    assert pictures[0].shape == (11, size, size, 3)
    assert pictures[0].dtype == np.uint8
    assert all(np.array_equal(pictures[0], other) for other in pictures[1:])


@pytest.mark.parametrize("name", NAMES)
def test_each_factor_changes_the_picture(name: str):
    extent = FACTORS[name]
    low = extent.low + 0.1 * (extent.high - extent.low)
    high = extent.low + 0.6 * (extent.high - extent.low)
    pair = render(np.concatenate([face(**SHOWN | {name: low}), face(**SHOWN | {name: high})]), 64).astype(int)
    assert np.abs(pair[0] - pair[1]).max() >= 10


def test_factors_stay_within_their_ranges():
    factors = sample(2000, 1)
    for name, extent in FACTORS.items():
        values = column(factors, name)
        assert values.min() >= np.float32(extent.low)
        assert values.max() <= np.float32(extent.high)
        assert values.std() > 0.05 * (extent.high - extent.low)


@pytest.mark.parametrize(
    ("one", "other", "sign"),
    [
        ("age", "hair_grey", 1),
        ("beard", "hair_length", -1),
        ("skin", "hair_shade", -1),
        ("skin", "eye_shade", -1),
        ("smile", "mouth_width", 1),
        ("yaw", "gaze", -1),
        ("baldness", "fringe", -1),
        ("light_side", "clothes_light", 0),
    ],
)
def test_factors_go_together_as_they_do_in_people(one: str, other: str, sign: int):
    factors = sample(4000, 2)
    r = np.corrcoef(column(factors, one), column(factors, other))[0, 1]
    assert abs(r) < 0.06 if sign == 0 else sign * r > 0.2


def test_a_small_picture_is_a_large_one_averaged():
    factors = sample(12, 7)
    small, large = render(factors, 64).astype(float), render(factors, 256).astype(float)
    averaged = large.reshape(12, 64, 4, 64, 4, 3).mean(axis=(2, 4))
    picked = large[:, 2::4, 2::4]
    smooth, jagged = np.abs(small - averaged), np.abs(picked - averaged)
    assert smooth.mean() < 2.5
    assert smooth.mean() < 0.75 * jagged.mean()


def test_the_edge_of_a_shape_takes_values_between_the_two_sides():
    bald = face(baldness=1, hair_length=0, hair_volume=0, skin=0, backdrop_light=0, backdrop_slope=0, yaw=0)
    row = render(bald, 64)[0, 14, :, 0].astype(int)  # across the bare forehead
    outside, inside = row[0], row[32]
    assert inside - outside > 80
    steps = np.diff(row[:33])
    assert 1 <= np.sum((steps > 10) & (steps < 0.9 * (inside - outside))) <= 8
    assert steps.max() < 0.9 * (inside - outside)


def test_a_mirrored_face_is_drawn_mirrored():
    plain = {"hair_wave": 0, "baldness": 1, "hair_length": 0, "hair_volume": 0, "beard": 0, "glasses": 0.5}
    turned = {
        "yaw": 20,
        "roll": 8,
        "light_side": 0.8,
        "gaze": 0.5,
        "hair_parting": 0.6,
        "backdrop_slope": 0.7,
    }
    mirrored = {name: -value for name, value in turned.items()}
    one, other = render(np.concatenate([face(**plain | turned), face(**plain | mirrored)]), 64).astype(float)
    assert np.abs(one - other).mean() > 8
    assert np.abs(one - other[:, ::-1]).mean() < 1.5


def test_factors_of_another_table_are_refused():
    with pytest.raises(ValueError, match="shape"):
        render(np.zeros((2, len(NAMES) - 1), np.float32), 64)


def test_no_faces_make_an_empty_array():
    assert render(np.zeros((0, len(NAMES)), np.float32), 64).shape == (0, 64, 64, 3)
