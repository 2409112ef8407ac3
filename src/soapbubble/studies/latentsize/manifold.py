"""Can a nonlinear decoder represent a manifold? Two toy manifolds with a known answer: a circle and a swiss roll."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy.spatial import cKDTree
from scipy.special import ndtr, ndtri
from torch import nn
from torch.nn import functional

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.pca import principal_components
from soapbubble.measuring.training import cosine_decay, fit
from soapbubble.models.initialise import seeded
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.jacobian_rank import rank


class Manifold(Part):
    """Whether a nonlinear decoder can represent a manifold: a circle and a swiss roll."""

    seed: int = setting(21000, ge=0, doc="seed of the random numbers")
    # they differ by a tenth
    replicates: int = setting(5, smoke=2, ge=2, doc="decoders fitted to each manifold")
    width: int = setting(48, ge=1, doc="units of a hidden layer")
    # the distance is then a few per cent of the radius
    steps: int = setting(1500, smoke=60, ge=1, doc="steps of fitting")
    batch_size: int = setting(128, ge=1, doc="points of the manifold in a step")
    lr: float = setting(0.01, gt=0, doc="initial learning rate of Adam; it decays along a cosine")
    # 60 x 240 points, 2 % of the radius apart
    grid: int = setting(
        60, smoke=20, ge=10, doc="points along the shorter side of the sheet, on which distances are measured"
    )
    points: int = setting(200, smoke=20, ge=2, doc="latents at which the rank is taken")
    shown: int = setting(1000, smoke=100, ge=10, doc="points in the figure")

    def reads(self) -> Reads:
        return Reads(memory_mb=600)


Surface = Callable[[np.ndarray], np.ndarray]

REACH = 3.3  # std to which distances are measured: 999 of 1000 draws


def measure(cfg: Manifold, lab: Lab) -> Outcome:
    """Hausdorff distance of affine and nonlinear decoders from a manifold, and the rank of the latter's Jacobian.

    A replicate is a network with random first weights. Lengths are in units of the data's root-mean-square radius.
    """
    out = Outcome()
    shapes = {"circle": (circle, (cfg.grid**2,)), "swiss roll": (swiss_roll, (4 * cfg.grid, cfg.grid))}
    for name, (surface, shape) in shapes.items():
        latents = normal_grid(shape)
        target = surface(latents)
        where = {"data": name}
        affine = affine_decode(target, latents.shape[1])
        out.add("hausdorff_distance", hausdorff(affine, target), {**where, "decoder": "affine"})
        for seed in progress(range(cfg.replicates), f"{name}: decoders"):
            rng = np.random.default_rng((cfg.seed, seed))
            decoder = fitted(cfg, surface, latents.shape[1], seed, rng)
            with torch.inference_mode():
                decoded = decoder(torch.from_numpy(latents)).numpy()
            jacobians = _jacobians(decoder, rng.standard_normal((cfg.points, latents.shape[1])))
            out.add("hausdorff_distance", hausdorff(decoded, target), {**where, "decoder": "nonlinear"}, seed)
            full = np.mean(rank(jacobians) == latents.shape[1])
            out.add("full_rank_share", full, where, seed, "proportion", cfg.points)
            if seed == 0:
                some = rng.permutation(len(target))[: cfg.shown]
                for kind, points in {
                    "data": target,
                    "affine": affine,
                    "nonlinear": decoded,
                    "latents": latents,
                }.items():
                    out.picture(f"{name}, {kind}", points[some])
    return out


def normal_grid(shape: tuple[int, ...]) -> np.ndarray:
    """Latents (product of `shape`, axes) on a grid, at evenly spaced quantiles of a standard normal distribution."""
    axes = [ndtri(np.linspace(ndtr(-REACH), ndtr(REACH), count)) for count in shape]
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)


def circle(latents: np.ndarray) -> np.ndarray:
    """The unit circle (n, 2), once round for one normal latent (n, 1)."""
    angle = 2 * np.pi * ndtr(latents[:, 0])
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def swiss_roll(latents: np.ndarray) -> np.ndarray:
    """A sheet rolled up one and a half times (n, 3), two normal latents (n, 2); root-mean-square radius about 1.

    The usual swiss roll: radius equal to the angle, from 1.5 pi to 4.5 pi.
    """
    angle = 1.5 * np.pi + 3 * np.pi * ndtr(latents[:, 0])
    width = 20 * (ndtr(latents[:, 1]) - 0.5)
    return np.stack([angle * np.cos(angle), width, angle * np.sin(angle)], axis=1) / 11.5


def affine_decode(target: np.ndarray, dimension: int) -> np.ndarray:
    """The points (n, k) of the best affine image of so many latents: the projections on the principal plane."""
    components = principal_components(target, dimension)
    return components.points(components.scores(target))


def hausdorff(a: np.ndarray, b: np.ndarray) -> float:
    """The largest distance from a point of either set to the nearest of the other, over the radius of `b`."""
    reach = max(cKDTree(b).query(a)[0].max(), cKDTree(a).query(b)[0].max())
    return float(reach / np.sqrt(np.square(b - b.mean(axis=0)).sum(axis=1).mean()))


def fitted(cfg: Manifold, surface: Surface, dimension: int, seed: int, rng: np.random.Generator) -> nn.Sequential:
    """A smooth (tanh) decoder fitted to a surface whose coordinates are its latents, in double precision."""
    out_dimension = surface(np.zeros((1, dimension))).shape[1]
    with seeded(cfg.seed + seed):
        decoder = nn.Sequential(
            nn.Linear(dimension, cfg.width),
            nn.Tanh(),
            nn.Linear(cfg.width, cfg.width),
            nn.Tanh(),
            nn.Linear(cfg.width, out_dimension),
        )

    def loss(step: int) -> torch.Tensor:
        latents = rng.uniform(-REACH, REACH, (cfg.batch_size, dimension))
        target = torch.from_numpy(surface(latents)).float()
        return functional.mse_loss(decoder(torch.from_numpy(latents).float()), target)

    fit(decoder.parameters(), loss, cfg.steps, cosine_decay(cfg.lr, cfg.steps), fused=False)
    return decoder.double()


def _jacobians(decoder: nn.Module, latents: np.ndarray) -> np.ndarray:
    """Derivatives (n, out, in) at each of the latents (n, in)."""
    return torch.func.vmap(torch.func.jacfwd(decoder))(torch.from_numpy(latents)).detach().numpy()
