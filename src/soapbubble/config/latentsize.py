"""The study `latentsize`: why can a VAE with a huge latent space not be sampled?"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from soapbubble.config.base import Block


class Manifold(Block):
    """Whether a decoder that is not affine can print a manifold: a circle and a rolled-up sheet."""

    seed: int = Field(ge=0)
    seeds: int = Field(ge=2, description="decoders of each kind, the replicates")
    width: int = Field(ge=1, description="units of a hidden layer")
    steps: int = Field(ge=1, description="steps of fitting")
    batch: int = Field(ge=1, description="points of the surface in a step")
    rate: float = Field(gt=0, description="first learning rate; it falls along a cosine")
    grid: int = Field(ge=10, description="points along the shorter side of the sheet, on which distances are measured")
    points: int = Field(ge=2, description="latents at which the rank is taken")
    draws: int = Field(ge=10, description="latents drawn, whose decodes give the intrinsic dimension")
    shown: int = Field(ge=10, description="points in the figure")


class Dimensions(Block):
    """Prior samples against the number of latents, at equal weight of the divergence and at equal rate."""

    seed: int = Field(ge=0)
    pictures: int = Field(ge=20, description="real pictures and samples in every Frechet distance")
    coded: int = Field(ge=2, description="training pictures whose codes give the rate")
    neighbours: int = Field(ge=1, description="neighbours that set the width of the balls around real pictures")
    arms: dict[str, list[str]] = Field(description="models that differ in the number of latents only")
    slope_from: int = Field(ge=1, description="fewest latents among the models of a slope")
    slope_to: int = Field(ge=2, description="most latents; larger models have fewer seeds")
    sweeps: dict[str, list[str]] = Field(description="models that differ in the weight of the divergence only")

    @property
    def models(self) -> list[str]:
        """All models of the part, each once."""
        named = [*self.arms.values(), *self.sweeps.values()]
        return sorted({name for names in named for name in names})


class Critic(Block):
    """A network that tells digits from broken digits."""

    seed: int = Field(ge=0)
    digits: int = Field(ge=10, description="training originals that it learns from")
    steps: int = Field(ge=1)
    batch: int = Field(ge=1, description="whole digits a step, and as many broken ones")
    rate: float = Field(gt=0, description="first learning rate; it falls to zero")
    blurs: list[float] = Field(min_length=1, description="pixels by which pictures are blurred, in equal shares")
    accepted: float = Field(gt=0, lt=1, description="share of unseen real digits that it accepts")


class Ladder(Block):
    """Laws of the latents, from the prior step by step to the codes of real pictures, through frozen decoders."""

    seed: int = Field(ge=0)
    pictures: int = Field(ge=20, description="real pictures and samples in every Frechet distance")
    fitted: int = Field(ge=20, description="training pictures to whose codes the laws are fitted, one an original")
    fitted_large: int = Field(ge=20, description="the same for models with more than `large` latents")
    large: int = Field(ge=1, description="latents above which codes are too long to keep many")
    rank: int = Field(ge=1, description="directions of the low-rank covariance, of the mixture and of the second stage")
    components: int = Field(ge=2, description="Gaussians of the mixture")
    steps: int = Field(ge=1, description="training steps of the second stage")
    critic: Critic
    neighbours: int = Field(ge=1, description="neighbours that set the width of the balls around real pictures")
    patch: int = Field(ge=2, description="pixels a side of the patches for the local look")
    patches: int = Field(ge=100, description="patches in every distance")
    tile: int = Field(ge=2, description="pixels a side of the tiles of the shuffled control")
    models: list[str] = Field(description="models whose decoders are sampled")
    longer: dict[str, str] = Field(description="for some of them, the same model trained for longer")
    shown: int = Field(ge=1, description="pictures of each kind in the figure")


class Rotation(Block):
    """Whether codes look standard normal axis by axis, and along the axes in which they are widest."""

    seed: int = Field(ge=0)
    pictures: int = Field(ge=20, description="training pictures, one an original, whose codes are tested")
    pictures_large: int = Field(ge=20, description="the same for models with more than `large` latents")
    large: int = Field(ge=1)
    axes: int = Field(ge=1, description="coordinates that are tested one by one; all if there are fewer")
    rank: int = Field(ge=1, description="wide directions that are looked for")
    directions: int = Field(ge=1, description="random projections of the sliced distance")
    models: list[str]


class Supports(Block):
    """Where the mixture of the training pictures' codes and the prior put their mass."""

    seed: int = Field(ge=0)
    components: int = Field(ge=20, description="training pictures in the mixture")
    components_large: int = Field(ge=20, description="the same for models with more than `large` latents")
    large: int = Field(ge=1)
    piece: int = Field(ge=1, description="pictures encoded at a time")
    draws: int = Field(ge=20, description="draws from the prior and from the other laws")
    draws_large: int = Field(ge=20)
    held_out: int = Field(ge=20, description="test pictures, one an original, to whose codes laws are fitted")
    rank: int = Field(ge=1)
    mixture: int = Field(ge=2, description="Gaussians of the mixture fitted to held-out codes")
    critic: Critic
    edge: float = Field(gt=0, lt=0.5, description="share of a bubble's own draws that lies outside it by definition")
    pairs: int = Field(ge=2, description="pictures whose bubbles are compared with the prior")
    theory_rates: list[float] = Field(description="rates over log(components) of the theory")
    theory_draws: int = Field(ge=2)
    models: list[str]
    outside: list[str] = Field(description="models for which samples outside all bubbles are looked at")
    bubbles: list[str] = Field(description="models whose bubbles are drawn")
    shown: int = Field(ge=10, description="points of each law in the figure")


class RunLength(Block):
    """The arithmetic of the thread: the size of its latent space, and its string coded by runs."""

    seed: int = Field(ge=0)
    picture: int = Field(ge=1, description="pixels a side of a digit")
    canvas: Literal[28, 32] = Field(description="pixels a side of the canvas it is framed in")
    grid: int = Field(ge=1, description="cells a side of the latent")
    channels: int = Field(ge=1, description="latents a cell")
    strings: int = Field(ge=100, description="random strings that are coded and decoded")
    runs: int = Field(ge=1, description="runs of the longest of them")
    mean_runs: tuple[float, ...] = Field(min_length=2, description="mean lengths of their runs")
    batch_strings: int = Field(
        ge=1, description="such strings in a batch, of which the mean length of the code is taken"
    )
    batches: int = Field(ge=2, description="batches for each law of runs, the replicates")


class Bubbles(Block):
    """Lengths of Gaussian vectors, and how far a shifted Gaussian overlaps with the prior."""

    seed: int = Field(ge=0)
    dimensions: tuple[int, ...] = Field(min_length=3, description="dimensions in which vectors are drawn")
    numbers: int = Field(ge=10_000, description="random numbers that each dimension may cost")
    most_vectors: int = Field(ge=100, description="at most so many vectors in each dimension")
    fewest_vectors: int = Field(ge=100, description="at least so many vectors in each dimension")
    batches: int = Field(ge=2, description="batches they are drawn in, the replicates")
    directions: int = Field(ge=1, description="orthogonal directions in which the Gaussian is shifted, at most")
    simulated_rates: tuple[float, ...] = Field(min_length=1, description="rates in nats at which overlap is simulated")
    rates: tuple[float, ...] = Field(min_length=1, description="rates in nats at which it is computed")
    offset: float = Field(gt=0, description="shift of each coordinate, where the shift grows with the dimension")
    shell_rate: float = Field(gt=0, description="rate in nats at which lengths alone are compared")


class Runs(Block):
    """Rows of pixels with a few runs, through a small dense autoencoder."""

    seed: int = Field(ge=0, description="first seed of the networks and of their rows")
    seeds: int = Field(ge=2, description="networks, each with rows of its own: the replicates")
    pixels: int = Field(ge=8, description="pixels of a row")
    runs: int = Field(ge=1, description="white runs in a row")
    rows: int = Field(ge=100, description="rows to train on, and as many to judge by")
    width: int = Field(ge=1, description="units of a hidden layer")
    steps: int = Field(ge=1, description="steps of training")
    batch: int = Field(ge=1, description="rows in a step")
    rate: float = Field(gt=0, description="learning rate")
    neighbours: int = Field(ge=1, description="neighbours in the latent space from which boundaries are read off")
    shown: int = Field(ge=10, description="rows in the figure")


class Features(Block):
    """What more latents bring: the bound on the likelihood, latents in use, code lengths."""

    seed: int = Field(ge=0)
    pictures: int = Field(ge=20, description="held-out pictures, at most")
    draws: int = Field(ge=1, description="draws of the latents of a picture, over which the distortion is averaged")
    points: int = Field(ge=1, description="codes at which the rank of a decoder is taken")
    groups: int = Field(ge=2, description="disjoint sets of training pictures, whose dimension is estimated")
    group: int = Field(ge=10, description="pictures in such a set, at most")
    variance: float = Field(gt=0, lt=1, description="share of the variance that principal components must hold")


class Sliders(Block):
    """Whether latents go with measured attributes of digits, better than rotated latents do."""

    seed: int = Field(ge=0)
    pictures: int = Field(ge=20, description="held-out pictures, at most")
    permutations: int = Field(ge=19, description="shuffles of the pictures, for the largest correlation by chance")
    rotations: int = Field(ge=1, description="random rotations of the active latents")
    strong: float = Field(gt=0, lt=1, description="rank correlation from which a latent goes with an attribute")
    reach: float = Field(gt=0, description="how far a latent is moved either way, in deviations of the prior")
    steps: int = Field(ge=3, description="stops on that way")
    bases: int = Field(ge=1, description="digits from which the walks start")
    idle: int = Field(ge=0, description="latents out of use that are moved for comparison")
    steady: float = Field(gt=0, le=1, description="rank correlation from which an attribute rises or falls all the way")


class SymptomLines(Block):
    """Where each of the questioner's observations begins, for a single network."""

    known: float = Field(gt=0, le=1, description="share of a plain autoencoder's known rebuilt digits")
    unexplained: float = Field(gt=0, lt=1, description="largest share of the ink's variance that is not rebuilt")
    mean: float = Field(gt=0, description="largest mean size of a coordinate of the means")
    band: float = Field(gt=0, lt=1, description="how far from 1 a deviation may be")
    in_band: float = Field(gt=0, le=1, description="share of the coordinates whose deviations must be that near")
    prior_excess: float = Field(gt=1, description="Frechet distance of prior draws over that of unit-noise draws")
    unit_known: float = Field(gt=0, le=1, description="digits kept by unit noise over those kept by the code's own")
    unit_known_real: float = Field(gt=0, le=1, description="digits kept by unit noise over real digits known")
    unit_excess: float = Field(ge=1, description="Frechet distance of unit-noise draws over that of the code's own")


class Symptoms(Block):
    """What the questioner saw, looked for in models of several sizes and weights of the latent loss."""

    seed: int = Field(ge=0)
    pictures: int = Field(ge=20, description="held-out pictures, one an original, and as many training pictures")
    models: list[str] = Field(description="all models that are looked at")
    controls: dict[str, str] = Field(description="for each kind of bottleneck the plain autoencoder to compare with")
    averaged: str = Field(description="the model of the question, trained on the mean of each term of the loss")
    lines: SymptomLines
    sweeps: dict[str, list[str]] = Field(description="models that differ in the weight of the latent loss only")
    gradient_pictures: int = Field(ge=1, description="pictures on which gradients of both conventions are compared")
    noise_models: list[str] = Field(description="models whose digits are put under noise")
    noise_scales: list[float] = Field(min_length=2, description="standard deviations of that noise")
    noise_pictures: int = Field(ge=1)
    histogram_models: list[str]
    bins: int = Field(ge=10)
    shown_models: list[str]
    shown_pictures: int = Field(ge=1, description="held-out pictures in the page of pictures")
    shown_draws: int = Field(ge=1, description="draws around each of them")
    shown_prior: int = Field(ge=1, description="draws from the prior")


class Overfitting(Block):
    """The same questions of training pictures and of unseen ones."""

    seed: int = Field(ge=0)
    pictures: int = Field(ge=20, description="originals of each set, one copy of each")
    candidates: int = Field(ge=10, description="pictures of a set among which a draw has to find its own")
    moved: int = Field(ge=10, description="pictures of a set that are made thicker or broken")
    models: list[str] = Field(description="models that are asked; those with few pictures must overfit")
    penalties: list[float] = Field(description="of the linear probe, of which it picks one")
    extremes: float = Field(gt=0, lt=0.5, description="share of pictures that count as thick, and as thin")
    neighbours: list[str] = Field(description="models whose distances to neighbours are drawn")
    shown: list[str] = Field(description="models whose rebuilt pictures are shown, also of scrambled digits")
    examples: int = Field(ge=1, description="pictures shown of each set")
    curves: list[str] = Field(description="models whose learning curves are drawn")


class AccountLines(Block):
    """The lines that decide whether what a prediction speaks of is the case."""

    gap: float = Field(gt=0, description="deviance explained: training minus held-out")
    kept: float = Field(gt=0, lt=1, description="share of digits that unit noise leaves")
    repaired: float = Field(gt=0, lt=1, description="Frechet distance with a fitted Gaussian over that with the prior")
    more_pictures: float = Field(gt=1, description="Frechet distance of the prior with few pictures over that with all")
    apart: float = Field(gt=0, lt=1, description="total variation distance of mixture and prior")
    middle: float = Field(gt=0, lt=1, description="realistic pictures half way, over those at the ends")


class Twins(Block):
    """The models that a subject's predictions need beside it."""

    few: str = Field(description="the same model, trained with few pictures")
    small: str = Field(description="a good model with few latents")


class Accounts(Block):
    """Which account foretells bad prior samples: thin bubbles, overfitting, or the shape of the codes."""

    seed: int = Field(ge=0)
    pictures: int = Field(ge=20, description="originals of each set, one copy of each")
    reference: str = Field(description="a model whose training pictures are the standard of real ones")
    critic: Critic
    lessons: int = Field(ge=20, description="training pictures, one an original, from which the critic learns")
    mixture: int = Field(ge=20, description="training pictures in the mixture of bubbles")
    mixture_large: int = Field(ge=20, description="the same for models with more than `large` latents")
    mixture_draws: int = Field(ge=20, description="prior draws at which mixture and prior are compared")
    large: int = Field(ge=1)
    leading: int = Field(ge=1, description="widest directions of the codes whose excess is counted")
    least_excess: float = Field(gt=0, description="nats below which an excess is taken for this much")
    cells: list[str] = Field(description="models, kinds and numbers of pictures among which bad samples are foretold")
    subjects: dict[str, Twins] = Field(description="models on which the six predictions are tested")
    lines: AccountLines
    walkers: list[str] = Field(description="models whose ways between codes are followed in small steps")
    walked: int = Field(ge=2, description="unseen pictures from which the ways start")
    steps: list[float] = Field(description="shares of the way; 0 and 0.5 are needed")
    corners: dict[str, str] = Field(
        description="a model for each corner: unseen pictures and prior samples good or bad"
    )
    strips: list[str] = Field(description="models whose ways are shown as pictures")
    shown: int = Field(ge=1, description="pictures of each kind in the figure")


class Latentsize(Block):
    """All parts of the study."""

    manifold: Manifold
    features: Features
    sliders: Sliders
    dimensions: Dimensions
    ladder: Ladder
    rotation: Rotation
    supports: Supports
    runlength: RunLength
    bubbles: Bubbles
    runs: Runs
    symptoms: Symptoms
    overfitting: Overfitting
    accounts: Accounts
