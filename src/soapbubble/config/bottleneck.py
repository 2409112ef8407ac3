"""The study `bottleneck`: why do fully convolutional VAEs sample badly and dense ones well?"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from soapbubble.config.autoencoders import Training
from soapbubble.config.base import Block


class Faults(Block):
    """Mistakes planted in training and in sampling, and proofs of the code without them."""

    seed: int = Field(ge=0)
    pictures: int = Field(ge=40, description="test pictures, and samples, that a distance compares")
    temperatures: list[Annotated[float, Field(gt=0)]] = Field(min_length=2, description="deviations of the latents")
    tests: int = Field(ge=20, description="tests of normality of each generator")
    test_vectors: int = Field(ge=10, description="latents in each test")
    proof_pictures: int = Field(ge=2, description="test pictures at which draws and divergence are proven")
    draws: int = Field(ge=10, description="draws of each of them")
    shown: int = Field(ge=1, description="samples in the figure")


Side = Annotated[int, Field(ge=8)]


class Canvas(Block):
    """Canvases of other sizes than the networks were trained on."""

    seed: int = Field(ge=0)
    sizes: list[tuple[Side, Side]] = Field(min_length=2, description="width and height in pixels")
    canvases: int = Field(ge=4, description="of the usual size; of larger ones fewer, with as many pixels in all")
    samples: int = Field(ge=40, description="samples from the prior whose windows are compared")
    shown: list[tuple[Side, Side]] = Field(min_length=1, description="sizes in the figure")


class Growth(Block):
    """The first steps of the trainings of the two main networks, repeated and watched."""

    seed: int = Field(ge=0)
    training: Training
    looks: list[int] = Field(min_length=2, description="steps at which samples are looked at")
    early: int = Field(ge=1, description="the look from which progress is counted")
    samples: int = Field(ge=40, description="samples, and test pictures, that a distance compares")
    known: int = Field(ge=40, description="training pictures, at most, whose far correlations are looked for")
    patch: int = Field(ge=2, le=14, description="side of a patch in pixels")
    patches: int = Field(ge=100, description="patches that a distance compares")
    shown: int = Field(ge=1, description="latents in the figure")

    @model_validator(mode="after")
    def _looks_in_training(self) -> Self:
        if self.looks[0] != 0 or self.early not in self.looks or self.looks[-1] > self.training.steps:
            raise ValueError("looks must begin at 0, hold `early` and end with training.steps at most")
        return self


class Samples(Block):
    """What each model prints from its prior, from a fitted law, from its codes, and of held-out digits."""

    seed: int = Field(ge=0)
    pictures: int = Field(ge=40, description="real test digits, and samples, that a distance compares")
    fitted: int = Field(ge=40, description="training pictures whose codes the fitted law rests on")
    floors: int = Field(ge=2, description="sets of training pictures for the distance of real from real")
    blocks: int = Field(ge=2, description="of pictures, the replicates of the gap between test and training loss")
    neighbours: int = Field(ge=1, description="of precision, recall, density and coverage")
    shown: int = Field(ge=1, description="pictures of each kind on the page of pictures")
    panel: int = Field(ge=2, le=6, description="samples along a side of the pair of panels")


class Causes(Block):
    """The law of the latents and the bottleneck, taken apart."""

    seed: int = Field(ge=0)
    pictures: int = Field(ge=40, description="real test digits, and samples, that a distance compares")
    fitted: int = Field(ge=40, description="training pictures whose codes the fitted laws rest on")
    components: int = Field(ge=1, description="Gaussians of the mixture")
    rank: int = Field(ge=1, description="principal components that the mixture and the second stage describe")
    steps: int = Field(ge=1, description="of training the second stage")
    directions: int = Field(ge=10, description="of the sliced distance between clouds of codes")
    resamples: int = Field(ge=10, description="of the pictures, for the part that chance among them has")


class Textures(Block):
    """The two main bottlenecks on patches of photographs."""

    seed: int = Field(ge=0)
    pictures: int = Field(ge=40, description="real patches, and samples, that a distance compares")
    fitted: int = Field(ge=40, description="patches whose codes the fitted laws rest on")
    components: int = Field(ge=2, description="principal components of the pixels in which distances are measured")
    shown: int = Field(ge=1, description="patches of each kind in the figure")


class Places(Block):
    """What one latent sees, what moves with it and what it answers to."""

    seed: int = Field(ge=0)
    pictures: int = Field(ge=2, description="test pictures that are moved and covered, one an original")
    gradients: int = Field(ge=1, description="of those, pictures at which gradients are taken")
    permutations: int = Field(ge=1, description="orders of the sites for the null")
    shifts: list[Annotated[int, Field(ge=1, le=3)]] = Field(min_length=1, description="moves, in sites")


class Maps(Block):
    """What can be seen in latent maps."""

    seed: int = Field(ge=0)
    train: int = Field(ge=40, description="originals that readers learn from")
    test: int = Field(ge=20, description="originals on which they are tested")
    tuned: int = Field(ge=20, description="training originals on which the way of looking at maps is chosen")
    candidates: int = Field(ge=2, le=20, description="pictures among which a map must find its own")
    permutations: int = Field(ge=1, description="orders of the sites for the null")
    matched_permutations: int = Field(ge=1, description="of those, orders that are also matched with pictures")
    penalty: float = Field(gt=0, description="weight of the squared coefficients of logistic regression, a share of n")
    shots: int = Field(ge=1, description="examples of each digit that a reader with little practice learns from")
    draws: int = Field(ge=2, description="drawings of those")


class Sites(Block):
    """Dependence between the sites of a code."""

    seed: int = Field(ge=0)
    train: int = Field(ge=60, description="originals whose codes dependence is learnt from")
    test: int = Field(ge=20, description="originals whose codes it is tested on")
    learnt: int = Field(ge=20, description="of the first, those from which one site is foretold by all others")
    probed: int = Field(ge=1, description="sites that are foretold")
    decoded: int = Field(ge=40, description="pictures whose codes are shuffled and decoded")


class Inspection(Block):
    """Planted latent maps: some that look alike all over but do not depend, some that look like noise but do."""

    seed: int = Field(ge=0)
    replicates: int = Field(ge=2, description="planted laws of each kind")
    decoders: int = Field(ge=2, description="of these, the laws for which a decoder is trained")
    side: int = Field(ge=3, description="sites a side of a map")
    factors: int = Field(ge=4, le=4, description="numbers that decide a picture: its place (two), length and direction")
    noise: float = Field(gt=0, lt=1, description="share of each site's variance that no other site shares")
    maps: int = Field(ge=100, description="maps, and pictures, in a set")
    permutations: int = Field(ge=19, description="shuffled copies of a map, against which it is tested")
    tested_maps: int = Field(ge=10, description="maps of each law that are tested one by one")
    pixels: int = Field(ge=8, description="pixels a side of a picture")
    width: int = Field(ge=1, description="units of a hidden layer of the decoder")
    steps: int = Field(ge=1, description="steps of its training")
    batch: int = Field(ge=1, description="codes in a step")
    rate: float = Field(gt=0, description="learning rate")
    components: int = Field(ge=2, description="principal components of the pictures in which distances are measured")
    shown: int = Field(ge=1, description="maps and pictures in the figure")


class LogN(Block):
    """A mixture of one Gaussian a picture against the prior, by rate and number of pictures."""

    seed: int = Field(ge=0)
    dimension: int = Field(ge=2, description="dimension of the synthetic mixtures")
    pictures: tuple[int, ...] = Field(min_length=1, description="components of the synthetic mixtures")
    shares: tuple[float, ...] = Field(min_length=3, description="rates, as multiples of the logarithm of that number")
    replicates: int = Field(ge=2, description="mixtures of each kind")
    draws: int = Field(ge=10, description="draws from each")
    models: tuple[str, ...] = Field(min_length=1, description="trained models of at most 1024 latents")
    batches: int = Field(ge=2, description="batches of draws from a trained model, the replicates")
    batch_draws: int = Field(ge=2, multiple_of=2, description="draws in a batch, in pairs mirrored at the mean")
    most_pictures: int = Field(ge=100, description="training pictures in a model's mixture, at most")


class Bottleneck(Block):
    """All parts of the study."""

    faults: Faults
    canvas: Canvas
    growth: Growth
    samples: Samples
    causes: Causes
    textures: Textures
    places: Places
    maps: Maps
    sites: Sites
    inspection: Inspection
    logn: LogN
