"""Whether a latent has a location in the image: receptive field, shift equivariance, response to occlusion."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import torch
from pydantic import Field

from soapbubble.autoencoders.picture_cache import PictureCache
from soapbubble.autoencoders.pictures import Pictures
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import Encoder
from soapbubble.measuring.splits import first_of_each
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress


class Places(Part):
    """Receptive field of a latent, shift equivariance and response to occlusion."""

    seed: int = setting(20000, ge=0, doc="seed of the random numbers")
    # one of each original; 49 patches of each are occluded in turn
    images: int = setting(120, smoke=12, ge=2, doc="test images that are shifted and occluded, one an original")
    gradient_images: int = setting(30, smoke=6, ge=1, doc="of those, images at which gradients are taken")
    permutations: int = setting(20, smoke=3, ge=1, doc="permutations of the sites for the null")
    # 4 and 8 pixels
    shifts: list[Annotated[int, Field(ge=1, le=3)]] = setting(
        [1, 2], min_length=1, unit="sites", doc="shifts of the image"
    )

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=["grid-7x7x4", "dense-196"], memory_mb=1000)


GRID = 7
MIDDLE = (GRID // 2, GRID // 2)
CONVOLUTIONAL, DENSE = "grid-7x7x4", "dense-196"
OWN, PERMUTED = "own order", "permuted"


def measure(cfg: Places, lab: Lab) -> Outcome:
    """Receptive fields, shift equivariance and responses to occlusion, with convolutions and with dense layers.

    A replicate is a network with test images of its own. The vector of the dense one is cut into maps of the same size,
    row by row; the null is the mean over random permutations of the sites, each the same for all images and channels.
    """
    out = Outcome()
    cache = PictureCache(lab.models, lab.data["digits"])
    for name in (CONVOLUTIONAL, DENSE):
        model = lab.models[name]
        with torch.inference_mode():
            shape = model.network(0).encode(cache.of(name, 0).test[:1])[0].shape[2:]
        for axis, size in zip(("rows", "columns"), shape, strict=True):
            out.add("latent_shape", size, {"model": name, "axis": axis})
        for replicate in progress(model.replicates, f"locations of the latents of {name}"):
            network, images = model.network(replicate), _tested(cfg, cache.of(name, replicate))
            rng = np.random.default_rng((cfg.seed, replicate))
            gradient = gradient_map(network, images[: cfg.gradient_images], GRID, MIDDLE)
            # Where all digits are black a ReLU may hide a pixel that matters in other images.
            noise = torch.from_numpy(rng.standard_normal(images[: cfg.gradient_images].shape, dtype=np.float32))
            seen = (gradient > 0) | (gradient_map(network, noise, GRID, MIDDLE) > 0)
            response = occlusion_response(network, images, GRID)
            condition = {"model": name}
            out.add("receptive_field_fraction", seen.mean(), condition, replicate)
            orders = [rng.permutation(GRID**2) for _ in range(cfg.permutations)]
            own = np.arange(GRID**2)
            out.add("near_fraction", near_fraction(response), condition, replicate)
            for sites, tried in ((OWN, [own]), (PERMUTED, orders)):
                for far in cfg.shifts:
                    shifts = [shift_correlation(network, images, GRID, far, torch.from_numpy(it)) for it in tried]
                    out.add("shift_correlation", np.mean(shifts), condition | {"sites": sites, "shift": far}, replicate)
            if replicate == 0:
                out.picture(f"{name} gradient", gradient)
                out.picture(f"{name} response", response)
    out.picture("digit", _tested(cfg, cache.of(CONVOLUTIONAL, 0))[0, 0].numpy())
    return out


def _tested(cfg: Places, pictures: Pictures) -> torch.Tensor:
    """Test images, one an original."""
    return pictures.test[first_of_each(pictures.test_origin)[: cfg.images]]


def as_map(latents: torch.Tensor, grid: int) -> torch.Tensor:
    """Latents (n, c, h, w) as maps (n, channels, grid, grid) in row-major order; a vector is cut into such maps."""
    return latents.reshape(len(latents), -1, grid, grid)


def gradient_map(network: Encoder, images: torch.Tensor, grid: int, site: tuple[int, int]) -> np.ndarray:
    """Size of the gradient of the means at one site with respect to each pixel, mean over images: (side, side)."""
    images = images.clone().requires_grad_()
    means = as_map(network.encode(images)[0], grid)[:, :, site[0], site[1]]
    total = torch.zeros(images.shape[-2:])
    for channel in range(means.shape[1]):
        (gradient,) = torch.autograd.grad(means[:, channel].sum(), images, retain_graph=True)
        total += gradient.abs().mean(dim=(0, 1))
    return total.numpy()


def shifted(images: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    """Images (n, c, h, w) moved down and right (up and left if negative); what comes in is 0."""
    height, width = images.shape[-2:]
    moved = torch.zeros_like(images)
    down, up = max(rows, 0), max(-rows, 0)
    right, left = max(columns, 0), max(-columns, 0)
    moved[..., down : height - up, right : width - left] = images[..., up : height - down, left : width - right]
    return moved


@torch.inference_mode()
def shift_correlation(network: Encoder, images: torch.Tensor, grid: int, sites: int, order: torch.Tensor) -> float:
    """Correlation of the latents of moved images with the moved latents of the images, over four directions.

    `sites` is how far they move, in sites; `order` (grid²,) is the place that each site is taken to have. The mean of
    each latent over the images is removed on both sides, and sites that came in from outside are left out.
    """
    step = images.shape[-1] // grid * sites
    still = _ordered(network, images, grid, order)
    inside = torch.ones(1, 1, grid, grid)
    products = torch.zeros(3, dtype=torch.float64)
    for rows, columns in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        shifted_codes = _ordered(network, shifted(images, rows * step, columns * step), grid, order)
        expected = shifted(still, rows * sites, columns * sites)
        kept = shifted(inside, rows * sites, columns * sites)
        a, b = ((item - item.mean(dim=0)) * kept for item in (shifted_codes, expected))
        products += torch.stack([(a * b).sum(), a.square().sum(), b.square().sum()]).double()
    return float(products[0] / torch.sqrt(products[1] * products[2]))


def _ordered(network: Encoder, images: torch.Tensor, grid: int, order: torch.Tensor) -> torch.Tensor:
    maps = as_map(network.encode(images)[0], grid)
    return maps.flatten(2)[:, :, order].unflatten(2, (grid, grid))


@torch.inference_mode()
def occlusion_response(network: Encoder, images: torch.Tensor, grid: int) -> np.ndarray:
    """Change of the means at each site when the pixels of each site are blackened: (patch, site), both grid².

    Absolute changes, summed over channels, mean over the images that have ink in the patch; 0 where none has.
    """
    still = as_map(network.encode(images)[0], grid)
    side = images.shape[-1] // grid
    response = np.zeros((grid * grid, grid * grid))
    for patch in range(grid * grid):
        row, column = divmod(patch, grid)
        window = (..., slice(row * side, (row + 1) * side), slice(column * side, (column + 1) * side))
        has_ink = images[window].amax(dim=(1, 2, 3)) > 0
        if has_ink.any():
            occluded = images[has_ink].clone()
            occluded[window] = 0
            change = (as_map(network.encode(occluded)[0], grid) - still[has_ink]).abs().sum(dim=1)
            response[patch] = change.mean(dim=0).flatten().numpy()
    return response


def near_fraction(response: np.ndarray, distance: int = 1) -> float:
    """Fraction of an occlusion response (patch, site) at most `distance` rows and columns from the patch."""
    grid = round(len(response) ** 0.5)
    rows, columns = np.divmod(np.arange(grid * grid), grid)
    near = np.maximum(np.abs(rows[:, None] - rows), np.abs(columns[:, None] - columns)) <= distance
    return float(response[near].sum() / response.sum())
