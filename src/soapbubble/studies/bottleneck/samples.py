"""What the models print: from their prior, from a law fitted to their codes, from their codes, of held-out digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import spearmanr

from soapbubble.autoencoders import laws
from soapbubble.autoencoders.codes import Codes, decode, encode
from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.autoencoders.store import Models, Trained
from soapbubble.data.dataset import Dataset
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.autoencoder import AutoencoderNet, distortion
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.bottleneck.matching import at_equal
from soapbubble.studies.bottleneck.referee import Referee, referee


class Samples(Part):
    """What each model prints from its prior, from a fitted law, from its codes, and of held-out digits."""

    seed: int = setting(24000, ge=0, doc="seed of the random numbers")
    # of the 1,436 test pictures: enough for 32 features
    pictures: int = setting(600, smoke=60, ge=40, doc="real test digits, and samples, that a distance compares")
    # codes for a covariance of up to 784 dimensions
    fitted: int = setting(2000, smoke=80, ge=40, doc="training pictures whose codes the fitted law rests on")
    floors: int = setting(4, smoke=2, ge=2, doc="sets of training pictures for the distance of real from real")
    # 50 pictures each
    blocks: int = setting(
        12, smoke=4, ge=2, doc="of pictures, the replicates of the gap between test and training loss"
    )
    # as Kynkaanniemi et al. (2019) have 3 and Naeem et al. (2020) 5
    neighbours: int = setting(5, ge=1, doc="of precision, recall, density and coverage")
    shown: int = setting(6, smoke=2, ge=1, doc="pictures of each kind on the page of pictures")
    panel: int = setting(6, smoke=2, ge=2, le=6, doc="samples along a side of the pair of panels")

    def reads(self) -> Reads:
        return Reads(
            data=["digits"],
            models=[
                "dense-8",
                "dense-16",
                "grid-7x7x1",
                "dense-49",
                "grid-7x7x4",
                "dense-196",
                "grid-7x7x16",
                "dense-784",
                "grid-14x14x1",
                "grid-28x28x1",
                "grid-7x7x4-gaussian",
                "dense-196-gaussian",
                "grid-7x7x4-batchnorm",
                "dense-196-batchnorm",
                "grid-7x7x4-long",
                "dense-196-long",
                "grid-7x7x4-beta-4",
                "dense-196-beta-4",
                "grid-7x7x4-beta-8th",
                "dense-196-beta-8th",
                "grid-7x7x4-ae",
                "dense-196-ae",
                "grid-8x8x1",
                "grid-4x4x4",
                "grid-2x2x16",
                "grid-1x1x64",
                "classifier",
            ],
            memory_mb=1500,
        )


GRID, DENSE = "grid-7x7x4", "dense-196"
LONG = {GRID: "grid-7x7x4-long", DENSE: "dense-196-long"}  # twice the steps
# What the source may have done where it does not say: a fully convolutional and a dense model in each.
RECONSTRUCTIONS = {
    "49 latents": ("grid-7x7x1", "dense-49"),
    "196 latents": (GRID, DENSE),
    "784 latents": ("grid-7x7x16", "dense-784"),
    "Gaussian likelihood": ("grid-7x7x4-gaussian", "dense-196-gaussian"),
    "batch normalisation": ("grid-7x7x4-batchnorm", "dense-196-batchnorm"),
    "twice the steps": (LONG[GRID], LONG[DENSE]),
    "beta = 4": ("grid-7x7x4-beta-4", "dense-196-beta-4"),
    "beta = 1/8": ("grid-7x7x4-beta-8th", "dense-196-beta-8th"),
}
OVERFITTING = ("grid-7x7x1", GRID, LONG[GRID], "dense-49", DENSE)
SWEEP = ("196 latents", "beta = 4", "beta = 1/8")
PAGE = (
    "grid-7x7x1",
    GRID,
    "grid-7x7x16",
    "grid-14x14x1",
    "grid-28x28x1",
    "grid-7x7x4-ae",
    "dense-49",
    DENSE,
    "dense-784",
    "dense-196-ae",
)
LAWS = ("prior", "refitted", "posterior", "held out")
LITTLE_OVERFITTING = 0.03
Facts = dict[str, float]


@dataclass(frozen=True)
class Bench:
    """Pictures of one size and the referee of all: what a model is tried with."""

    pictures: Pictures
    referee: Referee


def measure(cfg: Samples, lab: Lab) -> Outcome:
    """Distances to real digits, rates and overfitting of every model; a replicate is a training with its own seed."""
    out = Outcome()
    benches = _benches(cfg, lab.data["digits"], lab.models)
    facts: dict[str, list[Facts]] = {}
    losses: dict[str, list[np.ndarray]] = {}
    pages: dict[str, np.ndarray] = {}
    for name in progress(list(lab.models), "samples of all models"):
        trained = lab.models[name]
        bench = benches[trained.spec.side]
        out.add("parameters", trained.parameters, {"model": name})
        facts[name] = []
        for replicate in trained.replicates:
            if name in OVERFITTING:
                out.add("passes", passes(trained.drawn(replicate)), {"model": name}, replicate)
            images, found, lost = _tried(cfg, trained, replicate, bench)
            facts[name].append(found)
            losses.setdefault(name, []).append(lost)
            _record(cfg, out, name, replicate, images, found, bench.referee)
            if replicate == 0:
                pages[name] = _sheet(images, cfg.shown)
                if name in (GRID, DENSE):
                    pages[f"{name} pair"] = np.stack([images[law][: cfg.panel**2] for law in ("prior", "held out")])
    _floor(cfg, out, benches[28])
    out.add("judge_accuracy", lab.models.judge.accuracy, unit="proportion", n=lab.models.judge.pictures, replicate=0)
    for name in OVERFITTING:
        _gaps(cfg, out, name, np.mean(losses[name], axis=0))
    _matchings(out, facts)
    _longer(out, facts)
    _overfitting(out, lab.models, facts)
    _grid_sizes(out, lab.models, facts)
    _pages(out, pages, facts)
    return out


def _benches(cfg: Samples, digits: Dataset, models: Models) -> dict[int, Bench]:
    """For each side of the models' canvas its pictures; real test digits are the same for all of them."""
    named = {models[name].spec.side: name for name in models}
    pictures = {side: models[name].pictures(digits) for side, name in named.items()}
    real = digits_only(pictures[min(pictures)].test)
    judge = referee(models.judge.features, real, cfg.pictures, np.random.default_rng(cfg.seed))
    return {side: Bench(own, judge) for side, own in pictures.items()}


def _floor(cfg: Samples, out: Outcome, bench: Bench) -> None:
    """The distance between real training and real test digits, which no sample can be asked to fall below."""
    order = np.random.default_rng((cfg.seed, 1)).permutation(len(bench.pictures.train))
    for batch in range(cfg.floors):
        rows = order[batch * len(bench.referee) :][: len(bench.referee)]
        distance = bench.referee.distance(digits_only(bench.pictures.train[rows]))
        out.add("floor_of_distance", distance, replicate=batch, n=len(rows))


def _tried(
    cfg: Samples, trained: Trained, replicate: int, bench: Bench
) -> tuple[dict[str, np.ndarray], Facts, np.ndarray]:
    """Images (n, 28, 28) under each law, what was found of one network, and its loss on pictures (2, n).

    The loss is the negative evidence lower bound, in nats, of training and of test pictures. Training pictures are
    those that this network was trained on: a short training does not draw all (others follow if they are too few).
    """
    rng = np.random.default_rng((cfg.seed, 2, replicate))
    network = trained.network(replicate)
    count = len(bench.referee)
    order = rng.permutation(len(bench.pictures.train))
    drawn_first = np.argsort(~trained.drawn(replicate)[order], kind="stable")
    canvas = bench.pictures.train[order[drawn_first][: cfg.fitted]]
    unseen = bench.pictures.test[np.linspace(0, len(bench.pictures.test) - 1, count).astype(int)]
    codes, held_out = encode(network, canvas), encode(network, unseen)
    if trained.spec.noise == "none":  # a plain autoencoder has points for codes
        codes, held_out = (Codes(item.mean, np.zeros_like(item.deviation)) for item in (codes, held_out))
    drawn, again = laws.posterior(codes[:count], rng), laws.posterior(held_out, rng)
    latents = {
        "prior": laws.prior(count, drawn.shape[1], rng),
        "refitted": laws.full_gaussian(codes, count, rng),
        "posterior": drawn,
        "held out": again,
    }
    images = {law: decode(network, item) for law, item in latents.items()}
    found = {law: bench.referee.distance(item) for law, item in images.items()}
    loss = np.full((2, count), np.nan)
    if trained.spec.noise == "own" and trained.spec.likelihood == "bernoulli":
        distortions = [_distortion(network, drawn, canvas[:count]), _distortion(network, again, unseen)]
        loss = np.add(distortions, [codes[:count].rates, held_out.rates])
        seen, new = loss.mean(axis=1)
        found |= {"rate": float(held_out.rates.mean()), "distortion": float(distortions[1].mean())}
        found["gap"] = (new - seen) / seen
    return images, found, loss


def passes(drawn: np.ndarray) -> float:
    """How often a picture was drawn on average, if pictures are drawn by chance and those `drawn` (n,) were at all."""
    never = max(1 - drawn.mean(), 0.5 / len(drawn))
    return float(np.log(never) / np.log1p(-1 / len(drawn)) / len(drawn))


@torch.inference_mode()
def _distortion(network: AutoencoderNet, latents: np.ndarray, canvas: torch.Tensor) -> np.ndarray:
    """Nats (n,) that each picture of `canvas` (n, 1, side, side) costs when it is decoded from `latents` (n, d)."""
    shown = network.decode(torch.from_numpy(latents).unflatten(1, network.latent_shape))
    return distortion(network, shown, canvas).numpy()


def _record(
    cfg: Samples,
    out: Outcome,
    name: str,
    replicate: int,
    images: Mapping[str, np.ndarray],
    found: Facts,
    judge: Referee,
) -> None:
    for law in LAWS:
        out.add("distance_to_digits", found[law], {"model": name, "law": law}, replicate, n=len(judge))
    for law in ("prior", "posterior"):
        for quantity, value in judge.neighbourhood(images[law], cfg.neighbours).items():
            out.add(quantity, value, {"model": name, "law": law}, replicate, n=len(judge))
    for quantity, key, unit in (("rate", "rate", "nat"), ("distortion", "distortion", "nat")):
        if key in found:
            out.add(quantity, found[key], {"model": name}, replicate, unit=unit, n=len(judge))


def _sheet(images: Mapping[str, np.ndarray], shown: int) -> np.ndarray:
    """A few pictures of each law, uint8 (laws, 28, shown * 28)."""
    return np.stack([_grey(np.concatenate(images[law][:shown], axis=1)) for law in LAWS])


def _grey(image: np.ndarray) -> np.ndarray:
    return np.round(255 * np.clip(image, 0, 1)).astype(np.uint8)


def _of(facts: Mapping[str, list[Facts]], name: str, key: str) -> np.ndarray:
    return np.array([item[key] for item in facts[name]])


def _gaps(cfg: Samples, out: Outcome, name: str, losses: np.ndarray) -> None:
    """Relative gap between test and training loss (2, n), mean over networks; a replicate is a block of pictures.

    Which digits happen to be for testing matters more than which seed a network had.
    """
    seen, new = ([block.mean() for block in np.array_split(loss, cfg.blocks)] for loss in losses)
    for block, (train, test) in enumerate(zip(seen, new, strict=True)):
        gap = (test - train) / losses[0].mean()
        out.add("elbo_gap", gap, {"model": name}, block, n=losses.shape[1] // cfg.blocks)


def _matchings(out: Outcome, facts: Mapping[str, list[Facts]]) -> None:
    """The two bottlenecks' distances with one thing after another held equal."""
    names, ratios = [], []
    for name, (grid, dense) in RECONSTRUCTIONS.items():
        names.append(name)
        ratios.append(_of(facts, grid, "prior") / _of(facts, dense, "prior"))
    for replicate in range(len(facts[GRID])):
        # Where a reconstruction has fewer networks, its last one speaks again.
        worse = sum(ratio[min(replicate, len(ratio) - 1)] > 1 for ratio in ratios)
        out.add("reconstructions_in_which_grid_is_worse", worse, replicate=replicate)
        # All but one reconstruction have at least this ratio: a count would have no spread to speak of.
        second = np.sort([ratio[min(replicate, len(ratio) - 1)] for ratio in ratios])[1]
        out.add("log_second_smallest_reconstruction_ratio", np.log(second), replicate=replicate)
    for matched in ("rate", "distortion"):
        ratio = []
        for replicate in range(len(facts[GRID])):
            grid, dense = ([facts[RECONSTRUCTIONS[setting][side]][replicate] for setting in SWEEP] for side in (0, 1))
            pair = at_equal(_curve(grid, matched), _curve(dense, matched))
            for bottleneck, value in zip(("grid", "dense"), pair, strict=True):
                out.add("distance_at_equal", value, {"matched": matched, "bottleneck": bottleneck}, replicate)
            ratio.append(pair[0] / pair[1])
        names.append(f"equal {matched}")
        ratios.append(np.array(ratio))
    most = len(facts[GRID])
    padded = [np.pad(ratio, (0, most - len(ratio)), constant_values=np.nan) for ratio in ratios]
    out.figure("bottleneck-matchings", names=np.array(names), ratios=np.array(padded))


def _curve(sweep: Sequence[Facts], matched: str) -> tuple[np.ndarray, np.ndarray]:
    return np.array([item[matched] for item in sweep]), np.array([item["prior"] for item in sweep])


def _longer(out: Outcome, facts: Mapping[str, list[Facts]]) -> None:
    """What twice the steps save, in nats of test loss, and how the two bottlenecks compare before and after."""
    for name, longer in LONG.items():
        before, after = (_of(facts, item, "rate") + _of(facts, item, "distortion") for item in (name, longer))
        for replicate, saved in enumerate(before - after):
            out.add("nats_saved_by_twice_the_steps", saved, {"model": name}, replicate, unit="nat")
    for steps, (grid, dense) in {"as all": (GRID, DENSE), "twice": (LONG[GRID], LONG[DENSE])}.items():
        prior, posterior = (
            np.array([_of(facts, name, law) for name in (grid, dense)]) for law in ("prior", "posterior")
        )
        excess = prior - posterior
        for replicate, (closed, log) in enumerate(
            zip(1 - excess[1] / excess[0], np.log(prior[0] / prior[1]), strict=True)
        ):
            out.add("excess_closed_by_dense", closed, {"steps": steps}, replicate)
            out.add("log_grid_over_dense", log, {"steps": steps}, replicate)


def _overfitting(out: Outcome, models: Models, facts: Mapping[str, list[Facts]]) -> None:
    """Whether a small gap between training and held-out loss goes with good samples, over all VAEs on the full bound.

    Models with another weight of the divergence are not what the inference speaks of.
    """
    names = [
        name
        for name, found in facts.items()
        if "gap" in found[0] and models[name].spec.effective_beta == 1 and len(found) == len(facts[GRID])
    ]
    gaps = [_of(facts, name, "gap") for name in names]
    ratios = [_of(facts, name, "prior") / _of(facts, name, "posterior") for name in names]
    for replicate, (gap, ratio) in enumerate(zip(np.transpose(gaps), np.transpose(ratios), strict=True)):
        small = gap < LITTLE_OVERFITTING
        out.add("models_with_a_gap", len(gap), replicate=replicate)
        out.add("models_without_overfitting", int(small.sum()), replicate=replicate)
        worst = np.log(ratio[small].max()) if small.any() else np.nan
        out.add("log_worst_ratio_without_overfitting", worst, replicate=replicate)
        out.add("rank_correlation_of_gap_and_ratio", spearmanr(gap, ratio).statistic, replicate=replicate, n=len(gap))
    out.figure("bottleneck-overfitting", names=np.array(names), gaps=np.array(gaps), ratios=np.array(ratios))


def _grid_sizes(out: Outcome, models: Models, facts: Mapping[str, list[Facts]]) -> None:
    """How much worse than its own codes the prior is, by the side of the grid; plain models on grids only."""
    sizes = [name for name in facts if models[name].spec.bottleneck == "grid" and name.count("-") == 1]
    for name in sizes:
        spec = models[name].spec
        condition = {"grid": spec.grid, "latents": spec.latents, "side": spec.side}
        for replicate, found in enumerate(facts[name]):
            out.add("log_prior_over_posterior", np.log(found["prior"] / found["posterior"]), condition, replicate)
    out.figure(
        "bottleneck-grid-size",
        names=np.array(sizes),
        grid=np.array([models[name].spec.grid for name in sizes]),
        latents=np.array([models[name].spec.latents for name in sizes]),
        side=np.array([models[name].spec.side for name in sizes]),
        **{law.replace(" ", "_"): np.array([_of(facts, name, law) for name in sizes]) for law in LAWS},
    )


def _pages(out: Outcome, pages: Mapping[str, np.ndarray], facts: Mapping[str, list[Facts]]) -> None:
    shown = [name for name in PAGE if name in pages]
    out.figure(
        "bottleneck-page",
        names=np.array(shown),
        laws=np.array(LAWS),
        sheets=np.stack([pages[name] for name in shown]),
        distances=np.array([[facts[name][0][law] for law in LAWS] for name in shown]),
    )
    out.figure(
        "bottleneck-pair",
        pictures=_grey(np.stack([pages[f"{name} pair"] for name in (GRID, DENSE)])),
        distances=np.array([[_of(facts, name, law) for law in ("prior", "held out")] for name in (GRID, DENSE)]),
    )
