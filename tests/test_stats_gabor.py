"""Fits of Gabor functions."""

import numpy as np

from soapbubble.stats.gabor import gabor_r2


def planted(angle, frequency, phase):
    axis = np.arange(7) - 3
    y, x = np.meshgrid(axis, axis, indexing="ij")
    wave = np.cos(2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle)) + phase)
    return wave * np.exp(-(x**2 + y**2) / 8)


def test_gabor_functions_are_explained_wholly_and_noise_is_not():
    filters = np.stack([planted(angle, 0.2, angle) for angle in (0.1, 0.8, 2.0)])
    noise = np.random.default_rng(1).standard_normal((12, 7, 7))
    assert gabor_r2(filters).min() > 0.99
    assert np.median(gabor_r2(noise)) < 0.6


def test_a_filter_of_zeros_is_explained_by_nothing():
    assert gabor_r2(np.zeros((1, 7, 7)))[0] == 0


def test_the_scale_of_a_filter_does_not_matter():
    filters = planted(0.5, 0.25, 0.3)[None] + 0.1 * np.random.default_rng(2).standard_normal((1, 7, 7))
    np.testing.assert_allclose(gabor_r2(filters), gabor_r2(1000 * filters), rtol=1e-6)
