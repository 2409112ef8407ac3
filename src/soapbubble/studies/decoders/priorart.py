"""Others have wondered before: one observation of each of six papers on random networks, repeated in miniature."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from soapbubble.config.ingredients import Doubling
from soapbubble.data.dataset import Dataset
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.training import fit
from soapbubble.models.decoders import DecoderSpec, build_decoder, draw_latents
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.edges import luminance
from soapbubble.stats.mean_field import correlation_after
from soapbubble.studies.decoders.pictures import pictures


class PriorArt(Part):
    """One observation of each of six papers on random networks, repeated in miniature."""

    seed: int = setting(13000, ge=0, doc="first seed of the networks")
    # as many as there are different photographs
    replicates: int = setting(8, smoke=2, ge=2, doc="networks, sets of networks or photographs, the replicates")
    fit_side: int = setting(32, ge=16, multiple_of=8, doc="side in pixels of the pictures that are fitted")
    fit_width: int = setting(24, smoke=8, ge=1, doc="channels of the decoders that are fitted")
    fit_steps: int = setting(200, smoke=20, ge=2, doc="steps of fitting")
    fit_lr: float = setting(0.01, gt=0, doc="learning rate of fitting")
    # share of the variance; a mean square error of 0.01 where the variance is 0.05
    fit_goal: float = setting(0.2, gt=0, lt=1, doc="share of the variance left unexplained that counts as fitted")
    narrow: int = setting(4, ge=1, doc="channels of a narrow network")
    wide: int = setting(64, smoke=16, ge=2, doc="channels of a wide network")
    # in each of the 8 sets
    networks: int = setting(100, smoke=10, ge=10, doc="networks in a set, over which a pixel is distributed")
    dense_width: int = setting(400, smoke=60, ge=10, doc="units of a layer of the dense networks")
    # single networks of this width scatter by 0.1 about the theory in the chaotic phase
    dense_networks: int = setting(10, smoke=2, ge=1, doc="dense networks in a replicate")
    depth: int = setting(8, ge=2, doc="layers of the dense networks")
    start: float = setting(0.6, gt=0, lt=1, doc="correlation of the two inputs")
    # below 1, where tanh networks turn from order to chaos
    ordered: float = setting(0.8, gt=0, doc="variance of the weights (times fan-in) that pulls inputs together")
    chaotic: float = setting(4.0, gt=0, doc="variance of the weights (times fan-in) that drives inputs apart")
    bias_variance: float = setting(0.05, ge=0, doc="variance of the biases of the dense networks")

    def reads(self) -> Reads:
        return Reads(data=["photos"], memory_mb=1000)


WEIGHTS = ("shared", "own at each place")
TARGETS = ("picture", "shuffled pixels")
PHASES = ("ordered", "chaotic")
PAPERS = ("Saxe 2011", "Ulyanov 2018", "Heckel 2019", "Cheng 2019", "Poole 2016", "Odena 2016")


def measure(cfg: PriorArt, lab: Lab) -> Outcome:
    """The effect of each paper beside its control, for each replicate; and how many of the six show it."""
    out = Outcome()
    success = np.stack(
        [
            _selectivity(out, cfg),
            *_fits(out, cfg, lab.data["photos"]),
            _gaussian_process(out, cfg),
            _correlation_map(out, cfg),
            _checkerboard(out, cfg),
        ]
    )
    for replicate, seen in enumerate(success.T):
        out.add("replications", int(seen.sum()), replicate=replicate, n=len(PAPERS))
    return out


def _selectivity(out: Outcome, cfg: PriorArt) -> np.ndarray:
    """Saxe et al. 2011: the favourite input of a random convolution with square pooling is nearly a single wave."""
    side, size = 20, 6
    table = np.empty((2, cfg.replicates))
    for r in progress(range(cfg.replicates), "favourite inputs of random filters"):
        rng = np.random.default_rng((cfg.seed, r))
        for row, weights in enumerate(WEIGHTS):
            favourite = favourite_input(side, size, weights == "shared", rng)
            table[row, r] = wave_share(favourite)
            out.add("wave_share", table[row, r], {"weights": weights}, r)
            if r == 0:
                out.picture(f"favourite, {weights}", favourite)
    return table[0] > table[1]


def favourite_input(side: int, size: int, shared: bool, rng: np.random.Generator) -> np.ndarray:
    """The picture (side, side) of unit energy that a random local layer with square pooling answers most strongly.

    The answer is the sum of squares over all places of a `size` x `size` filter, one for all places if `shared`,
    else one for each: a quadratic form, whose top eigenvector it is.
    """
    places = side - size + 1
    rows = np.zeros((places, places, side, side))
    filter_ = rng.standard_normal((size, size))
    for y in range(places):
        for x in range(places):
            own = filter_ if shared else rng.standard_normal((size, size))
            rows[y, x, y : y + size, x : x + size] = own
    matrix = rows.reshape(places * places, side * side)
    _, vectors = np.linalg.eigh(matrix.T @ matrix)
    return vectors[:, -1].reshape(side, side)


def wave_share(picture: np.ndarray) -> float:
    """Share of the energy of a picture in its strongest wave (a frequency and its mirror image), resolution doubled.

    The picture is padded to twice its side, so that waves between the grid's frequencies count as single ones too;
    the strongest wave is taken with the neighbours over which the padding spreads it. 1 for a single wave.
    """
    side = picture.shape[0]
    power = np.abs(np.fft.fft2(picture, (2 * side, 2 * side))) ** 2
    spread = sum((np.roll(power, (dy, dx), (0, 1)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)), np.zeros_like(power))
    return min(1.0, 2 * float(spread.max() / power.sum()))


def _fits(out: Outcome, cfg: PriorArt, photos: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Ulyanov et al. 2018, Heckel and Hand 2019: decoders fit a picture far sooner than its shuffled pixels."""
    targets = luminance(pictures(photos, cfg.replicates, cfg.fit_side, cfg.seed).numpy())
    curves = np.empty((2, 2, cfg.replicates, cfg.fit_steps))
    kernels = (3, 1)
    for r in progress(range(cfg.replicates), "fitting pictures and noise"):
        rng = np.random.default_rng((cfg.seed, r))
        shuffled = rng.permutation(targets[r].ravel()).reshape(targets[r].shape)
        for k, kernel in enumerate(kernels):
            for t, target in enumerate((targets[r], shuffled)):
                curves[k, t, r] = _fit(cfg, kernel, target, cfg.seed + r)
                place = {"kernel": kernel, "target": TARGETS[t]}
                reached = np.flatnonzero(curves[k, t, r] <= cfg.fit_goal)
                # A goal that is never reached counts as the length of the run: the true number is larger.
                out.add("fit_steps", reached[0] if reached.size else cfg.fit_steps, place, r)
                out.add("fit_reached", float(reached.size > 0), place | {"goal": cfg.fit_goal}, r, "proportion")
                out.add("fit_unexplained", curves[k, t, r, -1], place, r)
    for (k, t, step), unexplained in np.ndenumerate(curves.mean(axis=2)):
        place = {"kernel": kernels[k], "target": TARGETS[t], "step": step}
        out.add("mean_fit_unexplained", unexplained, place, n=cfg.replicates)
    final = curves[..., -1]
    return final[0, 0] < final[0, 1], final[1, 0] < final[1, 1]


def _fit(cfg: PriorArt, kernel: int, target: np.ndarray, seed: int) -> np.ndarray:
    """Share of the target's variance that is left unexplained before each step (steps,)."""
    spec = DecoderSpec(
        upsampling="bilinear",
        blocks=3,
        width=cfg.fit_width,
        latent_channels=cfg.fit_width,
        latent_size=cfg.fit_side // 8,
        kernel=kernel,
        norm="batch",
        out_channels=1,
    )
    network, latent = build_decoder(spec, seed), draw_latents(spec, 1, seed)
    wanted = torch.from_numpy((target - target.mean()) / target.std()).float()

    def loss(step: int) -> torch.Tensor:
        return functional.mse_loss(network(latent)[0, 0], wanted)

    return np.array(fit(network.parameters(), loss, cfg.fit_steps, cfg.fit_lr))


def _gaussian_process(out: Outcome, cfg: PriorArt) -> np.ndarray:
    """Cheng et al. 2019: over random weights, a wide network's picture is a stationary Gaussian process."""
    kurtosis = np.empty((2, cfg.replicates))
    for r in progress(range(cfg.replicates), "random networks as Gaussian processes"):
        narrow, wide = (_fields(cfg, width, r) for width in (cfg.narrow, cfg.wide))
        for w, (name, fields) in enumerate((("narrow", narrow), ("wide", wide))):
            kurtosis[w, r] = float((fields**4).mean() / (fields**2).mean() ** 2 - 3)
            out.add("pixel_kurtosis", kurtosis[w, r], {"width": name}, r)
        rng = np.random.default_rng((cfg.seed, r))
        shifts = rng.integers(wide.shape[-1], size=(len(wide), 2))
        moved = np.stack([np.roll(field, shift, (0, 1)) for field, shift in zip(wide, shifts, strict=True)])
        for kind, fields in {"as they are": wide, "moved at random": moved}.items():
            out.add("position_dependence", position_dependence(fields), {"fields": kind}, r)
    return np.abs(kurtosis[1]) < np.abs(kurtosis[0])


def position_dependence(fields: np.ndarray) -> float:
    """Scatter over places of the mean product of horizontal neighbours, relative to its mean, for (n, h, w) fields."""
    products = (fields * np.roll(fields, -1, axis=2)).mean(axis=0)
    return float(products.std() / abs(products.mean()))


def _fields(cfg: PriorArt, width: int, replicate: int) -> np.ndarray:
    """Pictures (n, 16, 16) of many random networks with circular padding, four of each, for noise as input."""
    spec = DecoderSpec(
        upsampling="none",
        blocks=2,
        width=width,
        latent_channels=width,
        latent_size=16,
        padding="circular",
        bias="zero",
        out_channels=1,
    )
    first = cfg.seed + replicate * cfg.networks
    with torch.inference_mode():
        return np.concatenate(
            [build_decoder(spec, s)(draw_latents(spec, 4, s))[:, 0].numpy() for s in range(first, first + cfg.networks)]
        )


def _correlation_map(out: Outcome, cfg: PriorArt) -> np.ndarray:
    """Poole et al. 2016, Schoenholz et al. 2017: random tanh networks pull inputs together, or drive them apart."""
    deepest = np.empty((2, cfg.replicates))
    for p, (phase, weight_variance) in enumerate(zip(PHASES, (cfg.ordered, cfg.chaotic), strict=True)):
        place = {"phase": phase}
        for layer in range(1, cfg.depth + 1):
            predicted = correlation_after(np.tanh, weight_variance, cfg.bias_variance, layer, cfg.start)
            out.add("layer_correlation_predicted", predicted, place | {"layer": layer})
        for r in range(cfg.replicates):
            first = cfg.seed + r * cfg.dense_networks
            seeds = range(first, first + cfg.dense_networks)
            measured = np.mean([_correlations(cfg, weight_variance, s) for s in seeds], axis=0)
            for layer, value in enumerate(measured, 1):
                out.add("layer_correlation", value, place | {"layer": layer}, r, n=cfg.dense_networks)
            deepest[p, r] = measured[-1]
            out.add("correlation_at_depth", measured[-1], place, r)
            out.add("correlation_map_error", measured[-1] - predicted, place, r)
    return deepest[0] > deepest[1]


def _correlations(cfg: PriorArt, weight_variance: float, seed: int) -> np.ndarray:
    """Correlation of two inputs in each layer of one random dense tanh network."""
    rng = np.random.default_rng(seed)
    width = cfg.dense_width
    pair = rng.standard_normal((2, width))
    pair -= pair.mean(axis=1, keepdims=True)
    pair[1] -= (pair[1] @ pair[0]) / (pair[0] @ pair[0]) * pair[0]
    pair *= np.sqrt(width) / np.linalg.norm(pair, axis=1, keepdims=True)
    x = np.stack([pair[0], cfg.start * pair[0] + np.sqrt(1 - cfg.start**2) * pair[1]])
    correlations = []
    for _ in range(cfg.depth):
        weights = rng.normal(0, np.sqrt(weight_variance / width), (width, width))
        h = x @ weights + rng.normal(0, np.sqrt(cfg.bias_variance), width)
        correlations.append(h[0] @ h[1] / np.linalg.norm(h[0]) / np.linalg.norm(h[1]))
        x = np.tanh(h)
    return np.array(correlations)


def _checkerboard(out: Outcome, cfg: PriorArt) -> np.ndarray:
    """Odena et al. 2016: transposed convolutions whose kernel is no multiple of the stride print a checkerboard."""
    kinds: dict[Doubling, int] = {"nearest": 3, "transposed": 1, "transposed3": 1}
    contrast = np.empty((len(kinds), cfg.replicates))
    for k, (upsampling, last_kernel) in enumerate(kinds.items()):
        # The last convolution of the transposed kinds is 1x1: a wider one would smooth over what is looked for.
        spec = DecoderSpec(
            upsampling=upsampling,
            blocks=2,
            width=32,
            latent_channels=32,
            latent_size=8,
            kernel=last_kernel,
            bias="zero",
            out_channels=1,
        )
        for r in range(cfg.replicates):
            with torch.inference_mode():
                output = build_decoder(spec, cfg.seed + r)(draw_latents(spec, 32, cfg.seed + r)).numpy()[:, 0]
            contrast[k, r] = checkerboard_contrast(output)
            out.add("checkerboard_contrast", contrast[k, r], {"upsampling": upsampling}, r)
    return contrast[2] > contrast[0]


def checkerboard_contrast(outputs: np.ndarray) -> float:
    """Largest over smallest mean square among the four places of a 2x2 cell, border left out; 1 if all are alike."""
    inner = outputs[:, 4:-4, 4:-4]
    power = [np.square(inner[:, y::2, x::2]).mean() for y in (0, 1) for x in (0, 1)]
    return float(max(power) / min(power))
