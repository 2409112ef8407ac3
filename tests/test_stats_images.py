"""Measures of image structure: closed forms, planted structure that must be found and noise in which there is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from soapbubble.measuring.nulls import phase_randomised, pixel_permuted
from soapbubble.stats.autocorrelation import autocorrelation, correlation_length, crop_border, neighbour_correlation
from soapbubble.stats.compression import png_share, rank_gaussianise
from soapbubble.stats.patches import patch_dimension
from soapbubble.stats.regions import largest_region, opponent_channels, tile_means, tone_regions
from soapbubble.stats.spectrum import (
    entropy_rate_deficit,
    low_frequency_share,
    power_spectrum,
    spectral_flatness,
    spectral_slope,
)


def noise(seed=0, n=6, channels=3, side=48):
    return np.random.default_rng(seed).standard_normal((n, channels, side, side))


def blurred(sigma, seed=0, n=6, side=96):
    return ndimage.gaussian_filter(noise(seed, n, side=side), (0, 0, sigma, sigma), mode="wrap")


def power_law(exponent, side=64, n=8, seed=0):
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    frequency[0, 0] = np.inf
    waves = np.fft.fft2(noise(seed, n, side=side)) * frequency ** (-exponent / 2)
    return np.fft.ifft2(waves).real


CHECKERBOARD = np.indices((32, 32)).sum(axis=0)[None, None] % 2 * 2.0 - 1


def test_white_noise_measures_as_white_noise():
    images = noise()
    rho = autocorrelation(images, 8)
    assert np.abs(rho[:, 1:]).max() < 0.05
    assert correlation_length(rho) == pytest.approx(np.full(6, 1 - np.exp(-1)), abs=0.02)
    assert np.abs(spectral_slope(images)).max() < 0.3
    assert low_frequency_share(noise(n=40)).mean() == pytest.approx(np.pi / 64, abs=0.003)
    assert patch_dimension(images).min() > 0.95
    assert np.abs(tone_regions(images, 8)).max() < 0.02
    assert png_share(images).min() > 0.98
    assert largest_region(images).max() < 0.1


def test_one_channel_of_white_noise_has_the_flatness_of_exponential_power():
    assert spectral_flatness(noise(n=30, channels=1)).mean() == pytest.approx(np.exp(-np.euler_gamma), abs=0.02)


def test_a_gaussian_blur_has_twice_its_sigma_as_correlation_length():
    rho = autocorrelation(blurred(2.5), 20).mean(axis=0, keepdims=True)
    assert correlation_length(rho)[0] == pytest.approx(5.0, rel=0.06)


def test_autocorrelation_agrees_with_products_of_pixel_pairs():
    image = noise(n=1, channels=1, side=9)
    centred = image[0, 0] - image.mean()
    along = [(centred[:, : 9 - d] * centred[:, d:]).mean() for d in range(4)]
    down = [(centred[: 9 - d] * centred[d:]).mean() for d in range(4)]
    expected = (np.array(along) + down) / 2 / (centred**2).mean()
    assert autocorrelation(image, 3)[0] == pytest.approx(expected, abs=1e-12)


def test_neighbours_on_a_checkerboard_are_opposed_and_second_neighbours_equal():
    rho = autocorrelation(CHECKERBOARD, 2)[0]
    assert rho == pytest.approx([1, -1, 1])


@given(gain=st.floats(0.01, 100), shift=st.floats(-100, 100), seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_brightness_and_contrast_do_not_matter(gain, shift, seed):
    images = noise(seed, n=1, side=24)
    changed = gain * images + shift
    for measure in (neighbour_correlation, spectral_flatness, spectral_slope, patch_dimension, png_share):
        assert measure(changed) == pytest.approx(measure(images), rel=1e-6, abs=1e-6)


def test_a_constant_image_has_no_autocorrelation():
    assert np.isnan(neighbour_correlation(np.ones((1, 3, 16, 16)))).all()


def test_an_autocorrelation_that_never_falls_gives_its_last_lag_as_lower_bound():
    assert correlation_length(np.ones((1, 7)))[0] == 6


@pytest.mark.parametrize("exponent", [1.0, 2.0, 3.0])
def test_the_slope_of_a_planted_power_law_is_found(exponent):
    assert spectral_slope(power_law(exponent)).mean() == pytest.approx(exponent, abs=0.2)


def test_the_entropy_deficit_is_that_of_the_planted_spectrum():
    image = power_law(2.0, n=40)
    white = power_law(0.0, n=40, seed=1)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(64), np.fft.fftfreq(64)))
    power = frequency[frequency > 0] ** -2.0
    expected = (np.log(power.mean()) - np.log(power).mean()) / 2
    measured = entropy_rate_deficit(image).mean() - entropy_rate_deficit(white).mean()
    assert measured == pytest.approx(expected, abs=0.1)


def test_smooth_images_have_few_patch_directions_regions_of_a_tone_and_small_files():
    images = blurred(6.0, side=64)
    assert patch_dimension(images).max() < 0.1
    assert tone_regions(images, 8).min() > 0.5
    assert png_share(images).max() < 0.7
    assert largest_region(images).min() > 0.2


def test_tiles_of_one_tone_each_are_all_region():
    flat = np.kron(noise(side=6), np.ones((8, 8)))
    assert tone_regions(flat, 8) == pytest.approx(np.ones(6))
    assert tile_means(flat, 8) == pytest.approx(noise(side=6))


def test_opponent_channels_are_a_rotation_of_colours():
    images = noise()
    assert (opponent_channels(images) ** 2).sum() == pytest.approx((images**2).sum())


@given(seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_shuffling_pixels_keeps_every_colour_and_destroys_the_arrangement(seed):
    images = blurred(3.0, n=2, side=48)
    shuffled = pixel_permuted(images, np.random.default_rng(seed))
    for before, after in zip(images, shuffled, strict=True):
        assert sorted(map(tuple, before.reshape(3, -1).T)) == sorted(map(tuple, after.reshape(3, -1).T))
    assert np.abs(neighbour_correlation(shuffled)).max() < 0.1


@pytest.mark.parametrize("side", [24, 25])
def test_random_phases_keep_the_spectrum_the_means_and_the_relation_of_the_colours(side):
    images = blurred(2.0, n=2, side=side) + np.arange(3)[None, :, None, None]
    surrogate = phase_randomised(images, np.random.default_rng(0))
    assert np.abs(np.fft.fft2(surrogate)) == pytest.approx(np.abs(np.fft.fft2(images)), abs=1e-8)
    assert surrogate.mean(axis=(2, 3)) == pytest.approx(images.mean(axis=(2, 3)))
    assert np.corrcoef(surrogate[0].reshape(3, -1)) == pytest.approx(np.corrcoef(images[0].reshape(3, -1)), abs=1e-8)
    assert not np.allclose(surrogate, images)


@given(seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_equalising_histograms_keeps_the_order_of_pixels(seed):
    images = np.exp(noise(seed, n=1, side=12))
    assert (rank_gaussianise(images).ravel().argsort() == rank_gaussianise(np.log(images)).ravel().argsort()).all()
    assert rank_gaussianise(images).std() == pytest.approx(1, abs=0.05)


def test_power_is_that_of_a_single_wave():
    x = np.arange(64)
    wave = np.cos(2 * np.pi * 8 * x / 64)[None, None, None, :] * np.ones((1, 1, 64, 1))
    power, radius = power_spectrum(wave)
    near = (radius > 6) & (radius < 10)
    assert power[:, near].sum() / power.sum() > 0.99


def test_the_border_is_cut_by_at_most_an_eighth_of_the_side():
    assert crop_border(noise(side=64)).shape[-1] == 48
    assert crop_border(noise(side=16)).shape[-1] == 12
