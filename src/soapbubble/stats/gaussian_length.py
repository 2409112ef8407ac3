"""The length of a vector of N independent standard normal components (the chi distribution)."""

from __future__ import annotations

import math


def mean_length(dimension: int) -> float:
    """⟨R⟩ = √2 Γ((N+1)/2) / Γ(N/2), in units of the components' standard deviation."""
    return math.sqrt(2) * math.exp(math.lgamma((dimension + 1) / 2) - math.lgamma(dimension / 2))


def length_sd(dimension: int) -> float:
    """sd(R), in units of the components' standard deviation."""
    return math.sqrt(dimension - mean_length(dimension) ** 2)
