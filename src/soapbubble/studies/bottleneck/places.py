"""Whether a latent has a place in the picture: what it can see, what moves with it, what it answers to."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import torch
from pydantic import Field

from soapbubble.autoencoders.pictures import Pictures
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress


class Places(Part):
    """What one latent sees, what moves with it and what it answers to."""

    seed: int = setting(20000, ge=0, doc="seed of the random numbers")
    # one of each original; 49 patches of each are covered in turn
    pictures: int = setting(120, smoke=12, ge=2, doc="test pictures that are moved and covered, one an original")
    gradients: int = setting(30, smoke=6, ge=1, doc="of those, pictures at which gradients are taken")
    permutations: int = setting(20, smoke=3, ge=1, doc="orders of the sites for the null")
    # 4 and 8 pixels
    shifts: list[Annotated[int, Field(ge=1, le=3)]] = setting([1, 2], min_length=1, doc="moves, in sites")

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=["grid-7x7x4", "dense-196"], memory_mb=1000)


GRID = 7
MIDDLE = (GRID // 2, GRID // 2)
CONVOLUTIONAL, DENSE = "grid-7x7x4", "dense-196"
OWN, PERMUTED = "own order", "permuted"


def measure(cfg: Places, lab: Lab) -> Outcome:
    """What one latent sees, what moves with it and what it answers to, with convolutions and with dense layers.

    A replicate is a network. The vector of the dense one is cut into maps of the same size, row by row; the null is the
    mean over random orders of the sites, each the same for all pictures and channels.
    """
    out = Outcome()
    arrays: dict[str, np.ndarray] = {}
    for name in (CONVOLUTIONAL, DENSE):
        model = lab.models[name]
        pictures = one_of_each(model.pictures(lab.data["digits"]))[: cfg.pictures]
        with torch.inference_mode():
            shape = model.network(0).encode(pictures[:1])[0].shape[1:]
        for axis, size in zip(("channels", "rows", "columns"), shape, strict=True):
            out.add("latent_shape", size, {"model": name, "axis": axis})
        for replicate in progress(model.replicates, f"places of the latents of {name}"):
            network = model.network(replicate)
            rng = np.random.default_rng((cfg.seed, replicate))
            gradient = gradient_map(network, pictures[: cfg.gradients], GRID, MIDDLE)
            # Where all digits are black a ReLU may hide a pixel that matters in other pictures.
            noise = torch.from_numpy(rng.standard_normal(pictures[: cfg.gradients].shape, dtype=np.float32))
            seen = (gradient > 0) | (gradient_map(network, noise, GRID, MIDDLE) > 0)
            response = occlusion_response(network, pictures, GRID)
            condition = {"model": name}
            out.add("support_share", seen.mean(), condition, replicate)
            out.add("gradient_radius", gradient_radius(gradient), condition, replicate, unit="pixels")
            orders = [rng.permutation(GRID**2) for _ in range(cfg.permutations)]
            own = np.arange(GRID**2)
            for sites, tried in ((OWN, [own]), (PERMUTED, orders)):
                placed = condition | {"sites": sites}
                out.add("near_share", np.mean([near_share(response, order) for order in tried]), placed, replicate)
                for far in cfg.shifts:
                    moved = [shift_correlation(network, pictures, GRID, far, torch.from_numpy(it)) for it in tried]
                    out.add("shift_correlation", np.mean(moved), placed | {"shift": far}, replicate)
            if replicate == 0:
                arrays |= {f"{name}-gradient": gradient, f"{name}-response": response}
    out.figure("bottleneck-places", picture=pictures[0, 0].numpy(), **arrays)
    return out


def one_of_each(pictures: Pictures) -> torch.Tensor:
    """One test picture of each original: copies of an original are not independent."""
    _, first = np.unique(pictures.test_origin, return_index=True)
    return pictures.test[torch.from_numpy(first)]


def as_map(latents: torch.Tensor, grid: int) -> torch.Tensor:
    """Latents (n, c, h, w) as maps (n, channels, grid, grid) in row-major order; a vector is cut into such maps."""
    return latents.reshape(len(latents), -1, grid, grid)


def gradient_map(network: AutoencoderNet, pictures: torch.Tensor, grid: int, site: tuple[int, int]) -> np.ndarray:
    """Size of the gradient of the means at one site with respect to each pixel, mean over pictures: (side, side)."""
    pictures = pictures.clone().requires_grad_()
    means = as_map(network.encode(pictures)[0], grid)[:, :, site[0], site[1]]
    total = torch.zeros(pictures.shape[-2:])
    for channel in range(means.shape[1]):
        (gradient,) = torch.autograd.grad(means[:, channel].sum(), pictures, retain_graph=True)
        total += gradient.abs().mean(dim=(0, 1))
    return total.numpy()


def gradient_radius(gradient: np.ndarray) -> float:
    """Root mean square distance, in pixels, of the squared gradient (side, side) from its centre of mass."""
    weight = gradient.astype(np.float64) ** 2
    weight /= weight.sum()
    rows, columns = np.indices(gradient.shape)
    row, column = (weight * rows).sum(), (weight * columns).sum()
    return float(np.sqrt((weight * ((rows - row) ** 2 + (columns - column) ** 2)).sum()))


def shifted(images: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    """Images (n, c, h, w) moved down and right (up and left if negative); what comes in is 0."""
    height, width = images.shape[-2:]
    moved = torch.zeros_like(images)
    down, up = max(rows, 0), max(-rows, 0)
    right, left = max(columns, 0), max(-columns, 0)
    moved[..., down : height - up, right : width - left] = images[..., up : height - down, left : width - right]
    return moved


@torch.inference_mode()
def shift_correlation(
    network: AutoencoderNet, pictures: torch.Tensor, grid: int, sites: int, order: torch.Tensor
) -> float:
    """Correlation of the latents of moved pictures with the moved latents of the pictures, over four directions.

    `sites` is how far they move, in sites; `order` (grid²,) is the place that each site is taken to have. The mean of
    each latent over the pictures is removed on both sides, and sites that came in from outside are left out.
    """
    step = pictures.shape[-1] // grid * sites
    still = _ordered(network, pictures, grid, order)
    inside = torch.ones(1, 1, grid, grid)
    products = torch.zeros(3, dtype=torch.float64)
    for rows, columns in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        seen = _ordered(network, shifted(pictures, rows * step, columns * step), grid, order)
        expected = shifted(still, rows * sites, columns * sites)
        kept = shifted(inside, rows * sites, columns * sites)
        a, b = ((item - item.mean(dim=0)) * kept for item in (seen, expected))
        products += torch.stack([(a * b).sum(), a.square().sum(), b.square().sum()]).double()
    return float(products[0] / torch.sqrt(products[1] * products[2]))


def _ordered(network: AutoencoderNet, pictures: torch.Tensor, grid: int, order: torch.Tensor) -> torch.Tensor:
    maps = as_map(network.encode(pictures)[0], grid)
    return maps.flatten(2)[:, :, order].unflatten(2, (grid, grid))


@torch.inference_mode()
def occlusion_response(network: AutoencoderNet, pictures: torch.Tensor, grid: int) -> np.ndarray:
    """Change of the means at each site when the pixels of each site are blackened: (patch, site), both grid².

    Absolute changes, summed over channels, mean over the pictures that have ink in the patch; 0 where none has.
    """
    still = as_map(network.encode(pictures)[0], grid)
    side = pictures.shape[-1] // grid
    response = np.zeros((grid * grid, grid * grid))
    for patch in range(grid * grid):
        row, column = divmod(patch, grid)
        window = (..., slice(row * side, (row + 1) * side), slice(column * side, (column + 1) * side))
        inked = pictures[window].amax(dim=(1, 2, 3)) > 0
        if inked.any():
            covered = pictures[inked].clone()
            covered[window] = 0
            change = (as_map(network.encode(covered)[0], grid) - still[inked]).abs().sum(dim=1)
            response[patch] = change.mean(dim=0).flatten().numpy()
    return response


def near_share(response: np.ndarray, order: np.ndarray, reach: int = 1) -> float:
    """Share of an occlusion response (patch, site) at most `reach` rows and columns from the patch.

    `order` (sites,) names the site that is taken to lie at each place.
    """
    grid = round(len(order) ** 0.5)
    rows, columns = np.divmod(np.arange(grid * grid), grid)
    near = np.maximum(np.abs(rows[:, None] - rows), np.abs(columns[:, None] - columns)) <= reach
    return float(response[:, order][near].sum() / response.sum())
