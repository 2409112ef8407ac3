"""Is each latent a slider between two versions of something that can be measured?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import spearmanr

from soapbubble.autoencoders.codes import Codes, decode, encode
from soapbubble.autoencoders.pictures import digits_only
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.digit_attributes import NAMES, attributes
from soapbubble.stats.latent_use import active, latent_rates
from soapbubble.stats.rank_correlation import largest_by_chance, spearman
from soapbubble.studies.latentsize.features import held_out


class Sliders(Part):
    """Whether latents go with measured attributes of digits, better than rotated latents do."""

    seed: int = setting(23000, ge=0, doc="seed of the random numbers")
    pictures: int = setting(360, smoke=30, ge=20, doc="held-out pictures, at most")
    permutations: int = setting(
        99, smoke=19, ge=19, doc="shuffles of the pictures, for the largest correlation by chance"
    )
    rotations: int = setting(20, smoke=2, ge=1, doc="random rotations of the active latents")
    # a quarter of the variance of the ranks
    strong: float = setting(0.5, gt=0, lt=1, doc="rank correlation from which a latent goes with an attribute")
    # covers 99 % of the prior
    reach: float = setting(2.5, gt=0, doc="how far a latent is moved either way, in deviations of the prior")
    steps: int = setting(9, smoke=3, ge=3, doc="stops on that way")
    bases: int = setting(5, smoke=1, ge=1, doc="digits from which the walks start")
    idle: int = setting(5, smoke=2, ge=0, doc="latents out of use that are moved for comparison")
    steady: float = setting(0.9, gt=0, le=1, doc="rank correlation from which an attribute rises or falls all the way")

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=["dense-16", "dense-64", "grid-8x8x1024"], memory_mb=1500)


MODELS = ("dense-16", "dense-64", "grid-8x8x1024")
TURNED = ("dense-16", "dense-64")
SHOWN = "dense-64"
EXAMPLES = 5


def measure(cfg: Sliders, lab: Lab) -> Outcome:
    """Rank correlations of latents with measured attributes of held-out digits, against those of rotated latents.

    A replicate is a trained network.
    """
    out = Outcome()
    points: dict[str, list[np.ndarray]] = {}
    test, _ = held_out(lab.models[SHOWN].pictures(lab.data["digits"]), cfg.pictures)  # the same for all of these models
    seen = attributes(digits_only(test))
    for name in progress(MODELS, "models whose latents are compared with attributes"):
        trained = lab.models[name]
        for replicate in trained.replicates:
            rng = np.random.default_rng((cfg.seed, replicate))
            network, where = trained.network(replicate), {"model": name}
            codes = encode(network, test)
            used = active(codes.mean)
            out.add("active_share", used.mean(), where, replicate, n=len(used))
            own = np.abs(spearman(codes.mean[:, used], seen))
            chance = largest_by_chance(codes.mean[:, used], seen, cfg.permutations, rng)
            out.add("largest_by_chance", chance, where, replicate)
            out.add("related_share", _share(own.max(axis=1, initial=0) > chance), where, replicate)
            _sliders(out, cfg, own, where | {"axes": "own"}, replicate, len(used))
            if name in TURNED:
                turned = _turned(cfg, codes.mean[:, used], seen, rng)
                for key, values in turned.items():
                    out.add(key, values, where | {"axes": "rotated"}, replicate, n=cfg.rotations)
                rates = latent_rates(codes.mean, codes.deviation)
                fade = spearmanr(-rates[used], own.max(axis=1)).statistic if used.sum() > 2 else np.nan
                out.add("attribute_by_rank", fade, where, replicate, n=used.sum())
                _traverse(out, cfg, network, codes, used, own, where, replicate)
                if replicate == 0:
                    points[name] = [rates[used], own.max(axis=1), np.array([chance])]
            if name == SHOWN and replicate == 0:
                _picture(out, cfg, network, codes, seen)
    _figure(out, points)
    return out


def _share(which: np.ndarray) -> float:
    return float(which.mean()) if which.size else 0.0


def _is_slider(cfg: Sliders, correlations: np.ndarray) -> np.ndarray:
    """Whether each latent (rows) goes with exactly one attribute (columns)."""
    return (correlations > cfg.strong).sum(axis=1) == 1


def _gap(correlations: np.ndarray) -> float:
    """By how much the best latent of an attribute beats the second best, mean over attributes.

    Like the mutual information gap of Chen et al. (2018), with rank correlations.
    """
    if len(correlations) < 2:
        return 0.0
    ranked = np.sort(correlations, axis=0)
    return float((ranked[-1] - ranked[-2]).mean())


def _sliders(out: Outcome, cfg: Sliders, own: np.ndarray, where: dict[str, str], replicate: int, latents: int) -> None:
    sliders = _is_slider(cfg, own)
    out.add("slider_share", sliders.sum() / latents, where | {"among": "all"}, replicate, n=latents)
    out.add("slider_share", _share(sliders), where | {"among": "active"}, replicate, n=len(own))
    out.add("attribute_gap", _gap(own), where, replicate, n=len(own))


def _turned(cfg: Sliders, means: np.ndarray, seen: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    """Share of sliders and gap if the active latents are rotated at random, which the prior does not notice."""
    size = means.shape[1]
    shares, gaps = [], []
    for _ in range(cfg.rotations):
        rotation = np.linalg.qr(rng.standard_normal((size, size)))[0]
        turned = np.abs(spearman(means @ rotation, seen))
        shares.append(_share(_is_slider(cfg, turned)))
        gaps.append(_gap(turned))
    return {"slider_share": float(np.mean(shares)), "attribute_gap": float(np.mean(gaps))}


def _traverse(
    out: Outcome,
    cfg: Sliders,
    network: AutoencoderNet,
    codes: Codes,
    used: np.ndarray,
    own: np.ndarray,
    where: dict[str, str],
    replicate: int,
) -> None:
    """Whether an attribute rises or falls all along a walk in the latent that goes best with it, and how far it moves.

    `traverse_change` is the root-mean-square change of a pixel from one end of the walk to the other.
    """
    steps = np.linspace(-cfg.reach, cfg.reach, cfg.steps)
    bases = codes.mean[: cfg.bases]
    idle = np.flatnonzero(~used)[: cfg.idle]
    steady, change = [], {"active": [], "collapsed": []}
    for rank, latent in enumerate([*np.flatnonzero(used), *idle]):
        shown = decode(network, _walks(bases, latent, steps))
        ends = shown.reshape(len(bases), len(steps), -1)
        change["active" if used[latent] else "collapsed"].append(
            float(np.sqrt(np.square(ends[:, -1] - ends[:, 0]).mean()))
        )
        if used[latent]:
            best = int(own[rank].argmax())
            along = attributes(shown)[:, best].reshape(len(bases), len(steps))
            steady += [abs(spearman(steps[:, None], row[:, None])[0, 0]) >= cfg.steady for row in along]
    out.add("steady_share", _share(np.array(steady)), where, replicate, n=len(steady))
    for kind, values in change.items():
        if values:
            out.add("traverse_change", np.mean(values), where | {"latents": kind}, replicate, n=len(values))


def _walks(bases: np.ndarray, latent: int, steps: np.ndarray) -> np.ndarray:
    """Each base code (m, d) with one latent set to each step: (m * steps, d)."""
    walks = np.repeat(bases, len(steps), axis=0)
    walks[:, latent] = np.tile(steps, len(bases))
    return walks


def _picture(out: Outcome, cfg: Sliders, network: AutoencoderNet, codes: Codes, seen: np.ndarray) -> None:
    """Walks along the latents with the highest and the lowest rates."""
    rates = latent_rates(codes.mean, codes.deviation)
    order = rates.argsort()[::-1]
    chosen = np.concatenate([order[:EXAMPLES], order[-EXAMPLES:]])
    steps = np.linspace(-cfg.reach, cfg.reach, cfg.steps)
    strips = [decode(network, _walks(codes.mean[:1], latent, steps)) for latent in chosen]
    found = spearman(codes.mean[:, chosen], seen)
    best = np.abs(found).argmax(axis=1)
    out.figure(
        "latentsize-traversals",
        strips=np.clip(np.stack(strips) * 255, 0, 255).astype(np.uint8),
        steps=steps,
        rates=rates[chosen],
        attribute=np.array([NAMES[item] for item in best]),
        correlation=found[np.arange(len(chosen)), best],
    )


def _figure(out: Outcome, points: Mapping[str, list[np.ndarray]]) -> None:
    def of(quantity: str, name: str, axes: str) -> list[float]:
        return [
            row.value
            for row in out.rows
            if row.quantity == quantity
            and row.condition["model"] == name
            and row.condition["axes"] == axes
            and row.condition.get("among", "active") == "active"
        ]

    bars = {
        quantity: np.array([[of(quantity, name, axes) for axes in ("own", "rotated")] for name in TURNED])
        for quantity in ("slider_share", "attribute_gap")
    }
    named = {f"{name.replace('-', '_')}_{key}": value for name in points for key, value in _keyed(points[name])}
    out.figure("latentsize-sliders", models=np.array(TURNED), **bars, **named)


def _keyed(values: list[np.ndarray]) -> list[tuple[str, np.ndarray]]:
    return list(zip(("rates", "correlations", "chance"), values, strict=True))
