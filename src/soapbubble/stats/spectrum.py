"""How the energy of an image is shared among coarse and fine structure.

Images are arrays (n, channels, height, width), square. Power is that of the Fourier transform under a Hann window
(without it the jump between opposite borders would add a false power law), averaged over channels, no constant.
"""

from __future__ import annotations

import numpy as np


def power_spectrum(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Power (n, frequencies) at every frequency but zero, and the frequencies in cycles an image."""
    side = images.shape[-1]
    window = np.hanning(side + 2)[1:-1]
    window = np.outer(window, window)
    fields = np.asarray(images, dtype=np.float64)
    # The mean under the window is removed, so that no constant leaks into the lowest frequencies.
    mean = (fields * window).sum(axis=(-2, -1), keepdims=True) / window.sum()
    power = (np.abs(np.fft.fft2((fields - mean) * window)) ** 2).mean(axis=1)
    axis = np.fft.fftfreq(side, d=1 / side)
    radius = np.hypot(axis[:, None], axis[None, :])
    kept = radius > 0
    return power[:, kept], radius[kept]


def radial_power(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Power averaged over rings of one cycle an image, (n, rings), and the middle frequency of each ring."""
    power, radius = power_spectrum(images)
    ring = np.rint(radius).astype(int)
    last = images.shape[-1] // 2
    rings = np.arange(1, last + 1)
    means = np.stack([power[:, ring == number].mean(axis=1) for number in rings], axis=1)
    return means, rings.astype(float)


def spectral_slope(images: np.ndarray) -> np.ndarray:
    """Exponent b of power ~ frequency^-b, least squares on logarithms, from 2 to side/2 - 1 cycles an image."""
    power, rings = radial_power(images)
    used = (rings >= 2) & (rings <= images.shape[-1] / 2 - 1)
    x = np.log(rings[used]) - np.log(rings[used]).mean()
    return -(np.log(np.maximum(power[:, used], np.finfo(float).tiny)) @ x) / (x @ x)


def low_frequency_share(images: np.ndarray, fraction: float = 0.25) -> np.ndarray:
    """Share of the power at frequencies up to `fraction` of the highest along an axis (side/2)."""
    power, radius = power_spectrum(images)
    low = radius <= fraction * images.shape[-1] / 2
    return power[:, low].sum(axis=1) / power.sum(axis=1)


def spectral_flatness(images: np.ndarray) -> np.ndarray:
    """Geometric over arithmetic mean of the power: 1 for a flat spectrum, 0 for a single wave.

    The spectrum of one noise image scatters around its mean, so that white noise of one channel measures
    exp(-0.577) = 0.56: divide by the flatness of white noise of the same shape to have 1 for white noise.
    """
    power = np.maximum(power_spectrum(images)[0], np.finfo(float).tiny)
    return np.exp(np.log(power).mean(axis=1)) / power.mean(axis=1)


def entropy_rate_deficit(images: np.ndarray) -> np.ndarray:
    """How many nats a pixel a Gaussian field of this spectrum has less than white noise of the same variance.

    It is -log(flatness) / 2, after Kolmogorov's formula for the entropy rate.
    """
    return -np.log(spectral_flatness(images)) / 2
