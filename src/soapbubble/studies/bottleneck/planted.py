"""Two distributions of latent maps with known dependence between sites; each site has mean square about one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

if TYPE_CHECKING:
    from soapbubble.studies.bottleneck.inspection import Inspection


@dataclass(frozen=True)
class MapDistribution:
    """Maps = pattern + mixed factors + independent noise at each site."""

    pattern: np.ndarray  # (sites,), the same in every map
    mixing: np.ndarray  # (factors, sites), rows of unit length and orthogonal
    stds: tuple[float, float]  # standard deviation along each row of the mixing, and of the rest
    side: int

    def draw(self, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Maps (count, side, side), and the factors (count, factors) that determine their images."""
        noise = rng.standard_normal((count, len(self.pattern)))
        factors = rng.standard_normal((count, len(self.mixing)))
        along, rest = self.stds
        # Along the rows the maps hold nothing but the factors: an image can be decoded exactly.
        noise -= noise @ self.mixing.T @ self.mixing
        maps = self.pattern + along * factors @ self.mixing + rest * noise
        return maps.reshape(count, self.side, self.side), factors


def _mixing(cfg: Inspection, rng: np.random.Generator) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((cfg.side**2, cfg.factors)))[0].T


def smooth_independent(cfg: Inspection, rng: np.random.Generator) -> MapDistribution:
    """One smooth pattern in all maps; around it the sites are independent, with equal variance in all directions."""
    pattern = gaussian_filter(rng.standard_normal((cfg.side, cfg.side)), 1.5, mode="nearest").ravel()
    pattern = (pattern - pattern.mean()) / pattern.std()
    return MapDistribution(np.sqrt(1 - cfg.noise) * pattern, _mixing(cfg, rng), (np.sqrt(cfg.noise),) * 2, cfg.side)


def white_dependent(cfg: Inspection, rng: np.random.Generator) -> MapDistribution:
    """No pattern; a few factors in random directions, so that every map looks like noise and no site stands alone."""
    along = np.sqrt((1 - cfg.noise) * cfg.side**2 / cfg.factors + cfg.noise)
    return MapDistribution(np.zeros(cfg.side**2), _mixing(cfg, rng), (along, np.sqrt(cfg.noise)), cfg.side)


PLANTED: dict[str, Callable[[Inspection, np.random.Generator], MapDistribution]] = {
    "smooth, independent": smooth_independent,
    "white, dependent": white_dependent,
}
