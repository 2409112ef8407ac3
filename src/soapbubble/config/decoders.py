"""The study of untrained decoders."""

from __future__ import annotations

from pydantic import Field

from soapbubble.config.base import Block


class Structure(Block):
    """How far the pictures of untrained decoders are from noise, operator by operator."""

    seed: int = Field(ge=0)
    seeds: int = Field(ge=2, description="networks of each kind; the network is the unit of replication")
    latents: int = Field(ge=1, description="latents a network is shown")
    width: int = Field(ge=1, description="channels of a block")
    permutations: int = Field(ge=1, description="copies with shuffled pixels, shared out over a network's images")
    large_seeds: int = Field(ge=2, description="networks that print 256 x 256 pixels")
    large_latents: int = Field(ge=1, description="latents each of those is shown")


class Inputs(Block):
    """What the input of an untrained VAE contributes to its output."""

    seed: int = Field(ge=0)
    seeds: int = Field(ge=2, description="networks of each kind")
    images: int = Field(ge=2, description="noise images or latents a network is shown")
    latents: int = Field(ge=2, description="latents for the split into a fixed and a changing part of the output")
    recovery_train: int = Field(ge=130, description="outputs from which the way back to the latent is fitted")
    recovery_test: int = Field(ge=2, description="outputs on which it is judged")


class Generators(Block):
    """Generators of adversarial networks and other published decoders, before training."""

    seed: int = Field(ge=0)
    seeds: int = Field(ge=2, description="networks of each kind")
    latents: int = Field(ge=1, description="latents a network is shown")
    width: int = Field(ge=8, multiple_of=8, description="channels at the highest resolution")


class Theory(Block):
    """The Gaussian-process theory of wide networks against networks of finite width."""

    seed: int = Field(ge=0)
    widths: list[int] = Field(min_length=1, description="channels of a block")
    networks: int = Field(ge=2, description="networks of each width and kind")
    fields: int = Field(ge=1, description="output channels of a network, each a nearly independent field")
    small_networks: int = Field(ge=2, description="networks of each kind for predicted against measured")
    marginal_widths: list[int] = Field(min_length=2, description="channels for the law of one pixel")
    marginal_batches: int = Field(ge=2, description="batches of networks, each with its own latent")
    marginal_networks: int = Field(ge=50, description="networks in each batch")


class Factors(Block):
    """Which ingredient of a decoder makes the structure."""

    seed: int = Field(ge=0)
    designs: int = Field(ge=2, description="independent random designs, the unit of replication")
    cells: int = Field(ge=20, description="random decoders in each design")
    sobol_samples: int = Field(ge=100, description="points at which the fitted forest is asked")
    depth_seeds: int = Field(ge=2, description="networks of each number of doublings")
    depth_side: int = Field(ge=32, description="side of their images in pixels")
    map_seeds: int = Field(ge=2, description="networks of each activation and operator")
    size_seeds: int = Field(ge=2, description="networks of each width, and of each depth")
    widths: list[int] = Field(min_length=2, description="channels, for the effect of size")


class Cascade(Block):
    """Whether structure is a lucky meeting of weights and input."""

    seed: int = Field(ge=0)
    groups: int = Field(ge=2, description="independent tables of weights by latents, the unit of replication")
    networks: int = Field(ge=2, description="rows of a table")
    latents: int = Field(ge=2, description="columns of a table")
    resampled_networks: int = Field(ge=2, description="networks of which single layers are drawn anew")
    ladder_seeds: int = Field(ge=2, description="networks of each rung of the ladder of complexity")


class Decoders(Block):
    """Why does an untrained decoder print blobs, not noise?"""

    structure: Structure
    inputs: Inputs
    generators: Generators
    theory: Theory
    factors: Factors
    cascade: Cascade
