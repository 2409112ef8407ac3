"""The study of untrained decoders."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from soapbubble.config.base import Block

Upsampling = Literal["nearest", "bilinear", "bicubic", "transposed", "transposed3", "pixelshuffle"]
Norm = Literal["none", "batch", "group", "instance", "layer"]
Init = Literal["default", "he", "xavier", "orthogonal", "small"]
Bias = Literal["zero", "default", "normal"]


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
    single_pairs: int = Field(ge=2, description="networks with one latent each, to count how often structure fails")
    single_seed: int = Field(ge=0, description="seed of the first of these networks")
    resampled_networks: int = Field(ge=2, description="networks of which single layers are drawn anew")
    ladder_seeds: int = Field(ge=2, description="networks of each rung of the ladder of complexity")


class Outlines(Block):
    """Pictures through untrained encoder and decoder: which outlines survive, and what drowns them."""

    seed: int = Field(ge=0, description="first seed of the networks; each network has the next one")
    seeds: int = Field(ge=2, description="networks of each kind, the replicates")
    images: int = Field(ge=4, description="pictures that are sent through each network, and told apart afterwards")
    side: int = Field(ge=16, description="side of the pictures in pixels; a multiple of two to the power of blocks")
    width: int = Field(ge=1, description="channels of every layer and of the latent grid")
    upsampling: tuple[Upsampling, ...] = Field(min_length=1, description="ways of upsampling; the first is shown")
    blocks: tuple[int, ...] = Field(min_length=1, description="numbers of halvings and doublings of the side")
    norms: tuple[Norm, ...] = Field(min_length=1, description="normalisations in encoder and decoder")
    noise: tuple[float, ...] = Field(
        min_length=2, description="multiples of the latents' noise, from 0 (the mean) to 1 (a sample)"
    )
    pool: int = Field(ge=1, description="edge maps are averaged over squares of so many pixels")
    filter_side: int = Field(ge=1, description="side in pixels of the linear filter from picture to output; odd")
    draws: int = Field(ge=2, description="draws of the latents that are averaged")
    draw_images: int = Field(ge=2, description="pictures for which many draws are made")
    shown: int = Field(ge=1, description="pictures of each dataset in the figure")


class Bottleneck(Block):
    """Pictures through a grid of latents, a dense layer, shuffled latent sites, and shortcuts."""

    seed: int = Field(ge=0, description="first seed of the networks")
    seeds: int = Field(ge=2, description="networks of each kind, the replicates")
    images: int = Field(ge=4, description="pictures that are sent through each network")
    side: int = Field(ge=16, description="side of the pictures in pixels")
    blocks: int = Field(ge=1, description="halvings and doublings of the side")
    width: int = Field(ge=1, description="channels of every layer")
    latent_channels: int = Field(ge=1, description="channels of the latent grid; few, so that dense layers fit")
    pool: int = Field(ge=1, description="edge maps are averaged over squares of so many pixels")
    shown: int = Field(ge=1, description="pictures in the figure")


class Semantics(Block):
    """Untrained outputs seen by a small classifier of digits."""

    seed: int = Field(ge=0, description="first seed of the classifiers and of the networks")
    steps: int = Field(ge=1, description="training steps of a classifier")
    batch: int = Field(ge=1, description="digits in a training step")
    rate: float = Field(gt=0, description="learning rate of a classifier")
    upsampling: tuple[Upsampling, ...] = Field(min_length=1, description="kinds of untrained decoders")
    blocks: int = Field(ge=1, description="doublings of the side")
    width: int = Field(ge=1, description="channels of every layer and of the latent grid")
    batches: int = Field(
        ge=2, description="replicates, each with a classifier, held-out digits and networks of its own"
    )
    networks: int = Field(ge=2, description="networks in a set")
    latents: int = Field(ge=2, description="pictures from each network")
    shown: int = Field(ge=1, description="pictures of each kind in the figure")


class Quality(Block):
    """Small VAEs with decoders of one size and many kinds: does the untrained output tell which trains best?"""

    seed: int = Field(ge=0, description="first seed of the networks and of the training")
    seeds: int = Field(ge=1, description="trainings of each kind")
    side: int = Field(ge=16, description="side of the pictures in pixels; 4 times a power of two")
    latent_channels: int = Field(ge=1, description="length of the latent vector")
    encoder_width: int = Field(ge=1, description="channels of the encoder, the same for all kinds")
    parameters: int = Field(ge=100, description="size of the decoder, which the width is chosen to meet")
    upsampling: tuple[Upsampling, ...] = Field(min_length=2, description="ways of upsampling")
    kernels: tuple[int, ...] = Field(min_length=1, description="sides of the kernels; odd")
    norms: tuple[Norm, ...] = Field(min_length=1, description="normalisations")
    networks: int = Field(ge=2, description="untrained networks of each kind that are measured")
    latents: int = Field(ge=2, description="outputs of each untrained network")
    steps: int = Field(ge=1, description="training steps")
    batch: int = Field(ge=1, description="pictures in a training step")
    rate: float = Field(gt=0, description="learning rate")


class Initialisation(Block):
    """One decoder, many ways of drawing its first weights: does the untrained output tell which can be trained?"""

    seed: int = Field(ge=0, description="first seed of the networks and of the training")
    seeds: int = Field(ge=1, description="trainings of each way")
    side: int = Field(ge=16, description="side of the pictures in pixels; 4 times a power of two")
    width: int = Field(ge=1, description="channels of every layer")
    latent_channels: int = Field(ge=1, description="length of the latent vector")
    inits: tuple[Init, ...] = Field(min_length=1, description="families of initialisers")
    gains: tuple[float, ...] = Field(min_length=2, description="factors on every weight of the decoder")
    biases: tuple[Bias, ...] = Field(min_length=1, description="laws of the biases")
    latents: int = Field(ge=2, description="outputs of each untrained network")
    steps: int = Field(ge=1, description="training steps")
    batch: int = Field(ge=1, description="pictures in a training step")
    rate: float = Field(gt=0, description="learning rate")


class Observer(Block):
    """A small network that has to tell untrained outputs from copies without their pattern."""

    seed: int = Field(ge=0, description="first seed of the networks, and seed of the observer")
    train: int = Field(ge=2, description="networks whose outputs the observer learns from")
    test: int = Field(ge=2, description="other networks, on whose outputs it is tested: the trials")
    upsampling: tuple[Upsampling, ...] = Field(min_length=1, description="kinds of untrained decoders")
    blocks: int = Field(ge=1, description="doublings of the side")
    width: int = Field(ge=1, description="channels of every layer and of the latent grid")
    latent_size: int = Field(ge=2, description="side of the latent grid")
    field_length: float = Field(gt=0, description="correlation length in pixels of the control field")
    crop: int = Field(ge=8, description="side in pixels of what the observer sees")
    steps: int = Field(ge=1, description="training steps of the observer")
    batch: int = Field(ge=1, description="pairs in a training step")
    rate: float = Field(gt=0, description="learning rate of the observer")


class PriorArt(Block):
    """One observation of each of six papers on random networks, repeated in miniature."""

    seed: int = Field(ge=0, description="first seed of the networks")
    replicates: int = Field(ge=2, description="networks, sets of networks or photographs, the replicates")
    fit_side: int = Field(ge=16, multiple_of=8, description="side in pixels of the pictures that are fitted")
    fit_width: int = Field(ge=1, description="channels of the decoders that are fitted")
    fit_steps: int = Field(ge=2, description="steps of fitting")
    fit_rate: float = Field(gt=0, description="learning rate of fitting")
    fit_goal: float = Field(gt=0, lt=1, description="share of the variance left unexplained that counts as fitted")
    narrow: int = Field(ge=1, description="channels of a narrow network")
    wide: int = Field(ge=2, description="channels of a wide network")
    networks: int = Field(ge=10, description="networks in a set, of which a law of pixels is estimated")
    dense_width: int = Field(ge=10, description="units of a layer of the dense networks")
    dense_networks: int = Field(ge=1, description="dense networks in a replicate")
    depth: int = Field(ge=2, description="layers of the dense networks")
    start: float = Field(gt=0, lt=1, description="correlation of the two inputs")
    ordered: float = Field(gt=0, description="variance of the weights (times fan-in) that pulls inputs together")
    chaotic: float = Field(gt=0, description="variance of the weights (times fan-in) that drives inputs apart")
    bias_variance: float = Field(ge=0, description="variance of the biases of the dense networks")


class Decoders(Block):
    """Why does an untrained decoder print blobs, not noise?"""

    structure: Structure
    inputs: Inputs
    generators: Generators
    theory: Theory
    factors: Factors
    cascade: Cascade
    outlines: Outlines
    bottleneck: Bottleneck
    semantics: Semantics
    observer: Observer
    quality: Quality
    initialisation: Initialisation
    priorart: PriorArt
