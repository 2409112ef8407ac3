"""The length R of a vector whose N components are independent and uniform on [-b, b): exact values and approximations.

Everything scales with b, so lengths are given in units of b.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erf

SERIES_BELOW = 0.5  # where 1 - g(u) loses digits
SERIES_TERMS = 16  # of size below 1e-19 there
ERF_IS_ONE = 6.5  # from here on erf(u) is 1 in double precision
NODES = 48  # Gauss nodes in a panel; each panel spans a factor of two


def mean_square(dimension: int) -> float:
    """⟨R²⟩ / b² = N/3."""
    return dimension / 3


def fourth_moment(dimension: int) -> float:
    """⟨R⁴⟩ / b⁴ = N/5 + N²/9 - N/9."""
    return dimension / 5 + dimension**2 / 9 - dimension / 9


def square_variance(dimension: int) -> float:
    """Var(R²) / b⁴ = 4N/45."""
    return 4 * dimension / 45


def mean_length(dimension: int) -> float:
    """⟨R⟩ / b, to about 13 digits, from an integral over one variable.

    √s = (2√π)⁻¹ ∫ (1 - exp(-st)) t^(-3/2) dt makes the components factors of one another, so that with t = u² and
    g(u) = ⟨exp(-u²x²)⟩ = √π erf(u) / (2u)

        ⟨R⟩ = π^(-1/2) ∫ (1 - g(u)^N) / u² du.

    The integral is taken by Gauss quadrature up to u = 6.5, on panels that double in size from the scale N^(-1/2) on
    which g^N falls; beyond, erf(u) = 1 and it is elementary.
    """
    end = ERF_IS_ONE
    first = min(1.0, 1 / math.sqrt(dimension))
    doublings = math.ceil(math.log2(end / first))
    edges = np.concatenate([[0.0], end * 0.5 ** np.arange(doublings, -1, -1)])
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    halves = np.diff(edges)[:, None] / 2
    u = edges[:-1, None] + halves * (1 + nodes)
    inner = float(np.sum(halves * weights * _missing_factor(u, dimension) / u**2))
    outer = 1 / end - (math.sqrt(math.pi) / 2) ** dimension * end ** -(dimension + 1) / (dimension + 1)
    return (inner + outer) / math.sqrt(math.pi)


def _missing_factor(u: np.ndarray, dimension: int) -> np.ndarray:
    """1 - g(u)^N without cancellation at small u, where 1 - g is summed as a series."""
    short = np.zeros_like(u)  # g(u) - 1
    term = np.ones_like(u)
    for k in range(1, SERIES_TERMS + 1):
        term = term * -(u**2) / k
        short += term / (2 * k + 1)
    direct = math.sqrt(math.pi) * erf(u) / (2 * u) - 1
    return -np.expm1(dimension * np.log1p(np.where(u < SERIES_BELOW, short, direct)))


def mean_length_closed(dimension: int) -> float:
    """⟨R⟩ / b for N = 1, 2, 3, where the integral is elementary."""
    return {
        1: 0.5,
        2: (math.sqrt(2) + math.asinh(1)) / 3,
        3: math.sqrt(3) / 4 + math.log(2 + math.sqrt(3)) / 2 - math.pi / 24,
    }[dimension]


def length_cv(dimension: int) -> float:
    """sd(R) / ⟨R⟩, from the exact mean and mean square."""
    return math.sqrt(mean_square(dimension) / mean_length(dimension) ** 2 - 1)


def length_sd(dimension: int) -> float:
    """sd(R) / b."""
    return length_cv(dimension) * mean_length(dimension)


def mean_length_series(dimension: int) -> float:
    """⟨R⟩ / b to second order in 1/N.

    With R² = ⟨R²⟩(1 + ε), ⟨√(1 + ε)⟩ = 1 - κ₂/8 + κ₃/16 - 5·3κ₂²/128 + ..., where κ₂ = 4/(5N) and κ₃ = 16/(35N²).
    """
    n = dimension
    return math.sqrt(n / 3) * (1 - 1 / (10 * n) - 13 / (280 * n**2))


def rms_length(dimension: int) -> float:
    """√⟨R²⟩ / b, which the source takes for the mean length."""
    return math.sqrt(mean_square(dimension))


def mean_length_corrected(dimension: int, coefficient: float, second: float = 0.0) -> float:
    """√(N/3) (1 + coefficient/N + second/N²)^(-1/2), the form of the source's better approximation (1/4, 0)."""
    return rms_length(dimension) / math.sqrt(1 + coefficient / dimension + second / dimension**2)


def plain_cv(dimension: int) -> float:
    """√(1/(5N)), the source's relative spread."""
    return math.sqrt(1 / (5 * dimension))


def refined_cv(dimension: int) -> float:
    """√(1/(5N)) / (1 + 1/(4N)), the source's refinement."""
    return plain_cv(dimension) / (1 + 1 / (4 * dimension))


def corrected_cv(dimension: int) -> float:
    """√(1/(5N)) (1 + 43/(140N)), the first correction that the series of the mean implies."""
    return plain_cv(dimension) * (1 + 43 / (140 * dimension))


def ball_share(dimension: int, radius: float = 1.0) -> float:
    """P(R < radius·b) for radius ≤ 1: the volume of that ball over the volume of the cube."""
    if radius > 1:
        raise ValueError("a ball wider than the cube is cut by its faces")
    log_share = (dimension / 2) * math.log(math.pi / 4) - math.lgamma(dimension / 2 + 1) + dimension * math.log(radius)
    return math.exp(log_share)
