"""Streams of random vectors and what they leave behind: reproducible, of constant memory, additive."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soapbubble.stats import uniform_length
from soapbubble.stats.length_tally import LengthTally
from soapbubble.stats.random_points import (
    UNIT,
    WIDE,
    bit_stream,
    gaussian_vectors,
    uniform_square_lengths,
    uniform_vectors,
)


def squares(dimension, points, *path):
    return np.concatenate(list(uniform_square_lengths(bit_stream(1, *path), dimension, points)))


def test_same_place_in_the_study_gives_the_same_numbers_and_another_gives_others():
    assert np.array_equal(squares(5, 1000, 3, 4), squares(5, 1000, 3, 4))
    assert not np.array_equal(squares(5, 1000, 3, 4), squares(5, 1000, 4, 3))


@pytest.mark.parametrize("dimension", [1, 3, WIDE - 1, WIDE, 300])
@pytest.mark.parametrize("points", [1, 4097, 70_001])
def test_a_stream_gives_exactly_the_number_of_vectors_asked_for(dimension, points):
    assert len(squares(dimension, points)) == points


def test_components_lie_on_the_half_open_interval_and_have_the_uniform_moments():
    x = np.concatenate([block.copy() for block in uniform_vectors(bit_stream(2), 4, 250_000)]).astype(float).ravel()
    assert x.min() >= -1
    assert x.max() < 1
    assert np.all(x / UNIT == np.round(x / UNIT))
    assert x.mean() == pytest.approx(0, abs=4 * 3**-0.5 / 1000)
    assert np.mean(x**2) == pytest.approx(1 / 3, rel=4 * 0.9 / 1000)


def test_components_of_a_vector_are_independent():
    x = np.concatenate([block.copy() for block in uniform_vectors(bit_stream(3), 8, 100_000)])
    off = np.corrcoef(x.T) - np.eye(8)
    assert np.abs(off).max() < 5 / np.sqrt(100_000)


@pytest.mark.parametrize("dimension", [2, 16, WIDE - 1, WIDE, 256])
def test_both_layouts_give_the_exact_moments(dimension):
    found = squares(dimension, 100_000)
    error = np.sqrt(uniform_length.square_variance(dimension) / 100_000)
    assert found.mean(dtype=float) == pytest.approx(dimension / 3, abs=4.5 * error)
    assert found.var(dtype=float) == pytest.approx(uniform_length.square_variance(dimension), rel=0.03)


def test_wide_square_lengths_are_those_of_the_vectors():
    vectors = np.concatenate([block.copy() for block in uniform_vectors(bit_stream(1, 7), 100, 3000)])
    assert np.allclose(squares(100, 3000, 7), (vectors.astype(float) ** 2).sum(axis=1), rtol=1e-5)


@pytest.mark.parametrize("stream", [uniform_square_lengths, uniform_vectors, gaussian_vectors])
def test_memory_does_not_grow_with_the_number_of_vectors(stream):
    peaks = []
    for points in (20_000, 100_000):
        tracemalloc.start()
        for _ in stream(bit_stream(1), 64, points):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.05 * peaks[0]
    assert peaks[1] < 8e6


def tally(values, centre=1.0, **options):
    found = LengthTally(centre, 0.3, centre**2, np.linspace(0, 2, 21), **options)
    found.add(values)
    return found


lengths = st.lists(st.floats(0.01, 1.9), min_size=2, max_size=40).map(np.array)


@given(lengths, lengths)
def test_parts_of_a_tally_add_up(first, second):
    whole = tally(np.concatenate([first, second]) ** 2, short=1.0)
    both = tally(first**2, short=1.0) + tally(second**2, short=1.0)
    assert both.n == whole.n
    assert both.typical == whole.typical
    assert np.array_equal(both.below, whole.below)
    assert np.array_equal(both.counts, whole.counts)
    assert np.allclose(both.length(), whole.length(), atol=1e-7)
    assert np.allclose(both.square(), whole.square(), atol=1e-7)


@given(lengths, st.floats(-3, 3))
@settings(max_examples=50)
def test_moments_do_not_depend_on_the_centre(values, centre):
    mean, sd = tally(values**2, centre=centre).length()
    assert mean == pytest.approx(values.mean(), abs=1e-9)
    assert sd == pytest.approx(values.std(ddof=1), abs=1e-6)


def test_adding_leaves_both_parts_as_they_were():
    first, second = tally(np.array([0.5, 1.0])), tally(np.array([1.5]))
    _ = first + second
    assert (first.n, second.n) == (2, 1)
    assert first.counts.sum() == 2


def test_lengths_outside_the_histogram_are_counted_but_not_drawn():
    found = tally(np.array([0.25, 9.0]))
    assert found.n == 2
    assert found.counts.sum() == 1
