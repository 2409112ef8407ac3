"""Exact inverses of stacks of square layers: their rounding errors, and what lies near an output."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import lu_factor, lu_solve
from scipy.stats import chi

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.linear_stack import draw_biases, draw_layers, product
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.linear_descent import descend, falling_rates
from soapbubble.stats.random_points import generator
from soapbubble.studies.width.inversion import PAGE_INPUTS, Descent, different_photographs, shrunk, start


class Preimages(Part):
    """Stacks of square layers with biases, inverted layer by layer, beside descent and a shifted image."""

    seed: int = setting(66, ge=0, doc="seed of the random numbers")
    descent: Descent = setting(doc="the descent")
    side: int = setting(
        29, smoke=4, ge=2, le=64, unit="pixels", doc="side of the images, of three channels, as the page has"
    )
    networks: int = setting(5, smoke=2, ge=2, unit="networks", doc="networks at that size, each with its own image")
    neighbours: int = setting(
        200, smoke=20, ge=10, unit="outputs", doc="outputs near that of the image, for each network"
    )
    small_side: int = setting(10, smoke=4, ge=2, le=64, unit="pixels", doc="side of the images of the small stacks")
    small_networks: int = setting(10, smoke=3, ge=2, unit="networks", doc="networks of the small stacks")
    small_neighbours: int = setting(3000, smoke=100, ge=10, unit="outputs", doc="outputs near that of the image there")
    steps: int = setting(220, smoke=20, ge=1, unit="steps", doc="steps of a descent, as on the page")

    def reads(self) -> Reads:
        return Reads(data=["photos"], memory_mb=1200)


DEPTHS = (3, 4)  # layers of the page's script and of its text
RATES = (0.1, 0.3, 1.0)
OUTPUT_SHIFT = 1 / 1000
INPUT_SHIFT = 1 / 25
ROUND_TRIPS = (1, 2, 4, 8)
NEARLY = 0.05  # how far from black or white the pixels of an image in black and white are
FAR_STARTS = {"5": (5.0, 0.05), "50": (50.0, 20.0)}  # mean and standard deviation of starts outside the range of pixels
NEAR = 3.0  # what the page gives as the most that its shift moves an image
SHIFTS = ((2523, INPUT_SHIFT), (3072, INPUT_SHIFT), (2523, 1 / 18), (3072, 1 / 18))  # of the page and of its script
START_MEANS = (0.5, 0.7)
# places in the tree of random streams
STARTS, OUTPUTS, INPUTS, SMALL = range(4)


def measure(cfg: Preimages, lab: Lab) -> Outcome:
    """Round trips, distances of pre-images, and descents of few steps."""
    out = Outcome()
    _shift_lengths(out)
    _start_means(out, cfg, lab)
    _round_trips(out, cfg)
    _page_size(out, cfg, lab)
    _small(out, cfg, lab)
    return out


def forward(layers: Sequence[np.ndarray], biases: Sequence[np.ndarray], inputs: np.ndarray) -> np.ndarray:
    """Outputs (n,) or (n, k) of a stack of layers with biases for inputs of the same shape."""
    for layer, bias in zip(layers, biases, strict=True):
        inputs = layer @ inputs + (bias if inputs.ndim == 1 else bias[:, None])
    return inputs


def invert(layers: Sequence[np.ndarray], biases: Sequence[np.ndarray], outputs: np.ndarray) -> np.ndarray:
    """Inputs (n, k) of a stack of square layers that give `outputs` (n, k): x = W^-1 (o - b), last one first."""
    for layer, bias in zip(reversed(layers), reversed(biases), strict=True):
        outputs = lu_solve(lu_factor(layer), outputs - bias[:, None])
    return outputs


def _single(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [array.astype(np.float32) for array in arrays]


def _weights_seed(cfg: Preimages, *place: int) -> int:
    return int(np.random.SeedSequence(cfg.seed, spawn_key=place).generate_state(1)[0])


def _shift_lengths(out: Outcome) -> None:
    """Chance that Gaussian noise moves an image by less than the page's number, and its mean length: exact."""
    for inputs, sd in SHIFTS:
        where = {"inputs": inputs, "sd": round(sd, 4)}
        out.add("shift_below_three", chi.cdf(NEAR / sd, inputs), where)
        out.add("shift_mean_length", sd * chi.mean(inputs), where)


def _start_means(out: Outcome, cfg: Preimages, lab: Lab) -> None:
    """Distance of a start from an image, by the start's mean; averaged over the crops of a photograph."""
    photos = lab.data["photos"]
    images = shrunk(photos.images, cfg.side)
    for photograph in np.unique(photos.extras["photograph"]):
        crops = images[photos.extras["photograph"] == photograph]
        for mean in START_MEANS:
            noise = generator(cfg.seed, STARTS, int(photograph)).normal(mean, cfg.descent.start_sd, crops.shape)
            distance = np.linalg.norm(noise - crops, axis=1).mean() / crops.shape[1] ** 0.5
            out.add("start_distance", distance, {"mean": mean}, int(photograph), n=len(crops))
    out.add("start_off_centre", (cfg.descent.start_mean - 0.5) / cfg.descent.start_sd, unit="standard deviations")


def _round_trips(out: Outcome, cfg: Preimages) -> None:
    """Relative error of inputs recovered from their own output with explicit inverses, in either precision."""
    n = 3 * cfg.small_side**2
    jobs = [(scheme, network) for scheme in ("default", "orthogonal") for network in range(cfg.small_networks)]
    for scheme, network in progress(jobs, "there and back"):
        widths = [n] * (max(ROUND_TRIPS) + 1)
        seed = _weights_seed(cfg, SMALL, network)
        layers, biases = draw_layers(widths, seed, scheme), draw_biases(widths, seed)
        true = generator(cfg.seed, INPUTS, network).random(n)
        for bits, cast in ((64, list), (32, _single)):
            cast_layers, cast_biases = cast(layers), cast(biases)
            inverses = [np.linalg.inv(layer) for layer in cast_layers]
            for depth in ROUND_TRIPS:
                found = forward(cast_layers[:depth], cast_biases[:depth], *cast([true]))
                for layer in reversed(range(depth)):
                    found = inverses[layer] @ (found - cast_biases[layer])
                error = np.linalg.norm(found.astype(np.float64) - true) / np.linalg.norm(true)
                out.add("round_trip_error", error, {"init": scheme, "bits": bits, "layers": depth}, network, n=n)


def _page_size(out: Outcome, cfg: Preimages, lab: Lab) -> None:
    """At the page's size: pre-images of outputs near that of an image, and descents of few steps."""
    images = shrunk(different_photographs(lab.data["photos"].images, cfg.networks), cfg.side)
    n = images.shape[1]
    histograms: dict[str, list[np.ndarray]] = {"shifted": [], **{f"{depth} layers": [] for depth in DEPTHS}}
    for network, image in enumerate(progress(images, "stacks inverted exactly")):
        widths = [n] * (max(DEPTHS) + 1)
        seed = _weights_seed(cfg, network)
        layers, biases = draw_layers(widths, seed), draw_biases(widths, seed)
        noise = OUTPUT_SHIFT * generator(cfg.seed, OUTPUTS, network).standard_normal((n, cfg.neighbours))
        out.add("output_shift_sd", noise.std(), {}, network, n=noise.size)
        out.add("output_shift_radius", np.linalg.norm(noise, axis=0).mean() * (PAGE_INPUTS / n) ** 0.5, {}, network)
        found = _near(layers, biases, image, noise)
        rounded = _near(_single(layers), _single(biases), image.astype(np.float32), noise[:, :0].astype(np.float32))
        shifts = INPUT_SHIFT * generator(cfg.seed, INPUTS, network).standard_normal((cfg.neighbours, n))
        lengths = np.linalg.norm(shifts, axis=1)
        histograms["shifted"].append(lengths)
        out.add("shifted_distance", np.median(lengths), {}, network, n=cfg.neighbours)
        matrix = product(_single(layers[: min(DEPTHS) - 1]))
        for depth in DEPTHS:
            where = {"layers": depth}
            inputs = found[depth]
            distances = np.linalg.norm(inputs[:, 1:] - image[:, None], axis=0)
            histograms[f"{depth} layers"].append(distances)
            out.add("preimage_median", np.median(distances), where, network, n=cfg.neighbours)
            size = np.linalg.norm(image)
            for bits, item in ((64, inputs), (32, rounded[depth])):
                error = np.linalg.norm(item[:, 0].astype(np.float64) - image) / size
                out.add("page_round_trip_error", error, {**where, "bits": bits}, network, n=n)
            matrix = layers[depth - 1].astype(np.float32) @ matrix
            out.add("stack_gain", np.linalg.norm(matrix) / n**0.5, where, network, n=n)
            error = start(cfg.descent, n, cfg.seed, STARTS, 1000 + network) - image
            for rate in RATES:
                rates = falling_rates(cfg.steps, rate, cfg.descent.last_rate)
                left = descend(matrix, error, rates, cfg.descent.weight)[0]
                out.add("short_input_distance", np.linalg.norm(left), {**where, "rate": rate}, network, n=cfg.steps)
                output = np.linalg.norm(matrix @ left)
                out.add("short_output_distance", output, {**where, "rate": rate}, network, n=cfg.steps)
    for name, values in histograms.items():
        out.picture(f"distances of {name}", np.stack(values))


def _near(
    layers: Sequence[np.ndarray], biases: Sequence[np.ndarray], image: np.ndarray, noise: np.ndarray
) -> dict[int, np.ndarray]:
    """By depth, the inputs (n, 1 + k) of the output of `image` (n,) itself and of that output plus each noise (n, k).

    The layers that two depths share are factorised once.
    """
    shallow, deep = DEPTHS
    outputs = {depth: forward(layers[:depth], biases[:depth], image) for depth in DEPTHS}
    near = {depth: np.column_stack([outputs[depth], outputs[depth][:, None] + noise]) for depth in DEPTHS}
    below = invert(layers[shallow:deep], biases[shallow:deep], near[deep])
    both = invert(layers[:shallow], biases[:shallow], np.column_stack([near[shallow], below]))
    width = noise.shape[1] + 1
    return {shallow: both[:, :width], deep: both[:, width:]}


def in_black_and_white(image: np.ndarray) -> np.ndarray:
    """The image with every pixel nearly black or nearly white."""
    return np.where(image > 0.5, 1 - NEARLY, NEARLY)


def _clipped_outward(image: np.ndarray, moved: np.ndarray) -> float:
    """Median distance of clipped neighbours whose fault is their range alone, by construction.

    They are as far from the image in black and white as the neighbours are from theirs, `moved` (n, k), but every pixel
    has moved towards the end of the range that is next to it, so that clipping brings it back.
    """
    extreme = in_black_and_white(image)[:, None]
    outward = extreme + np.sign(extreme - 0.5) * np.abs(moved)
    return float(np.median(np.linalg.norm(outward.clip(0, 1) - extreme, axis=0)))


def _small(out: Outcome, cfg: Preimages, lab: Lab) -> None:
    """On few inputs: how rare among neighbours the shifted image and the point found by descent are, and why."""
    images = shrunk(different_photographs(lab.data["photos"].images, cfg.small_networks), cfg.small_side)
    n = images.shape[1]
    for network, image in enumerate(images):
        random = generator(cfg.seed, SMALL, network)
        for depth in DEPTHS:
            layers = draw_layers([n] * (depth + 1), _weights_seed(cfg, SMALL, depth, network))
            matrix = product(layers)
            where = {"layers": depth}
            noise = random.standard_normal((n, cfg.small_neighbours))
            moved = np.linalg.solve(matrix, noise)  # inputs less the image
            shift = INPUT_SHIFT * random.standard_normal(n)
            radius = np.linalg.norm(matrix @ shift)
            same_radius = np.linalg.norm(moved, axis=0) * radius / np.linalg.norm(noise, axis=0)
            closer = np.mean(same_radius < np.linalg.norm(shift))
            out.add("closer_than_shifted", closer, where, network, "proportion", cfg.small_neighbours)

            moved *= OUTPUT_SHIFT
            distances = np.linalg.norm(moved, axis=0)
            error = start(cfg.descent, n, cfg.seed, SMALL, network, depth) - image
            left = _short(cfg, matrix, error)
            distance = np.linalg.norm(left)
            closer = np.mean(distances < distance)
            out.add("closer_than_descent", closer, where, network, "proportion", cfg.small_neighbours)
            reach = OUTPUT_SHIFT * np.linalg.norm(noise, axis=0).mean()
            out.add("descent_output_over_radius", np.linalg.norm(matrix @ left) / reach, where, network)

            neighbours = image[:, None] + moved
            out.add("pixels_outside", np.mean((neighbours < 0) | (neighbours > 1)), where, network, n=neighbours.size)
            clipped = np.median(np.linalg.norm(neighbours.clip(0, 1) - image[:, None], axis=0))
            out.add("clipped_over_descent", clipped / distance, where, network, n=cfg.small_neighbours)
            unclipped = np.median(distances)
            out.add("neighbours_over_descent", unclipped / distance, where, network, n=cfg.small_neighbours)
            clipped = _clipped_outward(image, moved)
            contrast = _short(cfg, matrix, error + image - in_black_and_white(image))
            out.add("clipped_outward_over_descent", clipped / np.linalg.norm(contrast), where, network)
            for name, (mean, sd) in FAR_STARTS.items():
                far = _short(cfg, matrix, random.normal(mean, sd, n) - image)
                ratio = np.linalg.norm(far) / unclipped
                out.add("far_start_over_neighbours", ratio, {**where, "start": name}, network)


def _short(cfg: Preimages, matrix: np.ndarray, error: np.ndarray) -> np.ndarray:
    rates = falling_rates(cfg.steps, cfg.descent.first_rate, cfg.descent.last_rate)
    return descend(matrix, error, rates, cfg.descent.weight)[0]
