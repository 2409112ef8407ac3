"""The length of a vector of N independent standard normal components (the chi distribution)."""

from __future__ import annotations

import math

from scipy.special import poch


def mean_length(dimension: int) -> float:
    """⟨R⟩ = √2 Γ((N+1)/2) / Γ(N/2), in units of the components' standard deviation."""
    return math.sqrt(2) * float(poch(dimension / 2, 0.5))


def length_sd(dimension: int) -> float:
    """sd(R), in units of the components' standard deviation."""
    return math.sqrt(dimension - mean_length(dimension) ** 2)
